"""A ticket's clocks as its history tells them: each due time, why it was set, and whether it was kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.cdr.records import Channel, Ticket, TicketLife, TicketStatus, TicketUpdate
from app.web.desk.ticket_clocks import Fate, clocks_of
from oncall import Pause, Priority

AT = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)


def hour(count: float) -> datetime:
    return AT + timedelta(hours=count)


def ticket(**changes: Any) -> Ticket:
    usual: dict[str, Any] = {
        "number": 1001,
        "channel": Channel.PHONE,
        "priority": Priority.HIGH,
        "status": TicketStatus.IN_PROGRESS,
        "subject": "x",
        "requester": "",
        "created_at": AT,
        "acknowledged_at": hour(0.5),
    }
    return Ticket(**{**usual, **changes})


def entry(at: float, kind: str, text: str = "", **before: datetime | None) -> TicketUpdate:
    detail = {name: None if value is None else value.isoformat() for name, value in before.items()}
    return TicketUpdate(at=hour(at), author="Ann", kind=kind, text=text, detail=detail)


def test_updates_are_met_missed_set_anew_and_run() -> None:
    history = (
        entry(2, "update", update_due_at=hour(4)),
        entry(3, "note"),
        entry(7, "update", update_due_at=hour(6)),
        entry(8, "priority", "high to emergency", update_due_at=hour(11)),
    )
    found = clocks_of(ticket(update_due_at=hour(9)), history, at=hour(8.5)).updates
    assert [(each.due_at, each.set_at, each.because, each.fate, each.margin) for each in found] == [
        (hour(4), hour(0.5), "acknowledged", Fate.MET, timedelta(hours=2)),
        (hour(6), hour(2), "after an update", Fate.MISSED, timedelta(hours=-1)),
        (hour(11), hour(7), "after an update", Fate.SET_ANEW, None),
        (hour(9), hour(8), "other priority", Fate.RUNS, timedelta(hours=0.5)),
    ]
    late = clocks_of(ticket(update_due_at=hour(9)), history, at=hour(10)).updates[-1]
    assert (late.fate, late.margin) == (Fate.OVERDUE, timedelta(hours=-1))


def test_waiting_pauses_both_clocks_and_an_update_that_waits_keeps_only_its_own() -> None:
    history = (
        entry(0.5, "acknowledged", update_due_at=None, resolve_due_at=None),
        entry(1, "update", "Which one?", update_due_at=hour(4), resolve_due_at=hour(24)),
        entry(3, "requester_reply", update_due_at=None, resolve_due_at=None),
        entry(5, "status", "in_progress to waiting", update_due_at=hour(7), resolve_due_at=hour(26)),
    )
    life = TicketLife(stops=(Pause(hour(1), hour(3)), Pause(hour(5))))
    clocks = clocks_of(ticket(status=TicketStatus.WAITING, life=life), history, at=hour(6))
    assert [each.fate for each in clocks.updates] == [Fate.MET, Fate.PAUSED]
    assert [each.fate for each in clocks.resolution] == [Fate.PAUSED, Fate.PAUSED]
    assert [each.set_at for each in clocks.resolution] == [hour(0.5), hour(3)]
    assert clocks.pauses == life.stops


def test_a_resolution_is_met_or_missed_by_how_much_when_the_ticket_is_over() -> None:
    life = TicketLife(stops=(Pause(hour(6)),))
    for resolved, fate, margin in ((6, Fate.MET, 2), (9, Fate.MISSED, -1)):
        over = ticket(status=TicketStatus.RESOLVED, resolved_at=hour(resolved), resolve_due_at=hour(8), life=life)
        history = (entry(resolved, "status", "in_progress to resolved", update_due_at=hour(7)),)
        clocks = clocks_of(over, history, at=hour(40))
        (span,) = clocks.resolution
        assert (span.fate, span.margin, span.ended_at) == (fate, timedelta(hours=margin), hour(resolved))
        assert [each.fate for each in clocks.updates] == [Fate.ENDED if resolved == 6 else Fate.MISSED]
    assert clocks_of(over, (), at=hour(40)).pauses == (life.stops[0],)


def test_what_nobody_acknowledged_has_waited_until_now_or_its_end() -> None:
    new = ticket(status=TicketStatus.NEW, acknowledged_at=None)
    clocks = clocks_of(new, (), at=hour(3))
    assert (clocks.is_acknowledged, clocks.waited, clocks.updates, clocks.resolution) == (
        False,
        timedelta(hours=3),
        (),
        (),
    )
    closed = ticket(status=TicketStatus.CLOSED, acknowledged_at=None, closed_at=hour(1))
    assert clocks_of(closed, (), at=hour(3)).waited == timedelta(hours=1)
    assert clocks_of(ticket(), (), at=hour(3)).waited == timedelta(minutes=30)
