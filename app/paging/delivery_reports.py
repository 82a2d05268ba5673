"""What becomes of the texts of pages: one that does not reach its phone is made up for by a call, at once.

The provider takes a text long before a carrier says whether it arrived, so that sending it proves nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from app.cdr.ticket_rules import is_unowned_emergency
from app.flow.messages import Detail, Fact, FactKind, Order, OrderKind
from app.paging.turns import PAGE_TURN
from app.services import Services
from app.store import StoreUnavailable, TurnTransaction, pages_of

_PATH: Final = "/sms/status/"
_TEXT: Final = ":text:"
# Ticket, chain, page and place; the signature of the request covers them.
_REFERENCE = re.compile(r"([0-9]{1,9})\.([0-9a-z-]{1,40})\.([0-9]{1,6})\.([0-9]{1,4})")
# https://www.twilio.com/docs/messaging/api/message-resource#message-status-values: what a text does not come back from.
_LOST: Final = frozenset({"undelivered", "failed"})
_ERROR_CODE = re.compile(r"[0-9]{1,6}")
_log = structlog.get_logger(__name__)


def report_path(key: str) -> str:
    """The path that hears what became of the text ordered under `key`: page:1042:chain:page:text:place."""
    _, ticket, chain, page, _, place = key.split(":")
    return f"{_PATH}{ticket}.{chain}.{page}.{place}"


@dataclass(frozen=True, slots=True)
class DeliveryReports:
    """Hears what became of the texts of pages."""

    services: Services

    def heard(self, reference: str, fields: Mapping[str, str]) -> None:
        """A report came about the text that `reference` names. Reports may come twice, late, or in any order."""
        named, status = _REFERENCE.fullmatch(reference), fields.get("MessageStatus") or fields.get("SmsStatus", "")
        if named is None or status not in _LOST:
            return
        ticket, chain, page, place = named.groups()
        text = _Lost(int(ticket), f"{chain}:{page}:{place}", f"{pages_of(int(ticket))}{chain}:{page}{_TEXT}{place}")
        code = fields.get("ErrorCode", "")
        because = f"the text was {status}" + (f", code {code}" if _ERROR_CODE.fullmatch(code) else "")
        try:
            with self.services.store.turn() as transaction:
                self._make_up_for(transaction, text, because)
        except StoreUnavailable as fault:
            _log.warning("store_unavailable", ticket=text.ticket, reason=fault.reason)

    def _make_up_for(self, transaction: TurnTransaction, text: "_Lost", because: str) -> None:
        at = self.services.clock.now()
        ticket = transaction.tickets.hold(text.ticket)
        ordered = transaction.pages.payload(text.key)
        if ticket is None or ordered is None:
            return
        instead = ordered.get("instead")
        wanted = is_unowned_emergency(ticket) and isinstance(instead, dict) and not _is_over(instead, at)
        if wanted and isinstance(instead, dict):
            # One that this page has rung already keeps its order, and is not rung twice.
            key = text.key.replace(_TEXT, ":call:")
            transaction.order([Order(kind=OrderKind.RING_PHONE, key=key, due_at=at, payload=instead)])
        calls = transaction.tickets.calls_of(text.ticket)
        if calls:
            told = because + ("; they are rung instead" if wanted else "")
            transaction.tell(calls[-1], PAGE_TURN, [_fact(text, ordered, told, at=at)])
        _log.warning("text_undelivered", ticket=text.ticket, reason=because, rung=wanted)


@dataclass(frozen=True, slots=True)
class _Lost:
    """A page's text that did not arrive: its ticket, its name within the ticket's pages, and its order's key."""

    ticket: int
    name: str
    key: str


def _is_over(ring: Mapping[str, Detail], at: datetime) -> bool:
    """Whether the next page has gone out by now."""
    return datetime.fromisoformat(str(ring["until"])) <= at


def _fact(text: _Lost, ordered: Mapping[str, Detail], because: str, *, at: datetime) -> Fact:
    detail = {"party": ordered.get("party"), "number": ordered.get("to")}
    return Fact(kind=FactKind.TEXT_LOST, key=f"text_lost:{text.name}", at=at, because=because, detail=detail)
