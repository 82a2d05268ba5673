"""What can come of a request to change a ticket, and what its entries are called."""

from dataclasses import dataclass
from enum import StrEnum

from app.cdr.records import Ticket


class Outcome(StrEnum):
    """What came of a request to change a ticket. `refused`: it cannot be done as asked, and nothing was."""

    DONE = "done"
    DONE_BEFORE = "done_before"
    YOURS_ALREADY = "yours_already"
    TAKEN = "taken"
    UNKNOWN = "unknown"
    CLOSED = "closed"
    STALE = "stale"
    REFUSED = "refused"
    KEY_USED = "key_used"


class EntryKind(StrEnum):
    """The kinds of entries in a ticket's history."""

    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    UPDATE = "update"
    NOTE = "note"
    REQUESTER_REPLY = "requester_reply"
    STATUS = "status"
    PRIORITY = "priority"
    SUBJECT = "subject"
    REQUESTER = "requester"
    AGREED = "agreed"
    RECALCULATED = "recalculated"
    CLOSING_SOON = "closing_soon"
    CLOSED = "closed"
    MERGED = "merged"
    LINKED = "linked"
    REMINDED = "reminded"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Fault:
    """A part of a request that cannot be done, and why."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it, and the ticket before and as it is now; None when there is no such ticket."""

    outcome: Outcome
    before: Ticket | None = None
    ticket: Ticket | None = None
    faults: tuple[Fault, ...] = ()
