"""What becomes of tickets by themselves and by edits: closing after a notice, a new calendar, merging, replay."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.call_records import CallRecords
from app.cdr.records import Target, Ticket, TicketStatus, UpdateRule
from app.cdr.ticket_rules import Move, moved
from app.flow.messages import Fact, FactKind
from app.store import SpoolEntry, TicketFile, VoicemailFilters
from app.tickets import (
    EntryKind,
    News,
    NewsKind,
    Outcome,
    Result,
    TicketEdit,
    TicketRequests,
    Tickets,
    TicketSweeps,
    Usual,
)
from oncall import Priority
from tests.app import edits
from tests.app.store.samples import record, sid
from tests.app.store.test_voicemail import added, message
from tests.desk import MAIN, TUESDAY_MORNING, Desk, make_desk
from tests.pages import JAMISON, LASHA, PagedDesk

AT = datetime(2026, 12, 1, 16, tzinfo=UTC)  # Tuesday 10:00 in Chicago
HOUR = timedelta(hours=1)


def opened(desk: Desk, number: int = 1, **changes: Any) -> int:
    """A ticket with a call of its own."""
    with desk.services.store.turn() as transaction:
        given = transaction.open(record(number, **changes)).ticket.number
    assert given is not None
    return given


def file_of(desk: Desk, number: int) -> TicketFile:
    found = desk.services.store.tickets.get(number)
    assert found is not None
    return found


def ticket_of(desk: Desk, number: int) -> Ticket:
    return file_of(desk, number).ticket


def kinds(desk: Desk, number: int) -> list[str]:
    return [entry.kind for entry in file_of(desk, number).updates]


def change(desk: Desk, number: int, **wanted: Any) -> Result:
    requests = TicketRequests(services=desk.services, actor="token:portal", person=JAMISON)
    return requests.edit(number, TicketEdit(**wanted))


def say(desk: Desk, number: int, text: str = "news", **more: Any) -> Result:
    requests = TicketRequests(services=desk.services, actor="token:portal", person=JAMISON)
    return requests.tell(number, News(text=text, **more))


def sweep(desk: Desk) -> int:
    sweeps = TicketSweeps(desk.services)
    return sweeps.steps() + sweeps.recalculate()


# Waiting for the requester.


def test_a_ticket_without_an_answer_is_closed_after_48_hours_and_a_notice(desk_on_each: Desk) -> None:
    desk = desk_on_each
    number = opened(desk)
    desk.clock.at = AT
    say(desk, number, "which scanner is it?", waiting=True)
    assert ticket_of(desk, number).status is TicketStatus.WAITING
    for hours, steps in [(23.9, 0), (24, 1), (24, 0), (47.9, 0), (48, 1), (48, 0), (90, 0)]:
        desk.clock.at = AT + hours * HOUR
        assert sweep(desk) == steps, hours
    assert ticket_of(desk, number).closed_at == AT + 48 * HOUR
    assert kinds(desk, number) == ["update", "closing_soon", "closed"]
    assert {entry.author for entry in file_of(desk, number).updates[1:]} == {"service"}


def test_a_notice_that_comes_late_puts_the_closing_off(desk: Desk) -> None:
    number = opened(desk)
    desk.clock.at = AT
    say(desk, number, waiting=True)
    desk.clock.at = AT + 100 * HOUR
    assert (sweep(desk), sweep(desk)) == (1, 0)
    desk.clock.at = AT + 124 * HOUR
    assert sweep(desk) == 1
    assert ticket_of(desk, number).status is TicketStatus.CLOSED


def test_an_answer_ends_the_waiting_and_what_was_left_of_the_clocks_goes_on(desk_on_each: Desk) -> None:
    desk = desk_on_each
    number = opened(desk, priority=Priority.HIGH)
    desk.clock.at = AT
    Tickets(desk.services).acknowledge(number, by=JAMISON, way="by text")
    desk.clock.at = AT + HOUR
    say(desk, number, waiting=True)
    waiting = ticket_of(desk, number)
    assert (waiting.update_due_at, waiting.resolve_due_at) == (None, None)
    desk.clock.at = AT + 3 * HOUR
    say(desk, number, "the second one", kind=NewsKind.REQUESTER_REPLY)
    back = ticket_of(desk, number)
    assert (back.status, back.step_at) == (TicketStatus.IN_PROGRESS, None)
    # 13:00, with four hours left of the update and 23 of the resolution, nine to the day.
    assert back.update_due_at == AT + 7 * HOUR
    assert back.resolve_due_at == datetime(2026, 12, 4, 15, tzinfo=UTC)
    desk.clock.at = AT + 200 * HOUR
    assert sweep(desk) == 0


def test_waiting_without_a_reply_never_closes(desk: Desk) -> None:
    number = opened(desk)
    change(desk, number, status=TicketStatus.WAITING)
    desk.clock.at += 500 * HOUR
    assert sweep(desk) == 0
    assert ticket_of(desk, number).status is TicketStatus.WAITING


def test_of_many_sweeps_at_once_one_does_it(desk_on_each: Desk) -> None:
    desk = desk_on_each
    number = opened(desk)
    desk.clock.at = AT
    say(desk, number, waiting=True)
    desk.clock.at = AT + 24 * HOUR
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: TicketSweeps(desk.services).steps(), range(4))) == 1
    assert kinds(desk, number) == ["update", "closing_soon"]


@pytest.mark.parametrize(
    ("kind", "moves"), [(NewsKind.UPDATE, True), (NewsKind.NOTE, False), (NewsKind.REQUESTER_REPLY, False)]
)
def test_only_news_to_the_requester_restarts_the_update_clock(desk: Desk, kind: NewsKind, moves: bool) -> None:
    number = opened(desk, priority=Priority.HIGH)
    desk.clock.at = AT
    Tickets(desk.services).acknowledge(number, by=JAMISON, way="by text")
    desk.clock.at = AT + HOUR
    say(desk, number, kind=kind)
    assert ticket_of(desk, number).update_due_at == AT + (5 if moves else 4) * HOUR


def test_a_late_reply_reopens_what_was_resolved_and_one_that_is_too_late_is_kept(desk: Desk) -> None:
    for after, status in [(6 * 24 * HOUR, TicketStatus.IN_PROGRESS), (8 * 24 * HOUR, TicketStatus.RESOLVED)]:
        number = opened(desk, after.days)
        desk.clock.at = AT
        change(desk, number, status=TicketStatus.RESOLVED)
        desk.clock.at = AT + after
        assert say(desk, number, "still broken", kind=NewsKind.REQUESTER_REPLY).outcome is Outcome.DONE
        assert ticket_of(desk, number).status is status
        assert kinds(desk, number)[-1] == "requester_reply"


def test_an_emergency_reopened_by_its_requester_is_paged_like_a_new_one(paged_on_each: PagedDesk) -> None:
    paged = paged_on_each
    number = opened(paged.desk, priority=Priority.EMERGENCY)
    change(paged.desk, number, status=TicketStatus.RESOLVED)
    say(paged.desk, number, "down again", kind=NewsKind.REQUESTER_REPLY)
    assert paged.ticket(number).status is TicketStatus.NEW
    paged.passes(30)
    assert paged.company.texts
    paged.texts(JAMISON, f"ACK {number}")
    assert (paged.ticket(number).status, paged.ticket(number).assignee) == (TicketStatus.ACKNOWLEDGED, JAMISON)


def test_a_ticket_that_staff_make_an_emergency_is_paged(paged: PagedDesk) -> None:
    number = opened(paged.desk)
    change(paged.desk, number, priority=Priority.EMERGENCY, reason="the archive is down")
    paged.passes(30)
    assert paged.company.texts
    change(paged.desk, number, priority=Priority.HIGH, reason="it is up")
    sent = len(paged.company.texts)
    paged.passes(1000, step=30)
    assert len(paged.company.texts) == sent


# Edits.


def test_every_field_is_an_entry_with_author_reason_and_what_was_before(desk_on_each: Desk) -> None:
    desk = desk_on_each
    number = opened(desk, priority=Priority.HIGH)
    desk.clock.at = AT
    change(desk, number, assignee=JAMISON)
    due = ticket_of(desk, number).update_due_at
    change(desk, number, priority=Priority.EMERGENCY, subject="PACS down", reason="a second site is down")
    entry = next(each for each in file_of(desk, number).updates if each.kind == "priority")
    assert (entry.author, entry.because, entry.text) == (JAMISON, "a second site is down", "high to emergency")
    assert due is not None
    assert entry.detail["update_due_at"] == due.isoformat().replace("+00:00", "Z")
    assert kinds(desk, number) == ["assigned", "subject", "priority"]
    [last, *_] = desk.services.store.audit.list(limit=5, subject=f"ticket:{number}").items
    assert (last.actor, last.detail["for"]) == ("token:portal", JAMISON)


@pytest.mark.parametrize(
    ("first", "wanted", "fields"),
    [
        ({}, {"status": TicketStatus.NEW}, []),
        ({"status": TicketStatus.RESOLVED}, {"status": TicketStatus.WAITING}, ["status"]),
        ({"status": TicketStatus.CLOSED}, {"priority": Priority.LOW, "assignee": JAMISON}, ["priority", "assignee"]),
        ({"status": TicketStatus.CLOSED}, {"status": TicketStatus.IN_PROGRESS, "priority": Priority.LOW}, []),
        ({"status": TicketStatus.CLOSED}, {"subject": "x"}, []),
        ({}, {"merge_into": 1001}, ["merge_into"]),
        ({}, {"merge_into": 9999, "link_to": (1001, 77)}, ["link_to", "link_to", "merge_into"]),
        ({}, {"merge_into": 1002, "status": TicketStatus.CLOSED}, ["status"]),
        ({"merge_into": 1002}, {"subject": "x", "status": TicketStatus.IN_PROGRESS}, ["number"]),
    ],
)
def test_all_that_cannot_be_done_is_told_together(
    desk: Desk, first: dict[str, object], wanted: dict[str, object], fields: list[str]
) -> None:
    number, _ = opened(desk, 1), opened(desk, 2)
    assert change(desk, number, **first).outcome is Outcome.DONE
    result = change(desk, number, **wanted)
    assert sorted(fault.field for fault in result.faults) == sorted(fields)
    assert result.outcome is (Outcome.REFUSED if fields else Outcome.DONE)


def test_an_acknowledged_emergency_is_left_to_nobody(desk: Desk) -> None:
    number = opened(desk, priority=Priority.EMERGENCY)
    change(desk, number, assignee=JAMISON)
    assert change(desk, number, assignee="").outcome is Outcome.REFUSED
    assert change(desk, number, assignee=LASHA).outcome is Outcome.DONE
    assert ticket_of(desk, number).status is TicketStatus.ACKNOWLEDGED


def test_a_ticket_given_to_somebody_else_is_theirs_to_acknowledge(desk: Desk) -> None:
    number = opened(desk, priority=Priority.EMERGENCY)
    change(desk, number, assignee=LASHA)
    assert (ticket_of(desk, number).status, ticket_of(desk, number).assignee) == (TicketStatus.NEW, LASHA)


def test_negotiated_clocks_hold_until_they_are_ended(desk: Desk) -> None:
    number = opened(desk, priority=Priority.HIGH)
    desk.clock.at = AT
    change(desk, number, assignee=JAMISON)
    target = Target(AT + 90 * HOUR)
    change(desk, number, updates=UpdateRule(2 * 3600, business=False), target=target, reason="agreed by phone")
    assert (ticket_of(desk, number).update_due_at, ticket_of(desk, number).resolve_due_at) == (
        AT + 2 * HOUR,
        AT + 90 * HOUR,
    )
    desk.clock.at = AT + HOUR
    say(desk, number)
    assert ticket_of(desk, number).update_due_at == AT + 3 * HOUR
    change(desk, number, updates=Usual.USUAL, target=Target(None), reason="as they wish")
    assert (ticket_of(desk, number).update_due_at, ticket_of(desk, number).resolve_due_at) == (AT + 5 * HOUR, None)
    assert sweep(desk) == 0


def test_an_edit_of_an_older_state_is_refused(desk_on_each: Desk) -> None:
    number = opened(desk_on_each)
    seen = file_of(desk_on_each, number).version
    assert change(desk_on_each, number, subject="first", version=seen).outcome is Outcome.DONE
    assert change(desk_on_each, number, subject="second", version=seen).outcome is Outcome.STALE
    assert ticket_of(desk_on_each, number).subject == "first"


# Merging and linking.


def test_calls_messages_and_history_follow_a_merge(desk_on_each: Desk) -> None:
    desk = desk_on_each
    first, second = opened(desk, 1), opened(desk, 2)
    say(desk, second, "a word")
    added(desk.services.store, message(1, ticket=second))
    assert change(desk, second, merge_into=first, reason="the same outage").outcome is Outcome.DONE
    kept, gone = file_of(desk, first), file_of(desk, second)
    assert (set(kept.calls), gone.calls) == ({sid(1), sid(2)}, ())
    assert [each.ticket for each in desk.services.store.voicemails.page(VoicemailFilters(), limit=5).items] == [first]
    assert kinds(desk, first) == ["update", "merged"]
    assert kinds(desk, second) == ["merged"]
    assert gone.ticket.status is TicketStatus.CLOSED
    assert gone.ticket.life is not None
    assert gone.ticket.life.merged_into == first


def test_who_merges_crosswise_makes_no_circle(desk_on_each: Desk) -> None:
    desk = desk_on_each
    pair = [opened(desk, 1), opened(desk, 2)]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda each: change(desk, each[0], merge_into=each[1]), [pair, pair[::-1]]))
    assert sorted(result.outcome for result in results) == [Outcome.DONE, Outcome.REFUSED]


def test_a_call_that_came_over_does_not_rewrite_the_ticket(desk: Desk) -> None:
    """Also when the call is older than the ticket it came to."""
    older, newer = opened(desk, 1), opened(desk, 2, started_at=AT)
    desk.clock.at = AT + HOUR
    change(desk, newer, subject="PACS down")
    change(desk, older, merge_into=newer)
    CallRecords(desk.services).tell(sid(1), 3, _fact(FactKind.DIGITS_COLLECTED, AT, callback_number="+18165550177"))
    assert ticket_of(desk, newer).subject == "PACS down"
    assert ticket_of(desk, newer).requester == "+18165550142"


def test_linked_tickets_name_each_other_once(desk_on_each: Desk) -> None:
    first, second = opened(desk_on_each, 1), opened(desk_on_each, 2)
    for _ in range(2):
        change(desk_on_each, second, link_to=(first,))
    assert file_of(desk_on_each, first).related == (second,)
    assert file_of(desk_on_each, second).related == (first,)


# The calendar.


def test_clocks_follow_a_change_of_the_calendar_and_the_old_times_are_kept(database_url: str, tmp_path: Path) -> None:
    folder = edits.write(tmp_path / "config")
    desk = make_desk(database_url, tmp_path, config=folder)
    number = opened(desk, priority=Priority.HIGH)
    desk.clock.at = datetime(2026, 12, 1, 22, tzinfo=UTC)  # 16:00: an hour today, three tomorrow
    Tickets(desk.services).acknowledge(number, by=JAMISON, way="by text")
    was = datetime(2026, 12, 2, 17, tzinfo=UTC)
    assert ticket_of(desk, number).update_due_at == was
    assert sweep(desk) == 0

    edits.write(folder, (edits.HOURS, "closures: {}", "closures: {2026-12-02: Move}"))
    desk.services.config.reload()
    assert (sweep(desk), sweep(desk)) == (1, 0)
    assert ticket_of(desk, number).update_due_at == was + 24 * HOUR
    entry = file_of(desk, number).updates[-1]
    assert (entry.kind, entry.author) == (EntryKind.RECALCULATED, "service")
    assert entry.detail["update_due_at"] == "2026-12-02T17:00:00Z"
    desk.services.store.close()


def test_a_due_time_of_an_older_release_is_left_as_it_is(desk: Desk) -> None:
    number = opened(desk, priority=Priority.HIGH)
    due_at = AT + 20 * HOUR
    with desk.services.store.turn() as transaction:
        ticket = transaction.tickets.hold(number)
        assert ticket is not None
        started = moved(ticket, Move.START, by=JAMISON, at=AT, hours=desk.snapshot.roster.hours["desk"])
        transaction.tickets.save(ticket, replace(started, life=None, update_due_at=due_at))
    assert sweep(desk) == 0
    assert ticket_of(desk, number).update_due_at == due_at


# What staff have decided.


def _fact(kind: FactKind, at: datetime, **detail: object) -> Fact:
    return Fact(kind=kind, key=f"{kind}:{at.timestamp()}", at=at, because="a test", detail=detail)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("set_after", "chosen", "is_then"),
    [
        (True, "emergency", Priority.LOW),
        (False, "emergency", Priority.EMERGENCY),
        (False, "low", Priority.MEDIUM),
    ],
)
def test_replaying_an_outage_does_not_undo_what_staff_have_decided(
    desk_on_each: Desk, set_after: bool, chosen: str, is_then: Priority
) -> None:
    """What a caller chose later than that may still make it more urgent, never less."""
    desk = desk_on_each
    number = opened(desk, started_at=AT)
    desk.clock.at = AT + HOUR
    decided = Priority.LOW if set_after else Priority.MEDIUM
    change(desk, number, priority=decided, requester="clinic", subject="ours", reason="known matter")
    at = AT + (0.5 if set_after else 1.5) * HOUR
    facts = [
        _fact(FactKind.PRIORITY_SET, at, priority=chosen),
        _fact(FactKind.DIGITS_COLLECTED, at, callback_number="1"),
    ]
    desk.services.spool.append(SpoolEntry.of(call_sid=sid(1), turn=4, facts=facts, opening=None, reply=None))
    for _ in range(2):
        assert CallRecords(desk.services).replay() in {0, 1}
    ticket = ticket_of(desk, number)
    assert (ticket.priority, ticket.requester, ticket.subject) == (is_then, "clinic", "ours")


def test_a_reopened_ticket_stays_open_when_its_old_call_is_told_again(desk: Desk) -> None:
    number = opened(desk, started_at=AT)
    desk.clock.at = AT + HOUR
    CallRecords(desk.services).tell(sid(1), 2, _fact(FactKind.CALLER_BLOCKED, AT))
    change(desk, number, status=TicketStatus.IN_PROGRESS)
    late = SpoolEntry.of(call_sid=sid(1), turn=4, facts=[_fact(FactKind.MENU_OFFERED, AT)], opening=None, reply=None)
    desk.services.spool.append(late)
    assert CallRecords(desk.services).replay() == 1
    assert ticket_of(desk, number).status is TicketStatus.IN_PROGRESS


# Following up by telephone.


def test_a_follow_up_call_ends_the_waiting(desk_on_each: Desk) -> None:
    desk = desk_on_each
    before = desk.dials(MAIN, at=TUESDAY_MORNING, keys="2").ticket
    assert before.number is not None
    say(desk, before.number, waiting=True)
    played = desk.dials(MAIN, at="2026-12-01T14:00-06:00", keys="2")
    assert played.ticket.number == before.number
    assert played.ticket.status is TicketStatus.IN_PROGRESS
    assert kinds(desk, before.number)[-2:] == ["called_again", "requester_reply"]
    assert played.ticket.step_at is None
    assert played.call.ended_at is not None
    assert played.ticket.update_due_at is not None
    # Who spoke to the desk about it has had news of it.
    since = played.call.ended_at
    hours = desk.snapshot.roster.hours["desk"]
    assert played.ticket.update_due_at == hours.add_open_seconds(at=since, seconds=4 * 3600)


def test_who_calls_again_within_minutes_reopens_what_was_resolved(desk_on_each: Desk) -> None:
    desk = desk_on_each
    before = desk.dials(MAIN, at=TUESDAY_MORNING, keys="2").ticket
    assert before.number is not None
    change(desk, before.number, status=TicketStatus.RESOLVED)
    played = desk.dials(MAIN, at="2026-12-01T10:10-06:00")
    assert (played.ticket.number, played.ticket.resolved_at) == (before.number, None)
    assert played.ticket.status in {TicketStatus.IN_PROGRESS, TicketStatus.ACKNOWLEDGED}
    change(desk, before.number, status=TicketStatus.CLOSED)
    later = desk.dials(MAIN, at="2026-12-01T10:20-06:00", keys="2")
    assert later.ticket.number != before.number
