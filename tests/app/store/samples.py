"""Calls, legs, facts and tickets for the store's tests."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.cdr.records import Call, CallRecord, Channel, Leg, Ticket, TicketStatus
from app.flow.messages import Fact, FactKind
from app.store import SpoolEntry
from oncall import Priority, Source

AT = datetime(2026, 11, 28, 9, 0, 0, 123456, tzinfo=UTC)


def sid(number: int) -> str:
    return f"CA{number:032x}"


def record(number: int = 1, **changes: Any) -> CallRecord:
    """A call that has just come in, with its ticket not yet numbered; `changes` are fields of the call."""
    call = Call(
        call_sid=sid(number),
        line="main",
        caller="+18165550142",
        dialled="+18162327483",
        started_at=AT,
        config_revision="4be1c0ffee",
        priority=Priority.MEDIUM,
    )
    call = replace(call, **changes)
    ticket = Ticket(
        number=None,
        channel=Channel.PHONE,
        priority=call.priority,
        status=TicketStatus.NEW,
        subject="Call on the main line",
        requester=call.caller,
        created_at=call.started_at,
    )
    return CallRecord(call=call, ticket=ticket)


def leg(call: int = 1, *, turn: int = 2, **changes: Any) -> Leg:
    made = Leg(
        call_sid=sid(call),
        turn=turn,
        party="Jamison White",
        team="offsite",
        number="+18165550101",
        started_at=AT + timedelta(seconds=9),
        because="member of ring group desk",
        source="schedules/staff.yaml:14",
        screened=True,
    )
    return replace(made, **changes)


def facts(*keys: str, at: datetime = AT) -> tuple[Fact, ...]:
    return tuple(
        Fact(
            kind=FactKind.HOURS_CHECKED,
            key=key,
            at=at,
            because="closed: outside business hours",
            source=Source("schedules/business_hours.yaml", 7),
            detail={"is_open": False, "until": "2026-11-30T14:00:00Z", "tries": [1, 2.5, None]},
        )
        for key in keys
    )


def noting(handed: list[int]) -> Callable[[SpoolEntry], bool]:
    """Stores every entry, and notes whose turn it was."""

    def note(each: SpoolEntry) -> bool:
        handed.append(each.turn)
        return True

    return note
