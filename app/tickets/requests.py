"""Requests of programs and of people at the desk to change tickets, each in one transaction with its audit entry."""

from collections.abc import Callable
from dataclasses import dataclass

from app.flow.messages import Detail
from app.services import Services
from app.store import AuditEntry
from app.tickets.edits import TicketEdit, edit
from app.tickets.news import News, tell
from app.tickets.outcomes import Outcome, Result
from app.tickets.work import TicketWork, work

WAY = "in the API"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRequests:
    """Requests by a program, or by somebody at the desk. `actor` is who it is; `person` the member of staff, if any.

    Methods raise StoreUnavailable.
    """

    services: Services
    actor: str
    person: str | None = None
    way: str = WAY

    def acknowledge(self, number: int) -> Result:
        """Accept a ticket that nobody has accepted; of several who try, the first does."""
        return self._done(number, "ticket_acknowledged", [], lambda mine: mine.acknowledge(number))

    def take(self, number: int) -> Result:
        """Accept a ticket, also out of somebody else's hands."""
        return self._done(number, "ticket_taken", [], lambda mine: mine.take(number))

    def edit(self, number: int, wanted: TicketEdit) -> Result:
        """Change fields of a ticket, wholly or not at all."""
        fields = [name for name in wanted.__slots__ if getattr(wanted, name)]
        return self._done(number, "ticket_changed", fields, lambda mine: edit(mine, number, wanted))

    def tell(self, number: int, news: News) -> Result:
        """Put what was said about a ticket into its history."""
        return self._done(number, "ticket_told", [news.kind.value], lambda mine: tell(mine, number, news))

    def _done(self, number: int, action: str, what: list[str], deed: Callable[[TicketWork], Result]) -> Result:
        person, services = self.person, self.services
        with services.store.turn() as transaction:
            by = person or self.actor
            mine = work(services, transaction, by=by, way=self.way, owns=person is not None)
            result = deed(mine)
            if result.outcome is Outcome.DONE:
                detail: dict[str, Detail] = {"what": [*what]}
                if person is not None:
                    detail["for"] = person
                entry = AuditEntry(
                    at=mine.at, actor=self.actor, action=action, subject=f"ticket:{number}", detail=detail
                )
                transaction.audit.write(entry)
        return result
