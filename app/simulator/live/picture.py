"""How the phones of a live telephone company stand, as plain values for a screen. Changes nothing."""

from collections.abc import Iterator, Mapping
from typing import TypedDict

from app.simulator.caller_leg import CallerLeg
from app.simulator.events import (
    CallEnded,
    Event,
    Gathered,
    Heard,
    LegBridged,
    LegEnded,
    LegOutcome,
    Played,
    Pressed,
    RecordingMade,
    Ringing,
)
from app.simulator.legs import Leg
from app.simulator.live.hand import Hand
from app.simulator.parties import Moment
from app.simulator.phone import Phone
from app.simulator.rung_legs import RungLeg

BEEP = "beep"
LINES_SHOWN = 60
LEGS_SHOWN = 12
TEXTS_SHOWN = 12


class Line(TypedDict):
    """Something on a phone: what was heard, pressed, or happened. `place` names it within its call."""

    place: int
    at: str
    kind: str
    text: str
    seconds: float
    language: str


class LegPicture(TypedDict):
    """One phone on a call. `state` is dialling, ringing, answered, recording, waiting, talking or over."""

    sid: str
    number: str
    other: str
    state: str
    since: str
    outcome: str
    lines: list[Line]


class CallPicture(LegPicture):
    """The caller's leg besides: the keys at each prompt ("-" for none), whether a message was left."""

    keys: list[str]
    message: bool
    with_: str


class TextPicture(TypedDict):
    """One text: `ours` when it was sent by the service."""

    sid: str
    at: str
    number: str
    body: str
    ours: bool


class Picture(TypedDict):
    """All of it. `version` changes whenever anything else does."""

    at: str
    version: int
    call: CallPicture | None
    legs: list[LegPicture]
    texts: list[TextPicture]


def pictured(phone: Phone, hands: Mapping[str, Hand]) -> Picture:
    """Every phone in use, the last caller's call, and the latest texts. The timeline's turn must be held."""
    legs = [call for call in phone.calls if isinstance(call, Leg)]
    callers = [leg for leg in legs if isinstance(leg, CallerLeg)]
    rung = [leg for leg in legs if isinstance(leg, RungLeg)]
    shown = [leg for leg in rung if not leg.is_over] or rung
    texts = phone.all_texts()[-TEXTS_SHOWN:]
    return Picture(
        at=phone.timeline.now().isoformat(),
        version=len(phone.journal.events) + sum(text.sent_at is not None for text in texts),
        call=_call(callers[-1], hands.get(callers[-1].sid)) if callers else None,
        legs=[_leg(leg) for leg in shown[-LEGS_SHOWN:]],
        texts=[
            TextPicture(
                sid=text.sid,
                at=text.created_at.isoformat(),
                number=text.from_ if text.direction == "inbound" else text.to,
                body=text.body,
                ours=text.direction != "inbound",
            )
            for text in texts
            if text.direction == "inbound" or text.sent_at is not None
        ],
    )


def _call(leg: CallerLeg, hand: Hand | None) -> CallPicture:
    gathered = [event.digits for event in leg.trace.of(Gathered) if event.sid == leg.sid]
    return CallPicture(
        **_leg(leg, hand),
        keys=[digits or "-" for digits in gathered],
        message=any(event.sid == leg.sid for event in leg.trace.of(RecordingMade)),
        with_=_talks_with(leg),
    )


def _talks_with(leg: CallerLeg) -> str:
    """The number on the other end, while there is one."""
    other = ""
    for event in leg.trace.events:
        match event:
            case LegBridged(number=number):
                other = number
            case LegEnded(outcome=LegOutcome.BRIDGED):
                other = ""
            case _:
                pass
    return "" if leg.is_over else other


def _leg(leg: CallerLeg | RungLeg, hand: Hand | None = None) -> LegPicture:
    mine = isinstance(leg, CallerLeg)
    ended = next((event for event in leg.trace.of(LegEnded) if event.sid == leg.sid), None)
    end = leg.trace.ended if mine else None
    return LegPicture(
        sid=leg.sid,
        number=leg.fields.get("From", "") if mine else leg.number,
        other=leg.fields["To"] if mine else leg.fields.get("From", ""),
        state=_caller_state(leg, hand) if isinstance(leg, CallerLeg) else _rung_state(leg),
        since=(leg.ended_at or leg.answered_at or leg.created_at).isoformat(),
        outcome=str(ended.outcome) if ended else str(end.reason) if end else "",
        lines=list(_lines(leg))[-LINES_SHOWN:],
    )


def _rung_state(leg: RungLeg) -> str:
    if leg.is_over:
        return "over"
    if leg.is_bridged:
        return "talking"
    if leg.is_answered:
        return "answered"
    return "ringing" if leg.status == "ringing" else "dialling"


def _caller_state(leg: CallerLeg, hand: Hand | None) -> str:
    if leg.is_over:
        return "over"
    if _talks_with(leg):
        return "talking"
    if not leg.is_answered:
        return "dialling"
    moment = hand.moment if hand else None
    if moment is Moment.RECORDING and _is_recording(leg):
        return "recording"
    return "waiting" if moment in {Moment.RINGING, Moment.WAITING} else "answered"


def _is_recording(leg: CallerLeg) -> bool:
    """Whether nothing was heard since the beep, and the message is not over."""
    own = (event for event in reversed(leg.trace.events) if event.sid == leg.sid)
    last = next((event for event in own if isinstance(event, Heard | Played | RecordingMade)), None)
    return isinstance(last, Played) and last.url == BEEP


def _lines(leg: Leg) -> Iterator[Line]:
    for place, event in enumerate(leg.trace.events):
        told = _told(event, leg)
        if told is not None:
            kind, text, seconds, language = told
            yield Line(place=place, at=event.at.isoformat(), kind=kind, text=text, seconds=seconds, language=language)


def _told(event: Event, leg: Leg) -> tuple[str, str, float, str] | None:
    if isinstance(event, LegBridged) and (event.sid == leg.sid or isinstance(leg, CallerLeg)):
        return "talking", event.number if isinstance(leg, CallerLeg) else "", 0.0, ""
    if event.sid != leg.sid:
        return None
    match event:
        case Heard():
            return "heard", event.text, event.seconds, event.language
        case Played():
            return ("beep" if event.url == BEEP else "music"), "", event.seconds, ""
        case Pressed():
            return "pressed", event.key, 0.0, ""
        case Ringing():
            return "rings", event.caller_id, 0.0, ""
        case RecordingMade():
            return "recorded", str(event.seconds), float(event.seconds), ""
        case CallEnded():
            return "ended", str(event.reason), 0.0, ""
        case LegEnded():
            return "ended", str(event.outcome), 0.0, ""
        case _:
            return None
