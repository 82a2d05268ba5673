"""What the record knows of a caller's number: a ticket that is still open, and a call of a few minutes ago.

Only what may be said to whoever calls with that number: no names of callers, no words of theirs.
"""

from dataclasses import dataclass
from datetime import datetime

from oncall import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTicket:
    """The newest ticket of the number that is neither resolved nor closed. `status` is the record's word for it."""

    number: int
    status: str
    priority: Priority
    updated_at: datetime
    assignee: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierCall:
    """The last call with the number that is over. `resolved`: its ticket is, and whoever calls again reopens it."""

    ticket: int
    priority: Priority
    ended_at: datetime
    resolved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a number stands with the desk; empty for withheld ones, and where the record cannot be asked."""

    open_ticket: OpenTicket | None = None
    earlier: EarlierCall | None = None
