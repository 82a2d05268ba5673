"""Orders the texts and calls of one reminder, and notes in the ticket's history who is told and why.

Works within one transaction in which the ticket is held.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.announcements import TicketEvent
from app.cdr.records import Ticket, TicketUpdate
from app.concierge.people import Asked
from app.config.snapshot import Snapshot
from app.flow.messages import Detail, Order, OrderKind
from app.services import Services
from app.store import TurnTransaction
from app.tickets import EntryKind

ORDERS: Final = "remind:"
_RING_SECONDS: Final = 30


def due_name(due_at: datetime) -> str:
    """What an update that is due is called in keys and addresses: its instant in milliseconds."""
    return f"{int(due_at.timestamp() * 1000):x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Who is told about the update of `ticket` that is due, `at` an instant; `name` tells it from other tellings of it.

    `may_call`: phones are rung for tickets of this priority at all.
    """

    services: Services
    transaction: TurnTransaction
    snapshot: Snapshot
    ticket: Ticket
    at: datetime
    name: str
    asked: Sequence[Asked]
    may_call: bool

    def order(self, body: str, *, until: datetime, by_text: bool = True, by_call: bool = True) -> str:
        """Order texts with these words, and calls, wanted until an instant; returns in words how people are told.

        Whoever is talking on a call is not rung now but texted.
        """
        talking = self.transaction.staff(at=self.at, before=self.at, seed=0).talking if by_call else frozenset()
        common, orders = self._common(until), list[Order]()
        for place, each in enumerate(self.asked):
            calls = list(self._calls(each, place, common)) if each.by_call and self.may_call else []
            is_rung = by_call and bool(calls) and each.person.name not in talking
            orders += calls if is_rung else []
            if each.person.phones and (by_text or not is_rung):
                # What is refused for good, as by somebody who has texted STOP, becomes a call.
                instead = calls[0].payload if calls and each.person.name not in talking else None
                orders.append(self._text(each, place, common, body=body, instead=instead))
        self.transaction.order(orders)
        ways = [("text", OrderKind.SEND_TEXT), ("call", OrderKind.RING_PHONE)]
        found = [way for way, kind in ways if any(order.kind is kind for order in orders)]
        return " and ".join(found) or "no way, for want of a person with a phone number"

    def mail(self, address: str | None) -> bool:
        """Order the mail to the supervisors, if they have an address and mail goes out; returns whether it does."""
        number, announcer = self.ticket.number or 0, self.services.announcer
        return address is not None and announcer.tell_supervisor(self.transaction, number=number, at=self.at)

    def note(self, text: str, *, author: str, kind: EntryKind, key: str, event: TicketEvent | None = None) -> None:
        """Write the entry, and announce the event."""
        number = self.ticket.number or 0
        told: list[Detail] = [each.person.name for each in self.asked]
        because = "; ".join(f"{each.person.name}: {each.because}" for each in self.asked) or "nobody is named"
        entry = TicketUpdate(at=self.at, author=author, kind=kind, text=text, because=because, detail={"told": told})
        self.transaction.tickets.note(number, entry, key=key)
        if event is not None:
            self.services.announcer.announce(self.transaction, number=number, event=event, at=self.at)

    def _common(self, until: datetime) -> dict[str, Detail]:
        calls = self.transaction.tickets.calls_of(self.ticket.number or 0)
        latest = self.transaction.load(calls[-1]) if calls else None
        line = self.snapshot.book.line("" if latest is None else latest.call.line)
        return {"line": line.name, "until": until.isoformat()}

    def _text(
        self,
        asked: Asked,
        place: int,
        common: Mapping[str, Detail],
        *,
        body: str,
        instead: Mapping[str, Detail] | None,
    ) -> Order:
        payload: dict[str, Detail] = {**common, "to": asked.person.phones[0], "party": asked.person.name, "body": body}
        if instead is not None:
            payload["instead"] = dict(instead)
        return Order(kind=OrderKind.SEND_TEXT, key=self._key("text", str(place)), due_at=self.at, payload=payload)

    def _calls(self, asked: Asked, place: int, common: Mapping[str, Detail]) -> Iterator[Order]:
        url = f"/voice/update/{self.ticket.number}-{self._due}-0"
        for which, number in enumerate(asked.person.phones):
            payload: dict[str, Detail] = {**common, "number": number, "url": url, "timeout": _RING_SECONDS}
            key = self._key("call", f"{place}.{which}" if which else str(place))
            yield Order(kind=OrderKind.RING_PHONE, key=key, due_at=self.at, payload=payload)

    @property
    def _due(self) -> str:
        return "" if self.ticket.update_due_at is None else due_name(self.ticket.update_due_at)

    def _key(self, way: str, place: str) -> str:
        return f"{ORDERS}{self.ticket.number}:{self._due}:{self.name}:{way}:{place}"
