"""Orders as they are carried out: claimed under a lease, done once, tried again, buried when they cannot be done.

Refuses to know how an order is carried out.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Select,
    Text,
    Update,
    bindparam,
    case,
    false,
    func,
    literal_column,
    null,
    select,
    true,
    type_coerce,
    update,
)

from app.flow.messages import Detail, OrderKind
from app.store.access import Reader, Writer
from app.store.models import outbox
from app.store.orders import LANES, PENDING, Lane, cancel_orders
from app.store.prepared import Session
from app.store.rows import storable

_LONGEST_REASON: Final = 200
_KINDS: Final = {kind.value: kind for kind in OrderKind}


def _given(name: str, column: str) -> BindParameter[Any]:
    return bindparam(name, type_=outbox.c[column].type)


_NOW = _given("now", "due_at")
_AT = _given("at", "done_at")
_REASON = _given("because", "reason")
_RESULT = _given("outcome", "result")
_WHICH = outbox.c.id == _given("which", "id")
_MOST = _given("most", "id")
# Said in words, because SQLite's dialect would put in a value of its own.
_FROM_THE_FIRST: Any = literal_column("0")
# Whoever overslept the lease cannot undo what was done since: each claim counts one attempt more.
_STILL_OURS = _WHICH & PENDING & (outbox.c.attempts == _given("attempt", "attempts"))
# Orders of a kind that only a newer release knows are in no lane, and left to it. The words themselves, not values to
# be filled in, so that the statement is compiled once.
_IN_LANE = {lane: outbox.c.kind.in_([literal_column(f"'{kind}'") for kind in sorted(LANES[lane])]) for lane in Lane}
_UNCLAIMED = outbox.c.claimed_until.is_(None) | (outbox.c.claimed_until <= _NOW)

_CLAIMED = (
    outbox.c.id,
    outbox.c.kind,
    outbox.c.key,
    # Where the driver gives texts, all of one claim are read together, in half the time of one by one.
    type_coerce(outbox.c.payload, Text),
    outbox.c.due_at,
    outbox.c.attempts,
)
# A claim itself begins an attempt of unknown end; only an earlier one makes the order uncertain to whoever claims it.
_UNCERTAIN_SINCE = case((outbox.c.uncertain_since < _NOW, outbox.c.uncertain_since))
_BURIED = ("id", "kind", "key", "attempts", "first_due_at", "dead_at", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedOrder:
    """An order that is ours to carry out until the lease ends.

    `attempts` counts this one. `uncertain_since` is when an earlier attempt began of which nobody knows whether it
    did the thing; None when it certainly was not done yet.
    """

    id: int
    kind: OrderKind
    key: str
    payload: Mapping[str, Detail]
    due_at: datetime
    attempts: int
    claimed_at: datetime
    uncertain_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadOrder:
    """An order that was given up, and why. Its payload is left out: it holds numbers."""

    id: int
    kind: str
    key: str
    attempts: int
    first_due_at: datetime
    dead_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxCounts:
    """How the orders stand. `oldest_seconds` is how long the longest overdue one has been due; 0 when none is."""

    waiting: int
    oldest_seconds: float
    dead: int


def _due(columns: Sequence[Any], lane: Lane) -> Select[Any]:
    """The first of what may be claimed. The flag is written out, or neither database follows the index."""
    flagged = outbox.c.urgent == (true() if lane is Lane.URGENT else false())
    found = select(*columns).where(flagged, outbox.c.due_at <= _NOW, PENDING, _UNCLAIMED, _IN_LANE[lane])
    return found.order_by(outbox.c.due_at, outbox.c.id).limit(_MOST).offset(_FROM_THE_FIRST)


_ANY_DUE = {lane: _due([outbox.c.id], lane) for lane in Lane}


@cache
def _claim(database: str, lane: Lane) -> Update:
    due = _due([outbox.c.id], lane)
    if database == "postgresql":
        # Others' rows are stepped over. A plain subquery could be run again for each row and claim more than `most`.
        locked = due.with_for_update(skip_locked=True).cte("due").prefix_with("MATERIALIZED")
        due = select(locked.c.id)
    return (
        update(outbox)
        .where(outbox.c.id.in_(due))
        .values(
            claimed_until=_given("until", "claimed_until"),
            attempts=outbox.c.attempts + literal_column("1"),
            uncertain_since=func.coalesce(outbox.c.uncertain_since, _NOW),
        )
        .returning(*_CLAIMED, _UNCERTAIN_SINCE)
    )


_DONE = update(outbox).where(_WHICH, outbox.c.done_at.is_(None)).values(done_at=_AT, result=_RESULT, reason=_REASON)
_SETTLE = (
    update(outbox)
    .where(outbox.c.key == _given("which", "key"), outbox.c.done_at.is_(None))
    .values(done_at=_AT, result=_RESULT)
    .returning(outbox.c.id)
)
_AGAIN = (
    update(outbox)
    .where(_STILL_OURS)
    .values(due_at=_AT, reason=_REASON, claimed_until=null(), uncertain_since=_given("since", "uncertain_since"))
)
_GIVE_UP = update(outbox).where(_STILL_OURS).values(dead_at=_AT, reason=_REASON, claimed_until=null())
_IS_RESULT = select(outbox.c.id).where(outbox.c.result == _RESULT)
_DEAD = outbox.c.dead_at.is_not(None) & outbox.c.done_at.is_(None)
_COUNTS = select(
    select(func.count()).where(PENDING).scalar_subquery(),
    select(func.min(outbox.c.first_due_at)).where(PENDING, outbox.c.due_at <= _NOW).scalar_subquery(),
    select(func.count()).where(_DEAD).scalar_subquery(),
)
_GRAVES = (
    select(*(outbox.c[name] for name in _BURIED))
    .where(_DEAD)
    .order_by(outbox.c.dead_at.desc(), outbox.c.id.desc())
    .limit(_MOST)
)


class Outbox:
    """The orders. One per store, used by all threads and processes at once. Raises StoreUnavailable."""

    def __init__(self, read: Reader, write: Writer) -> None:
        self._read = read
        self._write = write
        self._listeners: tuple[Callable[[], None], ...] = ()

    def listen(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after every turn of this store that stored orders. It must return at once."""
        self._listeners = (*self._listeners, listener)

    def announce(self) -> None:
        """Tell the listeners that there are orders."""
        for listener in self._listeners:
            listener()

    def claim(
        self, *, now: datetime, limit: int, lease_seconds: float, lane: Lane | None = None
    ) -> tuple[ClaimedOrder, ...]:
        """At most so many orders that are due, in the order they were due; they are ours until the lease ends.

        Orders whose lease has lapsed are claimed again. Without a `lane` it is all of them, the urgent one first.
        """
        if lane is None:
            return self._claim_any(now=now, limit=limit, lease_seconds=lease_seconds)
        looked = {"now": now, "most": 1}
        # A look disturbs nobody; the right to write is asked for only when there is something to write.
        if self._read(lambda connection: Session.of(connection).one(_ANY_DUE[lane], looked)) is None:
            return ()
        values = {"now": now, "most": limit, "until": now + timedelta(seconds=lease_seconds)}
        rows = self._write(lambda session: session.all(_claim(session.database, lane), values))
        return _claimed(rows, now)

    def _claim_any(self, *, now: datetime, limit: int, lease_seconds: float) -> tuple[ClaimedOrder, ...]:
        claimed: tuple[ClaimedOrder, ...] = ()
        for lane in Lane:
            if len(claimed) < limit:
                claimed += self.claim(now=now, limit=limit - len(claimed), lease_seconds=lease_seconds, lane=lane)
        return claimed

    def done(self, order: ClaimedOrder, *, at: datetime, result: str | None = None, reason: str | None = None) -> None:
        """It is done, or needs doing no more for a `reason`. `result` is what the provider calls what was done."""
        values = {"which": order.id, "at": at, "outcome": result, "because": reason}
        self._write(lambda session: session.run(_DONE, values))

    def settle(self, key: str, *, at: datetime, result: str) -> bool:
        """The provider tells us that this order was carried out; False when we knew, or never gave it."""
        values = {"which": key, "at": at, "outcome": result}
        return self._write(lambda session: session.one(_SETTLE, values)) is not None

    def again(self, order: ClaimedOrder, *, due_at: datetime, reason: str, uncertain_since: datetime | None) -> None:
        """It failed and is to be tried again. `uncertain_since`: it may have been done all the same, since then.

        Nothing happens when the lease had lapsed and somebody else has it.
        """
        values = {**_of_attempt(order), "at": due_at, "because": _short(reason), "since": uncertain_since}
        self._write(lambda session: session.run(_AGAIN, values))

    def give_up(self, order: ClaimedOrder, *, at: datetime, reason: str) -> None:
        """It cannot be done: it stays, dead, until a person looks at it. Of a lapsed lease, as with `again`."""
        values = {**_of_attempt(order), "at": at, "because": _short(reason)}
        self._write(lambda session: session.run(_GIVE_UP, values))

    def cancel(self, key_prefix: str, *, at: datetime) -> int:
        """Withdraw the orders whose keys begin so, unless they are done or being done; returns how many."""
        return self._write(lambda session: cancel_orders(session, key_prefix, at=at))

    def is_result(self, name: str) -> bool:
        """Whether what the provider calls so is already known to be the outcome of some order."""
        return self._read(lambda connection: Session.of(connection).one(_IS_RESULT, {"outcome": name})) is not None

    def counts(self, *, now: datetime) -> OutboxCounts:
        """How many wait, for how long the longest has been due, and how many are dead."""
        row = self._read(lambda connection: connection.execute(_COUNTS, {"now": now}).one())
        waiting, oldest_at, dead = row
        age = timedelta() if oldest_at is None else now - oldest_at
        return OutboxCounts(waiting=waiting, oldest_seconds=max(age.total_seconds(), 0.0), dead=dead)

    def dead(self, limit: int) -> tuple[DeadOrder, ...]:
        """The dead orders nobody has dealt with, the latest first."""
        rows = self._read(lambda connection: connection.execute(_GRAVES, {"most": limit}).all())
        return tuple(DeadOrder(**row._mapping) for row in rows)  # noqa: SLF001 - SQLAlchemy's documented name


def _of_attempt(order: ClaimedOrder) -> dict[str, Any]:
    return {"which": order.id, "attempt": order.attempts}


def _short(reason: str) -> str:
    return storable(reason)[:_LONGEST_REASON]


def _claimed(rows: Sequence[Sequence[Any]], now: datetime) -> tuple[ClaimedOrder, ...]:
    """Orders from the values of _CLAIMED and _UNCERTAIN_SINCE, in the order they were due."""
    payloads = [row[3] for row in rows]
    if payloads and isinstance(payloads[0], str):
        payloads = json.loads(f"[{','.join(payloads)}]")
    orders = [
        ClaimedOrder(
            id=which,
            kind=_KINDS[kind],
            key=key,
            payload=payload,
            due_at=due_at,
            attempts=attempts,
            claimed_at=now,
            uncertain_since=uncertain_since,
        )
        for (which, kind, key, _, due_at, attempts, uncertain_since), payload in zip(rows, payloads, strict=True)
    ]
    orders.sort(key=attrgetter("due_at", "id"))
    return tuple(orders)
