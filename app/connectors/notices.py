"""The event of a ticket that a mail or webhook tells of, and the ticket as it stands when that goes out."""

from dataclasses import dataclass
from datetime import datetime

from app.announcements import TicketEvent
from app.cdr.records import Ticket
from app.outbox import NoLongerWanted
from app.services import Services
from app.store import ClaimedOrder, TicketFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An event of a ticket; `to` says for whom it is, `link` leads to the ticket and needs a sign-in."""

    event: TicketEvent
    at: datetime
    to: str
    link: str
    file: TicketFile

    @property
    def ticket(self) -> Ticket:
        """The ticket as it stands."""
        return self.file.ticket


def notice_of(order: ClaimedOrder, services: Services) -> Notice:
    """The notice an order is about. Raises NoLongerWanted when there is no such ticket, and StoreUnavailable."""
    number = int(str(order.payload["ticket"]))
    file = services.store.tickets.get(number)
    if file is None:
        raise NoLongerWanted
    return Notice(
        event=TicketEvent(str(order.payload["event"])),
        at=datetime.fromisoformat(str(order.payload["at"])),
        to=str(order.payload["to"]),
        link=f"{services.settings.public_base_url}/tickets/{number}",
        file=file,
    )
