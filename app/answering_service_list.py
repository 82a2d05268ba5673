"""What the answering service took while the desk was closed and nobody of ours has touched since.

A list to begin the day with: for the command line, and by text to the people who open the desk.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from app.cdr.records import CallRecord, Disposition, TicketStatus
from app.flow.messages import Order, OrderKind
from app.joining import AUTHOR as TELEPHONE
from app.services import Services
from app.store import CallFilters, StoreUnavailable
from oncall import BusinessHours, Priority, Roster

# The longest a desk is closed in one go, as far as this looks back.
_LOOK_BACK: Final = timedelta(days=14)
# A list that could not be sent by then is no beginning of the day any more.
_SENT_WITHIN: Final = timedelta(hours=1)
_PAGE: Final = 200
_MOST_NAMED: Final = 12
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """A call the answering service took: its ticket, which nobody has touched, and how long they talked."""

    ticket: int
    priority: Priority
    call_sid: str
    line: str
    party: str
    started_at: datetime
    talk_seconds: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handovers:
    """The list of one closing time, oldest call first. `opened_at` is None while the desk is still closed."""

    closed_at: datetime
    opened_at: datetime | None
    items: tuple[Handover, ...]


def handovers(services: Services, *, at: datetime) -> Handovers:
    """The list as it stands, of the closing time that `at` is in or comes after. Raises StoreUnavailable."""
    hours = next(iter(services.config.current().roster.hours.values()), None)
    closed_at, opened_at = last_closing(hours, at=at)
    found = reversed(list(_taken(services, since=closed_at, until=opened_at or at)))
    return Handovers(closed_at=closed_at, opened_at=opened_at, items=tuple(_untouched(services, found)))


def last_closing(hours: BusinessHours | None, *, at: datetime) -> tuple[datetime, datetime | None]:
    """When the desk last closed before `at`, and when it opened again since; a day ago where it never closes."""
    closed_at, opened_at = at - timedelta(days=1), None
    if hours is None:
        return closed_at, None
    change = hours.next_change(at=at - _LOOK_BACK)
    while change is not None and change <= at:
        if hours.is_open(at=change):
            opened_at = change
        else:
            closed_at, opened_at = change, None
        change = hours.next_change(at=change)
    return closed_at, opened_at


def send_list(services: Services) -> None:
    """The clock's part: when the desk has opened, text the list to the first ring group, once. Safe to repeat."""
    at = services.clock.now()
    try:
        hours = next(iter(services.config.current().roster.hours.values()), None)
        _, opened_at = last_closing(hours, at=at)
        if opened_at is None or at - opened_at > _SENT_WITHIN:
            return
        found = handovers(services, at=at)
        if not found.items:
            return
        with services.store.turn() as transaction:
            transaction.order(list(_texts(services.config.current().roster, found, at=at)))
    except StoreUnavailable as fault:
        _log.warning("handovers_wait", reason=fault.reason)


def _taken(services: Services, *, since: datetime, until: datetime) -> Iterator[CallRecord]:
    """The calls an outside party took between two instants, newest first."""
    filters = CallFilters(since=since, until=until, disposition=Disposition.ANSWERING_SERVICE)
    cursor = None
    while True:
        page = services.store.calls.page(filters, limit=_PAGE, cursor=cursor)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


def _untouched(services: Services, records: Iterator[CallRecord]) -> Iterator[Handover]:
    seen: set[int] = set()
    for record in records:
        number, call = record.ticket.number, record.call
        if number is None or number in seen or record.ticket.status is not TicketStatus.NEW:
            continue
        seen.add(number)
        file = services.store.tickets.get(number)
        if file is None or any(update.author != TELEPHONE for update in file.updates):
            continue
        yield Handover(
            ticket=number,
            priority=record.ticket.priority,
            call_sid=call.call_sid,
            line=call.line,
            party=call.answered_by or "",
            started_at=call.started_at,
            talk_seconds=call.talk_seconds,
        )


def _texts(roster: Roster, found: Handovers, *, at: datetime) -> Iterator[Order]:
    group = next(iter(roster.ring_groups.values()), None)
    members = [roster.people[name] for name in (group.members if group else ())]
    opened_at = (found.opened_at or at).isoformat()
    for place, person in enumerate(each for each in members if each.phones):
        yield Order(
            kind=OrderKind.SEND_TEXT,
            key=f"handovers:{opened_at}:{place}",
            due_at=at,
            payload={"to": person.phones[0], "body": _body(found)},
        )


def _body(found: Handovers) -> str:
    numbers = ", ".join(str(each.ticket) for each in found.items[:_MOST_NAMED])
    more = len(found.items) - _MOST_NAMED
    rest = f" and {more} more" if more > 0 else ""
    return f"The answering service took these, untouched yet: {numbers}{rest}. TAKE and a number makes one yours."
