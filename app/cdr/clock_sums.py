"""Which promises of a ticket's clocks were kept and which were missed, and on which day that was settled. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.flow.messages import Detail

CLOCK_COUNTS: Final = ("resolution_kept", "resolution_missed", "update_kept", "update_missed")
NEWS: Final = "update"
# Entries with which the next news is no longer owed, or only after the requester's answer.
ENDS: Final = ("closed", "status")


@dataclass(frozen=True, slots=True)
class SeenTicket:
    """What is counted of a ticket whose resolution was due."""

    priority: str
    resolve_due_at: datetime
    over_at: datetime | None


@dataclass(frozen=True, slots=True)
class SeenEntry:
    """What is counted of an entry in a ticket's history; `before` is what the fields it changed held."""

    priority: str
    kind: str
    at: datetime
    before: Mapping[str, Detail]


def settled_at(ticket: SeenTicket, *, at: datetime) -> datetime | None:
    """When it was settled whether the ticket was resolved in time: at its end, or when time ran out; None: not yet."""
    first = ticket.resolve_due_at if ticket.over_at is None else min(ticket.over_at, ticket.resolve_due_at)
    return first if ticket.over_at is not None or ticket.resolve_due_at < at else None


def count_clocks(
    tickets: Iterable[SeenTicket], entries: Iterable[SeenEntry], *, since: datetime, until: datetime, at: datetime
) -> dict[str, Counter[str]]:
    """What was settled from `since` until before `until`, as far as it is `at`, by priority."""
    found: dict[str, Counter[str]] = {}
    for ticket in tickets:
        settled = settled_at(ticket, at=at)
        if settled is not None and since <= settled < until:
            kept = ticket.over_at is not None and ticket.over_at <= ticket.resolve_due_at
            found.setdefault(ticket.priority, Counter())[f"resolution_{'kept' if kept else 'missed'}"] += 1
    for priority, name in _updates(entries):
        found.setdefault(priority, Counter())[name] += 1
    return found


def _updates(entries: Iterable[SeenEntry]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        due_at = due_before(entry.before, "update_due_at")
        if due_at is None:
            continue
        if entry.at > due_at:
            yield entry.priority, "update_missed"
        elif entry.kind == NEWS:
            yield entry.priority, "update_kept"


def due_before(before: Mapping[str, Detail], name: str) -> datetime | None:
    """When something was due before a change, as its entry tells; None where it does not."""
    told = before.get(name)
    if not isinstance(told, str):
        return None
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
