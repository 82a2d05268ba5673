"""The orders of one emergency's pages within a transaction: which wait, which phones ring, which come sooner.

All of a ticket's orders have keys that begin alike. Knows keys and payloads by name only.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Update, bindparam, literal_column, select, update

from app.flow.messages import Detail, OrderKind
from app.store.models import outbox
from app.store.orders import PENDING
from app.store.prepared import Session

_FIRST = bindparam("first", type_=outbox.c.key.type)
_END = bindparam("end", type_=outbox.c.key.type)
_AT = bindparam("at", type_=outbox.c.due_at.type)
_KEY = bindparam("which", type_=outbox.c.key.type)
_PAGE = outbox.c.kind == literal_column(f"'{OrderKind.PAGE}'")
_RESULT = select(outbox.c.result).where(outbox.c.key == _KEY, outbox.c.result.is_not(None))
_PAYLOAD = select(outbox.c.payload).where(outbox.c.key == _KEY)


def pages_of(ticket: int) -> str:
    """How the keys of all orders of a ticket's pages begin."""
    return f"page:{ticket}:"


def _begins(database: str) -> ColumnElement[bool]:
    # By bytes also on PostgreSQL, whose language may order signs otherwise; the index of what is pending does so too.
    low, high = ("~>=~", "~<~") if database == "postgresql" else (">=", "<")
    return outbox.c.key.bool_op(low)(_FIRST) & outbox.c.key.bool_op(high)(_END)


@cache
def _waiting(database: str) -> Select[Any]:
    return select(outbox.c.payload).where(PENDING, _PAGE, _begins(database)).order_by(outbox.c.id)


@cache
def _sooner(database: str) -> Update:
    begins_chain = outbox.c.key.like(literal_column("'%:1'"))
    first_page = PENDING & _PAGE & _begins(database) & begins_chain & (outbox.c.due_at > _AT)
    return update(outbox).where(first_page, outbox.c.attempts == literal_column("0")).values(due_at=_AT)


_THIS_SOONER = (
    update(outbox)
    .where(PENDING, outbox.c.key == _KEY, outbox.c.due_at > _AT, outbox.c.attempts == literal_column("0"))
    .values(due_at=_AT)
)


class PageOrders:
    """Pages of emergencies, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def are_due(self, ticket: int) -> bool:
        """Whether a page of the ticket is ordered and neither done nor given up."""
        return bool(self._pending(ticket))

    def hasten(self, ticket: int, *, at: datetime) -> None:
        """Have the ticket's first page, or the one after a page without calls, sent by `at` if it is not sent yet."""
        self._session.run(_sooner(self._session.database), {"at": at, **_bounds(ticket)})
        for payload in self._pending(ticket):
            if payload.get("quiet"):
                key = f"{pages_of(ticket)}{payload['chain']}:{payload['page']}"
                self._session.run(_THIS_SOONER, {"at": at, "which": key})

    def phones_rung(self, ticket: int) -> tuple[str, ...]:
        """The SIDs of the legs that the latest page has rung: those named by the page that waits to follow it."""
        keys = [key for payload in self._pending(ticket) for key in payload.get("rang", ())]
        rows = (self._session.one(_RESULT, {"which": key}) for key in keys)
        return tuple(row[0] for row in rows if row is not None)

    def payload(self, key: str) -> Mapping[str, Detail] | None:
        """What was ordered under this key; None when nothing was."""
        row = self._session.one(_PAYLOAD, {"which": key})
        return None if row is None else row[0]

    def _pending(self, ticket: int) -> list[dict[str, Any]]:
        rows = self._session.all(_waiting(self._session.database), _bounds(ticket))
        return [row[0] for row in rows]


def _bounds(ticket: int) -> dict[str, str]:
    first = pages_of(ticket)
    return {"first": first, "end": first[:-1] + chr(ord(first[-1]) + 1)}
