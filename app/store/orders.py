"""Orders given and withdrawn within a turn, so that they are stored with its facts or not at all."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Final

from sqlalchemy import Insert, Update, bindparam, literal_column, update

from app.flow.messages import Order, OrderKind
from app.store.inserting import insert_into
from app.store.models import outbox
from app.store.prepared import Session


class Lane(StrEnum):
    """Orders that are carried out side by side with those of other lanes, and never stand behind them."""

    URGENT = "urgent"
    RECORDINGS = "recordings"
    MAIL = "mail"
    WEBHOOKS = "webhooks"


# The first is what somebody on the telephone waits for, or is woken by. A mail server or an endpoint that is slow holds
# up nothing but its own kind.
LANES: Final[Mapping[Lane, frozenset[OrderKind]]] = {
    Lane.URGENT: frozenset(
        {OrderKind.RING_PHONE, OrderKind.END_LEG, OrderKind.SEND_TEXT, OrderKind.PAGE, OrderKind.OFFER}
    ),
    Lane.RECORDINGS: frozenset({OrderKind.FETCH_RECORDING, OrderKind.DELETE_RECORDING}),
    Lane.MAIL: frozenset({OrderKind.MAIL}),
    Lane.WEBHOOKS: frozenset({OrderKind.WEBHOOK}),
}
URGENT: Final = LANES[Lane.URGENT]

PENDING = outbox.c.done_at.is_(None) & outbox.c.dead_at.is_(None)
_BOUNDS = {"at": outbox.c.done_at, "first": outbox.c.key, "end": outbox.c.key}


@cache
def _insert(database: str) -> Insert:
    names = ("key", "kind", "payload", "urgent", "first_due_at", "due_at")
    statement = insert_into(database, outbox).values({name: bindparam(name) for name in names})
    return statement.on_conflict_do_nothing(index_elements=[outbox.c.key])


@cache
def _cancel(database: str) -> Update:
    """Bounds instead of LIKE, which uses no index; on PostgreSQL those of bytes, not of the database's language."""
    at, first, end = (bindparam(name, type_=column.type) for name, column in _BOUNDS.items())
    low, high = ("~>=~", "~<~") if database == "postgresql" else (">=", "<")
    begins = outbox.c.key.bool_op(low)(first) & outbox.c.key.bool_op(high)(end)
    unclaimed = outbox.c.claimed_until.is_(None) | (outbox.c.claimed_until <= at)
    withdrawn = update(outbox).where(PENDING, begins, unclaimed)
    return withdrawn.values(done_at=at, reason=literal_column("'cancelled'")).returning(outbox.c.id)


def insert_orders(session: Session, orders: Iterable[Order]) -> bool:
    """Store orders; one whose key is known already is left as it was. Returns whether there were any."""
    rows = [
        {
            "key": order.key,
            "kind": order.kind,
            "payload": dict(order.payload),
            "urgent": order.kind in URGENT,
            "first_due_at": order.due_at,
            "due_at": order.due_at,
        }
        for order in orders
    ]
    if rows:
        session.run_each(_insert(session.database), rows)
    return bool(rows)


def cancel_orders(session: Session, key_prefix: str, *, at: datetime) -> int:
    """Withdraw the orders whose keys begin so, unless they are done or being done; returns how many.

    Raises ValueError for an empty beginning, which would withdraw everything.
    """
    if not key_prefix:
        raise ValueError("name the beginning of the keys to withdraw")
    bounds = {"first": key_prefix, "end": key_prefix[:-1] + chr(ord(key_prefix[-1]) + 1)}
    return len(session.all(_cancel(session.database), {"at": at, **bounds}))
