# ruff: noqa: RUF001 (spans are written with a dash)
"""An edit is told as people would tell it: every kind of change, in one sentence each, and nothing else."""

from datetime import timedelta

import pytest

from app.config.folder import Files
from app.config.snapshot import Snapshot, build
from app.difference import Difference, Section, compare
from tests.app.edits import (
    ENGLISH,
    FAMILY_NIGHT,
    HOURS,
    LADDER,
    LEAVE,
    LINES,
    MAIN,
    MOVED_HOLIDAY,
    NEW_PERSON,
    NIGHT_KEY,
    NOON,
    ON_CALL,
    STAFF,
    Edit,
    contents,
    edited,
    overrides,
    time_off,
)

CLIENTS = "schedules/clients.yaml"
SHIPPED = edited()
SET_NODE = "  desk-as-high:\n    type: set\n    priority: high\n    next: desk\n"
ALTERNATE_LINE = """  alternate:
    title: alternate line
    number: "+18166760434"
    flow: main
    priority: high
"""
FIRST_STEPS = "{schedule: on-call, ring_seconds: 25}\n      - {schedule: on-call-backup, ring_seconds: 25}"
NIGHT_FLOW = b"""flow: night
start: thanks
on_error: message
nodes:
  thanks: {type: voicemail, prompt: message, next: end}
  message: {type: voicemail, prompt: message, next: end}
  end: {type: hangup, prompt: thanks}
"""


def difference(old: Snapshot, new: Snapshot, *, days: int = 120) -> Difference:
    return compare(old, new, starts_at=NOON, ends_at=NOON + timedelta(days=days))


def told(*edits: Edit, days: int = 120) -> list[str]:
    return [change.text for change in difference(SHIPPED, edited(*edits), days=days).changes]


ONE_SENTENCE: list[tuple[str, tuple[Edit, ...], list[str]]] = [
    (
        "an override",
        (FAMILY_NIGHT,),
        [
            "Thu 26 Nov 17:00 – Fri 27 Nov 08:00: Lasha Dalakishvili instead of Jamison White (schedule on-call)",
            (
                "Thu 26 Nov 17:00 – Fri 27 Nov 08:00: triggerfish-1 instead of Lasha Dalakishvili"
                " (schedule on-call-backup)"
            ),
            "Jamison White: 1 night less (schedule on-call)",
            "Lasha Dalakishvili: 1 night more, Thanksgiving Day more (schedule on-call)",
            "Lasha Dalakishvili: 1 night less (schedule on-call-backup)",
            "triggerfish-1: 1 night more, Thanksgiving Day more (schedule on-call-backup)",
        ],
    ),
    (
        "one more person for an evening",
        (overrides("schedule: on-call, from: 2026-11-26 17:00, until: 2026-11-26 20:00, add: triggerfish-2, by: J"),),
        [
            "Thu 26 Nov 17:00 – 20:00: triggerfish-2 as well as Jamison White (schedule on-call)",
            "triggerfish-2: Thanksgiving Day more (schedule on-call)",
        ],
    ),
    (
        "a few hours by day",
        (overrides("schedule: on-call, from: 2026-11-24 12:00, until: 2026-11-24 13:30, add: triggerfish-2, by: J"),),
        [
            "Tue 24 Nov 12:00 – 13:30: triggerfish-2 as well as Jamison White (schedule on-call)",
            "triggerfish-2: 1.5 hours more (schedule on-call)",
        ],
    ),
    (
        "leave",
        (LEAVE,),
        [
            "new gap, Wed 9 Dec 00:00 – Fri 11 Dec 00:00: nobody instead of triggerfish-1 (schedule on-call)",
            "triggerfish-1: 1 night less (schedule on-call)",
        ],
    ),
    (
        "a client's floor, language and numbers",
        (
            (CLIENTS, "priority_floor: high", "language: es\n        greeting: thanks"),
            (CLIENTS, '"+18165550162"', '"+18165550164"'),
            (CLIENTS, 'numbers: ["+1816555017x"]\n        shared: true', 'numbers: ["+18165550175"]'),
            (CLIENTS, "title: Example imaging center", "title: Imaging center"),
        ),
        [
            "client example-clinic, imaging: no longer has calls of at least priority high",
            "client example-clinic, imaging: now hears language es",
            "client example-clinic, imaging: now greeted with prompt thanks",
            "client example-clinic, front-desk: now also known by +18165550164",
            "client example-clinic, front-desk: no longer known by +18165550162",
            "client example-clinic, switchboard: now also known by +18165550175",
            "client example-clinic, switchboard: no longer known by +1816555017x",
            (
                "client example-clinic, switchboard: no longer so that many people call with its numbers:"
                " a second call may be about something else"
            ),
            "client example-imaging-center, reading-room: now called Imaging center instead of Example imaging center",
        ],
    ),
    (
        "a client's new site",
        (
            (
                CLIENTS,
                "      imaging:\n",
                '      lab: {numbers: ["+18165550166"], priority_floor: high, shared: true}\n      imaging:\n',
            ),
        ),
        [
            (
                "client example-clinic, lab is new: Example clinic, +18165550166, calls of at least priority high,"
                " a shared number"
            ),
        ],
    ),
    (
        "a blocked number",
        ((CLIENTS, "block: []", 'block: [{number: "+18165550169", reason: fax machine}]'),),
        ["blocked number +18165550169 is new: fax machine"],
    ),
    (
        "words of a prompt",
        ((ENGLISH, "We did not hear a key.", "No key."),),
        [
            'prompt no-key (en): "We did not hear a key." → "No key."',
        ],
    ),
    (
        "a voice",
        ((ENGLISH, "Polly.Joanna-Neural", "Polly.Ruth-Neural"),),
        [
            "language en: now spoken by Polly.Ruth-Neural instead of Polly.Joanna-Neural",
        ],
    ),
    (
        "a key leads elsewhere",
        ((MAIN, '"2": {go: desk, priority: high}', '"2": {go: ticket-number, priority: low}'),),
        [
            "menu open-menu: key 2 now leads to ticket-number instead of desk",
            "menu open-menu: key 2 now gives priority low instead of high",
        ],
    ),
    (
        "a key gone",
        ((MAIN, f"      {NIGHT_KEY}\n", ""),),
        [
            "menu closed-menu: key 1 is gone: it led to emergency-after-hours, priority emergency",
        ],
    ),
    (
        "a key more",
        ((MAIN, f"      {NIGHT_KEY}\n", f'      {NIGHT_KEY}\n      "4": {{go: message, tags: [x]}}\n'),),
        [
            "menu closed-menu: key 4 is new: it leads to message, tag x",
        ],
    ),
    (
        "nothing pressed",
        ((MAIN, "otherwise: desk-as-high", "otherwise: emergency"), (MAIN, SET_NODE, "")),
        [
            "menu open-menu: now leads otherwise to emergency instead of desk-as-high",
            "set desk-as-high is gone",
        ],
    ),
    (
        "priority of a set node",
        ((MAIN, "    type: set\n    priority: high", "    type: set\n    priority: low"),),
        [
            "set desk-as-high: now gives priority low instead of high",
        ],
    ),
    (
        "priority of a line",
        ((LINES, "priority: high #", "priority: low #"),),
        [
            "line main: now of priority low instead of high",
        ],
    ),
    (
        "a line gone",
        ((LINES, ALTERNATE_LINE, ""),),
        [
            "line alternate is gone",
        ],
    ),
    (
        "a telephone number",
        ((STAFF, "+18165550101", "+18165550119"),),
        [
            "person Jamison White: +18165550119 instead of +18165550101",
        ],
    ),
    (
        "no telephone number",
        ((STAFF, '["+18165550101"]', "[]"),),
        [
            "person Jamison White: no phone number instead of +18165550101",
        ],
    ),
    (
        "another team",
        ((STAFF, "  triggerfish-2:\n    team: triggerfish", "  triggerfish-2:\n    team: offsite"),),
        [
            "person triggerfish-2: now of team offsite instead of triggerfish",
        ],
    ),
    (
        "a ring group",
        ((STAFF, "[Jamison White, Lasha Dalakishvili]", "[Lasha Dalakishvili, triggerfish-1]"),),
        [
            "ring group offsite: triggerfish-1 joins",
            "ring group offsite: Jamison White leaves",
        ],
    ),
    (
        "an order",
        ((STAFF, "[Jamison White, Lasha Dalakishvili]", "[Lasha Dalakishvili, Jamison White]"),),
        [
            (
                "ring group offsite: now in the order Lasha Dalakishvili, Jamison White"
                " instead of Jamison White, Lasha Dalakishvili"
            ),
        ],
    ),
    (
        "an outside party",
        ((STAFF, "ring_seconds: 45", "ring_seconds: 60"),),
        [
            "outside party answering-service: now rung for 60 seconds instead of 45 seconds",
        ],
    ),
    (
        "a policy",
        ((LADDER, "  desk-open:\n    rounds: 1\n    max_wait_minutes: 5\n", "  desk-open:\n    rounds: 2\n"),),
        [
            "escalation policy desk-open: now goes through its steps 2 times instead of once",
            "escalation policy desk-open: no longer takes the caller on after 5 minutes",
        ],
    ),
    (
        "reminders",
        (
            (LADDER, "text_before_minutes: {emergency: 15, high: 30, medium: 60}", "text_before_minutes: {high: 45}"),
            (LADDER, "call_before_minutes: {emergency: 5, high: 10}", "call_before_minutes: {high: 0}"),
            (LADDER, "  while_open: desk-open\n", ""),
            (LADDER, "supervisor: offsite", "supervisor: Jamison White"),
        ),
        [
            (
                "reminders of updates: now sent by text emergency 15 minutes before, high 45 minutes before and"
                " medium 60 minutes before instead of emergency 15 minutes before, high 30 minutes before and"
                " medium 60 minutes before"
            ),
            (
                "reminders of updates: now made by call emergency 5 minutes before instead of"
                " emergency 5 minutes before and high 10 minutes before"
            ),
            "reminders of updates: no longer climb, while the desk is open, escalation policy desk-open",
            "reminders of updates: now end with Jamison White instead of offsite",
        ],
    ),
    (
        "a step",
        ((LADDER, FIRST_STEPS, "{schedule: on-call-backup, ring_seconds: 30}"),),
        [
            (
                "escalation policy emergency-after-hours: now rings schedule on-call-backup (30 seconds), then"
                " ring group offsite (20 seconds), then ring group triggerfish (20 seconds)"
                " instead of schedule on-call (25 seconds), then schedule on-call-backup (25 seconds),"
                " then ring group offsite (20 seconds), then ring group"
                " triggerfish (20 seconds)"
            ),
        ],
    ),
    (
        "weekdays",
        ((HOURS, "Mon-Fri: 08:00-17:00\n", "Mon-Thu: 08:00-17:00\n      Sat: 09:00-12:00\n"),),
        [
            "business hours desk: Fri closed instead of open 08:00-17:00",
            "business hours desk: Sat open 09:00-12:00 instead of closed",
        ],
    ),
    (
        "a closure",
        ((HOURS, "closures: {}", "closures: {2027-03-12: Staff training}"),),
        [
            "Fri 12 Mar 2027: closed for Staff training instead of open 08:00-17:00 (business hours desk)",
        ],
    ),
    (
        "a holiday every year",
        ((HOURS, "remove: []", "remove: [Columbus Day]"),),
        [
            (
                "Mon 11 Oct 2027: open 08:00-17:00 instead of closed for Columbus Day (and on 23 later dates)"
                " (business hours desk)"
            ),
        ],
    ),
    (
        "a title",
        ((ON_CALL, "title: Backup analyst", "title: Second analyst"),),
        [
            "schedule on-call-backup: now called Second analyst instead of Backup analyst",
        ],
    ),
]


@pytest.mark.parametrize(
    ("edits", "sentences"), [row[1:] for row in ONE_SENTENCE], ids=[row[0] for row in ONE_SENTENCE]
)
def test_an_edit_is_told_and_nothing_else(edits: tuple[Edit, ...], sentences: list[str]) -> None:
    assert told(*edits) == sentences


@pytest.mark.parametrize("edits", [row[1] for row in ONE_SENTENCE], ids=[row[0] for row in ONE_SENTENCE])
def test_taking_an_edit_back_is_a_difference_too(edits: tuple[Edit, ...]) -> None:
    assert difference(edited(*edits), SHIPPED).changes


@pytest.mark.parametrize(
    "edits",
    [
        (),
        ((MAIN, "# The service desk, as a caller goes through it.", "# The desk."),),
        ((ON_CALL, "\nschedules:\n", "\n\n\nschedules:\n"),),
        (overrides("schedule: on-call, from: 2026-10-01 08:00, until: 2026-10-02 08:00, add: triggerfish-2, by: J"),),
    ],
    ids=["nothing", "a comment", "lines that move", "the past"],
)
def test_no_difference(edits: tuple[Edit, ...]) -> None:
    assert told(*edits) == []


def test_a_duty_names_the_rule_and_its_place() -> None:
    change = difference(SHIPPED, edited(FAMILY_NIGHT)).changes[0]
    assert change.because == f"override by Jamison White ({change.source})"
    assert str(change.source).startswith("schedules/on_call.yaml:")
    assert change.detail == {
        "schedule": "on-call",
        "starts_at": "2026-11-26T23:00:00+00:00",
        "ends_at": "2026-11-27T14:00:00+00:00",
        "before": ["Jamison White"],
        "after": ["Lasha Dalakishvili"],
    }


def test_a_gap_names_its_cause_and_closes_again() -> None:
    opened = difference(SHIPPED, edited(LEAVE)).changes[0]
    closed = difference(edited(LEAVE), SHIPPED).changes[0]
    assert opened.because is not None
    assert "triggerfish-1 is away, vacation (schedules/on_call.yaml:" in opened.because
    assert opened.section is closed.section is Section.GAPS
    assert closed.text == (
        "closed gap, Wed 9 Dec 00:00 – Fri 11 Dec 00:00: triggerfish-1 instead of nobody (schedule on-call)"
    )


def test_a_new_person_is_told_from_the_first_turn_that_changes() -> None:
    """Turns dealt before the person joins stay as they are; a span the period cuts off says so."""
    sentences = told(*NEW_PERSON)
    spans = [each for each in sentences if each.endswith("(schedule on-call)") and " instead of " in each]
    assert spans[0].startswith("Mon 18 Jan 2027 08:00 – Mon 25 Jan 2027 08:00: triggerfish-3 instead of ")
    assert "and longer: " in spans[-1]
    assert all("and longer" not in each for each in spans[:-1])
    assert "person triggerfish-3 is new: team offsite, +18165550110" in sentences
    assert any(each.startswith("triggerfish-3: ") and each.endswith("more (schedule on-call)") for each in sentences)


def test_a_holiday_that_moves_is_told_by_both_dates() -> None:
    assert [each for each in told(*MOVED_HOLIDAY) if "business hours" in each] == [
        "Mon 18 Jan 2027: open 08:00-17:00 instead of closed for Martin Luther King Jr. Day (business hours desk)",
        "Tue 19 Jan 2027: closed for Martin Luther King Jr. Day instead of open 08:00-17:00 (business hours desk)",
    ]


def test_a_change_after_the_period_is_not_passed_over() -> None:
    late = overrides(
        "schedule: on-call, from: 2028-05-01 08:00, until: 2028-05-01 17:00, replace_with: Jamison White, by: J"
    )
    sentences = told(late)
    assert sentences[0].startswith("later than the period shown, for the first time: Mon 1 May 2028 08:00 – 17:00: ")


def test_hours_that_come_twice_are_told_apart() -> None:
    """In the autumn night 01:30 comes twice; the zone says which one is meant."""
    twice = overrides("schedule: on-call, from: 2027-11-07 01:30, until: 2027-11-07 08:00, add: triggerfish-2, by: J")
    assert any(each.startswith("Sun 7 Nov 2027 01:30 CDT – 08:00: ") for each in told(twice, days=365))


def test_a_flow_nobody_comes_to_any_more() -> None:
    """A whole flow is told once; a node of a flow that is still used is told by name."""
    with_night = _with_night_flow((MAIN, NIGHT_KEY, '"1": {go: to-night, priority: emergency}'))
    without = _with_night_flow()
    lost = [change.text for change in difference(with_night, without).changes if change.detail["kind"] == "reach"]
    won = [change.text for change in difference(without, with_night).changes if change.detail["kind"] == "reach"]
    assert lost == ["callers no longer come to flow night"]
    assert won == ["callers now come to flow night"]


def _with_night_flow(*edits: Edit) -> Snapshot:
    files = contents(*edits)
    if edits:
        files[MAIN] += b"  to-night: {type: go, flow: night}\n"
    return build(Files({**files, "ivr_flows/night.yaml": NIGHT_FLOW}), loaded_from="test")


def test_sections_come_in_reading_order_and_the_same_edit_reads_the_same() -> None:
    edits = (*NEW_PERSON, *MOVED_HOLIDAY, LEAVE, (ENGLISH, "We did not hear a key.", "No key."))
    once, again = (difference(SHIPPED, edited(*edits)) for _ in range(2))
    assert once == again
    assert [section for section, _ in once.sections()] == [
        Section.ON_CALL,
        Section.GAPS,
        Section.BURDENS,
        Section.STAFF,
        Section.HOURS,
        Section.PROMPTS,
    ]


def test_leave_of_somebody_without_a_turn_changes_nothing() -> None:
    free = time_off("person: Jamison White, from: 2026-12-07, until: 2026-12-13")
    assert told(free) == []


def test_a_client_names_its_place_and_its_parts() -> None:
    (change,) = difference(SHIPPED, edited((CLIENTS, "language: es", "language: en"))).changes
    assert change.section is Section.CLIENTS
    assert str(change.source).startswith("schedules/clients.yaml:")
    assert change.detail == {"kind": "client", "name": "example-imaging-center, reading-room"}


def test_the_reason_of_a_block_is_told() -> None:
    blocks = [f'block: [{{number: "+18165550169", reason: {reason}}}]' for reason in ("fax machine", "robot calls")]
    once, again = (edited((CLIENTS, "block: []", block)) for block in blocks)
    assert [change.text for change in difference(once, again).changes] == [
        "blocked number +18165550169: now blocked because of robot calls instead of fax machine"
    ]
