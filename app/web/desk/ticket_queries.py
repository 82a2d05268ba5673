"""Which tickets somebody wants to see and in which order, read from the address of a page and written into one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from app.cdr.records import TicketStatus
from app.cdr.ticket_rules import CLOSED
from app.store import TicketFilters
from app.vault import Vault
from app.web.desk.call_queries import as_meant, as_written
from app.web.desk.look import address_with
from oncall import Priority, day_starts_at, local_date

HERE: Final = "/desk/tickets"
BOARD: Final = "/desk/tickets/board"
SHOWN: Final = (
    ("open", "Open"),
    ("overdue", "Overdue"),
    *((status.value, status.value.replace("_", " ").capitalize()) for status in TicketStatus),
    ("all", "All"),
)
USUAL: Final = "open"
ME: Final = "me"
NOBODY: Final = "nobody"
DUE: Final = (("1h", "Within an hour"), ("4h", "Within 4 hours"), ("today", "By the end of today"))
_OVER: Final = {*CLOSED, "all"}
_LONGEST: Final = 120


class Order(StrEnum):
    """How a list is sorted."""

    SOONEST = "due"
    NEWEST = "newest"


ORDERS: Final = ((Order.SOONEST, "Due soonest"), (Order.NEWEST, "Newest"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketQuery:
    """What the reader chose; empty texts and None do not limit."""

    shown: str = USUAL
    priority: Priority | None = None
    assignee: str = ""
    client: str = ""
    due: str = ""
    q: str = ""
    order: Order = Order.SOONEST

    @property
    def is_usual(self) -> bool:
        """Whether nothing was chosen."""
        return self == TicketQuery(order=self.order)

    @property
    def runs(self) -> bool:
        """Whether the tickets shown can have something due, so that they can be in that order."""
        return self.shown not in _OVER or bool(self.due)

    def filters(self, *, at: datetime, zone: ZoneInfo, me: str) -> TicketFilters:
        """The same as the store takes it, for a reader of this name at the desk."""
        named = me if self.assignee == ME else self.assignee
        return TicketFilters(
            status=TicketStatus(self.shown) if self.shown in set(TicketStatus) else None,
            priority=self.priority,
            assignee=None if self.assignee == NOBODY else named or None,
            unowned=self.assignee == NOBODY,
            client=self.client or None,
            q=self.q or None,
            due_before=self._due_before(at, zone),
            is_open=self.shown == "open",
        )

    def _due_before(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        if self.shown == "overdue":
            return at
        match self.due:
            case "1h" | "4h":
                return at + timedelta(hours=int(self.due[0]))
            case "today":
                return day_starts_at(local_date(at, zone=zone) + timedelta(days=1), zone=zone)
            case _:
                return None

    def address(self, vault: Vault, *, path: str = HERE, **more: str | None) -> str:
        """The address of the page that shows these tickets."""
        own = {
            "shown": self.shown if self.shown != USUAL else None,
            "priority": self.priority,
            "assignee": self.assignee or None,
            "client": self.client or None,
            "due": self.due or None,
            "q": as_written(self.q, vault),
            "order": self.order if self.order is not Order.SOONEST else None,
        }
        return address_with(path, {**own, **more})

    def on_board(self) -> "TicketQuery":
        """What of it a board takes: its columns are the statuses, each in its own order."""
        return replace(self, shown=USUAL, due="", order=Order.SOONEST)


def ticket_query(given: Mapping[str, str], vault: Vault) -> TicketQuery:
    """What parameters of an address or fields of a form say; what cannot be read does not limit."""
    shown, priority, order = given.get("shown", ""), given.get("priority", ""), given.get("order", "")
    due = given.get("due", "")
    return TicketQuery(
        shown=shown if shown in dict(SHOWN) else USUAL,
        priority=Priority(priority) if priority in set(Priority) else None,
        assignee=given.get("assignee", "")[:_LONGEST],
        client=given.get("client", "")[:_LONGEST],
        due=due if due in dict(DUE) else "",
        q=as_meant(given.get("q", ""), vault),
        order=Order(order) if order in set(Order) else Order.SOONEST,
    )
