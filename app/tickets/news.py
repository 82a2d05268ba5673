"""What is said about a ticket: news to the requester, a note among staff, or the requester's own reply.

Each starts, stops or leaves alone the ticket's clocks, by whatever door it came in.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.announcements import TicketEvent
from app.cdr.records import Ticket
from app.cdr.ticket_rules import (
    CLOSED,
    Move,
    is_merged,
    is_unowned_emergency,
    may,
    moved,
    requester_came_back,
    updated,
)
from app.tickets.outcomes import EntryKind, Fault, Outcome, Result
from app.tickets.work import LONGEST_UPDATE, TicketWork, refused

NEEDS_OWNER: Final = "an emergency is acknowledged by a person: name its assignee, or the author"


class NewsKind(StrEnum):
    """Who speaks to whom."""

    UPDATE = "update"
    NOTE = "note"
    REQUESTER_REPLY = "requester_reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something said about a ticket. `waiting`: the requester's answer is waited for. `key` names it to its sender."""

    text: str
    kind: NewsKind = NewsKind.UPDATE
    waiting: bool = False
    key: str | None = None


def tell(mine: TicketWork, number: int, news: News) -> Result:
    """Put what was said into the ticket's history, once for each key; clocks and status follow from it.

    News to the requester restarts the update clock, or the time after which a waiting ticket closes. A note does
    neither. A reply ends the waiting, and reopens what was resolved or closed not long ago.
    """
    ticket = mine.transaction.tickets.hold(number)
    if ticket is None:
        return refused(ticket)
    known = mine.transaction.tickets.noted(number, news.key) if news.key else None
    if known is not None:
        same = (known.kind, known.text) == (news.kind, news.text[:LONGEST_UPDATE])
        return Result(Outcome.DONE_BEFORE if same else Outcome.KEY_USED, ticket, ticket)
    match news.kind:
        case NewsKind.NOTE:
            return _noted(mine, ticket, news)
        case NewsKind.REQUESTER_REPLY:
            return _replied(mine, ticket, news)
        case NewsKind.UPDATE:
            return _updated(mine, ticket, news)


def _noted(mine: TicketWork, ticket: Ticket, news: News) -> Result:
    mine.change(ticket, ticket, EntryKind.NOTE, news.text[:LONGEST_UPDATE], key=news.key)
    return Result(Outcome.DONE, ticket, ticket)


def _replied(mine: TicketWork, ticket: Ticket, news: News) -> Result:
    """A reply is kept in any case; one to a ticket that was merged belongs to the other."""
    if is_merged(ticket):
        return Result(Outcome.REFUSED, ticket, ticket, (merged_fault(ticket),))
    after = requester_came_back(ticket, at=mine.at, hours=mine.hours)
    event = TicketEvent.REOPENED if ticket.status in CLOSED and after.status not in CLOSED else None
    mine.change(ticket, after, EntryKind.REQUESTER_REPLY, news.text[:LONGEST_UPDATE], event=event, key=news.key)
    return Result(Outcome.DONE, ticket, after)


def _updated(mine: TicketWork, ticket: Ticket, news: News) -> Result:
    if ticket.status in CLOSED:
        return refused(ticket)
    if news.waiting and is_unowned_emergency(ticket) and not (ticket.assignee or mine.owner):
        return Result(Outcome.REFUSED, ticket, ticket, (Fault("waiting", NEEDS_OWNER),))
    after = ticket
    if news.waiting and may(ticket, Move.WAIT):
        after = moved(ticket, Move.WAIT, by=mine.owner, at=mine.at, hours=mine.hours)
    after = updated(after, at=mine.at, hours=mine.hours)
    event = TicketEvent.WAITING if news.waiting else TicketEvent.UPDATED
    text, because = news.text[:LONGEST_UPDATE], mine.told(ticket)
    mine.change(ticket, after, EntryKind.UPDATE, text, because=because, event=event, key=news.key)
    return Result(Outcome.DONE, ticket, after)


def merged_fault(ticket: Ticket) -> Fault:
    """What is said of a change to a ticket that went up in another."""
    into = ticket.life.merged_into if ticket.life else None
    return Fault("number", f"was merged into ticket {into}: change that one")
