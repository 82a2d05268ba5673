"""Messages callers left: where each is in its life, who has it, and its sealed contents.

Never sees what was said: contents come sealed and go sealed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    func,
    null,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy import literal as bound
from sqlalchemy import literal_column as literal

from app.store.access import Reader
from app.store.inserting import insert_unless_there
from app.store.message_teams import TeamScope, is_for
from app.store.models import voicemail_contents, voicemails
from app.store.paging import Page, packed, unpacked
from app.store.prepared import Session
from app.store.rows import storable


class VoicemailState(StrEnum):
    """Where a message is in its life.

    announced: the provider has it. fetching: we are getting it. kept: sealed here. empty: nothing was said.
    lost: it could not be kept, and the provider may still have it. deleted: it was here and is no more.
    """

    ANNOUNCED = "announced"
    FETCHING = "fetching"
    KEPT = "kept"
    EMPTY = "empty"
    LOST = "lost"
    DELETED = "deleted"


UNFETCHED = (VoicemailState.ANNOUNCED, VoicemailState.FETCHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voicemail:
    """One message. `turn` is that of the call at which it was recorded; `seconds` the provider's figure.

    `encryption` is what came with a recording the provider encrypted for us. `transcript_status` is None while
    none was offered, else completed or failed.
    """

    recording_sid: str
    call_sid: str
    turn: int
    ticket: int
    state: VoicemailState
    created_at: datetime
    seconds: int | None = None
    encryption: Mapping[str, Any] | None = None
    transcript_status: str | None = None
    fetched_at: datetime | None = None
    deleted_at_provider_at: datetime | None = None
    heard_at: datetime | None = None
    heard_by: str | None = None
    claimed_at: datetime | None = None
    claimed_by: str | None = None
    done_at: datetime | None = None
    done_by: str | None = None
    retention_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """Some sealed content of a message, and the id of the key it is sealed with."""

    recording_sid: str
    content: str
    key_id: str
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class VoicemailFilters:
    """Which messages to show; None does not limit. `done`: somebody has finished with it. `scope`: a team's alone."""

    state: VoicemailState | None = None
    ticket: int | None = None
    done: bool | None = None
    scope: TeamScope | None = None


_TABLE = voicemails.c
VOICEMAIL_COLUMNS = tuple(Voicemail.__slots__)
_CONTENT_COLUMNS = tuple(Sealed.__slots__)
_SID = bindparam("sid", type_=_TABLE.recording_sid.type)
_CALL = bindparam("call", type_=_TABLE.call_sid.type)
_CONTENT = bindparam("which", type_=voicemail_contents.c.content.type)
_ALL = select(*(_TABLE[name] for name in VOICEMAIL_COLUMNS))
_ONE = _ALL.where(_TABLE.recording_sid == _SID)
_OF_CALL = _ALL.where(_TABLE.call_sid == _CALL).order_by(_TABLE.turn, _TABLE.created_at, _TABLE.recording_sid)
_SEALED = select(*(voicemail_contents.c[name] for name in _CONTENT_COLUMNS)).where(
    voicemail_contents.c.recording_sid == _SID, voicemail_contents.c.content == _CONTENT
)
_SEALED_BYTES: Select[Any] = select(func.length(voicemail_contents.c.sealed)).where(
    voicemail_contents.c.recording_sid == _SID, voicemail_contents.c.content == _CONTENT
)
_ERASE = delete(voicemail_contents).where(voicemail_contents.c.recording_sid == _SID)
_RESEAL = (
    update(voicemail_contents)
    .where(
        voicemail_contents.c.recording_sid == _SID,
        voicemail_contents.c.content == _CONTENT,
        voicemail_contents.c.key_id == bindparam("old_key_id", type_=voicemail_contents.c.key_id.type),
    )
    .values(key_id=bindparam("key_id"), sealed=bindparam("sealed"))
    .returning(voicemail_contents.c.recording_sid)
)


class VoicemailRows:
    """Messages within one transaction. Changes are conditional: each tells whether it was the one to make it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, voicemail: Voicemail) -> bool:
        """Insert a message; False when it was there already."""
        row = {name: getattr(voicemail, name) for name in VOICEMAIL_COLUMNS}
        return self._session.one(_insert(self._session.database, voicemails), row) is not None

    def get(self, recording_sid: str) -> Voicemail | None:
        """One message, or None."""
        row = self._session.one(_ONE, {"sid": storable(recording_sid)})
        return None if row is None else voicemail_of(row)

    def of_call(self, call_sid: str) -> tuple[Voicemail, ...]:
        """The messages of a call in the order they were recorded."""
        return tuple(voicemail_of(row) for row in self._session.all(_OF_CALL, {"call": storable(call_sid)}))

    def change(self, recording_sid: str, *states: VoicemailState, **columns: object) -> bool:
        """Change columns of a message that is in one of these states; False when it is in none of them."""
        statement = _change(states, tuple(columns))
        return self._session.one(statement, {"sid": storable(recording_sid), **columns}) is not None

    def heard(self, recording_sid: str, *, by: str, at: datetime) -> bool:
        """Note who heard it first; False when somebody had."""
        return self._once(recording_sid, "heard", by=by, at=at)

    def claim(self, recording_sid: str, *, by: str, at: datetime) -> bool:
        """Take a message to oneself; False when it is taken, done or not there to be heard."""
        return self._once(recording_sid, "claimed", by=by, at=at)

    def release(self, recording_sid: str, *, by: str) -> bool:
        """Give back what one has taken; False when one has not, or it is done."""
        return self._session.one(_RELEASE, {"sid": storable(recording_sid), "by": storable(by)}) is not None

    def done(self, recording_sid: str, *, by: str, at: datetime) -> bool:
        """Finish with a message that is one's own or nobody's; False when it is another's or done."""
        return self._once(recording_sid, "done", by=by, at=at)

    def put(self, sealed: Sealed) -> bool:
        """Keep sealed content; False when there was some already, which stays."""
        row = {name: getattr(sealed, name) for name in _CONTENT_COLUMNS}
        return self._session.one(_insert(self._session.database, voicemail_contents), row) is not None

    def sealed(self, recording_sid: str, content: str) -> Sealed | None:
        """Sealed content of a message, or None."""
        row = self._session.one(_SEALED, {"sid": storable(recording_sid), "which": content})
        return None if row is None else _sealed_of(row)

    def reseal(self, old: Sealed, new: Sealed) -> bool:
        """Put the same content under another key; False when it is no more as `old` says."""
        row = {"sid": old.recording_sid, "which": old.content, "old_key_id": old.key_id}
        return self._session.one(_RESEAL, {**row, "key_id": new.key_id, "sealed": new.sealed}) is not None

    def erase(self, recording_sid: str) -> None:
        """Delete all contents of a message; what is known about it stays."""
        self._session.run(_ERASE, {"sid": storable(recording_sid)})

    def _once(self, recording_sid: str, what: str, *, by: str, at: datetime) -> bool:
        row = {"sid": storable(recording_sid), "by": storable(by), "at": at}
        return self._session.one(_ONCE[what], row) is not None


class VoicemailLog:
    """Messages, for those who only look. Raises StoreUnavailable."""

    def __init__(self, read: Reader) -> None:
        self._read = read

    def get(self, recording_sid: str) -> Voicemail | None:
        """One message, or None."""
        return self._read(lambda connection: VoicemailRows(Session.of(connection)).get(recording_sid))

    def sealed_bytes(self, recording_sid: str, content: str) -> int | None:
        """How large the sealed content of a message is; None when there is none."""
        values = {"sid": storable(recording_sid), "which": content}
        row = self._read(lambda connection: Session.of(connection).one(_SEALED_BYTES, values))
        return None if row is None else int(row[0])

    def page(self, filters: VoicemailFilters, *, limit: int, cursor: str | None = None) -> Page[Voicemail]:
        """At most `limit` messages, newest first, from where the page that gave `cursor` ended.

        Raises:
            BadCursor: `cursor` was not made here.
        """
        query = _ALL.where(*_conditions(filters))
        if cursor is not None:
            at, sid = unpacked(cursor)
            here = bound(at, _TABLE.created_at.type), bound(sid, _TABLE.recording_sid.type)
            query = query.where(tuple_(_TABLE.created_at, _TABLE.recording_sid) < tuple_(*here))
        query = query.order_by(_TABLE.created_at.desc(), _TABLE.recording_sid.desc()).limit(limit + 1)
        found = self._read(lambda connection: _voicemails(connection, query))
        last = found[limit - 1] if len(found) > limit else None
        return Page(items=found[:limit], next=packed(last.created_at, last.recording_sid) if last else None)

    def ended(self, *, at: datetime, limit: int) -> tuple[Voicemail, ...]:
        """Messages whose retention has ended, the longest overdue first."""
        query = _ALL.where(_TABLE.retention_until <= at).order_by(_TABLE.retention_until).limit(limit)
        return self._read(lambda connection: _voicemails(connection, query))

    def unfetched(self, *, before: datetime, limit: int) -> tuple[Voicemail, ...]:
        """Messages announced before an instant that are not here yet, oldest first."""
        waiting = or_(*(_TABLE.state == state for state in UNFETCHED)) & (_TABLE.created_at < before)
        query = _ALL.where(waiting).order_by(_TABLE.created_at).limit(limit)
        return self._read(lambda connection: _voicemails(connection, query))

    def left_at_provider(self, *, before: datetime, limit: int) -> tuple[Voicemail, ...]:
        """Messages fetched before an instant that the provider should have deleted and has not, oldest first."""
        due = (_TABLE.fetched_at < before) & _TABLE.deleted_at_provider_at.is_(None)
        query = _ALL.where(due, _TABLE.state != VoicemailState.LOST).order_by(_TABLE.fetched_at).limit(limit)
        return self._read(lambda connection: _voicemails(connection, query))

    def sealed_otherwise(self, key_id: str, *, after: tuple[str, str], limit: int) -> tuple[tuple[str, str], ...]:
        """Recording SID and content of what is sealed with another key, in order, from behind `after`."""
        table = voicemail_contents.c
        behind = tuple_(table.recording_sid, table.content) > tuple_(bound(after[0]), bound(after[1]))
        query = select(table.recording_sid, table.content).where(behind, table.key_id != key_id)
        query = query.order_by(table.recording_sid, table.content).limit(limit)
        rows = self._read(lambda connection: connection.execute(query).all())
        return tuple((row[0], row[1]) for row in rows)


def _voicemails(connection: Connection, query: Any) -> tuple[Voicemail, ...]:  # noqa: ANN401 - Select of many columns
    return tuple(voicemail_of(row) for row in connection.execute(query).all())


def voicemail_of(values: Sequence[Any]) -> Voicemail:
    """A message from the values of VOICEMAIL_COLUMNS."""
    fields = dict(zip(VOICEMAIL_COLUMNS, values, strict=True))
    return Voicemail(**{**fields, "state": VoicemailState(fields["state"])})


def _sealed_of(values: Sequence[Any]) -> Sealed:
    fields = dict(zip(_CONTENT_COLUMNS, values, strict=True))
    return Sealed(**{**fields, "sealed": bytes(fields["sealed"])})


def _conditions(filters: VoicemailFilters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.state is not None:
        found.append(_TABLE.state == filters.state)
    if filters.ticket is not None:
        found.append(_TABLE.ticket == filters.ticket)
    if filters.done is not None:
        found.append(_TABLE.done_at.is_not(None) if filters.done else _TABLE.done_at.is_(None))
    if filters.scope is not None:
        found.append(is_for(filters.scope))
    return found


@cache
def _insert(database: str, table: Table) -> Executable:
    return insert_unless_there(database, table).returning(table.c.recording_sid)


def _in(states: Sequence[VoicemailState]) -> ColumnElement[bool]:
    # Written out: a statement that is prepared once cannot hold a list of any length.
    return or_(*(_TABLE.state == literal(f"'{state.value}'") for state in states))


@cache
def _change(states: tuple[VoicemailState, ...], columns: tuple[str, ...]) -> Any:  # noqa: ANN401 - Update that returns a key
    statement: Update = update(voicemails).where(_TABLE.recording_sid == _SID, _in(states))
    return statement.values({name: bindparam(name) for name in columns}).returning(_TABLE.recording_sid)


def _stamp(what: str, *conditions: ColumnElement[bool]) -> Any:  # noqa: ANN401 - Update that returns a key
    statement: Update = update(voicemails).where(
        _TABLE.recording_sid == _SID, _TABLE[f"{what}_at"].is_(None), *conditions
    )
    stamped: dict[str, Any] = {f"{what}_at": bindparam("at"), f"{what}_by": bindparam("by")}
    return statement.values(stamped).returning(_TABLE.recording_sid)


_BY = bindparam("by", type_=_TABLE.claimed_by.type)
_KEPT = _in((VoicemailState.KEPT,))
_ONCE = {
    "heard": _stamp("heard"),
    "claimed": _stamp("claimed", _KEPT, _TABLE.done_at.is_(None)),
    "done": _stamp("done", or_(_TABLE.claimed_by.is_(None), _TABLE.claimed_by == _BY)),
}
_RELEASE = (
    update(voicemails)
    .where(_TABLE.recording_sid == _SID, _TABLE.claimed_by == _BY, _TABLE.done_at.is_(None))
    .values(claimed_by=null(), claimed_at=null())
    .returning(_TABLE.recording_sid)
)
