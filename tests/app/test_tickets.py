"""Tickets that somebody acknowledges, takes or updates: the rules, the history and the clocks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.cdr.records import Channel, Ticket, TicketStatus
from app.cdr.ticket_rules import TRANSITIONS, acknowledged, is_unowned_emergency, may, move_to, moved, taken, updated
from app.store import QuickOverride
from app.tickets import Outcome, Result, Tickets
from oncall import BusinessHours, OverrideKind, Priority
from tests.app.store.samples import record
from tests.desk import Desk
from tests.pages import FIRST, JAMISON, LASHA

AT = datetime(2026, 12, 1, 16, tzinfo=UTC)  # Tuesday 10:00 in Chicago
BLANK = Ticket(
    number=1042,
    channel=Channel.PHONE,
    priority=Priority.HIGH,
    status=TicketStatus.NEW,
    subject="",
    requester="",
    created_at=AT - timedelta(minutes=5),
)


def hours_of(desk: Desk) -> BusinessHours:
    return desk.snapshot.roster.hours["desk"]


@pytest.mark.parametrize(
    ("priority", "update", "resolve"),
    [
        (Priority.EMERGENCY, timedelta(hours=1), timedelta(hours=8)),
        (Priority.HIGH, timedelta(hours=4), timedelta(days=2, hours=6)),
        (Priority.MEDIUM, timedelta(hours=23), timedelta(days=10)),
        (Priority.LOW, None, None),
    ],
)
def test_acknowledging_starts_the_clocks_of_the_priority(
    desk: Desk, priority: Priority, update: timedelta | None, resolve: timedelta | None
) -> None:
    ticket = acknowledged(replace(BLANK, priority=priority), by=JAMISON, at=AT, hours=hours_of(desk))

    assert (ticket.status, ticket.assignee, ticket.acknowledged_at) == (TicketStatus.ACKNOWLEDGED, JAMISON, AT)
    assert ticket.update_due_at == (None if update is None else AT + update)
    assert ticket.resolve_due_at == (None if resolve is None else AT + resolve)


def test_taking_over_leaves_the_clocks_as_they_run(desk: Desk) -> None:
    first = acknowledged(BLANK, by=JAMISON, at=AT, hours=hours_of(desk))
    over = taken(first, by=LASHA, at=AT + timedelta(hours=2), hours=hours_of(desk))

    assert over == replace(first, assignee=LASHA)


@pytest.mark.parametrize("status", TicketStatus)
def test_news_moves_only_a_ticket_that_is_being_worked_on(desk: Desk, status: TicketStatus) -> None:
    begun = None if status is TicketStatus.NEW else AT - timedelta(minutes=2)
    ticket = replace(BLANK, status=status, acknowledged_at=begun)
    after = updated(ticket, at=AT, hours=hours_of(desk))

    if status in {TicketStatus.ACKNOWLEDGED, TicketStatus.IN_PROGRESS}:
        assert (after.status, after.update_due_at) == (TicketStatus.IN_PROGRESS, AT + timedelta(hours=4))
    elif status is TicketStatus.WAITING:
        assert (after.status, after.update_due_at, after.step_at) == (status, None, AT + timedelta(hours=24))
    else:
        assert after == ticket


# Which status leads to which by the hand of staff, as the desk has it.
LEADS_TO = {
    "new": {"acknowledged", "in_progress", "waiting", "resolved", "closed"},
    "acknowledged": {"in_progress", "waiting", "resolved", "closed"},
    "in_progress": {"waiting", "resolved", "closed"},
    "waiting": {"in_progress", "resolved", "closed"},
    "resolved": {"in_progress", "closed"},
    "closed": {"in_progress"},
}


@pytest.mark.parametrize("status", TicketStatus)
def test_a_status_leads_to_those_it_may_and_to_no_other(desk: Desk, status: TicketStatus) -> None:
    begun = None if status is TicketStatus.NEW else AT - timedelta(minutes=2)
    ticket = replace(BLANK, status=status, acknowledged_at=begun)
    reached = {target.value for target in TicketStatus if move_to(ticket, target) is not None}
    assert reached - {status.value} == LEADS_TO[status.value]
    for move, transition in TRANSITIONS.items():
        if may(ticket, move):
            after = moved(ticket, move, by=JAMISON, at=AT, hours=hours_of(desk))
            assert after.status is transition.target
            assert (after.resolved_at is not None) is (after.status is TicketStatus.RESOLVED)
            assert (after.closed_at is not None) is (after.status is TicketStatus.CLOSED)


@pytest.mark.parametrize("status", TicketStatus)
def test_only_a_new_emergency_has_no_owner(status: TicketStatus) -> None:
    emergency = replace(BLANK, priority=Priority.EMERGENCY, status=status)
    assert is_unowned_emergency(emergency) is (status is TicketStatus.NEW)
    assert not is_unowned_emergency(replace(emergency, priority=Priority.HIGH))


def opened(desk: Desk, **changes: object) -> int:
    with desk.services.store.turn() as transaction:
        made = record(1, **changes)
        number = transaction.open(made).ticket.number
    assert number is not None
    return number


Deed = Callable[[Tickets, int], Result]
DEEDS: dict[str, Deed] = {
    "acknowledge": lambda tickets, number: tickets.acknowledge(number, by=JAMISON, way="by text"),
    "take": lambda tickets, number: tickets.take(number, by=JAMISON, way="by text"),
    "update": lambda tickets, number: tickets.update(number, "news", by=JAMISON, way="by text"),
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
@pytest.mark.parametrize("number", [0, -1, 7, 2**31, 10**12])
def test_a_number_no_ticket_has_is_a_result(desk_on_each: Desk, deed: Deed, number: int) -> None:
    assert deed(Tickets(desk_on_each.services), number) == Result(Outcome.UNKNOWN)


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
@pytest.mark.parametrize("status", [TicketStatus.RESOLVED, TicketStatus.CLOSED])
def test_what_is_closed_stays_as_it_is(desk_on_each: Desk, deed: Deed, status: TicketStatus) -> None:
    number = opened(desk_on_each)
    with desk_on_each.services.store.turn() as transaction:
        ticket = transaction.tickets.hold(number)
        assert ticket is not None
        transaction.tickets.save(ticket, replace(ticket, status=status))

    assert deed(Tickets(desk_on_each.services), number).outcome is Outcome.CLOSED
    file = desk_on_each.services.store.tickets.get(number)
    assert file is not None
    assert file.updates == ()
    assert file.ticket.status is status


def test_the_history_says_who_when_and_how(desk_on_each: Desk) -> None:
    desk = desk_on_each
    number, tickets = opened(desk), Tickets(desk.services)
    desk.clock.at = AT
    tickets.acknowledge(number, by=JAMISON, way="by text")
    tickets.update(number, "vendor called", by=JAMISON, way="by text")
    tickets.take(number, by=FIRST, way="by key on a paging call")

    file = desk.services.store.tickets.get(number)
    assert file is not None
    assert [(entry.at, entry.author, entry.kind, entry.text) for entry in file.updates] == [
        (AT, JAMISON, "acknowledged", "acknowledged by text"),
        (AT, JAMISON, "update", "vendor called"),
        (AT, FIRST, "assigned", f"taken by key on a paging call, from {JAMISON}"),
    ]
    assert (file.ticket.status, file.ticket.assignee) == (TicketStatus.IN_PROGRESS, FIRST)


def test_of_many_who_acknowledge_at_once_one_does(desk_on_each: Desk) -> None:
    number, tickets = opened(desk_on_each), Tickets(desk_on_each.services)
    with ThreadPoolExecutor(6) as pool:
        names = [f"person {each}" for each in range(6)]
        results = list(pool.map(lambda name: tickets.acknowledge(number, by=name, way="by text"), names))

    assert sorted(result.outcome for result in results) == sorted([Outcome.DONE] + [Outcome.TAKEN] * 5)
    winner = names[[result.outcome for result in results].index(Outcome.DONE)]
    assert {result.ticket.assignee for result in results if result.ticket} == {winner}


def test_a_turn_of_the_call_and_a_text_do_not_overwrite_each_other(desk_on_each: Desk) -> None:
    """The turn holds its call; whoever acknowledges the ticket waits for it, and sees what it wrote."""
    store, tickets = desk_on_each.services.store, Tickets(desk_on_each.services)
    number = opened(desk_on_each)
    with ThreadPoolExecutor(1) as pool:
        with store.turn() as transaction:
            before = transaction.load(record(1).call.call_sid)
            assert before is not None
            later = pool.submit(tickets.acknowledge, number, by=LASHA, way="by text")
            ticket = acknowledged(before.ticket, by=JAMISON, at=AT, hours=None)
            transaction.save(before, replace(before, ticket=ticket))
        assert later.result(timeout=30).outcome is Outcome.TAKEN
    file = store.tickets.get(number)
    assert file is not None
    assert file.ticket.assignee == JAMISON


def test_a_withdrawn_override_still_counts_for_the_time_before(desk_on_each: Desk) -> None:
    store = desk_on_each.services.store
    made = QuickOverride(
        id=0,
        schedule="on-call",
        kind=OverrideKind.REMOVE,
        person=JAMISON,
        starts_at=AT,
        ends_at=AT + timedelta(hours=4),
        author=JAMISON,
        reason="a test",
        created_at=AT,
    )
    with store.turn() as transaction:
        kept = transaction.overrides.add(made)
        transaction.overrides.withdraw(kept.id, at=AT + timedelta(hours=1))

    (quick,) = store.overrides.quick(at=AT + timedelta(hours=2))
    assert (quick.starts_at, quick.ends_at) == (AT, AT + timedelta(hours=1))
    assert str(quick.source) == f"quick override:{kept.id}"
    assert store.overrides.quick(at=AT + timedelta(days=2)) == ()


def test_what_is_known_of_overrides_is_read_again_after_a_moment(desk_on_each: Desk) -> None:
    store = desk_on_each.services.store
    with store.turn() as transaction:
        assert store.overrides.for_turn(transaction.overrides, at=AT) == ()
    assert store.overrides.for_turn(None, at=AT) == (), "without a database: what was last known"
    with store.turn() as transaction:
        transaction.overrides.add(
            QuickOverride(
                id=0,
                schedule="on-call",
                kind=OverrideKind.REMOVE,
                person=JAMISON,
                starts_at=AT,
                ends_at=AT + timedelta(hours=4),
                author=JAMISON,
                reason="a test",
                created_at=AT,
            )
        )
    store.overrides.forget()
    with store.turn() as transaction:
        assert len(store.overrides.for_turn(transaction.overrides, at=AT)) == 1
    assert len(store.overrides.for_turn(None, at=AT)) == 1
