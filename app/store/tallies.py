"""Counts calls that are over, each once, whatever process ended them and however often anybody looks.

A call is marked as counted in the transaction that adds it to the tallies. Refuses to know what is counted of a call.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Insert, bindparam, delete, exists, select

from app.cdr.records import CallRecord
from app.store.access import Reader, Writer
from app.store.figure_tables import counted_calls, tallies
from app.store.inserting import insert_into
from app.store.models import calls
from app.store.prepared import Session
from app.store.turns import load_record

_BATCH: Final = 50


@dataclass(frozen=True, slots=True)
class Tally:
    """A number that only grows, under its name and labels."""

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


_UNCOUNTED = (
    select(calls.c.call_sid)
    .where(
        calls.c.started_at > bindparam("since", type_=calls.c.started_at.type),
        calls.c.ended_at <= bindparam("before", type_=calls.c.ended_at.type),
        ~exists().where(counted_calls.c.call_sid == calls.c.call_sid),
    )
    .order_by(calls.c.started_at, calls.c.call_sid)
)
_FORGET = delete(counted_calls).where(
    counted_calls.c.started_at < bindparam("before", type_=counted_calls.c.started_at.type)
)
_ALL = select(tallies.c.name, tallies.c.labels, tallies.c.value)


@cache
def _mark(database: str) -> Insert:
    values: dict[str, Any] = {name: bindparam(name) for name in ("call_sid", "started_at")}
    statement = insert_into(database, counted_calls).values(values).on_conflict_do_nothing()
    marked: Insert = statement.returning(counted_calls.c.call_sid)
    return marked


@cache
def _add(database: str) -> Insert:
    statement = insert_into(database, tallies).values({name: bindparam(name) for name in ("name", "labels", "value")})
    grown = {"value": tallies.c.value + statement.excluded.value}
    added: Insert = statement.on_conflict_do_update(index_elements=["name", "labels"], set_=grown)
    return added


class Tallies:
    """The tallies of one store. Raises StoreUnavailable."""

    def __init__(self, read: Reader, write: Writer) -> None:
        self._read = read
        self._write = write

    def count(
        self, rule: Callable[[CallRecord], Iterable[Tally]], *, began_after: datetime, ended_before: datetime
    ) -> tuple[CallRecord, ...]:
        """Add what `rule` makes of every call that is over and was not counted yet; gives back those calls.

        Two that count at the same time share the calls between them.
        """
        window = {"since": began_after, "before": ended_before}
        # A look disturbs nobody; the right to write is asked for only when there is something to write.
        found = self._read(lambda connection: list(connection.execute(_UNCOUNTED, window).scalars()))
        counted: list[CallRecord] = []
        for first in range(0, len(found), _BATCH):
            batch = found[first : first + _BATCH]
            counted += self._write(lambda session, batch=batch: _counted(session, batch, rule))  # type: ignore[misc]
        return tuple(counted)

    def forget(self, *, began_before: datetime) -> None:
        """Forget which calls were counted of those that began before; none may be looked for that far back again."""
        self._write(lambda session: session.run(_FORGET, {"before": began_before}))

    def all(self) -> tuple[Tally, ...]:
        """Every tally as it stands."""
        rows = self._read(lambda connection: connection.execute(_ALL).all())
        return tuple(tally_of(*row) for row in rows)


def tally_of(name: str, labels: str, value: float) -> Tally:
    """A tally from its row."""
    return Tally(name, value, json.loads(labels))


def _counted(
    session: Session, call_sids: Iterable[str], rule: Callable[[CallRecord], Iterable[Tally]]
) -> list[CallRecord]:
    marked = [record for call_sid in call_sids if (record := _marked(session, call_sid)) is not None]
    sums: Counter[tuple[str, str]] = Counter()
    for record in marked:
        for tally in rule(record):
            sums[tally.name, json.dumps(dict(sorted(tally.labels.items())))] += tally.value  # type: ignore[assignment]
    # In one order always, so that two who count do not wait for each other in a circle.
    for (name, labels), value in sorted(sums.items()):
        session.run(_add(session.database), {"name": name, "labels": labels, "value": value})
    return marked


def _marked(session: Session, call_sid: str) -> CallRecord | None:
    """The call, now marked as counted; None when it was before."""
    record = load_record(session, call_sid)
    if record is None:
        return None
    row = {"call_sid": call_sid, "started_at": record.call.started_at}
    return record if session.one(_mark(session.database), row) is not None else None
