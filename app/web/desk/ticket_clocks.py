"""A ticket's clocks as they ran: each due time there was, why it was set, and whether it was kept, read from history.

Pure: entries of a ticket's history say what a due time was before them, so the spans are read from the newest back.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.cdr.records import Ticket, TicketStatus, TicketUpdate
from app.cdr.ticket_rules import CLOSED
from app.tickets import EntryKind
from oncall import Pause


class Fate(StrEnum):
    """What became of a due time."""

    RUNS = "runs"
    OVERDUE = "overdue"
    MET = "met"
    MISSED = "missed"
    PAUSED = "paused"
    SET_ANEW = "set anew"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A due time, from when it was set to when it was kept, missed or replaced. `margin` is positive when in time."""

    due_at: datetime
    set_at: datetime | None
    because: str
    fate: Fate
    ended_at: datetime | None = None
    margin: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """A ticket's three clocks, oldest span first, and when they stood still. `waited` is until it was acknowledged."""

    waited: timedelta
    is_acknowledged: bool
    updates: tuple[Span, ...]
    resolution: tuple[Span, ...]
    pauses: tuple[Pause, ...]


_UPDATE, _RESOLUTION = "update_due_at", "resolve_due_at"
# News ends an update clock by keeping its promise; whatever else changes a clock, changes the promise.
_KEEPS: Final[frozenset[str]] = frozenset({EntryKind.UPDATE, EntryKind.REQUESTER_REPLY})
_WHY: Final[Mapping[str, str]] = {
    EntryKind.ACKNOWLEDGED: "acknowledged",
    EntryKind.UPDATE: "after an update",
    EntryKind.REQUESTER_REPLY: "the requester answered",
    EntryKind.PRIORITY: "other priority",
    EntryKind.AGREED: "negotiated",
    EntryKind.RECALCULATED: "the calendar changed",
    EntryKind.STATUS: "status changed",
    EntryKind.ASSIGNED: "acknowledged",
}


def clocks_of(ticket: Ticket, updates: tuple[TicketUpdate, ...], *, at: datetime) -> Clocks:
    """The ticket's clocks as they ran until `at`."""
    return Clocks(
        waited=(ticket.acknowledged_at or _over_at(ticket) or at) - ticket.created_at,
        is_acknowledged=ticket.acknowledged_at is not None,
        updates=tuple(_spans(ticket, updates, _UPDATE, at=at)),
        resolution=tuple(_spans(ticket, updates, _RESOLUTION, at=at)),
        pauses=() if ticket.life is None else tuple(_pauses(ticket.life.stops, ticket)),
    )


def _spans(ticket: Ticket, updates: tuple[TicketUpdate, ...], name: str, *, at: datetime) -> Iterator[Span]:
    first, changes = _changes(ticket, updates, name)
    running = _begun(first, ticket.acknowledged_at, "acknowledged")
    for entry, after in changes:
        if running is not None:
            yield _ended(running, entry, of=name, replaced=after is not None)
        running = _begun(after, entry.at, _why(entry))
    if running is not None:
        yield _at_last(running, ticket, at)


def _changes(
    ticket: Ticket, updates: tuple[TicketUpdate, ...], name: str
) -> tuple[datetime | None, list[tuple[TicketUpdate, datetime | None]]]:
    """The due time before all entries, and those entries that changed it with the due time after each."""
    after: datetime | None = getattr(ticket, name)
    found = []
    for entry in reversed(updates):
        if name in entry.detail:
            found.append((entry, after))
            before = entry.detail[name]
            after = datetime.fromisoformat(before) if isinstance(before, str) else None
    return after, found[::-1]


def _begun(due_at: datetime | None, set_at: datetime | None, because: str) -> Span | None:
    return None if due_at is None else Span(due_at=due_at, set_at=set_at, because=because, fate=Fate.RUNS)


def _ended(span: Span, entry: TicketUpdate, *, of: str, replaced: bool) -> Span:
    margin = span.due_at - entry.at
    if margin < timedelta(0):
        fate = Fate.MISSED
    elif of == _UPDATE and entry.kind in _KEEPS:
        fate = Fate.MET
    elif replaced:
        fate = Fate.SET_ANEW
    else:
        waits = entry.kind == EntryKind.UPDATE or entry.text.endswith(f"to {TicketStatus.WAITING}")
        fate = Fate.PAUSED if waits else Fate.ENDED
    kept = fate in {Fate.MET, Fate.MISSED}
    return replace(span, fate=fate, ended_at=entry.at, margin=margin if kept else None)


def _at_last(span: Span, ticket: Ticket, at: datetime) -> Span:
    over_at = _over_at(ticket)
    if over_at is not None:
        margin = span.due_at - over_at
        return replace(span, fate=Fate.MET if margin >= timedelta(0) else Fate.MISSED, ended_at=over_at, margin=margin)
    margin = span.due_at - at
    return replace(span, fate=Fate.RUNS if margin >= timedelta(0) else Fate.OVERDUE, margin=margin)


def _over_at(ticket: Ticket) -> datetime | None:
    return (ticket.resolved_at or ticket.closed_at) if ticket.status in CLOSED else None


def _why(entry: TicketUpdate) -> str:
    return _WHY.get(entry.kind, "changed")


def _pauses(stops: tuple[Pause, ...], ticket: Ticket) -> Iterator[Pause]:
    """The times the requester was waited for; that clocks stand still after the end says nothing."""
    over_at = _over_at(ticket)
    return (each for each in stops if over_at is None or each.starts_at < over_at)
