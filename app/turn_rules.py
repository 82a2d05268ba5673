"""What a turn begins with: the record a call opens with, and what a webhook's event means in the light of it.

Pure rules for the use case of calls; nothing is read or stored here.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.cdr.derive import opened
from app.cdr.records import Call, CallRecord
from app.cdr.ticket_rules import is_unowned_emergency
from app.config.snapshot import Snapshot
from app.flow.messages import (
    CallerLeft,
    DialEnded,
    DialStatus,
    Event,
    Fact,
    FactKind,
    HoldEnded,
    HoldResult,
    Position,
    RecordingEnded,
    Silence,
)
from app.ringing import is_doubtful, surely_talked
from app.telephony.inbound import VoiceRequest, hold_ended
from oncall import BusinessHours

LONGEST_CALL = timedelta(hours=24)
CLOCK_SKEW = timedelta(minutes=5)
LONGEST_HOLD = timedelta(minutes=30)
_PLAIN = frozenset(
    {
        FactKind.CALL_ARRIVED,
        FactKind.CALLER_RECOGNISED,
        FactKind.OPEN_TICKET_FOUND,
        FactKind.LANGUAGE_CHOSEN,
        FactKind.HOURS_CHECKED,
        FactKind.PROMPT_SAID,
        FactKind.MENU_OFFERED,
        FactKind.PRIORITY_SET,
        FactKind.TAGS_ADDED,
        FactKind.FLOW_CHANGED,
    }
)


def opening_of(request: VoiceRequest, snapshot: Snapshot, *, at: datetime) -> CallRecord:
    """The record of a call at its first webhook, from what that says."""
    line = snapshot.book.line_for(request.dialled)
    return opened(
        call_sid=request.call_sid,
        line=line.name,
        caller=request.caller,
        dialled=request.dialled,
        at=at,
        revision=snapshot.revision,
        priority=line.priority,
    )


def begins_plainly(record: CallRecord, facts: Sequence[Fact]) -> bool:
    """Whether all that has happened is that a caller was greeted and asked: nobody rings, waits or is to be paged."""
    return not is_unowned_emergency(record.ticket) and all(fact.kind in _PLAIN for fact in facts)


def desk_hours(snapshot: Snapshot) -> BusinessHours | None:
    """The desk's business hours, for the clocks that run in them."""
    return next(iter(snapshot.roster.hours.values()), None)


def as_it_began(call: Call, opening: CallRecord | None) -> Call:
    """The call as it was before any fact but its arrival, at its first webhook; `opening` may know an earlier one."""
    return Call(
        call_sid=call.call_sid,
        line=call.line,
        caller=call.caller,
        dialled=call.dialled,
        started_at=call.started_at if opening is None else min(call.started_at, opening.call.started_at),
        config_revision=call.config_revision,
        priority=call.priority,
        ticket=call.ticket,
    )


def started(position: Position, at: datetime) -> datetime:
    """When the call began: now for its first turn, else as its position says."""
    return at if position.turn == 0 else datetime.fromtimestamp(position.started_at, tz=UTC)


def is_fresh(position: Position, at: datetime) -> bool:
    """Whether a position is young enough to be a running call's."""
    age = at - datetime.fromtimestamp(position.started_at, tz=UTC)
    return -CLOCK_SKEW <= age <= LONGEST_CALL


def waits_on(position: Position, at: datetime) -> bool:
    """Whether a caller on hold whose lap failed goes back there; laps that never succeed do not hold them for ever."""
    return position.lap > 0 and at - datetime.fromtimestamp(position.entered_at, tz=UTC) < LONGEST_HOLD


def unheard(request: VoiceRequest) -> Event:
    """What happened at the address that failed (`ErrorUrl`), as far as it can be told without what was sent there."""
    failed = request.fields.get("ErrorUrl", "")
    if "/dialled/" in failed:
        return DialEnded(status=DialStatus.FAILED, bridged=None, accepted=None)
    if "/left/" in failed and "QueueResult" not in request.fields:
        return HoldEnded(result=HoldResult.UNTOLD)
    return hold_ended(request) if "/left/" in failed or "/wait/" in failed else Silence()


def unless_gone(event: Event, request: VoiceRequest) -> Event:
    """The event, or the caller's leaving when they have hung up."""
    if not request.gone or isinstance(event, CallerLeft):
        return event
    return CallerLeft(after=event if isinstance(event, DialEnded | RecordingEnded | HoldEnded) else None)


def unless_over(event: Event, record: CallRecord) -> Event:
    """The event, or the caller's leaving when the call is known to be over, whatever this webhook says of it."""
    if record.call.ended_at is None or isinstance(event, CallerLeft):
        return event
    return CallerLeft(after=event if isinstance(event, DialEnded | RecordingEnded | HoldEnded) else None)


def with_accept_key(event: Event, record: CallRecord, turn: int, *, at: datetime, complete: bool) -> Event:
    """Adds what the record knows about the accept key to the end of a Dial; a record not `complete` knows no No.

    A time on hold of whose end nothing was heard becomes a conversation where the record leaves no doubt of one.
    """
    ended = event.after if isinstance(event, CallerLeft) else event
    if event == HoldEnded(result=HoldResult.UNTOLD) and surely_talked(record, turn, at=at):
        return HoldEnded(result=HoldResult.CONNECTED)
    if not isinstance(ended, DialEnded):
        return event
    leg = next((leg for leg in record.legs if leg.turn == turn), None)
    pressed = leg is not None and leg.accepted_at is not None
    if ended.bridged is None and leg is not None and not leg.screened and leg.answered_at is not None:
        ended = replace(ended, bridged=True)  # nothing stands between an outside party's answer and the caller
    ended = replace(ended, accepted=pressed or (False if leg is not None and complete else None))
    if ended.bridged is None and leg is not None and leg.accepted_at is not None and is_doubtful(leg, at=at):
        ended = replace(ended, accepted=None)
    return CallerLeft(after=ended) if isinstance(event, CallerLeft) else ended
