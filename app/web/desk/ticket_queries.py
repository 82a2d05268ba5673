"""Which tickets somebody wants to see, read from the address of a page and written into one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.cdr.records import TicketStatus
from app.store import TicketFilters
from app.vault import Vault
from app.web.desk.call_queries import as_meant, as_written
from app.web.desk.look import address_with
from oncall import Priority

HERE: Final = "/desk/tickets"
SHOWN: Final = (
    ("open", "Open"),
    ("overdue", "Overdue"),
    *((status.value, status.value.replace("_", " ").capitalize()) for status in TicketStatus),
    ("all", "All"),
)
USUAL: Final = "open"
ME: Final = "me"
_LONGEST: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketQuery:
    """What the reader chose; empty texts and None do not limit."""

    shown: str = USUAL
    priority: Priority | None = None
    assignee: str = ""
    q: str = ""

    @property
    def is_usual(self) -> bool:
        """Whether nothing was chosen."""
        return self == TicketQuery()

    def filters(self, *, at: datetime, me: str) -> TicketFilters:
        """The same as the store takes it, for a reader of this name."""
        return TicketFilters(
            status=TicketStatus(self.shown) if self.shown in set(TicketStatus) else None,
            priority=self.priority,
            assignee=(me if self.assignee == ME else self.assignee) or None,
            q=self.q or None,
            due_before=at if self.shown == "overdue" else None,
            is_open=self.shown == "open",
        )

    def address(self, vault: Vault, **more: str | None) -> str:
        """The address of the page that shows these tickets."""
        own = {
            "shown": self.shown if self.shown != USUAL else None,
            "priority": self.priority,
            "assignee": self.assignee or None,
            "q": as_written(self.q, vault),
        }
        return address_with(HERE, {**own, **more})


def ticket_query(given: Mapping[str, str], vault: Vault) -> TicketQuery:
    """What parameters of an address or fields of a form say; what cannot be read does not limit."""
    shown, priority = given.get("shown", ""), given.get("priority", "")
    return TicketQuery(
        shown=shown if shown in dict(SHOWN) else USUAL,
        priority=Priority(priority) if priority in set(Priority) else None,
        assignee=given.get("assignee", "")[:_LONGEST],
        q=as_meant(given.get("q", ""), vault),
    )
