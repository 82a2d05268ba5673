"""What people add to calls they read, wrap-ups and notes, and the views of the log they keep.

Never sees what was written: texts and views come sealed and go sealed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, literal_column, select, update

from app.store.access import Reader, Writer
from app.store.audit import AuditEntry, AuditRows
from app.store.call_work_tables import call_notes, saved_views
from app.store.prepared import Session
from app.store.rows import storable


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredNote:
    """One entry: a wrap-up code, a sealed text, or both. `id` is 0 until it is stored."""

    call_sid: str
    at: datetime
    author: str
    code: str | None = None
    key_id: str | None = None
    sealed: bytes | None = None
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredView:
    """A sealed query somebody has kept under a name. `account` is whose it is; `id` is 0 until it is stored."""

    account: int
    name: str
    created_at: datetime
    key_id: str
    sealed: bytes
    id: int = 0


_N, _V = call_notes.c, saved_views.c
_NOTE_COLUMNS = tuple(StoredNote.__slots__)
_VIEW_COLUMNS = tuple(StoredView.__slots__)
_NOTES = select(*(_N[name] for name in _NOTE_COLUMNS))
_VIEWS = select(*(_V[name] for name in _VIEW_COLUMNS))
_KEY, _AFTER = bindparam("key", type_=_N.key_id.type), bindparam("after", type_=_N.id.type)
_MOST: Any = bindparam("most")
# Said, so that SQLAlchemy adds no value of its own to a statement that is prepared.
_FROM_THE_FIRST: Any = literal_column("0")
_OF_CALL = _NOTES.where(_N.call_sid == bindparam("call", type_=_N.call_sid.type)).order_by(_N.id)
_OTHER_NOTES = _NOTES.where(_N.key_id != _KEY, _N.id > _AFTER).order_by(_N.id).limit(_MOST).offset(_FROM_THE_FIRST)
_ADD_NOTE = insert(call_notes).values({name: bindparam(name) for name in _NOTE_COLUMNS if name != "id"})
_OF_ACCOUNT = _VIEWS.where(_V.account == bindparam("whose", type_=_V.account.type)).order_by(_V.name)
_OTHER_VIEWS = _VIEWS.where(_V.key_id != _KEY, _V.id > _AFTER).order_by(_V.id).limit(_MOST).offset(_FROM_THE_FIRST)
_ADD_VIEW = insert(saved_views).values({name: bindparam(name) for name in _VIEW_COLUMNS if name != "id"})
_NAMED = (_V.account == bindparam("whose", type_=_V.account.type), _V.name == bindparam("called", type_=_V.name.type))
_FORGET_NAMED = delete(saved_views).where(*_NAMED)
_FORGET = (
    delete(saved_views)
    .where(_V.account == bindparam("whose", type_=_V.account.type), _V.id == bindparam("which", type_=_V.id.type))
    .returning(_V.id)
)
_RESEAL_NOTE = (
    update(call_notes)
    .where(_N.id == bindparam("which", type_=_N.id.type), _N.key_id == bindparam("old", type_=_N.key_id.type))
    .values(key_id=bindparam("key_id"), sealed=bindparam("sealed"))
)
_RESEAL_VIEW = (
    update(saved_views)
    .where(_V.id == bindparam("which", type_=_V.id.type), _V.key_id == bindparam("old", type_=_V.key_id.type))
    .values(key_id=bindparam("key_id"), sealed=bindparam("sealed"))
)


class CallWork:
    """Notes on calls, and saved views. Raises StoreUnavailable."""

    def __init__(self, read: Reader, write: Writer) -> None:
        self._read = read
        self._write = write

    def notes(self, call_sid: str) -> tuple[StoredNote, ...]:
        """What was added to a call, oldest first."""
        rows = self._all(_OF_CALL, call=storable(call_sid))
        return tuple(map(_note_of, rows))

    def add_note(self, note: StoredNote, entry: AuditEntry) -> None:
        """Add an entry to a call, with what the audit log says of it."""
        row = {name: getattr(note, name) for name in _NOTE_COLUMNS if name != "id"}

        def change(session: Session) -> None:
            session.run(_ADD_NOTE, {**row, "author": storable(note.author)})
            AuditRows(session).write(entry)

        self._write(change)

    def notes_sealed_otherwise(self, key_id: str, *, after: int, limit: int) -> tuple[StoredNote, ...]:
        """Entries whose text is sealed with another key, in order, from behind the one with this id."""
        return tuple(map(_note_of, self._all(_OTHER_NOTES, key=key_id, after=after, most=limit)))

    def reseal_note(self, note: StoredNote, key_id: str, sealed: bytes) -> None:
        """Put the same text under another key, unless somebody has."""
        row = {"which": note.id, "old": note.key_id, "key_id": key_id, "sealed": sealed}
        self._write(lambda session: session.run(_RESEAL_NOTE, row))

    def views(self, account: int) -> tuple[StoredView, ...]:
        """The views an account keeps, by name."""
        return tuple(map(_view_of, self._all(_OF_ACCOUNT, whose=account)))

    def keep_view(self, view: StoredView) -> None:
        """Keep a view; one of the same name is replaced."""
        row = {name: getattr(view, name) for name in _VIEW_COLUMNS if name != "id"}

        def change(session: Session) -> None:
            session.run(_FORGET_NAMED, {"whose": view.account, "called": storable(view.name)})
            session.run(_ADD_VIEW, {**row, "name": storable(view.name)})

        self._write(change)

    def forget_view(self, account: int, view_id: int) -> bool:
        """Forget a view of this account; False when it has none such."""
        row = {"whose": account, "which": view_id}
        return self._write(lambda session: session.one(_FORGET, row)) is not None

    def views_sealed_otherwise(self, key_id: str, *, after: int, limit: int) -> tuple[StoredView, ...]:
        """Views that are sealed with another key, in order, from behind the one with this id."""
        return tuple(map(_view_of, self._all(_OTHER_VIEWS, key=key_id, after=after, most=limit)))

    def reseal_view(self, view: StoredView, key_id: str, sealed: bytes) -> None:
        """Put the same view under another key, unless somebody has."""
        row = {"which": view.id, "old": view.key_id, "key_id": key_id, "sealed": sealed}
        self._write(lambda session: session.run(_RESEAL_VIEW, row))

    def _all(self, statement: Any, **values: Any) -> list[Sequence[Any]]:  # noqa: ANN401 - a Select, and what it binds
        return self._read(lambda connection: Session.of(connection).all(statement, values))


def _note_of(values: Sequence[Any]) -> StoredNote:
    fields = dict(zip(_NOTE_COLUMNS, values, strict=True))
    return StoredNote(**{**fields, "sealed": None if fields["sealed"] is None else bytes(fields["sealed"])})


def _view_of(values: Sequence[Any]) -> StoredView:
    fields = dict(zip(_VIEW_COLUMNS, values, strict=True))
    return StoredView(**{**fields, "sealed": bytes(fields["sealed"])})
