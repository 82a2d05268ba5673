"""Which process runs which configuration, as each says of itself. What is not said again is forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Insert, bindparam, delete, select

from app.store.access import Reader, Writer
from app.store.account_tables import running_processes
from app.store.inserting import insert_into
from app.store.prepared import Session
from app.store.rows import storable


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningProcess:
    """What one process runs on. `publication` is None while the folder of its machine rules.

    `refuses`: what should be in force is not good, and it stays on what it has.
    """

    name: str
    kind: str
    revision: str
    publication: int | None
    refuses: bool
    seen_at: datetime


_FIELDS: Final = tuple(RunningProcess.__slots__)
_said_at = running_processes.c.seen_at
_SINCE = (
    select(*(running_processes.c[name] for name in _FIELDS))
    .where(_said_at > bindparam("since", type_=_said_at.type))
    .order_by(running_processes.c.kind, running_processes.c.name)
)
_FORGET = delete(running_processes).where(_said_at <= bindparam("before", type_=_said_at.type))


@cache
def _note(database: str) -> Insert:
    statement = insert_into(database, running_processes).values({name: bindparam(name) for name in _FIELDS})
    told = {name: statement.excluded[name] for name in _FIELDS if name != "name"}
    return statement.on_conflict_do_update(index_elements=[running_processes.c.name], set_=told)


class Running:
    """The processes. Raises StoreUnavailable."""

    def __init__(self, read: Reader, write: Writer) -> None:
        self._read = read
        self._write = write

    def note(self, process: RunningProcess, *, forget_before: datetime) -> None:
        """A process says what it runs on; those that were silent since `forget_before` are forgotten."""

        def change(session: Session) -> None:
            session.run(_FORGET, {"before": forget_before})
            row = {name: getattr(process, name) for name in _FIELDS}
            session.run(_note(session.database), {**row, "name": storable(process.name)})

        self._write(change)

    def since(self, at: datetime) -> tuple[RunningProcess, ...]:
        """Those that spoke after an instant, by kind and name."""

        def question(connection: Connection) -> list[Sequence[Any]]:
            return Session.of(connection).all(_SINCE, {"since": at})

        return tuple(RunningProcess(**dict(zip(_FIELDS, row, strict=True))) for row in self._read(question))
