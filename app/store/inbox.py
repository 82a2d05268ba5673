"""The messages somebody is to see to, each with what is known of its call and ticket. Only reads."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, select, text, tuple_
from sqlalchemy import literal as bound

from app.cdr.records import TicketStatus
from app.store.access import Reader
from app.store.call_work_tables import DONE_MESSAGES, OPEN_MESSAGES
from app.store.message_teams import TeamScope, is_for
from app.store.models import calls, legs, tickets, voicemails
from app.store.paging import Page, packed, unpacked
from app.store.rows import storable
from app.store.voicemail import VOICEMAIL_COLUMNS, Voicemail, voicemail_of
from oncall import Priority


class Shelf(StrEnum):
    """Where messages lie: still to be seen to, taken by the reader, or seen to and not yet deleted."""

    OPEN = "open"
    MINE = "mine"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxFilters:
    """Which messages. `reader` is who asks; `scope` limits to a team's, None to none."""

    shelf: Shelf
    reader: str
    scope: TeamScope | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEntry:
    """A message with its ticket and its call; a spoken update of staff has no call. `teams` were rung on it."""

    voicemail: Voicemail
    priority: Priority
    status: TicketStatus
    assignee: str | None
    acknowledged_at: datetime | None
    line: str | None
    caller: str | None
    callback_number: str | None
    teams: tuple[str, ...] = ()


_V = voicemails.c
_MORE = (
    tickets.c.priority,
    tickets.c.status,
    tickets.c.assignee,
    tickets.c.acknowledged_at,
    calls.c.line,
    calls.c.caller,
    calls.c.callback_number,
)
_ALL: Select[Any] = (
    select(*(_V[name] for name in VOICEMAIL_COLUMNS), *_MORE)
    .join_from(voicemails, tickets, _V.ticket == tickets.c.number)
    .outerjoin(calls, calls.c.call_sid == _V.call_sid)
)
_WHICH = {Shelf.OPEN: OPEN_MESSAGES, Shelf.MINE: OPEN_MESSAGES, Shelf.DONE: DONE_MESSAGES}


class Inbox:
    """Messages for the desk. Raises StoreUnavailable."""

    def __init__(self, read: Reader) -> None:
        self._read = read

    def page(self, filters: InboxFilters, *, limit: int, cursor: str | None = None) -> Page[InboxEntry]:
        """At most `limit` messages, newest first, from where the page that gave `cursor` ended.

        Raises:
            BadCursor: `cursor` was not made here.
        """
        query = inbox_query(filters, limit=limit + 1, cursor=cursor)
        found = self._read(lambda connection: _entries(connection, query))
        last = found[limit - 1].voicemail if len(found) > limit else None
        return Page(items=found[:limit], next=packed(last.created_at, last.recording_sid) if last else None)

    def get(self, recording_sid: str, *, scope: TeamScope | None = None) -> InboxEntry | None:
        """One message; None where there is none, or none within the scope."""
        found = self._of(_V.recording_sid == storable(recording_sid), scope)
        return found[0] if found else None

    def of_call(self, call_sid: str, *, scope: TeamScope | None = None) -> tuple[InboxEntry, ...]:
        """The messages of a call within the scope, in the order they were recorded."""
        return self._of(_V.call_sid == storable(call_sid), scope)

    def _of(self, which: Any, scope: TeamScope | None) -> tuple[InboxEntry, ...]:  # noqa: ANN401 - a condition
        query = _ALL.where(which) if scope is None else _ALL.where(which, is_for(scope))
        query = query.order_by(_V.turn, _V.created_at, _V.recording_sid)
        return self._read(lambda connection: _entries(connection, query))


def inbox_query(filters: InboxFilters, *, limit: int, cursor: str | None) -> Select[Any]:
    """The question for the messages of one page. Raises BadCursor."""
    # The column names of the condition are those of the index, which is of this table alone.
    query = _ALL.where(text(_of_voicemails(_WHICH[filters.shelf])))
    if filters.shelf is Shelf.MINE:
        query = query.where(_V.claimed_by == storable(filters.reader))
    if filters.scope is not None:
        query = query.where(is_for(filters.scope))
    if cursor is not None:
        at, sid = unpacked(cursor)
        here = bound(at, _V.created_at.type), bound(sid, _V.recording_sid.type)
        query = query.where(tuple_(_V.created_at, _V.recording_sid) < tuple_(*here))
    return query.order_by(_V.created_at.desc(), _V.recording_sid.desc()).limit(limit)


def _of_voicemails(condition: str) -> str:
    # Tickets and calls have columns of these names too, or may come to have them.
    return condition.replace("done_at", "voicemails.done_at").replace("state", "voicemails.state")


def _entries(connection: Connection, query: Select[Any]) -> tuple[InboxEntry, ...]:
    rows = connection.execute(query).all()
    width = len(VOICEMAIL_COLUMNS)
    messages = [voicemail_of(row[:width]) for row in rows]
    teams = _teams(connection, [each.call_sid for each in messages])
    return tuple(
        InboxEntry(
            voicemail=voicemail,
            priority=Priority(row[width]),
            status=TicketStatus(row[width + 1]),
            assignee=row[width + 2],
            acknowledged_at=row[width + 3],
            line=row[width + 4],
            caller=row[width + 5],
            callback_number=row[width + 6],
            teams=teams.get(voicemail.call_sid, ()),
        )
        for voicemail, row in zip(messages, rows, strict=True)
    )


def _teams(connection: Connection, call_sids: list[str]) -> dict[str, tuple[str, ...]]:
    if not call_sids:
        return {}
    rung = select(legs.c.call_sid, legs.c.team).where(legs.c.call_sid.in_(call_sids), legs.c.team != "")
    found: dict[str, dict[str, None]] = {}
    for call_sid, team in connection.execute(rung.order_by(legs.c.call_sid, legs.c.turn, legs.c.place)):
        found.setdefault(call_sid, {})[team] = None
    return {call_sid: tuple(teams) for call_sid, teams in found.items()}
