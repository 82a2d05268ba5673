"""What is ordered and not done: how each kind stands, and what was given up, to be tried again or put aside.

What an order holds is not shown: numbers, and what is said to people.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPMethod, HTTPStatus
from typing import Final

from flask import request
from flask.typing import ResponseReturnValue

from app.accounts import OVERSEERS
from app.services import Services
from app.store import LANES, OrderState, StoredOrder
from app.web.desk import states
from app.web.desk.admin import ADMINS, drawn
from app.web.desk.discretion import discreet
from app.web.desk.doors import Page, visitor
from app.web.desk.notices import back_to

_HERE: Final = "/desk/outbox"
_MOST: Final = 50
_LONGEST_REASON: Final = 200
_SHOWN: Final = (("dead", "Given up"), ("waiting", "Waiting"), ("done", "Over"))
_KINDS: Final = tuple(sorted({kind.value for lane in LANES.values() for kind in lane}))
_TICKET_IN_KEY: Final = re.compile(r"page:(\d{1,9}):")


@dataclass(frozen=True, slots=True)
class Row:
    """An order as the page shows it."""

    id: int
    kind: str
    ticket: int | None
    tries: int
    reason: str
    first_due_at: datetime
    at: datetime


def pages(services: Services) -> tuple[Page, ...]:
    """The page for overseers; what is done there is for administrators."""
    outbox, post = _Outbox(services), HTTPMethod.POST
    return (
        Page(rule="/outbox", name="outbox", view=outbox.show, roles=OVERSEERS),
        Page(rule="/outbox/retry", name="retry_orders", view=outbox.retry_all, roles=ADMINS, method=post),
        Page(rule="/outbox/<int:number>/retry", name="retry_order", view=outbox.retry, roles=ADMINS, method=post),
        Page(rule="/outbox/<int:number>/aside", name="put_aside", view=outbox.put_aside, roles=ADMINS, method=post),
    )


@dataclass(frozen=True, slots=True)
class _Outbox:
    """Each page by its name."""

    services: Services

    def show(self, fault: str = "") -> str:
        state = request.args.get("state", "dead")
        kind = request.args.get("kind", "")
        state = state if state in dict(_SHOWN) else "dead"
        kind = kind if kind in _KINDS else ""
        orders = self.services.store.orders
        found = orders.list(OrderState(state), limit=_MOST, kind=kind or None)
        return drawn(
            "outbox.html",
            "outbox",
            standing=orders.standing(now=self.services.clock.now()),
            rows=_rows(found),
            state=state,
            kind=kind,
            shown=_SHOWN,
            kinds=[(each, each.replace("_", " ")) for each in _KINDS],
            most=_MOST,
            fault=fault,
        )

    def retry_all(self) -> ResponseReturnValue:
        self.services.store.orders.revive_all(at=self.services.clock.now(), by=visitor().name)
        return back_to(_HERE, "orders_retried")

    def retry(self, number: int) -> ResponseReturnValue:
        done = self.services.store.orders.revive(number, at=self.services.clock.now(), by=visitor().name)
        return back_to(_HERE, "order_retried" if done else "order_not_dead")

    def put_aside(self, number: int) -> ResponseReturnValue:
        because = " ".join(request.form.get("because", "").split())[:_LONGEST_REASON]
        if not because:
            return self.show("Say why, for whoever reads the audit log."), HTTPStatus.UNPROCESSABLE_ENTITY
        if not because.isprintable():
            return states.refused(HTTPStatus.BAD_REQUEST, "This reason cannot be written down")
        at, by = self.services.clock.now(), visitor().name
        done = self.services.store.orders.dismiss(number, at=at, by=by, because=because)
        return back_to(_HERE, "order_put_aside" if done else "order_not_dead")


def _rows(found: Sequence[StoredOrder]) -> list[Row]:
    return [
        Row(
            id=each.id,
            kind=each.kind,
            ticket=_ticket(each),
            tries=each.attempts,
            reason=discreet(each.reason or ""),
            first_due_at=each.first_due_at,
            at=each.dead_at or each.done_at or each.due_at,
        )
        for each in found
    ]


def _ticket(order: StoredOrder) -> int | None:
    """The ticket an order is about, as far as it says so."""
    named = order.payload.get("ticket")
    in_key = _TICKET_IN_KEY.match(order.key)
    return named if isinstance(named, int) else int(in_key[1]) if in_key else None
