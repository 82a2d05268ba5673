"""What may become of a ticket: its statuses and what leads from one to another. Pure: knows not who asks, nor where.

When its clocks then run out is worked out next door.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from app.cdr.records import Ticket, TicketStatus
from app.cdr.ticket_clocks import OVER, STILL, closing, decided, life_of, news_told, resumed, settled, stopped
from oncall import BusinessHours, Priority

CLOSED = OVER
# A requester who comes back within this time is taken to come back about the same matter.
REOPENS_WITHIN = timedelta(days=7)
_WORKED_ON = frozenset({TicketStatus.ACKNOWLEDGED, TicketStatus.IN_PROGRESS})


class Move(StrEnum):
    """What can be done to a ticket that changes its status."""

    ACKNOWLEDGE = "acknowledge"
    START = "start"
    WAIT = "wait"
    REQUESTER_REPLIED = "requester_replied"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Transition:
    """From which statuses a move leads, and to which."""

    sources: frozenset[TicketStatus]
    target: TicketStatus


_OPEN = frozenset(TicketStatus) - OVER
TRANSITIONS: Mapping[Move, Transition] = MappingProxyType(
    {
        Move.ACKNOWLEDGE: Transition(frozenset({TicketStatus.NEW}), TicketStatus.ACKNOWLEDGED),
        Move.START: Transition(_OPEN - {TicketStatus.IN_PROGRESS}, TicketStatus.IN_PROGRESS),
        Move.WAIT: Transition(_OPEN - {TicketStatus.WAITING}, TicketStatus.WAITING),
        Move.REQUESTER_REPLIED: Transition(frozenset({TicketStatus.WAITING}), TicketStatus.IN_PROGRESS),
        Move.RESOLVE: Transition(_OPEN, TicketStatus.RESOLVED),
        Move.REOPEN: Transition(OVER, TicketStatus.IN_PROGRESS),
        Move.CLOSE: Transition(_OPEN | {TicketStatus.RESOLVED}, TicketStatus.CLOSED),
    }
)
# What staff ask for by naming the status; that the requester replied is not theirs to say.
_BY_STAFF = [move for move in Move if move is not Move.REQUESTER_REPLIED]
# Whoever does this to a ticket has seen it.
_ACKNOWLEDGES = frozenset({Move.ACKNOWLEDGE, Move.START, Move.WAIT, Move.RESOLVE})


def is_unowned_emergency(ticket: Ticket) -> bool:
    """Whether this is an emergency that nobody has accepted yet."""
    return ticket.priority is Priority.EMERGENCY and ticket.status is TicketStatus.NEW


def is_merged(ticket: Ticket) -> bool:
    """Whether the ticket went up in another; then it stays closed."""
    return ticket.life is not None and ticket.life.merged_into is not None


def move_to(ticket: Ticket, status: TicketStatus) -> Move | None:
    """The move by which staff lead a ticket to a status; None where no way leads."""
    ways = [move for move in _BY_STAFF if TRANSITIONS[move].target is status]
    return next((move for move in ways if may(ticket, move)), None)


def may(ticket: Ticket, move: Move) -> bool:
    """Whether a ticket can be moved so."""
    return ticket.status in TRANSITIONS[move].sources and not is_merged(ticket)


def moved(ticket: Ticket, move: Move, *, by: str | None, at: datetime, hours: BusinessHours | None) -> Ticket:
    """The ticket after a move that is open to it; `by` is the person who owns it if nobody did, None: no person.

    A move of staff on a ticket that nobody had acknowledged acknowledges it first. An emergency reopened by no person
    is as unowned as a new one.
    """
    if move in _ACKNOWLEDGES and ticket.status is TicketStatus.NEW:
        ticket = acknowledged(ticket, by=ticket.assignee or by, at=at, hours=hours)
    status, was_still = TRANSITIONS[move].target, ticket.status in STILL
    ticket = decided(ticket, "status", at=at)
    if was_still and ticket.status not in OVER:
        # Also on the way to an end: the target that was missed or kept is then the one to be seen.
        ticket = settled(replace(resumed(ticket, at=at), status=TicketStatus.IN_PROGRESS), hours=hours)
    if status in STILL:
        ticket = stopped(ticket, at=at)
    match move:
        case Move.RESOLVE:
            ticket = replace(ticket, resolved_at=at)
        case Move.CLOSE:
            ticket = replace(ticket, closed_at=at)
        case Move.REOPEN:
            return _reopened(ticket, by=by, at=at, hours=hours)
    return settled(replace(ticket, status=status), hours=hours)


def acknowledged(ticket: Ticket, *, by: str | None, at: datetime, hours: BusinessHours | None) -> Ticket:
    """The ticket in somebody's hands; its clocks run from the first acknowledgement. `hours` are the desk's."""
    first = replace(
        ticket,
        status=TicketStatus.ACKNOWLEDGED,
        assignee=by or ticket.assignee,
        acknowledged_at=ticket.acknowledged_at or at,
    )
    return settled(first, hours=hours)


def taken(ticket: Ticket, *, by: str, at: datetime, hours: BusinessHours | None) -> Ticket:
    """The ticket in somebody's hands, acknowledged by it if nobody had; clocks that run go on as they were."""
    if ticket.status is TicketStatus.NEW:
        return acknowledged(ticket, by=by, at=at, hours=hours)
    return replace(ticket, assignee=by)


def updated(ticket: Ticket, *, at: datetime, hours: BusinessHours | None) -> Ticket:
    """The ticket after news of it to the requester: work is in progress, and the next news is due from now.

    News of a ticket that nobody has acknowledged makes nobody its owner. Where the requester is waited for, their
    answer is: the ticket closes by itself if none comes.
    """
    if ticket.status is TicketStatus.WAITING:
        return closing(news_told(ticket, at=at, hours=hours), replied_at=at)
    if ticket.status not in _WORKED_ON:
        return ticket
    return news_told(replace(ticket, status=TicketStatus.IN_PROGRESS), at=at, hours=hours)


def requester_came_back(ticket: Ticket, *, at: datetime, hours: BusinessHours | None) -> Ticket:
    """The ticket after its requester got in touch: what waited for them goes on, what is over lately is reopened."""
    if may(ticket, Move.REQUESTER_REPLIED):
        return moved(ticket, Move.REQUESTER_REPLIED, by=None, at=at, hours=hours)
    if may(ticket, Move.REOPEN) and reopens(ticket, at=at):
        return moved(ticket, Move.REOPEN, by=None, at=at, hours=hours)
    return ticket


def reopens(ticket: Ticket, *, at: datetime) -> bool:
    """Whether a requester who comes back `at` reopens a ticket that is over."""
    over_at = ticket.closed_at or ticket.resolved_at
    return over_at is not None and at < over_at + REOPENS_WITHIN and not is_merged(ticket)


def is_left_alone(ticket: Ticket) -> bool:
    """Whether the requester has been told that the waiting ticket closes, so that it now may."""
    return ticket.status is TicketStatus.WAITING and life_of(ticket).noticed


def _reopened(ticket: Ticket, *, by: str | None, at: datetime, hours: BusinessHours | None) -> Ticket:
    """News is owed from now on; what was left of the time to resolve goes on."""
    ticket = resumed(ticket, at=at)
    alone = ticket.acknowledged_at is None or (by is None and ticket.priority is Priority.EMERGENCY)
    status = TicketStatus.NEW if alone else TicketStatus.IN_PROGRESS
    return news_told(replace(ticket, status=status, resolved_at=None, closed_at=None), at=at, hours=hours)
