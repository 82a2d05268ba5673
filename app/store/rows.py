"""Records to rows and back. Knows the order of columns; knows no SQL and no connection."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.cdr.records import (
    Call,
    Channel,
    Disposition,
    Leg,
    LegOutcome,
    Ticket,
    TicketStatus,
    TicketUpdate,
    TimelineEntry,
)
from app.flow.messages import Fact, FactKind
from app.store.ticket_lives import life_of, life_text
from oncall import Priority, Source

Row = dict[str, Any]

TAIL_DIGITS = 7
_compact = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode

CALL_COLUMNS = (
    "call_sid",
    "line",
    "caller",
    "dialled",
    "started_at",
    "config_revision",
    "priority",
    "answered_at",
    "ended_at",
    "wait_seconds",
    "talk_seconds",
    "disposition",
    "answered_by",
    "ticket",
    "stage",
    "callback_number",
    "tags",
)
LEG_COLUMNS = (
    "call_sid",
    "turn",
    "party",
    "team",
    "number",
    "started_at",
    "because",
    "source",
    "screened",
    "leg_sid",
    "answered_at",
    "accepted_at",
    "ended_at",
    "outcome",
)
TICKET_COLUMNS = (
    "number",
    "channel",
    "priority",
    "status",
    "subject",
    "requester",
    "created_at",
    "assignee",
    "acknowledged_at",
    "update_due_at",
    "resolve_due_at",
    "resolved_at",
    "closed_at",
    "step_at",
    "life",
)
FACT_COLUMNS = ("turn", "key", "kind", "at", "because", "source", "detail")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFact(Fact):
    """A fact as it was stored, with the turn it was told in."""

    turn: int


def storable(text: str) -> str:
    """The text without what no database keeps: NUL characters and halves of surrogate pairs."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def tail_of(text: str | None) -> str | None:
    """The last seven digits of a number, by which it is found however it was written; None for fewer."""
    digits = "".join(filter(str.isdigit, text or ""))
    return digits[-TAIL_DIGITS:] if len(digits) >= TAIL_DIGITS else None


def name_key(name: str | None) -> str | None:
    """The form of a name that is compared: without regard to case or outer blanks."""
    return None if name is None else storable(name).strip().casefold()


def call_row(call: Call) -> Row:
    row: Row = {name: getattr(call, name) for name in CALL_COLUMNS}
    for name in ("line", "caller", "dialled", "stage"):
        row[name] = storable(row[name])
    row["caller_tail"] = tail_of(call.caller)
    row["answered_by_key"] = name_key(call.answered_by)
    row["tags"] = list(call.tags)
    return row


def call_of(values: Sequence[Any]) -> Call:
    """A call from the values of CALL_COLUMNS."""
    fields = dict(zip(CALL_COLUMNS, values, strict=True))
    fields["priority"] = Priority(fields["priority"])
    fields["disposition"] = Disposition(fields["disposition"])
    fields["tags"] = tuple(fields["tags"])
    return Call(**fields)


def leg_row(leg: Leg) -> Row:
    row: Row = {name: getattr(leg, name) for name in LEG_COLUMNS}
    row["because"] = storable(leg.because)
    return row


def leg_of(values: Sequence[Any]) -> Leg:
    """A leg from the values of LEG_COLUMNS."""
    fields = dict(zip(LEG_COLUMNS, values, strict=True))
    fields["outcome"] = LegOutcome(fields["outcome"])
    return Leg(**fields)


def ticket_row(ticket: Ticket) -> Row:
    """Everything but the number, which the database gives."""
    row: Row = {name: getattr(ticket, name) for name in TICKET_COLUMNS[1:]}
    row["subject"] = storable(ticket.subject)
    row["requester"] = storable(ticket.requester)
    row["life"] = life_text(ticket.life)
    return row


def ticket_of(values: Sequence[Any]) -> Ticket:
    """A ticket from the values of TICKET_COLUMNS."""
    fields = dict(zip(TICKET_COLUMNS, values, strict=True))
    fields["channel"] = Channel(fields["channel"])
    fields["priority"] = Priority(fields["priority"])
    fields["status"] = TicketStatus(fields["status"])
    fields["life"] = life_of(fields["life"])
    return Ticket(**fields)


def fact_row(fact: Fact) -> Row:
    return {
        "key": storable(fact.key),
        "kind": fact.kind,
        "at": fact.at,
        "because": storable(fact.because),
        "source": None if fact.source is None else str(fact.source),
        "detail": dict(fact.detail),
    }


def fact_of(values: Sequence[Any]) -> StoredFact:
    """A fact from the values of FACT_COLUMNS."""
    turn, key, kind, at, because, source, detail = values
    return StoredFact(
        turn=turn, kind=FactKind(kind), key=key, at=at, because=because, source=source_of(source), detail=detail
    )


def source_of(text: str | None) -> Source | None:
    """The place named by "file:line"."""
    if text is None:
        return None
    file, _, line = text.rpartition(":")
    return Source(file, int(line))


def timeline_of(fact: Fact) -> TimelineEntry:
    """A fact as it is shown; the place that decided it, if any, is its particular `source`."""
    place = {} if fact.source is None else {"source": str(fact.source)}
    return TimelineEntry(at=fact.at, fact=fact.kind, because=fact.because, detail={**place, **fact.detail})


def update_of(values: Sequence[Any]) -> TicketUpdate:
    """A ticket's history entry from at, author, kind, text, because, detail."""
    at, author, kind, text, because, detail = values
    return TicketUpdate(
        at=at, author=author, kind=kind, text=text, because=because or "", detail=json.loads(detail) if detail else {}
    )


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> Row:
    """The columns of `after` that are not as in `before`."""
    return {name: value for name, value in after.items() if name not in before or before[name] != value}


def compact_json(value: object) -> str:
    """JSON without blanks. Raises TypeError for what JSON cannot hold, ValueError for NaN."""
    return _compact(value)
