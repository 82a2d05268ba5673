"""The files of schedules/ become a roster, and every kind of mistake in them is told with its place and remedy."""

from datetime import datetime
from pathlib import Path

import pytest

from app.config.duty import DUTY_FILES, ESCALATION, HOURS, ON_CALL, STAFF, build_roster
from app.config.source import Document, parse
from oncall import DEFAULT_REMINDERS, Priority, Roster

SHIPPED = Path(__file__).parents[3]

GOOD = {
    STAFF: """\
teams: {offsite: OffSite}
people:
  Jamison White: {team: offsite, phones: ["+18165550101"]}
  Lasha Dalakishvili: {team: offsite, phones: ["+18165550102"]}
ring_groups:
  desk: {members: [Jamison White, Lasha Dalakishvili]}
""",
    HOURS: """\
business_hours:
  desk:
    zone: America/Chicago
    open:
      Mon-Fri: 08:00-17:00
    holidays:
      remove: []
""",
    ON_CALL: """\
zone: America/Chicago
schedules:
  on-call:
    title: On-call analyst
    layers:
      - name: weekly turn
        every: week
        handoff: Monday 08:00
        starts_on: 2026-01-05
        turns:
          - Jamison White
          - Lasha Dalakishvili
overrides: []
time_off: []
""",
    ESCALATION: """\
policies:
  emergency:
    steps:
      - {schedule: on-call}
""",
}


def read(files: dict[str, str]) -> tuple[Roster | None, list[str]]:
    documents = {name: parse(text.encode(), name) for name, text in files.items()}
    roster, problems = build_roster(documents, revision="r1")
    return roster, [str(problem) for problem in sorted(problems)]


def edited(file: str, old: str, new: str) -> dict[str, str]:
    assert old in GOOD[file]
    return GOOD | {file: GOOD[file].replace(old, new)}


def made(files: dict[str, str]) -> Roster:
    roster, problems = read(files)
    assert problems == []
    assert roster is not None
    return roster


def shipped() -> Roster:
    documents: dict[str, Document] = {name: parse((SHIPPED / name).read_bytes(), name) for name in DUTY_FILES}
    roster, problems = build_roster(documents, revision="r1")
    assert problems == []
    assert roster is not None
    return roster


@pytest.mark.parametrize("at", ["2026-11-23T08:00-06:00", "2026-11-28T03:00-06:00", "2026-12-25T23:00-06:00"])
def test_the_shipped_rota_has_jamison_first_and_lasha_behind(at: str) -> None:
    roster, moment = shipped(), datetime.fromisoformat(at)
    assert [duty.person for duty in roster.who_is_on("on-call", at=moment).people] == ["Jamison White"]
    assert [duty.person for duty in roster.who_is_on("on-call-backup", at=moment).people] == ["Lasha Dalakishvili"]


def test_the_shipped_rota_has_no_gap_in_two_years() -> None:
    roster = shipped()
    after, until = (datetime.fromisoformat(f"{year}-01-01T00:00-06:00") for year in (2026, 2028))
    for name in roster.schedules:
        assert roster.gaps(name, after=after, until=until) == ()
        assert roster.doubles(name, after=after, until=until) == ()


@pytest.mark.parametrize("policy", ["emergency-after-hours", "emergency-open", "desk-open"])
def test_every_shipped_policy_rings_somebody(policy: str) -> None:
    plan = shipped().policy_plan(policy, at=datetime.fromisoformat("2026-11-28T03:00-06:00"))
    assert plan.attempts


@pytest.mark.parametrize(
    ("at", "holiday"),
    [
        ("2026-11-26T10:00-06:00", "Thanksgiving Day"),
        ("2026-07-03T10:00-05:00", "Independence Day"),
        ("2026-12-24T13:00-06:00", "Christmas Eve"),
        ("2026-11-27T10:00-06:00", None),
    ],
)
def test_the_shipped_hours_know_holidays_by_name(at: str, holiday: str | None) -> None:
    assert shipped().hours["desk"].state(at=datetime.fromisoformat(at)).holiday == holiday


def test_a_rule_knows_the_line_it_was_written_on() -> None:
    roster = made(GOOD)
    duty = roster.who_is_on("on-call", at=datetime.fromisoformat("2026-01-12T12:00-06:00")).people[0]
    assert (duty.person, str(duty.source)) == ("Lasha Dalakishvili", "schedules/on_call.yaml:12")


HOLIDAYS = "      remove: []\n"
TURNS = "          - Lasha Dalakishvili\n"


@pytest.mark.parametrize(
    ("old", "new", "at", "people"),
    [
        ("- Jamison White", "- [Jamison White, Lasha Dalakishvili]", "2026-01-05 12:00", 2),
        ("- Jamison White", "- {who: Jamison White, until: 2026-01-05}", "2026-01-19 12:00", 1),
        ("overrides: []", ("overrides: [{schedule: on-call, from: 2026-01-05 09:00, until: 2026-01-05 10:00, "
         "remove: Jamison White, by: Lasha Dalakishvili}]"), "2026-01-05 09:30", 0),
        ("time_off: []", "time_off: [{person: Jamison White, from: 2026-01-06, until: 2026-01-06}]",
         "2026-01-06 23:59", 0),
        ("time_off: []", "time_off: [{person: Jamison White, from: 2026-01-06, until: 2026-01-06}]",
         "2026-01-07 00:00", 1),
        ("time_off: []", ("temporary_schedules: [{schedule: on-call, name: X, shifts: [{who: [Jamison White, "
         "Lasha Dalakishvili], from: 2026-01-06 08:00, until: 2026-01-07 08:00}]}]"), "2026-01-06 12:00", 2),
        ("every: week", 'only: {times: "17:00-08:00", days: Mon-Fri}\n        every: week', "2026-01-05 12:00", 0),
    ],
)  # fmt: skip
def test_what_staff_write_is_what_happens(old: str, new: str, at: str, people: int) -> None:
    roster = made(edited(ON_CALL, old, new))
    moment = datetime.fromisoformat(f"{at}-06:00")
    assert len(roster.who_is_on("on-call", at=moment).people) == people


@pytest.mark.parametrize(
    ("every", "handoff", "starts_on"),
    [
        ("day", "08:00", "2026-01-05"),
        ("3 days", "08:00", "2026-01-05"),
        ("2 weeks", "Mon 08:00", "2026-01-05"),
        ("month", "first Monday 08:00", "2026-01-05"),
        ("2 months", "day 15 08:00", "2026-01-15"),
        ("month", "last day 08:00", "2026-01-31"),
        ("Sun-Wed, Thu-Sat", "08:00", "2026-01-04"),
    ],
)
def test_every_way_to_take_turns_can_be_written(every: str, handoff: str, starts_on: str) -> None:
    text = GOOD[ON_CALL].replace("every: week", f'every: "{every}"').replace("Monday 08:00", handoff)
    roster = made(GOOD | {ON_CALL: text.replace("2026-01-05", starts_on)})
    at = datetime.fromisoformat(f"{starts_on}T12:00-06:00")
    assert [duty.person for duty in roster.who_is_on("on-call", at=at).people] == ["Jamison White"]


def test_business_days_are_those_of_the_hours_named() -> None:
    text = GOOD[ON_CALL].replace("every: week", "every: business day").replace("Monday 08:00", "08:00")
    text = text.replace("    layers:", "    business_hours: desk\n    layers:")
    roster = made(GOOD | {ON_CALL: text})
    shifts = roster.shifts(
        "on-call",
        after=datetime.fromisoformat("2026-01-16T12:00-06:00"),
        until=datetime.fromisoformat("2026-01-21T12:00-06:00"),
    )
    # 19 January is a holiday: Friday's turn runs on until Tuesday.
    assert [f"{each.ends_at:%d}" for each in shifts] == ["20", "21", "22"]


OVERRIDE = "{schedule: on-call, from: 2026-02-01 08:00, until: 2026-02-02 08:00, by: x, "
BAD = [
    # Staff.
    (STAFF, 'team: offsite, phones: ["+18165550101"]', 'team: ofsite, phones: ["+18165550101"]',
     'schedules/staff.yaml:3:25: people.Jamison White.team: there is no team "ofsite"; did you mean "offsite"?'),
    (STAFF, '"+18165550101"', '"816-555-0101"',
     ('schedules/staff.yaml:3:43: people.Jamison White.phones.1: "816-555-0101" lacks + and country code:'
     ' write "+18165550101" if that is the number meant')),
    (STAFF, "members: [Jamison White,", "members: [Jamison Whit,",
     ('schedules/staff.yaml:6:20: ring_groups.desk.members.1: there is no person "Jamison Whit"; did you mean'
     ' "Jamison White"?')),
    (STAFF, "ring_groups:", "  jamison white: {team: offsite}\nring_groups:",
     ('schedules/staff.yaml:5:3: people.jamison white: "Jamison White" is written almost the same:'
      " keep one of them")),
    # Hours.
    (HOURS, "America/Chicago", "America/Chigago",
     ("schedules/hours.yaml:3:11: business_hours.desk.zone: expected a time zone such as America/Chicago, got"
     ' "America/Chigago"; did you mean "America/Chicago"?')),
    (HOURS, "08:00-17:00", "08:00-24:00",
     ('schedules/hours.yaml:5:16: business_hours.desk.open.Mon-Fri: expected a time such as 08:00, got "24:00";'
     " midnight is 00:00, also as the end of a day")),
    (HOURS, "08:00-17:00", "08:00-08:00",
     ('schedules/hours.yaml:5:16: business_hours.desk.open.Mon-Fri: "08:00-08:00" ends when it begins:'
     ' write "all day" for a whole day')),
    (HOURS, "08:00-17:00", "08:00-12:00, 11:00-17:00",
     ('schedules/hours.yaml:5:16: business_hours.desk.open.Mon-Fri: the times in "08:00-12:00, 11:00-17:00"'
     " overlap: make them follow one another")),
    (HOURS, "Mon-Fri: 08:00-17:00", "{Mon-Fri: 08:00-17:00, Friday: 08:00-12:00}",
     ("schedules/hours.yaml:5:38: business_hours.desk.open.Friday: has a day that another line has too:"
     " write each day on one line")),
    (HOURS, "remove: []", "remove: [Columbus Dya]",
     ("schedules/hours.yaml:7:16: business_hours.desk.holidays.remove.1: the calendar has no holiday"
     ' "Columbus Dya"; did you mean "Columbus Day"?')),
    (HOURS, "remove: []", "add: {2026-02-30: Party}",
     ("schedules/hours.yaml:7:13: business_hours.desk.holidays.add.2026-02-30: 2026-02-30 is not a date of the"
     " calendar: check the month and the day")),
    (HOURS, "    holidays:\n", ("    closures: {2026-06-05: Move}\n"
     "    half_days: {2026-06-05: {name: X, open: 08:00-12:00}}\n"
     "    holidays:\n"),
     ("schedules/hours.yaml:7:17: business_hours.desk.half_days.2026-06-05: 2026-06-05 is also Move"
     " (schedules/hours.yaml:6): keep one of them")),
    # On call.
    (ON_CALL, "- Lasha Dalakishvili", "- Lasha Dalakishvilli",
     ("schedules/on_call.yaml:12:13: schedules.on-call.layers.1.turns.2.who.1: there is no person"
     ' "Lasha Dalakishvilli"; did you mean "Lasha Dalakishvili"?')),
    (ON_CALL, "          - Jamison White\n          - Lasha Dalakishvili\n", "          []\n",
     "schedules/on_call.yaml:10:9: schedules.on-call.layers.1.turns: expected at least 1 entry, got an empty list"),
    (ON_CALL, "starts_on: 2026-01-05", "starts_on: 2026-01-06",
     ("schedules/on_call.yaml:9:20: schedules.on-call.layers.1.starts_on: 2026-01-06 is a Tuesday and no handoff"
     " falls on it: begin on 2026-01-12")),
    (ON_CALL, "handoff: Monday 08:00", "handoff: 08:00",
     ("schedules/on_call.yaml:8:18: schedules.on-call.layers.1.handoff: turns of weeks need a handoff that names"
     ' the day, such as "Monday 08:00"')),
    (ON_CALL, "every: week", "every: fortnight",
     ("schedules/on_call.yaml:7:16: schedules.on-call.layers.1.every: expected how long a turn is, such as week,"
     ' "3 days", "2 business days", month, or parts of the week such as "Sun-Wed, Thu-Sat", got "fortnight"')),
    (ON_CALL, "every: week", "every: Sun-Wed, Fri-Sat",
     ('schedules/on_call.yaml:7:16: schedules.on-call.layers.1.every: the parts in "Sun-Wed, Fri-Sat" leave out'
     " Thu: together they must be the whole week, each day once")),
    (ON_CALL, "title: On-call analyst", "title: On-call analyst\n    never_same_as: on-call",
     ("schedules/on_call.yaml:5:20: schedules.on-call.never_same_as: leads in a circle (on-call → on-call):"
     " take it out of one of them")),
    (ON_CALL, "every: week", "only: {holidays: only}\n        every: week",
     ('schedules/on_call.yaml:7:26: schedules.on-call.layers.1.only.holidays: needs "business_hours" in the'
     " schedule: name whose holidays count")),
    (ON_CALL, "overrides: []", f"overrides: [{OVERRIDE}add: Jamison White, remove: Lasha Dalakishvili}}]",
     ('schedules/on_call.yaml:13:13: overrides.1: one of "replace_with", "add" or "remove" says what changes, and'
     " add and remove is written")),
    (ON_CALL, "overrides: []",
     f"overrides:\n  - {OVERRIDE}add: Jamison White}}\n  - {OVERRIDE}add: Jamison White}}",
     ("schedules/on_call.yaml:15:5: overrides.2: overlaps the override at schedules/on_call.yaml:14, which changes"
     " the same: shorten one of them")),
    (ON_CALL, "time_off: []", "time_off: [{person: Jamison White, from: 2026-03-02, until: 2026-03-01}]",
     'schedules/on_call.yaml:14:61: time_off.1.until: is not after "from": check both dates'),
    # Escalation.
    (ESCALATION, "schedule: on-call", "schedule: oncall",
     ('schedules/escalation.yaml:4:20: policies.emergency.steps.1.schedule: there is no schedule "oncall";'
     ' did you mean "on-call"?')),
    (ESCALATION, "{schedule: on-call}", "{ring_group: dsk}",
     ('schedules/escalation.yaml:4:22: policies.emergency.steps.1.ring_group: there is no ring group "dsk";'
     ' did you mean "desk"?')),
    (ESCALATION, "{schedule: on-call}", "{ring_seconds: 20}",
     ('schedules/escalation.yaml:4:9: policies.emergency.steps.1: a step names one of "person", "ring_group" or'
     ' "schedule", and none of them is written')),
    (ESCALATION, "policies:", "reminders: {policy: emergancy}\npolicies:",
     ('schedules/escalation.yaml:1:21: reminders.policy: there is no policy "emergancy";'
     ' did you mean "emergency"?')),
    (ESCALATION, "policies:", "reminders: {supervisor: offsight}\npolicies:",
     ('schedules/escalation.yaml:1:25: reminders.supervisor: there is no person or team "offsight";'
     ' did you mean "offsite"?')),
    (ESCALATION, "policies:", "reminders: {call_before_minutes: {emergency: 15}}\npolicies:",
     ("schedules/escalation.yaml:1:46: reminders.call_before_minutes.emergency: the phone would ring before the"
     " text is sent: fewer than 15 minutes, or 0")),
    (ESCALATION, "policies:", "reminders: {text_before_minutes: {urgent: 15}}\npolicies:",
     ('schedules/escalation.yaml:1:35: reminders.text_before_minutes: unknown key "urgent"; there are:'
     " emergency, high, low, medium")),
    (ESCALATION, "policies:", "reminders: {text_before_minutes: {high: soon}}\npolicies:",
     ('schedules/escalation.yaml:1:41: reminders.text_before_minutes.high: expected a whole number, got "soon"')),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "message"), BAD, ids=[case[3].split(": ")[1] for case in BAD])
def test_a_mistake_is_told_with_its_place_and_remedy(file: str, old: str, new: str, message: str) -> None:
    roster, problems = read(edited(file, old, new))
    assert roster is None
    assert problems == [message]


def test_reminders_are_as_usual_where_nothing_is_written() -> None:
    roster, _ = read(GOOD)
    assert roster is not None
    assert roster.reminders == DEFAULT_REMINDERS


@pytest.mark.parametrize("supervisor", ["offsite", "Jamison White"])
def test_reminders_are_read_with_what_is_usual_beside_what_is_written(supervisor: str) -> None:
    written = f"reminders: {{text_before_minutes: {{high: 45, medium: 0}}, supervisor: {supervisor}}}\npolicies:"
    roster, _ = read(edited(ESCALATION, "policies:", written))
    assert roster is not None
    rules = roster.reminders
    assert rules.text_before_seconds == {Priority.EMERGENCY: 900, Priority.HIGH: 2700}
    assert rules.call_before_seconds == DEFAULT_REMINDERS.call_before_seconds
    assert rules.supervisor == supervisor


def test_all_mistakes_of_all_files_are_told_at_once() -> None:
    files = GOOD | {
        STAFF: GOOD[STAFF].replace("team: offsite", "team: ofsite", 1),
        HOURS: GOOD[HOURS].replace("America/Chicago", "Mars/Base"),
        ON_CALL: GOOD[ON_CALL].replace("- Jamison White", "- Nobody"),
        ESCALATION: GOOD[ESCALATION].replace("on-call", "nowhere"),
    }
    roster, problems = read(files)
    assert roster is None
    assert [problem.split(":")[0] for problem in problems] == [ESCALATION, HOURS, ON_CALL, STAFF]


def test_a_fault_of_form_in_one_file_makes_no_names_unknown_in_others() -> None:
    _, problems = read(edited(STAFF, '"+18165550101"', '"12"'))
    assert len(problems) == 1


def test_a_file_that_is_missing_or_too_many_is_told() -> None:
    files = {name: text for name, text in GOOD.items() if name != HOURS} | {"schedules/holidays.yaml": "a: b\n"}
    _, problems = read(files)
    listed = "staff.yaml, hours.yaml, on_call.yaml, escalation.yaml, clients.yaml"
    assert problems == [
        f"schedules/holidays.yaml:1:1: nothing reads this file: the files of schedules/ are {listed}",
        "schedules/hours.yaml:1:1: there is no such file, and the service needs it",
    ]
