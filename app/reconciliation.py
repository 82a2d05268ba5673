"""Twilio's list of calls against ours: a call we never saw gets its ticket, one whose end was lost gets its end.

It is given the list and refuses to know how it is had. Repeating it changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from app.cdr.derive import apply, opened
from app.cdr.records import CallRecord
from app.config.snapshot import Snapshot
from app.flow.messages import END_TURN, Fact, FactKind
from app.services import Services
from app.store import CallFilters, Store, TurnTransaction
from app.telephony.inbound import TERMINAL, caller_number, dial_status
from app.telephony.provider import RemoteCall
from oncall import BusinessHours

BEAT: Final = "reconcile"
"""Under this name the store keeps when the whole list was last gone through."""

OVERLAP: Final = timedelta(hours=2)
# Twilio ends every call after a day.
LONGEST_CALL: Final = timedelta(hours=25)
# Within this time our own webhook may still be on its way, tries and fallback included.
SETTLED_AFTER: Final = timedelta(minutes=2)
_PAGE: Final = 200


class CallList(Protocol):
    """The part of a telephone company that reconciliation needs; it may raise ProviderError."""

    def calls_since(self, instant: datetime) -> Iterator[RemoteCall]:
        """Every leg that started at or after an instant."""
        ...


class Deed(StrEnum):
    """What was done about a call."""

    OPENED = "opened"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """One call that was put right. `status` is how it ended, None while it goes on."""

    deed: Deed
    call_sid: str
    line: str
    caller: str
    started_at: datetime
    ticket: int | None
    status: str | None
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What came of going through the list: from which instant (UTC), how many calls to our lines, what was done."""

    since_at: datetime
    looked_at: int
    settled: tuple[Settled, ...]


def reconcile(services: Services, provider: CallList, *, since: datetime | None = None) -> Reconciled:
    """Goes through Twilio's calls to our lines since an instant; without one, since two hours before the last time.

    The list is read whole before anything is written. Each call is put right in a transaction of its own.

    Raises:
        ProviderError: the list could not be read; nothing was changed.
        StoreUnavailable: the database went away; what is left is done the next time.
    """
    at = services.clock.now()
    due_at = _due(services.store, at=at)
    since_at = due_at if since is None else since
    snapshot = services.config.current()
    ours = {line.number for line in snapshot.book.lines.values()}
    # The provider may know days only; what came before is not asked for.
    listed = [
        call for call in provider.calls_since(since_at) if _is_to(call, ours) and _started(call, at=at) >= since_at
    ]
    done = [_settle(services, snapshot, call, at=at) for call in listed]
    if since_at <= due_at:
        services.store.beat(BEAT, at=at)
    return Reconciled(
        since_at=since_at, looked_at=len(listed), settled=tuple(each for each in done if each is not None)
    )


def _due(store: Store, *, at: datetime) -> datetime:
    """From where the list must be read so that nothing is missed."""
    last_at = store.heartbeats().get(BEAT, at)
    open_at = _oldest_open(store, after=at - LONGEST_CALL)
    return min(last_at - OVERLAP, open_at or at)


def _oldest_open(store: Store, *, after: datetime) -> datetime | None:
    """When the oldest call began whose end nobody told us; older ones than `after` cannot still be going on."""
    oldest, cursor = None, None
    while True:
        page = store.calls.page(CallFilters(since=after), limit=_PAGE, cursor=cursor)
        begun = [record.call.started_at for record in page.items if record.call.ended_at is None]
        oldest = min(begun, default=oldest)
        cursor = page.next
        if cursor is None:
            # Twilio's own start is a little earlier than the webhook that told us of it.
            return None if oldest is None else oldest - SETTLED_AFTER


def _is_to(call: RemoteCall, ours: set[str]) -> bool:
    return call.direction == "inbound" and call.parent_sid is None and caller_number(call.dialled) in ours


def _settle(services: Services, snapshot: Snapshot, call: RemoteCall, *, at: datetime) -> Settled | None:
    known = services.store.calls.get(call.sid)
    if not _is_due(known, call, at=at):
        return None
    with services.store.turn() as transaction:
        known = transaction.load(call.sid)
        # Its own webhook may have come since it was looked up.
        if not _is_due(known, call, at=at):
            return None
        if known is None:
            return _open(transaction, snapshot, call, at=at)
        return _end(transaction, known, call, hours=_desk_hours(snapshot), at=at)


def _is_due(known: CallRecord | None, call: RemoteCall, *, at: datetime) -> bool:
    if known is None:
        return _started(call, at=at) <= at - SETTLED_AFTER
    return known.call.ended_at is None and _is_over(call) and _ended(call, at=at) <= at - SETTLED_AFTER


def _open(transaction: TurnTransaction, snapshot: Snapshot, call: RemoteCall, *, at: datetime) -> Settled:
    line = snapshot.book.line_for(caller_number(call.dialled))
    record = opened(
        call_sid=call.sid,
        line=line.name,
        caller=caller_number(call.caller),
        dialled=line.number,
        at=_started(call, at=at),
        revision=snapshot.revision,
        priority=line.priority,
    )
    facts = [_found_fact(call, at=at), *([_ended_fact(call, at=at)] if _is_over(call) else [])]
    record = transaction.open(apply(record, facts, hours=_desk_hours(snapshot)))
    transaction.tell(call.sid, END_TURN, facts)
    return _settled(Deed.OPENED, record, call)


def _end(
    transaction: TurnTransaction, known: CallRecord, call: RemoteCall, *, hours: BusinessHours | None, at: datetime
) -> Settled:
    facts = [_ended_fact(call, at=at)]
    record = apply(known, facts, hours=hours)
    transaction.save(known, record)
    transaction.tell(call.sid, END_TURN, facts)
    return _settled(Deed.ENDED, record, call)


def _found_fact(call: RemoteCall, *, at: datetime) -> Fact:
    seconds = call.seconds or 0
    without_us = f"; it was answered for {seconds} seconds without us, so a message may wait at the provider"
    return Fact(
        kind=FactKind.CALL_FOUND,
        key=FactKind.CALL_FOUND.value,
        # Before anything that may still turn up about the call.
        at=_started(call, at=at),
        because=f"in the provider's list of calls, and never told to our server{without_us if seconds else ''}",
        detail={"status": _status(call), "seconds": seconds, "found_at": at.isoformat()},
    )


def _ended_fact(call: RemoteCall, *, at: datetime) -> Fact:
    # The key and turn of the webhook that was lost: should it come after all, it changes nothing.
    return Fact(
        kind=FactKind.CALL_ENDED,
        key=FactKind.CALL_ENDED.value,
        at=_ended(call, at=at),
        because=f"the provider's list says {call.status}"[:60],
        detail={"status": _status(call), "seconds": call.seconds or 0},
    )


def _settled(deed: Deed, record: CallRecord, call: RemoteCall) -> Settled:
    return Settled(
        deed=deed,
        call_sid=record.call.call_sid,
        line=record.call.line,
        caller=record.call.caller,
        started_at=record.call.started_at,
        ticket=record.ticket.number,
        status=_status(call),
        seconds=call.seconds or 0,
    )


def _status(call: RemoteCall) -> str | None:
    return dial_status(call.status).value if _is_over(call) else None


def _is_over(call: RemoteCall) -> bool:
    return call.status in TERMINAL


def _started(call: RemoteCall, *, at: datetime) -> datetime:
    return call.started_at or call.created_at or call.ended_at or at


def _ended(call: RemoteCall, *, at: datetime) -> datetime:
    return call.ended_at or _started(call, at=at) + timedelta(seconds=call.seconds or 0)


def _desk_hours(snapshot: Snapshot) -> BusinessHours | None:
    return next(iter(snapshot.roster.hours.values()), None)
