"""Tickets within one transaction: held against every other change, and written with an entry in their history."""

from collections.abc import Callable
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Insert, Update, bindparam, func, insert, literal_column, null, select, text, update

from app.cdr.records import Ticket, TicketStatus, TicketUpdate
from app.cdr.ticket_rules import CLOSED
from app.store.inserting import insert_into
from app.store.models import URGENT_TICKETS, calls, ticket_links, ticket_updates, tickets, voicemails
from app.store.prepared import Session
from app.store.rows import TICKET_COLUMNS, compact_json, differing, storable, ticket_of, ticket_row, update_of
from app.store.ticket_log import LARGEST_NUMBER, version_of
from oncall import Priority

_NUMBER = bindparam("which", type_=tickets.c.number.type)
_ASSIGNEE = bindparam("by", type_=tickets.c.assignee.type)
_BEFORE = bindparam("before", type_=tickets.c.created_at.type)
_TICKET = select(*(tickets.c[name] for name in TICKET_COLUMNS))
_HELD = _TICKET.where(tickets.c.number == _NUMBER).with_for_update()
_CALLS = select(calls.c.call_sid).where(calls.c.ticket == _NUMBER).order_by(calls.c.started_at, calls.c.call_sid)
# The words themselves instead of values to be filled in, so that each statement is compiled once.
_CLOSED: list[Any] = [literal_column(f"'{status}'") for status in sorted(CLOSED)]
_OPEN_OF = _TICKET.where(tickets.c.assignee == _ASSIGNEE, tickets.c.status.not_in(_CLOSED)).order_by(tickets.c.number)
_UNOWNED = _TICKET.where(
    text(URGENT_TICKETS),
    tickets.c.priority == literal_column(f"'{Priority.EMERGENCY}'"),
    tickets.c.status == literal_column(f"'{TicketStatus.NEW}'"),
    tickets.c.created_at <= _BEFORE,
).order_by(tickets.c.number)
_ENTRY_COLUMNS = ("ticket", "at", "author", "kind", "text", "because", "detail", "key")
_ENTRY = insert(ticket_updates).values({name: bindparam(name) for name in _ENTRY_COLUMNS})
_ENTRIES = select(func.count()).select_from(ticket_updates).where(ticket_updates.c.ticket == _NUMBER)
_ENTRY_OF_KEY = select(*(ticket_updates.c[name] for name in _ENTRY_COLUMNS[1:-1])).where(
    ticket_updates.c.ticket == _NUMBER, ticket_updates.c.key == bindparam("key_of", type_=ticket_updates.c.key.type)
)
_INTO = bindparam("into", type_=tickets.c.number.type)
# What a program called its entry, it called it on the ticket it knew.
_FOLLOW = (
    *(update(table).where(table.c.ticket == _NUMBER).values(ticket=_INTO) for table in (calls, voicemails)),
    update(ticket_updates).where(ticket_updates.c.ticket == _NUMBER).values(ticket=_INTO, key=null()),
)


@cache
def _link(database: str) -> Insert:
    return (
        insert_into(database, ticket_links)
        .values(low=bindparam("low"), high=bindparam("high"))
        .on_conflict_do_nothing()
    )


@lru_cache(maxsize=64)
def _change(columns: tuple[str, ...]) -> Update:
    return update(tickets).where(tickets.c.number == _NUMBER).values({name: bindparam(name) for name in columns})


class TicketRows:
    """Tickets to be changed. `hold_call` makes the turns of a call wait until the transaction ends."""

    def __init__(self, session: Session, *, hold_call: Callable[[str], None]) -> None:
        self._session = session
        self._hold_call = hold_call

    def hold(self, number: int) -> Ticket | None:
        """The ticket as it stands; neither its calls nor anybody else changes it until the transaction ends."""
        if not 0 < number <= LARGEST_NUMBER:
            return None
        # First the calls, as a turn does: it holds its call and then writes the ticket.
        for call_sid in sorted(self.calls_of(number)):
            self._hold_call(call_sid)
        row = self._session.one(_HELD, {"which": number})
        return None if row is None else ticket_of(row)

    def lock(self, number: int) -> None:
        """Let nobody else change the ticket until the transaction ends. For a turn, which holds its own call."""
        if self._session.database == "postgresql":
            self._session.one(_HELD, {"which": number})

    def calls_of(self, number: int) -> tuple[str, ...]:
        """The SIDs of the ticket's calls, oldest first."""
        return tuple(row[0] for row in self._session.all(_CALLS, {"which": number}))

    def save(self, before: Ticket, after: Ticket) -> None:
        """Write what differs between the two, and nothing else."""
        changed = differing(ticket_row(before), ticket_row(after))
        if changed:
            self._session.run(_change(tuple(changed)), {"which": after.number, **changed})

    def note(self, number: int, entry: TicketUpdate, *, key: str | None = None) -> None:
        """Append an entry to the ticket's history; `key` is what a program calls it, to be found by it again."""
        row = {"ticket": number, "at": entry.at, "author": storable(entry.author), "kind": entry.kind, "key": key}
        detail = compact_json(dict(entry.detail)) if entry.detail else None
        more = {"text": storable(entry.text), "because": storable(entry.because) or None, "detail": detail}
        self._session.run(_ENTRY, {**row, **more})

    def noted(self, number: int, key: str) -> TicketUpdate | None:
        """The entry that a program called so, if it is there."""
        row = self._session.one(_ENTRY_OF_KEY, {"which": number, "key_of": key})
        return None if row is None else update_of(row)

    def version(self, ticket: Ticket) -> str:
        """What the ticket's state is called, as TicketFile.version says it."""
        row = self._session.one(_ENTRIES, {"which": ticket.number})
        return version_of(ticket, entries=0 if row is None else row[0])

    def follow(self, number: int, *, into: int) -> None:
        """Let the ticket's calls, messages and history belong to another ticket. Both are to be held."""
        for statement in _FOLLOW:
            self._session.run(statement, {"which": number, "into": into})

    def link(self, number: int, other: int) -> None:
        """Note that two tickets are about the same matter; once, however often."""
        low, high = sorted((number, other))
        self._session.run(_link(self._session.database), {"low": low, "high": high})

    def open_of(self, assignee: str) -> tuple[Ticket, ...]:
        """The tickets somebody has in hand, by number."""
        return tuple(map(ticket_of, self._session.all(_OPEN_OF, {"by": storable(assignee)})))

    def unowned_emergencies(self, *, before: datetime) -> tuple[Ticket, ...]:
        """The emergencies opened before an instant that nobody has accepted, by number."""
        return tuple(map(ticket_of, self._session.all(_UNOWNED, {"before": before})))
