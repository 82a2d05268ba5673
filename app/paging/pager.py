"""Carries out pages: texts and calls to one step of the policy, and the order of the next page.

All that a page does is written in one transaction with the order that follows it, under keys of its own, so that
carrying it out again changes nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from app.cdr.records import CallRecord
from app.cdr.ticket_rules import is_unowned_emergency
from app.config.snapshot import Snapshot
from app.flow.messages import Detail, Fact, FactKind, Order, OrderKind
from app.paging.chain import begin, page_order
from app.paging.delivery_reports import report_path
from app.paging.ladder import Rung, every_seconds, rung
from app.paging.turns import PAGE_TURN
from app.services import Services
from app.store import ClaimedOrder, StoreUnavailable, TurnTransaction, pages_of
from app.telephony.outbound import ProviderError
from oncall import Attempt

Handler = Callable[[ClaimedOrder], str | None]

_RING_SECONDS: Final = 30
# No phone rings this long for a caller; whoever seems to was forgotten by the provider.
_LONGEST_RING: Final = timedelta(minutes=5)
# A chain begins within a turn; one that is not there so long afterwards has been lost.
_LOST_AFTER: Final = timedelta(minutes=5)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Page:
    """One page: of which ticket, which chain and which number in it, counted from 1."""

    ticket: int
    chain: str
    number: int

    @property
    def key(self) -> str:
        return f"{pages_of(self.ticket)}{self.chain}:{self.number}"


@dataclass(frozen=True, slots=True)
class Pager:
    """Pages of one service."""

    services: Services

    def handlers(self, others: Mapping[OrderKind, Handler]) -> dict[OrderKind, Handler]:
        """How pages are carried out; `others` do the texting, and what they cannot text is told by a call."""
        return {OrderKind.PAGE: self.page, OrderKind.SEND_TEXT: self._text_or_call(others[OrderKind.SEND_TEXT])}

    def page(self, order: ClaimedOrder) -> None:
        """Carry out one page. Raises StoreUnavailable; then it is carried out later."""
        payload, at = order.payload, self.services.clock.now()
        page = _Page(int(str(payload["ticket"])), str(payload["chain"]), int(str(payload["page"])))
        snapshot = self.services.config.current()
        with self.services.store.turn() as transaction:
            ticket = transaction.tickets.hold(page.ticket)
            if ticket is None or not is_unowned_emergency(ticket):
                return
            quick = self.services.store.overrides.for_turn(transaction.overrides, at=at)
            step = rung(snapshot.roster, page.number, at=at, quick=quick)
            self._send(transaction, page, step, snapshot, at=at)
        if step.unowned is not None:
            _log.error("emergency_unowned", ticket=page.ticket, page=page.number, reason=step.unowned)
        _log.info("paged", ticket=page.ticket, page=page.number, people=len({each.person for each in step.phones}))

    def sweep(self, at: datetime) -> int:
        """Begin pages anew for emergencies without an owner that have none ordered; returns how many.

        There are none such, unless a page was given up after many failures.
        """
        begun = 0
        with self.services.store.turn() as transaction:
            for ticket in transaction.tickets.unowned_emergencies(before=at - _LOST_AFTER):
                if ticket.number is not None and not transaction.pages.are_due(ticket.number):
                    begin(transaction, ticket.number, due_at=at, chain=f"again-{int(at.timestamp())}")
                    _log.error("pages_begun_again", ticket=ticket.number)
                    begun += 1
        return begun

    def _send(self, transaction: TurnTransaction, page: _Page, step: Rung, snapshot: Snapshot, *, at: datetime) -> None:
        calls = [transaction.load(call_sid) for call_sid in transaction.tickets.calls_of(page.ticket)]
        latest = calls[-1] if calls else None
        line = snapshot.book.line("" if latest is None else latest.call.line)
        next_at = at + timedelta(seconds=every_seconds(snapshot.roster))
        by_call = not any(_is_being_hunted(record, at) for record in calls if record is not None)
        body = f"Emergency ticket {page.ticket} on the {line.title} waits. Reply ACK {page.ticket} or call the desk."
        common: dict[str, Detail] = {"line": line.name, "until": next_at.isoformat()}
        rings = list(_rings(page, step, common, at=at))
        transaction.order(list(_texts(step, rings, body, common, snapshot)))
        transaction.order(rings if by_call else [])
        rang = [ring.key for ring in rings]
        transaction.order(
            [page_order(page.ticket, page.chain, page.number + 1, due_at=next_at, rang=rang, quiet=not by_call)]
        )
        if latest is not None:
            transaction.tell(latest.call.call_sid, PAGE_TURN, _facts(page, step, by_call=by_call, at=at))

    def _text_or_call(self, text: Handler) -> Handler:
        """A text that is refused for good, as by somebody who has texted STOP, becomes a call."""

        def carry_out(order: ClaimedOrder) -> str | None:
            try:
                return text(order)
            except ProviderError as fault:
                instead = order.payload.get("instead")
                if not fault.permanent or not isinstance(instead, dict):
                    raise
                _log.warning("text_refused", order=order.key, code=fault.code)
                self._ring_instead(order, instead)
                return None

        return carry_out

    def _ring_instead(self, order: ClaimedOrder, payload: dict[str, Detail]) -> None:
        key = order.key.replace(":text:", ":call:")
        with self.services.store.turn() as transaction:
            due_at = self.services.clock.now()
            transaction.order([Order(kind=OrderKind.RING_PHONE, key=key, due_at=due_at, payload=payload)])


def sweep_pages(services: Services) -> None:
    """The clock's look after pages; what fails is done the next time."""
    try:
        Pager(services).sweep(services.clock.now())
    except StoreUnavailable as fault:
        _log.warning("pages_wait", reason=fault.reason)


def _rings(page: _Page, step: Rung, common: dict[str, Detail], *, at: datetime) -> Iterator[Order]:
    for place, phone in enumerate(step.phones):
        payload: dict[str, Detail] = {
            **common,
            "number": phone.number,
            "url": f"/voice/page/{page.ticket}-0",
            "timeout": _RING_SECONDS,
        }
        yield Order(kind=OrderKind.RING_PHONE, key=f"{page.key}:call:{place}", due_at=at, payload=payload)


def _texts(step: Rung, rings: list[Order], body: str, common: dict[str, Detail], snapshot: Snapshot) -> Iterator[Order]:
    """A text to the first phone of each person, with the call that is made instead if it is refused."""
    for phone, ring in zip(step.phones, rings, strict=True):
        if phone.number == snapshot.roster.people[phone.person].phones[0]:
            key = ring.key.replace(":call:", ":text:")
            payload: dict[str, Detail] = {
                **common,
                "to": phone.number,
                "party": phone.person,
                "body": body,
                "status": report_path(key),
                "instead": dict(ring.payload),
            }
            yield Order(kind=OrderKind.SEND_TEXT, key=key, due_at=ring.due_at, payload=payload)


def _is_being_hunted(record: CallRecord, at: datetime) -> bool:
    """Whether phones of ours are rung for the caller: then a page that rings as well is in the way."""
    return record.call.ended_at is None and any(
        leg.screened and leg.ended_at is None and leg.started_at > at - _LONGEST_RING for leg in record.legs
    )


def _facts(page: _Page, step: Rung, *, by_call: bool, at: datetime) -> list[Fact]:
    return [
        Fact(
            kind=FactKind.PAGED,
            key=f"paged:{page.chain}:{page.number}:{place}",
            at=at,
            because=phone.because,
            source=phone.source,
            detail=_detail(page, phone, by_call=by_call),
        )
        for place, phone in enumerate(step.phones)
    ]


def _detail(page: _Page, phone: Attempt, *, by_call: bool) -> dict[str, Detail]:
    by = "text and call" if by_call else "text"
    return {"party": phone.person, "number": phone.number, "by": by, "page": page.number}
