"""No call is lost: what Twilio has and we have not gets a ticket, and an end that was never told is filled in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.call_records import CallRecords
from app.calls import Calls
from app.cdr.records import CallRecord, Disposition, LegOutcome, TicketStatus
from app.reconciliation import BEAT, Deed, Reconciled, reconcile
from app.store import CallFilters, SpoolEntry
from app.telephony.inbound import VoiceRequest, voice_request
from app.telephony.provider import ProviderError, RemoteCall
from tests.app.phone_company import PhoneCompany, remote_call
from tests.desk import CALLER, MAIN, Desk

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
BEFORE = NOW - timedelta(minutes=30)
UNSEEN = "CA" + "a" * 32


def sweep(desk: Desk, *calls: RemoteCall, at: datetime = NOW, since: datetime | None = None) -> Reconciled:
    desk.clock.show(at)
    return reconcile(desk.services, PhoneCompany(calls=list(calls)), since=since)


def record_of(desk: Desk, sid: str = UNSEEN) -> CallRecord:
    found = desk.services.store.calls.get(sid)
    assert found is not None
    return found


def request(sid: str, status: str, **fields: str) -> VoiceRequest:
    return voice_request([("CallSid", sid), ("From", CALLER), ("To", MAIN), ("CallStatus", status), *fields.items()])


def arrives(desk: Desk, sid: str = UNSEEN, *, at: datetime = BEFORE) -> None:
    """A call comes in and waits in the menu."""
    desk.clock.show(at)
    Calls(desk.services).incoming(request(sid, "ringing"))


# Calls we never saw.


@pytest.mark.parametrize(
    ("status", "seconds", "disposition", "subject"),
    [
        ("completed", 95, Disposition.ABANDONED, "Missed call"),
        ("no-answer", 0, Disposition.ABANDONED, "Missed call"),
        ("canceled", 0, Disposition.ABANDONED, "Missed call"),
        ("busy", 0, Disposition.ABANDONED, "Missed call"),
        ("failed", 0, Disposition.FAILED, "Failed call"),
    ],
)
def test_a_call_that_never_reached_us_gets_its_ticket(
    desk: Desk, status: str, seconds: int, disposition: Disposition, subject: str
) -> None:
    done = sweep(desk, remote_call(UNSEEN, at=BEFORE, status=status, seconds=seconds))
    record = record_of(desk)
    assert record.ticket.subject == f"{subject} from {CALLER} on the main line, never reached our server"
    assert (record.ticket.status, record.ticket.requester) == (TicketStatus.NEW, CALLER)
    assert (record.call.disposition, record.call.line) == (disposition, "main")
    assert (record.call.started_at, record.call.ended_at) == (BEFORE, BEFORE + timedelta(seconds=seconds))
    assert [(each.deed, each.ticket, each.seconds) for each in done.settled] == [
        (Deed.OPENED, record.ticket.number, seconds)
    ]


def test_the_timeline_says_where_the_call_was_found(desk_on_each: Desk) -> None:
    sweep(desk_on_each, remote_call(UNSEEN, at=BEFORE, seconds=95))
    found, ended = desk_on_each.services.store.calls.timeline(UNSEEN)
    assert (found.fact, ended.fact) == ("call_found", "call_ended")
    assert "answered for 95 seconds without us" in found.because
    assert found.detail["status"] == "completed"
    assert found.detail["seconds"] == 95


def test_repeating_it_changes_nothing(desk_on_each: Desk) -> None:
    call = remote_call(UNSEEN, at=BEFORE)
    sweep(desk_on_each, call)
    before = record_of(desk_on_each)
    assert sweep(desk_on_each, call, at=NOW + timedelta(minutes=3)).settled == ()
    assert record_of(desk_on_each) == before
    assert len(desk_on_each.services.store.calls.timeline(UNSEEN)) == 2


def test_a_withheld_number_is_no_obstacle(desk: Desk) -> None:
    sweep(desk, remote_call(UNSEEN, at=BEFORE, caller="anonymous"))
    assert "a withheld number" in record_of(desk).ticket.subject


@pytest.mark.parametrize(
    "changes",
    [
        {"direction": "outbound-api"},
        {"direction": "outbound-dial"},
        {"parent_sid": "CA" + "b" * 32},
        {"dialled": "+18165550142"},
    ],
)
def test_only_calls_to_our_lines_count(desk: Desk, changes: dict[str, Any]) -> None:
    done = sweep(desk, remote_call(UNSEEN, at=BEFORE, **changes))
    assert (done.looked_at, done.settled) == (0, ())


def test_a_call_whose_webhook_may_still_come_is_left_alone(desk: Desk) -> None:
    assert sweep(desk, remote_call(UNSEEN, at=NOW - timedelta(seconds=30))).settled == ()


def test_a_long_call_that_others_answer_is_not_forgotten(desk: Desk) -> None:
    """The fallback's call outlives the two hours a sweep looks back: its ticket is opened while it goes on."""
    going_on = remote_call(UNSEEN, at=BEFORE, status="in-progress", seconds=None)
    assert sweep(desk, going_on).settled[0].status is None
    assert record_of(desk).call.disposition is Disposition.IN_PROGRESS
    later = NOW + timedelta(hours=4)
    over = remote_call(UNSEEN, at=BEFORE, seconds=4 * 3600)
    assert sweep(desk, over, at=later).settled[0].deed is Deed.ENDED
    assert record_of(desk).ticket.subject.startswith("Missed call")


def test_what_the_spool_still_held_completes_the_call(desk: Desk) -> None:
    """The list is read before an outage's spool is: the story then is the spool's."""
    services = desk.services
    arrives(desk)
    facts = services.store.calls.timeline(UNSEEN)
    assert facts
    other = "CA" + "c" * 32
    sweep(desk, remote_call(other, at=BEFORE, seconds=40))
    number = record_of(desk, other).ticket.number
    with services.store.turn() as transaction:
        told = transaction.facts(UNSEEN)
    opening = record_of(desk)
    entry = SpoolEntry.of(call_sid=other, turn=0, facts=told, opening=opening, reply=None)
    services.spool.append(entry)
    CallRecords(services).replay()
    record = record_of(desk, other)
    assert record.ticket.subject == f"Missed call from {CALLER} on the main line, hung up in the menu"
    assert record.ticket.number == number
    assert record.call.ended_at == BEFORE + timedelta(seconds=40)


def test_a_webhook_that_comes_late_changes_nothing_for_the_worse(desk: Desk) -> None:
    sweep(desk, remote_call(UNSEEN, at=BEFORE, seconds=40))
    Calls(desk.services).call_status(request(UNSEEN, "completed", CallDuration="40"))
    assert record_of(desk).call.ended_at == BEFORE + timedelta(seconds=40)
    assert len(desk.services.store.calls.timeline(UNSEEN)) == 2


# Calls of ours without an end.


def test_an_end_that_was_never_told_is_filled_in(desk_on_each: Desk) -> None:
    arrives(desk_on_each)
    done = sweep(desk_on_each, remote_call(UNSEEN, at=BEFORE, seconds=70))
    record = record_of(desk_on_each)
    assert [each.deed for each in done.settled] == [Deed.ENDED]
    assert record.call.ended_at == BEFORE + timedelta(seconds=70)
    assert record.call.disposition is Disposition.ABANDONED
    assert record.ticket.subject == f"Missed call from {CALLER} on the main line, hung up in the menu"
    assert all(leg.outcome is not LegOutcome.RINGING for leg in record.legs)


def test_a_call_still_going_on_is_left_alone(desk: Desk) -> None:
    arrives(desk)
    assert sweep(desk, remote_call(UNSEEN, at=BEFORE, status="in-progress", seconds=None)).settled == ()


def test_a_call_we_know_the_end_of_is_left_alone(desk: Desk) -> None:
    played = desk.dials(MAIN, at="2026-11-28T02:00-06:00", keys="9")
    before = played.record
    assert sweep(desk, remote_call(played.sid, at=BEFORE, seconds=999)).settled == ()
    assert played.record == before


# From when to look.


def test_the_first_sweep_looks_back_two_hours(desk: Desk) -> None:
    """Calls from before the service was there are not its own."""
    assert sweep(desk).since_at == NOW - timedelta(hours=2)


def test_every_sweep_looks_back_to_before_the_last_one(desk: Desk) -> None:
    sweep(desk)
    later = NOW + timedelta(days=3)
    assert sweep(desk, at=later).since_at == NOW - timedelta(hours=2)
    assert sweep(desk, at=later).since_at == later - timedelta(hours=2)


def test_a_call_without_an_end_is_looked_for_as_long_as_it_can_last(desk: Desk) -> None:
    arrives(desk, at=NOW - timedelta(hours=20))
    arrives(desk, "CA" + "d" * 32, at=NOW - timedelta(hours=40))
    assert sweep(desk).since_at == NOW - timedelta(hours=20, minutes=2)


def test_a_shorter_look_does_not_count_as_a_whole_one(desk: Desk) -> None:
    sweep(desk)
    later = NOW + timedelta(days=1)
    sweep(desk, at=later, since=later - timedelta(minutes=10))
    assert desk.services.store.heartbeats()[BEAT] == NOW
    sweep(desk, at=later, since=NOW - timedelta(days=7))
    assert desk.services.store.heartbeats()[BEAT] == later


def test_what_twilio_lists_beyond_that_is_not_taken_up(desk: Desk) -> None:
    """Twilio's filter may know whole days only."""
    assert sweep(desk, remote_call(UNSEEN, at=NOW - timedelta(hours=5))).looked_at == 0


def test_a_list_that_breaks_off_changes_nothing(desk: Desk) -> None:
    desk.clock.show(NOW)
    calls = [remote_call(f"CA{number:032x}", at=BEFORE) for number in range(5)]
    with pytest.raises(ProviderError):
        reconcile(desk.services, PhoneCompany(calls=calls, broken_after=3))
    store = desk.services.store
    assert store.calls.page(CallFilters(), limit=10).items == ()
    assert BEAT not in store.heartbeats()


def test_many_calls_are_all_settled(desk: Desk) -> None:
    """More than one page of our own, and every one of Twilio's."""
    calls = [remote_call(f"CA{number:032x}", at=BEFORE) for number in range(250)]
    assert len(sweep(desk, *calls).settled) == 250
    assert len({each.ticket for each in sweep(desk, *calls).settled}) == 0
