"""Turns the record of a call into lines a person can read. Leaves out what went over the wire."""

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo

from app.simulator.events import (
    CallAnswered,
    CallEnded,
    Dialled,
    EndReason,
    Event,
    Failed,
    Gathered,
    Heard,
    LegAnswered,
    LegBridged,
    LegEnded,
    LegOutcome,
    Played,
    Pressed,
    QueueJoined,
    QueueLeft,
    RecordingMade,
    ReplayDiffered,
    ReplyIgnored,
    Requested,
    Ringing,
    Silence,
    Texted,
    Warned,
)
from app.simulator.trace import LONGEST_SILENCE_SECONDS, Trace

_OUTCOMES = {
    LegOutcome.BRIDGED: "and the caller part, {seconds} s after answering",
    LegOutcome.REFUSED: "not accepted; gone after {seconds} s",
    LegOutcome.LOST_RACE: "stops ringing: another phone was faster",
    LegOutcome.CALLER_LEFT: "stops ringing: the caller has gone",
    LegOutcome.NO_ANSWER: "does not answer",
    LegOutcome.BUSY: "is busy",
    LegOutcome.FAILED: "cannot be reached",
    LegOutcome.CALLED_OFF: "stops ringing: called off",
    LegOutcome.ENDED: "is off the line, {seconds} s after answering",
}


def render(trace: Trace, *, names: Mapping[str, str], zone: tzinfo) -> list[str]:
    """The call as lines: local time, then what happened. `names` maps numbers to parties."""
    return [f"{clock_time(event.at, zone)}  {line}" for event, line in lines(trace, names=names)]


def lines(trace: Trace, *, names: Mapping[str, str]) -> Iterator[tuple[Event, str]]:
    """The events worth reading, each with its words, for whoever wants to add to them."""
    callers = _callers(trace)
    for event in trace.events:
        words = _words(event, names, callers.get(event.sid, "caller"))
        if words is not None:
            yield event, words


def _callers(trace: Trace) -> dict[str, str]:
    """What each caller's leg is called: by number when there are several in one trace."""
    sids = [event.sid for event in trace.of(Dialled)]
    return {sid: f"caller {place}" for place, sid in enumerate(sids, 1)} if len(sids) > 1 else {}


def clock_time(at: datetime, zone: tzinfo) -> str:
    """Local hours, minutes and seconds."""
    return at.astimezone(zone).strftime("%H:%M:%S")


def _words(event: Event, names: Mapping[str, str], caller: str) -> str | None:
    match event:
        case Dialled() | CallAnswered() | CallEnded() | Silence() | RecordingMade():
            return _caller_words(event, caller)
        case Heard() | Played() | Pressed() | Gathered():
            return _either_words(event, _party(event.number, names, caller))
        case Ringing() | LegAnswered() | LegBridged() | LegEnded():
            return _party_words(event, _party(event.number, names, caller))
        case QueueJoined() | QueueLeft():
            return _queue_words(event, _party(event.number, names, caller))
        case Texted():
            return f"{names.get(event.to, event.to)} is texted by {names.get(event.from_, event.from_)}: {event.body}"
        case Warned() | Failed() | ReplayDiffered() | ReplyIgnored() | Requested():
            return _fault_words(event)


def _party(number: str, names: Mapping[str, str], caller: str) -> str:
    return names.get(number, number) if number else caller


def _caller_words(event: Dialled | CallAnswered | CallEnded | Silence | RecordingMade, caller: str) -> str | None:
    match event:
        case Dialled():
            return f"{event.caller or 'somebody without a number'} calls {event.dialled}"
        case CallEnded(reason=EndReason.CALLER_HUNG_UP):
            return f"{caller} hangs up (after {event.seconds} s)"
        case CallEnded():
            return f"call ends: {event.reason} (after {event.seconds} s)"
        case RecordingMade():
            return f"{caller} leaves a message of {event.seconds} s"
        case Silence() if event.seconds > LONGEST_SILENCE_SECONDS:
            return f"{caller} has heard nothing for {event.seconds:.0f} s"
        case _:
            return None


def _either_words(event: Heard | Played | Pressed | Gathered, party: str) -> str | None:
    match event:
        case Heard():
            return f'{party} hears "{event.text}"'
        case Played():
            return f"{party} hears {'a beep' if event.url == 'beep' else event.url}"
        case Pressed():
            return f"{party} presses {event.key}"
        case Gathered():
            return None if event.digits else f"{party} presses nothing"


def _party_words(event: Ringing | LegAnswered | LegBridged | LegEnded, party: str) -> str:
    match event:
        case Ringing():
            return f"{party} rings ({event.number}), seeing {event.caller_id}"
        case LegAnswered():
            return f"{party} answers"
        case LegBridged():
            return f"{party} is connected with the caller"
        case LegEnded():
            return f"{party} {_OUTCOMES[event.outcome].format(seconds=event.seconds)}"


def _queue_words(event: QueueJoined | QueueLeft, party: str) -> str | None:
    match event:
        case QueueJoined():
            return f"{party} waits in a queue, place {event.position}"
        case QueueLeft():
            return f"{party} waits no more ({event.result})"


def _fault_words(event: Warned | Failed | ReplayDiffered | ReplyIgnored | Requested) -> str | None:
    match event:
        case Warned():
            return f"warning: {event.text}"
        case Failed():
            return f"FAILED: {event.code} {event.text}"
        case ReplayDiffered():
            return f"WARNING: the same request got two different replies: {event.url}"
        case _:
            return None
