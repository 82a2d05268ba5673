"""Swaps of turns on call as rows, and the one transaction in which duty is changed by people. Knows no rule of duty."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, bindparam, insert, select, update

from app.flow.messages import Order
from app.store.access import Reader, Writer
from app.store.audit import AuditRows
from app.store.orders import insert_orders
from app.store.overrides import OverrideRows
from app.store.prepared import Session
from app.store.rows import storable
from app.store.swap_tables import swaps

Answer = TypeVar("Answer")


class SwapOutcome(StrEnum):
    """What became of a swap that was asked for."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """`asker` asks `asked` to take a turn, between two instants (UTC), perhaps for one of theirs in return.

    `outcome` is None until somebody has answered.
    """

    id: int
    asker: str
    asked: str
    schedule: str
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    return_schedule: str | None = None
    return_starts_at: datetime | None = None
    return_ends_at: datetime | None = None
    outcome: SwapOutcome | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None


_COLUMNS: Final = tuple(Swap.__slots__)
_TEXTS: Final = ("asker", "asked", "schedule", "return_schedule")
_ALL = select(*(swaps.c[name] for name in _COLUMNS))
_SINCE = bindparam("since", type_=swaps.c.ends_at.type)
_RECENT = _ALL.where(swaps.c.ends_at > _SINCE).order_by(swaps.c.id.desc())
_ONE = _ALL.where(swaps.c.id == bindparam("which"))
_INSERT = insert(swaps).values({name: bindparam(name) for name in _COLUMNS if name != "id"}).returning(swaps.c.id)
_ANSWER = (
    update(swaps)
    .where(swaps.c.id == bindparam("which"), swaps.c.outcome.is_(None))
    .values(outcome=bindparam("said"), answered_by=bindparam("by"), answered_at=bindparam("at"))
    .returning(swaps.c.id)
)


class DutyRows:
    """All that a change of duty touches, within one transaction: overrides, swaps, orders and the audit log."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.ordered = False

    @cached_property
    def overrides(self) -> OverrideRows:
        """Quick overrides of who is on call."""
        return OverrideRows(self._session)

    @cached_property
    def audit(self) -> AuditRows:
        """The audit log."""
        return AuditRows(self._session)

    def order(self, orders: Iterable[Order]) -> None:
        """Store orders, to be carried out once all is committed."""
        self.ordered |= insert_orders(self._session, orders)

    def swap(self, swap_id: int) -> Swap | None:
        """One swap."""
        row = self._session.one(_ONE, {"which": swap_id})
        return None if row is None else _swap_of(row)

    def swaps(self, *, since: datetime) -> tuple[Swap, ...]:
        """The swaps of turns that end after `since`, the latest first."""
        return _recent(self._session, since)

    def ask(self, swap: Swap) -> Swap:
        """Store a new one; gives it back with the number it got."""
        row = {name: getattr(swap, name) for name in _COLUMNS if name != "id"}
        words = {name: storable(row[name]) for name in _TEXTS if row[name] is not None}
        given = self._session.one(_INSERT, {**row, **words})
        return replace(swap, id=0 if given is None else given[0])

    def answer(self, swap_id: int, outcome: SwapOutcome, *, by: str, at: datetime) -> bool:
        """Note what somebody answered; False when it was answered before."""
        values = {"which": swap_id, "said": outcome.value, "by": storable(by), "at": at}
        return self._session.one(_ANSWER, values) is not None


class Swaps:
    """Swaps for those who look, and changes of duty for those who make them. Raises StoreUnavailable."""

    def __init__(self, read: Reader, write: Writer, announce: Callable[[], None]) -> None:
        self._read = read
        self._write = write
        self._announce = announce

    def recent(self, *, since: datetime) -> tuple[Swap, ...]:
        """The swaps of turns that end after `since`, the latest first."""

        def question(connection: Connection) -> tuple[Swap, ...]:
            return _recent(Session.of(connection), since)

        return self._read(question)

    def change(self, deed: Callable[[DutyRows], Answer]) -> Answer:
        """Do something in one transaction in which nobody else changes duty: all of it, or nothing when it raises."""
        ordered: list[bool] = []

        def whole(session: Session) -> Answer:
            rows = DutyRows(session)
            rows.overrides.hold()
            answer = deed(rows)
            ordered.append(rows.ordered)
            return answer

        answer = self._write(whole)
        if any(ordered):
            self._announce()
        return answer


def _recent(session: Session, since: datetime) -> tuple[Swap, ...]:
    return tuple(map(_swap_of, session.all(_RECENT, {"since": since})))


def _swap_of(row: Sequence[Any]) -> Swap:
    fields = dict(zip(_COLUMNS, row, strict=True))
    outcome = fields["outcome"]
    return Swap(**{**fields, "outcome": None if outcome is None else SwapOutcome(outcome)})
