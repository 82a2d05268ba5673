"""Updates that are due: whoever has the ticket is reminded and gives it by text or voice; others hear if none comes."""

import shutil
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from errno import ENOSPC
from pathlib import Path
from typing import Any

import pytest

from app.announcements import Announcer
from app.cdr.records import Leg, LegOutcome, TicketStatus, UpdateRule
from app.concierge import sweep_reminders
from app.connectors.mail import Mailer
from app.errands import replay
from app.outbox import NoLongerWanted
from app.store import QuickOverride, Spool, SpoolEntry, VoicemailFilters, VoicemailState
from app.tickets import News, NewsKind, TicketEdit, TicketRequests, Tickets
from app.voicemail import Voicemails
from oncall import DEFAULT_REMINDERS, OverrideKind, Priority
from tests.app.connectors.mail_server import mail_server
from tests.app.connectors.test_mail import way
from tests.app.test_announcements import MAIL
from tests.app.voicemail.messages import sound
from tests.desk import CONFIG
from tests.fakes import down, no_answer, refused
from tests.pages import FIRST, JAMISON, LASHA, SECOND, PagedDesk, make_paged_desk
from tests.scenarios.breakdowns import BreakingStore, log, never, unavailable_always
from tests.scenarios.reminding import (
    RECORDING,
    TUESDAY,
    Reminded,
    answers,
    reminded,
    repeated,
    speaks,
    spoke,
    words,
)

pytestmark = pytest.mark.slow

__all__ = ["log"]  # used by every test here
OPTED_OUT = 21610


def with_reminders(folder: Path, line: str | None) -> Path:
    """The shipped configuration with one more line about reminders, or with none at all."""
    config = folder / "config"
    for name in ("schedules", "ivr_flows"):
        shutil.copytree(CONFIG / name, config / name)
    file = config / "schedules" / "escalation.yaml"
    before, key, after = file.read_text().partition("\nreminders:\n")
    file.write_text(f"{before}{key}  {line}\n{after}" if line else before)
    return config


def requests(case: Reminded) -> TicketRequests:
    return TicketRequests(services=case.paged.services, actor="token:portal", person=JAMISON)


# When, and in which way.


def test_whoever_has_an_emergency_is_texted_then_called_and_everybody_when_it_is_overdue(
    paged_on_each: PagedDesk,
) -> None:
    case = reminded(paged_on_each)
    assert case.before_due(15.5).told() == []
    assert case.before_due(14).told() == [(JAMISON, "text")]
    assert case.before_due(5.5).told() == [(JAMISON, "text")]
    assert case.before_due(1).told() == [(JAMISON, "text"), (JAMISON, "call")]
    due = case.due_at.astimezone(case.paged.desk.snapshot.roster.hours["desk"].zone)
    assert [text.body for text in case.paged.company.texts] == [
        (
            f"Ticket {case.number} (emergency): an update is due at {due:%H:%M}. "
            f"Reply UPDATE {case.number} and what is new. Name no patient."
        )
    ]
    case.forget().after_due(1)
    assert case.told() == [(JAMISON, "text")]
    case.forget().after_due(11)
    assert sorted(case.told()) == sorted((name, way) for name in (JAMISON, LASHA) for way in ("text", "call"))
    case.forget().after_due(21)
    assert {name for name, _ in case.told()} == {FIRST, SECOND}


def test_after_the_last_step_the_supervisors_are_told_and_an_emergency_begins_again(paged: PagedDesk) -> None:
    """The schedule of the third step names nobody who was not told before: there are two."""
    case = reminded(paged)
    case.after_due(29).forget().after_due(31)
    assert sorted(case.told()) == [(JAMISON, "text"), (LASHA, "text")]
    assert "nobody who was told has given one" in case.paged.company.texts[0].body
    case.forget().after_due(41)
    assert case.told() == [(JAMISON, "text")], "from the start"
    assert [entry.kind for entry in case.entries].count("overdue") == 5


def test_every_reminder_is_in_the_history_with_its_reason(paged: PagedDesk) -> None:
    case = reminded(paged).after_due(11)
    told = [(entry.kind, entry.author, entry.text.rpartition(": ")[2]) for entry in case.entries]
    assert told == [
        ("reminded", "service", f"{JAMISON} told by text"),
        ("reminded", "service", f"{JAMISON} told by call"),
        ("overdue", "service", f"{JAMISON} told by text"),
        ("overdue", "service", f"{JAMISON} and {LASHA} told by text and call"),
    ]
    assert case.entries[0].because.startswith(f"{JAMISON}: has the ticket (schedules/staff.yaml:")
    assert "step 1 of escalation policy desk-open" in case.entries[-1].because


@pytest.mark.parametrize("door", ["text", "api", "talk", "waiting", "resolved", "closed", "merged"])
def test_an_update_by_any_door_ends_the_reminders(paged_on_each: PagedDesk, door: str) -> None:
    case = reminded(paged_on_each).before_due(14)
    due_at, number = case.due_at, case.number
    match door:
        case "text":
            assert case.paged.texts(JAMISON, f"UPDATE {number} the vendor is on site") is not None
        case "api":
            requests(case).tell(number, News(text="the vendor is on site"))
        case "talk":
            Tickets(case.paged.services).update(number, "spoken to", by=JAMISON, way="on a call")
        case "waiting":
            requests(case).tell(number, News(text="which scanner is it?", waiting=True))
        case "merged":
            other = reminded(case.paged, at="2026-12-01T10:50-06:00").number
            requests(case).edit(number, TicketEdit(merge_into=other, reason="the same"))
            Tickets(case.paged.services).update(other, "news", by=JAMISON, way="by text")
        case _:
            requests(case).edit(number, TicketEdit(status=TicketStatus(door)))
    case.forget().until(due_at + timedelta(minutes=14))
    assert case.told() == []
    assert [entry.kind for entry in case.entries] == ([] if door == "merged" else ["reminded"])


def test_a_note_among_staff_is_no_update(paged: PagedDesk) -> None:
    case = reminded(paged).before_due(14).forget()
    requests(case).tell(case.number, News(text="ask Lasha", kind=NewsKind.NOTE))
    assert case.before_due(1).told() == [(JAMISON, "call")]


def test_while_the_requester_is_waited_for_nobody_is_reminded_and_then_what_was_left_counts(paged: PagedDesk) -> None:
    case = reminded(paged)
    case.before_due(30)
    requests(case).edit(case.number, TicketEdit(status=TicketStatus.WAITING))
    assert case.until("2026-12-01T20:00-06:00", step=300).told() == []
    requests(case).tell(case.number, News(text="it is the second", kind=NewsKind.REQUESTER_REPLY))
    assert case.due_at == case.paged.desk.clock.at + timedelta(minutes=30)
    assert case.before_due(16).told() == []
    assert ("text") in {way for _, way in case.before_due(14).told()}


def test_whoever_is_talking_is_texted_and_not_called(paged: PagedDesk) -> None:
    case = reminded(paged).before_due(6).forget()
    with case.paged.services.store.turn() as transaction:
        sids = transaction.tickets.calls_of(case.number)
        record = transaction.load(sids[-1])
        assert record is not None
        transaction.save(record, replace(record, legs=(talking_leg(record.call.call_sid, case.paged.desk.clock.at),)))
    assert case.before_due(4).told() == [(JAMISON, "text")]


def talking_leg(call_sid: str, at: datetime) -> Leg:
    return Leg(
        call_sid=call_sid,
        turn=3,
        party=JAMISON,
        team="offsite",
        number="+18165550101",
        started_at=at,
        because="a test",
        source="",
        screened=True,
        accepted_at=at,
        outcome=LegOutcome.ACCEPTED,
    )


def test_somebody_who_has_texted_stop_is_called_instead(paged: PagedDesk) -> None:
    case = reminded(paged)
    case.paged.company.fail("text", refused(OPTED_OUT))
    assert case.before_due(14).told() == [(JAMISON, "call")]


def test_somebody_who_has_texted_stop_and_is_not_called_leaves_no_dead_letter(
    paged: PagedDesk, log: list[MutableMapping[str, Any]]
) -> None:
    case = reminded(paged, priority=Priority.MEDIUM, at="2026-12-01T08:00-06:00")
    case.paged.company.fail("text", refused(OPTED_OUT))
    assert case.before_due(59).told() == []
    assert case.paged.services.store.outbox.dead(9) == ()
    assert [event["code"] for event in log if event["event"] == "reminder_refused"] == [OPTED_OUT]


def test_updates_that_are_agreed_on_often_are_not_asked_for_at_once(paged: PagedDesk) -> None:
    """Every ten minutes: a text after five, a call two and a half minutes before."""
    case = reminded(paged)
    requests(case).edit(case.number, TicketEdit(updates=UpdateRule(600, business=False), reason="agreed"))
    assert case.before_due(6).told() == []
    assert case.before_due(4).told() == [(JAMISON, "text")]
    assert case.before_due(2).told() == [(JAMISON, "text"), (JAMISON, "call")]


# Business hours, holidays, nights.


@pytest.mark.parametrize(
    ("taken_at", "due_at", "texted_at"),
    [
        ("2026-12-01T10:00-06:00", "2026-12-01T14:00-06:00", "2026-12-01T13:30-06:00"),
        ("2026-12-01T15:00-06:00", "2026-12-02T10:00-06:00", "2026-12-02T09:30-06:00"),
        ("2026-12-04T13:10-06:00", "2026-12-07T08:10-06:00", "2026-12-04T16:40-06:00"),
        ("2026-11-25T13:05-06:00", "2026-11-27T08:05-06:00", "2026-11-25T16:35-06:00"),
        ("2026-10-30T13:10-05:00", "2026-11-02T08:10-06:00", "2026-10-30T16:40-05:00"),
        ("2026-03-06T16:00-06:00", "2026-03-09T11:00-05:00", "2026-03-09T10:30-05:00"),
    ],
    ids=["same day", "next day", "weekend", "Thanksgiving", "clocks go back", "clocks go forward"],
)
def test_minutes_of_other_priorities_are_those_in_which_the_desk_is_open(
    paged: PagedDesk, taken_at: str, due_at: str, texted_at: str
) -> None:
    case = reminded(paged, priority=Priority.HIGH, at=taken_at)
    assert case.due_at == datetime.fromisoformat(due_at)
    at = datetime.fromisoformat(texted_at).astimezone(UTC)
    assert case.until(at - timedelta(seconds=20), step=60).told() == []
    assert case.until(at + timedelta(seconds=20)).told() == [(JAMISON, "text")]


def test_an_update_that_falls_due_at_closing_time_is_overdue_when_the_desk_opens(paged: PagedDesk) -> None:
    """Due Wednesday 17:00 before Thanksgiving: nobody is disturbed on the holiday."""
    case = reminded(paged, priority=Priority.HIGH, at="2026-11-25T13:00-06:00")
    assert case.due_at == datetime.fromisoformat("2026-11-25T17:00-06:00")
    case.until("2026-11-25T16:59-06:00").forget()
    assert case.until("2026-11-27T07:59-06:00", step=600).told() == []
    assert case.until("2026-11-27T08:01-06:00").told() == [(JAMISON, "text")]
    assert case.forget().until("2026-11-27T08:11-06:00").told() != []


def test_medium_tickets_are_texted_about_and_end_with_the_supervisor(paged: PagedDesk) -> None:
    case = reminded(paged, priority=Priority.MEDIUM, at="2026-12-01T08:00-06:00")
    assert case.due_at == datetime.fromisoformat("2026-12-01T16:00-06:00")
    case.until("2026-12-03T12:00-06:00", step=60)
    assert {way for _, way in case.told()} == {"text"}
    stages = [entry.text for entry in case.entries]
    assert len(stages) == 5
    assert "after the last step" in stages[-1]


def test_in_the_autumn_night_an_hour_is_an_hour_and_the_text_says_which(paged: PagedDesk) -> None:
    case = reminded(paged, at="2026-11-01T00:40-05:00")
    assert case.due_at == datetime.fromisoformat("2026-11-01T01:40-05:00")
    case.before_due(14)
    assert "01:40 CDT" in case.paged.company.texts[0].body
    Tickets(case.paged.services).update(case.number, "news", by=JAMISON, way="by text")
    assert case.due_at == datetime.fromisoformat("2026-11-01T01:26-06:00"), "an hour later, and earlier on the clock"
    case.until("2026-11-01T01:20-06:00")
    assert "01:26 CST" in case.paged.company.texts[-1].body


def test_low_tickets_are_reminded_of_only_when_told_to(paged: PagedDesk) -> None:
    case = reminded(paged, priority=Priority.LOW)
    assert case.ticket.update_due_at is None
    assert case.until("2026-12-02T10:00-06:00", step=600).told() == []


# Whom.


def away(paged: PagedDesk, person: str, *, hours: int = 12) -> None:
    at = paged.desk.clock.at
    change = QuickOverride(
        id=0,
        schedule="on-call",
        kind=OverrideKind.REMOVE,
        person=person,
        starts_at=at,
        ends_at=at + timedelta(hours=hours),
        author=person,
        reason="away, by text",
        created_at=at,
    )
    with paged.services.store.turn() as transaction:
        transaction.overrides.add(change)
    paged.services.store.overrides.forget()


def on_call(paged: PagedDesk) -> str:
    roster = paged.desk.snapshot.roster
    return roster.who_is_on("on-call", at=paged.desk.clock.at).people[0].person


def test_for_somebody_who_is_away_whoever_is_on_call_is_asked(paged: PagedDesk) -> None:
    paged.at(TUESDAY)
    owner = next(name for name in (JAMISON, LASHA) if name != on_call(paged))
    case = reminded(paged, owner=owner)
    away(paged, owner)
    case.before_due(14)
    assert case.told() == [(on_call(paged), "text")]
    assert f"{owner}, who has the ticket, is away" in case.entries[0].because


def test_at_night_the_one_on_call_is_rung_and_an_owner_off_duty_only_texted(paged: PagedDesk) -> None:
    case = reminded(paged, at="2026-12-01T16:20-06:00", owner=SECOND)
    case.before_due(1)
    assert on_call(paged) != SECOND
    assert sorted(set(case.told())) == sorted({(SECOND, "text"), (on_call(paged), "text"), (on_call(paged), "call")})


def test_a_ticket_nobody_of_the_staff_has_is_the_first_steps(paged: PagedDesk) -> None:
    case = reminded(paged)
    requests(case).edit(case.number, TicketEdit(assignee="A former colleague"))
    case.before_due(14)
    assert sorted(case.told()) == [(JAMISON, "text"), (LASHA, "text")]


def test_an_emergency_that_is_nobodys_again_is_paged_for_and_not_reminded_of(paged: PagedDesk) -> None:
    case = reminded(paged)
    requests(case).edit(case.number, TicketEdit(status=TicketStatus.RESOLVED))
    requests(case).tell(case.number, News(text="it is back", kind=NewsKind.REQUESTER_REPLY))
    assert case.ticket.status is TicketStatus.NEW
    case.until("2026-12-01T12:00-06:00", step=60)
    assert not [text for text in case.paged.company.texts if "update" in text.body.lower()]


# Giving the update by text.


def test_a_reply_in_words_is_the_update_when_one_was_asked_for(paged_on_each: PagedDesk) -> None:
    case = reminded(paged_on_each).before_due(14)
    answer = case.paged.texts(JAMISON, "Vendor on site, disk is being replaced", sid="SM" + "5" * 32)
    assert answer is not None
    assert answer.startswith(f"Noted on {case.number}. Next update due")
    again = case.paged.texts(JAMISON, "Vendor on site, disk is being replaced", sid="SM" + "5" * 32)
    assert again == answer, "delivered twice, noted once"
    updates = [each for each in case.paged.file(case.number).updates if each.kind == "update"]
    assert [each.text for each in updates[1:]] == ["Vendor on site, disk is being replaced"]
    assert case.due_at == case.paged.desk.clock.at + timedelta(hours=1)


@pytest.mark.parametrize(
    "body",
    [
        "ok",
        "on it",
        "Updat 1042 vendor is on site",
        "AKC 1001 now please",
        "is that the scanner one?",
        "1999 is done by now",
    ],
)
def test_what_may_mean_something_else_is_not_taken_for_an_update(paged: PagedDesk, body: str) -> None:
    case = reminded(paged).before_due(14)
    due_at = case.due_at
    assert case.paged.texts(JAMISON, body) == (
        f"Not noted. To give an update, reply UPDATE {case.number} and what is new."
    )
    assert case.due_at == due_at


def test_with_two_reminders_open_a_reply_is_nobodys_update(paged: PagedDesk) -> None:
    first = reminded(paged)
    second = reminded(paged)
    second.before_due(14)
    answer = paged.texts(JAMISON, "the vendor is on site")
    assert answer == (
        f"Not noted. To give an update, reply UPDATE {first.number} or UPDATE {second.number} and what is new."
    )


def test_whoever_was_not_asked_gets_the_list_of_commands(paged: PagedDesk) -> None:
    case = reminded(paged).before_due(14)
    assert str(case.paged.texts(LASHA, "the vendor is on site")).startswith("Commands:")


# Giving the update on the telephone.


def called(paged: PagedDesk, **more: Any) -> Reminded:
    case = reminded(paged, **more).before_due(4)
    assert case.told()[-1] == (JAMISON, "call")
    return case


def test_a_spoken_update_is_kept_sealed_deleted_at_the_provider_and_restarts_the_clock(
    paged_on_each: PagedDesk,
) -> None:
    case = called(paged_on_each)
    case.paged.company.recordings[RECORDING] = sound(20)
    heard = words(answers(case.paged, case.paged.company.rings[-1], "1"))
    assert f"Ticket {' '.join(str(case.number))}, emergency. An update is due today at" in heard
    assert "has your update. The next one is due today at" in heard
    case.paged.passes(30)

    entry = case.paged.file(case.number).updates[-1]
    assert (entry.author, entry.kind) == (JAMISON, "update")
    assert entry.text.startswith("Spoken update, 20 seconds: https://")
    assert entry.text.endswith(f"/api/v1/voicemail/{RECORDING}/audio")
    assert entry.because == "spoken on a reminder call; the requester gets no mail: call them"
    services = case.paged.services
    (kept,) = services.store.voicemails.page(VoicemailFilters(), limit=9).items
    assert (kept.state, kept.ticket, kept.done_by) == (VoicemailState.KEPT, case.number, JAMISON)
    assert case.paged.company.deleted == [RECORDING]
    audio = Voicemails(services).play(RECORDING, by=LASHA, role="staff", at=services.clock.now())
    assert audio == sound(20)
    assert case.due_at > case.paged.desk.clock.at + timedelta(minutes=58)


def test_a_recording_told_of_twice_is_one_update(paged: PagedDesk) -> None:
    case = called(paged)
    for _ in range(2):
        answers(case.paged, case.paged.company.rings[-1], "1")
        case.paged.at("2026-12-01T10:57-06:00")
    assert [entry.kind for entry in case.paged.file(case.number).updates].count("update") == 2


def test_whoever_hangs_up_after_speaking_has_given_the_update(paged: PagedDesk) -> None:
    case = called(paged)
    document = speaks(paged, paged.company.rings[-1])
    answer = spoke(paged, paged.company.rings[-1], document, seconds=20, ended_by="hangup")
    assert words(answer) == ""
    assert case.due_at > paged.desk.clock.at + timedelta(minutes=58)
    assert paged.file(case.number).updates[-1].text.startswith("Spoken update, 20 seconds: https://")


def test_silence_after_the_tone_is_no_update(paged: PagedDesk) -> None:
    case = called(paged)
    due_at = case.due_at
    for seconds in (0, 1):
        assert "We heard nothing" in answers(case.paged, case.paged.company.rings[-1], "1", seconds=seconds)
    assert case.due_at == due_at


def test_a_spoken_update_that_cannot_be_had_is_told_in_the_ticket(paged: PagedDesk) -> None:
    case = called(paged)
    case.paged.company.fail("recording", refused(20003))
    answers(case.paged, case.paged.company.rings[-1], "1")
    case.paged.passes(30)
    assert case.paged.file(case.number).updates[-1].text.startswith("a spoken update is gone:")


def test_nothing_new_is_an_update_that_says_so(paged_on_each: PagedDesk) -> None:
    case = called(paged_on_each)
    ring = case.paged.company.rings[-1]
    assert "Noted that nothing has changed yet" in answers(case.paged, ring, "2")
    assert "Noted that nothing has changed yet" in repeated(case.paged, ring, "2"), "Twilio asks again"
    updates = [each for each in case.paged.file(case.number).updates if each.kind == "update"]
    assert [each.text for each in updates[1:]] == ["No change yet; the work goes on."]
    assert case.due_at == case.paged.desk.clock.at + timedelta(hours=1)


def test_passing_on_asks_whoever_is_on_call_at_once_and_gives_the_ticket_to_nobody(paged_on_each: PagedDesk) -> None:
    case = called(paged_on_each)
    ring = case.paged.company.rings[-1]
    case.forget()
    assert "Passing it on" in answers(case.paged, ring, "3")
    answers(case.paged, ring, "3")
    case.paged.deliver()
    (other,) = {name for name, _ in case.told()}
    assert other != JAMISON
    assert [way for _, way in case.told()] == ["text", "call"] or [way for _, way in case.told()] == ["call", "text"]
    assert f"{JAMISON} passes on an update" in case.paged.company.texts[0].body
    assert case.ticket.assignee == JAMISON
    answer = case.paged.texts(other, "the vendor is on site")
    assert answer is not None
    assert answer.startswith(f"Noted on {case.number}.")


@pytest.mark.parametrize("key", [None, "7"])
def test_a_voicemail_that_picks_up_gives_no_update(paged: PagedDesk, key: str | None) -> None:
    case = called(paged)
    due_at = case.due_at
    answers(case.paged, case.paged.company.rings[-1], *([key] if key else []))
    assert case.due_at == due_at


def test_whoever_picks_up_when_the_update_is_there_hears_so(paged: PagedDesk) -> None:
    case = called(paged)
    case.paged.texts(JAMISON, f"UPDATE {case.number} news")
    assert "needs no update now" in answers(case.paged, case.paged.company.rings[-1])


def test_a_phone_that_is_nobodys_is_hung_up(paged: PagedDesk) -> None:
    case = called(paged)
    ring = replace(case.paged.company.rings[-1], to="+18165550177")
    assert "<Response><Hangup/></Response>" in answers(case.paged, ring)


# The requester.


def test_a_requester_with_an_address_gets_mail_and_the_entry_says_so(paged: PagedDesk) -> None:
    announcer = replace(paged.services.announcer, mail=MAIL)
    paged.desk.services = replace(paged.services, announcer=announcer)
    case = reminded(paged)
    requests(case).edit(case.number, TicketEdit(requester="radiology@example.org"))
    answer = case.paged.texts(JAMISON, f"UPDATE {case.number} news")
    assert answer is not None
    assert "gets no mail" not in answer
    assert case.paged.file(case.number).updates[-1].because == "by text; the requester is told by mail"


def test_supervisors_with_an_address_get_mail_when_nobody_gives_an_update(sqlite_url: str, tmp_path: Path) -> None:
    paged = make_paged_desk(sqlite_url, tmp_path, config=with_reminders(tmp_path, "supervisor_mail: boss@example.org"))
    with mail_server() as server:
        paged.desk.services = replace(paged.services, announcer=Announcer(mail=way(server.port)))
        case = reminded(paged)
        case.after_due(31)
        assert case.entries[-1].text.endswith("told by text, and by mail")
    paged.services.store.close()
    (told,) = [mail.message for mail in server.received if mail.recipient == "boss@example.org"]
    assert told["Subject"] == f"Ticket {case.number} (emergency): nobody gives its update"
    assert f"Assigned to: {JAMISON}" in told.get_content()


def test_a_mail_to_supervisors_that_the_update_has_overtaken_is_not_sent(sqlite_url: str, tmp_path: Path) -> None:
    paged = make_paged_desk(sqlite_url, tmp_path, config=with_reminders(tmp_path, "supervisor_mail: boss@example.org"))
    paged.desk.services = replace(paged.services, announcer=Announcer(mail=MAIL))
    case = reminded(paged)
    case.until(case.due_at + timedelta(minutes=29))
    sweeping = case.paged.desk.clock
    sweeping.at += timedelta(minutes=2)
    sweep_reminders(paged.services)
    Tickets(paged.services).update(case.number, "news", by=JAMISON, way="by text")
    claimed = paged.services.store.outbox.claim(now=sweeping.at, limit=50, lease_seconds=60)
    (order,) = [each for each in claimed if each.payload.get("to") == "supervisor"]
    with pytest.raises(NoLongerWanted):
        Mailer(paged.services).carry_out(order)
    paged.services.store.close()


# Faults.


def test_nothing_is_doubled_by_several_processes(paged_on_each: PagedDesk) -> None:
    case = reminded(paged_on_each)
    case.before_due(15.2)
    with ThreadPoolExecutor(4) as pool:
        for _ in range(40):
            list(pool.map(lambda _: case.sweep(), range(4)))
            case.paged.desk.clock.at += timedelta(seconds=30)
    assert case.told().count((JAMISON, "text")) == len(case.paged.texts_to(JAMISON))
    assert case.told()[:3] == [(JAMISON, "text"), (JAMISON, "call"), (JAMISON, "text")]
    texts = [entry.text for entry in case.entries]
    assert len(texts) == len(set(texts))


def test_a_text_that_cannot_be_sent_is_sent_later(paged: PagedDesk) -> None:
    case = reminded(paged)
    case.paged.company.fail("text", *[down() for _ in range(4)])
    case.before_due(14)
    assert case.told() == []
    case.before_due(8)
    assert case.told() == [(JAMISON, "text")]


def test_a_text_that_could_not_be_sent_is_withdrawn_by_the_update(paged: PagedDesk) -> None:
    case = reminded(paged)
    case.paged.company.fail("text", *[no_answer() for _ in range(3)])
    case.paged.company.done_all_the_same = False
    case.before_due(14.9)
    Tickets(case.paged.services).update(case.number, "news", by=JAMISON, way="by text")
    case.until(case.paged.desk.clock.at + timedelta(minutes=10))
    assert case.told() == [], "withdrawn: the update is there"


def test_a_database_that_is_away_delays_and_doubles_nothing(sqlite_url: str, tmp_path: Path) -> None:
    store = BreakingStore.open(sqlite_url)
    paged = make_paged_desk(sqlite_url, tmp_path, store=store)
    case = reminded(paged).before_due(15.5)
    due_at = case.due_at
    store.breaks(unavailable_always)
    clock = paged.desk.clock
    clock.at = due_at - timedelta(minutes=14)
    sweep_reminders(paged.services)
    clock.at = due_at + timedelta(minutes=90)
    store.breaks(never)
    case.sweep().sweep()
    assert case.told() == [(JAMISON, "text")], "what was missed is not made up for"
    assert case.entries[0].kind == "overdue"
    case.forget().until(clock.at + timedelta(minutes=11))
    assert {name for name, _ in case.told()} == {JAMISON, LASHA}
    store.close()


def test_a_phone_answered_while_the_database_is_away_is_told_to_text(sqlite_url: str, tmp_path: Path) -> None:
    store = BreakingStore.open(sqlite_url)
    paged = make_paged_desk(sqlite_url, tmp_path, store=store)
    case = called(paged)
    ring = paged.company.rings[-1]
    store.breaks(unavailable_always)
    assert "could not note this" in answers(paged, ring, "2")
    assert "could not note this" in answers(paged, ring, "3")
    store.close()
    assert case.number


def test_what_is_spoken_while_the_database_is_away_is_the_update_when_it_is_back(
    sqlite_url: str, tmp_path: Path, log: list[MutableMapping[str, Any]]
) -> None:
    """Neither the update nor the recording's own report is lost, and nothing stays with the telephone company."""
    store = BreakingStore.open(sqlite_url)
    paged = make_paged_desk(sqlite_url, tmp_path, store=store)
    case = called(paged)
    paged.company.recordings[RECORDING] = sound(20)
    document = speaks(paged, paged.company.rings[-1])
    store.breaks(unavailable_always)
    for _ in range(2):
        assert "has your update" in words(spoke(paged, paged.company.rings[-1], document, seconds=20, sid=RECORDING))
    replay(paged.services)
    assert {entry["event"] for entry in log if entry["log_level"] == "error"} == set()

    store.breaks(never)
    due_at = case.due_at
    for _ in range(2):
        replay(paged.services)
    paged.passes(30)
    updates = [entry for entry in paged.file(case.number).updates if entry.kind == "update"]
    assert [(entry.author, entry.text.partition(":")[0]) for entry in updates[1:]] == [
        (JAMISON, "Spoken update, 20 seconds")
    ]
    assert case.due_at > due_at
    (kept,) = paged.services.store.voicemails.page(VoicemailFilters(), limit=9).items
    assert (kept.state, kept.ticket, kept.done_by) == (VoicemailState.KEPT, case.number, JAMISON)
    assert paged.company.deleted == [RECORDING]
    assert paged.services.spool.size() == 0
    store.close()


def test_what_is_spoken_with_neither_database_nor_disk_is_asked_for_again_and_told_in_the_log(
    sqlite_url: str, tmp_path: Path, log: list[MutableMapping[str, Any]]
) -> None:
    class FullDisk(Spool):
        def append(self, entry: SpoolEntry) -> None:
            raise OSError(ENOSPC, f"no space left for turn {entry.turn}")

    store = BreakingStore.open(sqlite_url)
    paged = make_paged_desk(sqlite_url, tmp_path, store=store)
    paged.desk.services = replace(paged.services, spool=FullDisk(tmp_path / "spool"))
    case = called(paged)
    document = speaks(paged, paged.company.rings[-1])
    store.breaks(unavailable_always)
    assert "could not note this" in spoke(paged, paged.company.rings[-1], document, seconds=20, sid=RECORDING)
    (lost,) = [entry for entry in log if entry["event"] == "spoken_update_lost"]
    assert (lost["ticket"], lost["recording_sid"]) == (case.number, RECORDING)
    store.close()


def test_no_number_and_no_words_leave_by_texts_or_the_log(
    paged: PagedDesk, log: list[MutableMapping[str, Any]]
) -> None:
    case = reminded(paged)
    case.paged.texts(JAMISON, f"UPDATE {case.number} confidential words")
    case.after_due(45)
    said = [text.body for text in case.paged.company.texts] + [ring.url for ring in case.paged.company.rings]
    assert said
    assert not any("816555" in each or "confidential" in each for each in [*said, *map(str, log)])
    assert all(len(each) <= 160 for each in said)


def test_a_policy_without_a_supervisor_is_an_error_in_the_log(
    sqlite_url: str, tmp_path: Path, log: list[MutableMapping[str, Any]]
) -> None:
    """Nothing is written about reminders: everything is as usual, and as emergencies are paged."""
    paged = make_paged_desk(sqlite_url, tmp_path, config=with_reminders(tmp_path, None))
    assert paged.desk.snapshot.roster.reminders == DEFAULT_REMINDERS
    case = reminded(paged)
    assert case.before_due(14).told() == [(JAMISON, "text")]
    case.after_due(45)
    told = [event for event in log if event["event"] == "update_unheard"]
    assert [(event["log_level"], event["ticket"]) for event in told] == [("error", case.number)]
    assert case.entries[-2].text.endswith("nobody told by no way, for want of a person with a phone number")
    paged.services.store.close()
