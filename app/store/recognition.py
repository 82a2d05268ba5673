"""What the record knows of a number that calls: its newest open ticket, and its last call.

Reads only; which of it matters, and what a caller is told of it, is decided elsewhere.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, literal_column, select

from app.cdr.records import TicketStatus
from app.flow.standing import EarlierCall, OpenTicket, Standing
from app.store.models import calls, ticket_updates, tickets
from app.store.prepared import Session
from app.store.rows import storable, tail_of
from oncall import Priority

# Whoever has not called for this long calls about something else, and no number is searched without end.
LONGEST_OPEN = timedelta(days=90)
MOST_CALLS = 50
# What is noted by itself, among staff or for the requester is no news of a ticket to its requester.
OWN_ENTRIES = (
    *("called_again", "merged", "requester_reply", "note", "recalculated", "agreed", "linked"),
    *("reminded", "overdue"),
)

_OVER = {TicketStatus.RESOLVED.value, TicketStatus.CLOSED.value}
_LATEST = (
    select(
        calls.c.ticket,
        calls.c.priority,
        calls.c.started_at,
        calls.c.ended_at,
        tickets.c.status,
        tickets.c.priority,
        tickets.c.assignee,
        tickets.c.created_at,
        tickets.c.acknowledged_at,
    )
    .join_from(calls, tickets, calls.c.ticket == tickets.c.number)
    .where(
        calls.c.caller_tail == bindparam("tail", type_=calls.c.caller_tail.type),
        calls.c.caller_tail.is_not(None),
        calls.c.caller == bindparam("caller", type_=calls.c.caller.type),
        calls.c.started_at > bindparam("since", type_=calls.c.started_at.type),
        calls.c.started_at <= bindparam("until", type_=calls.c.started_at.type),
        calls.c.call_sid != bindparam("sid", type_=calls.c.call_sid.type),
        # Somebody who is still on the line is not the one who calls.
        calls.c.ended_at.is_not(None),
    )
    .order_by(calls.c.started_at.desc(), calls.c.call_sid.desc())
    # Words of the statement instead of values to be filled in; without an offset SQLite's has one to be filled in.
    .limit(literal_column(str(MOST_CALLS)))
    .offset(literal_column("0"))
)
_UPDATED = select(func.max(ticket_updates.c.at)).where(
    ticket_updates.c.ticket == bindparam("ticket", type_=ticket_updates.c.ticket.type),
    ticket_updates.c.kind.not_in([literal_column(f"'{kind}'") for kind in OWN_ENTRIES]),
)


def standing(session: Session, *, caller: str, call_sid: str, at: datetime) -> Standing:
    """How the number stands at `at`, apart from the call at hand; a withheld number stands in no way at all."""
    tail = tail_of(caller)
    if tail is None:
        return Standing()
    asked = {"tail": tail, "caller": storable(caller), "sid": call_sid, "since": at - LONGEST_OPEN, "until": at}
    found = session.all(_LATEST, asked)
    still_open = [row for row in found if row[4] not in _OVER]
    newest = max(still_open, key=lambda row: int(row[0]), default=None)
    return Standing(
        open_ticket=None if newest is None else _open_ticket(session, newest),
        earlier=_earlier(found[0]) if found else None,
    )


def _earlier(row: Sequence[Any]) -> EarlierCall:
    ticket, priority, _started_at, ended_at, status = row[:5]
    resolved = status == TicketStatus.RESOLVED
    return EarlierCall(ticket=ticket, priority=Priority(priority), ended_at=ended_at, resolved=resolved)


def _open_ticket(session: Session, row: Sequence[Any]) -> OpenTicket:
    number, (status, priority, assignee, created_at, acknowledged_at) = row[0], row[4:]
    told = session.one(_UPDATED, {"ticket": number})
    news = [each for each in (created_at, acknowledged_at, told[0] if told else None) if each is not None]
    return OpenTicket(
        number=number, status=status, priority=Priority(priority), assignee=assignee, updated_at=max(news)
    )
