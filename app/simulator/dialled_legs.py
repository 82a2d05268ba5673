"""A leg that a Dial creates: it rings, is picked up or not, is screened, and talks. Knows no caller's document."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from app.simulator.caller_leg import CallerLeg
from app.simulator.documents import ApplicationError, fetch, target_of
from app.simulator.envelope import identity, progress
from app.simulator.events import LegAnswered, LegBridged, LegEnded, LegOutcome, Ringing, Warned
from app.simulator.exchange import Target
from app.simulator.handsets import Owner, Pickup
from app.simulator.legs import Leg, PartyLeft
from app.simulator.parties import Moment
from app.simulator.signals import Answered, Bridged, Ended, Ready
from app.simulator.switches import BridgeEnd
from app.simulator.timeline import Script
from app.simulator.twiml import Document, Verb

_INITIATED_SECONDS = 0.2
_RINGING_SECONDS = 1.3
_BUSY_SECONDS = 1.8
_FAILED_SECONDS = 0.3
_BEFORE_SCREENING_SECONDS = 0.1
_AFTER_THE_ACTION_SECONDS = 0.3
_SEND_DIGIT_SECONDS = 0.5


class Over(StrEnum):
    """How the documents of a leg came to their end."""

    END_OF_DOCUMENT = "end of document"
    HANGUP = "hangup"
    REJECTED = "rejected"
    BUSY = "busy"


Interpreter = Callable[[Leg, Document], Script[Over]]


@dataclass(frozen=True, slots=True)
class Noun:
    """Whom to dial, as a Dial says it. A `fault` (Twilio's code and words) keeps it from ringing."""

    number: str
    to: str
    caller_id: str
    ring_seconds: float
    screening: Target | None
    status_callback: Target | None
    status_events: frozenset[str]
    send_digits: str
    fault: str | None = None


class DialledLeg(Leg):
    """One phone being rung for a caller."""

    def __init__(self, parent: CallerLeg, noun: Noun) -> None:
        sid = parent.exchange.sids.new("CA")
        fields = identity(
            account_sid=parent.exchange.account.sid,
            call_sid=sid,
            direction="outbound-dial",
            from_=noun.caller_id,
            to=noun.to,
            parent_sid=parent.sid,
        )
        self.owner = Owner(parent.exchange.handsets.ring(noun.number))
        super().__init__(parent.exchange, parent.trace, party=self.owner, fields=fields)
        self.number = noun.number
        self.noun = noun
        self.parent = parent
        self.is_bridged = False
        self._event_delay = 0.0

    def event(self, name: str, *, seconds: int | None = None) -> None:
        """Something happened that a status callback may want to hear of."""
        sequence = self.next_sequence()
        if self.noun.status_callback is None or name not in self.noun.status_events:
            return
        fields = {**self.fields, **progress(at=self.now(), sequence=sequence, status=self.status, seconds=seconds)}
        self.report(self.noun.status_callback, fields, after_seconds=self._event_delay)

    def left(self, *, dropped: bool) -> None:
        if self.is_bridged:
            if not dropped and self.exchange.switches.bridge_end is BridgeEnd.ACTION_FIRST:
                self._event_delay = _AFTER_THE_ACTION_SECONDS
            self.close("completed", LegOutcome.BRIDGED)
        elif self.is_answered:
            self.close("completed", self._dropped_as() if dropped else LegOutcome.REFUSED)
        else:
            switches = self.exchange.switches
            status = switches.abandoned_dial_status if self.parent.is_over else switches.loser_status
            self.close(status, self._dropped_as())

    def _dropped_as(self) -> LegOutcome:
        return LegOutcome.CALLER_LEFT if self.parent.is_over else LegOutcome.LOST_RACE

    def close(self, status: str, outcome: LegOutcome) -> None:
        """End the leg, report it, and tell the Dial that made it."""
        if self.is_over:
            return
        self.is_over = True
        self.status = status
        self.call_off_reactions()
        seconds = self.seconds_answered()
        self.trace.add(LegEnded(self.now(), self.sid, self.number, outcome, status, seconds))
        self.event("completed", seconds=seconds)
        self.parent.post(Ended(self.sid))

    def bridge(self) -> None:
        """Connect the party with the caller."""
        self.is_bridged = True
        self.call_off_reactions()
        self.trace.add(LegBridged(self.now(), self.sid, self.number))
        self.enter(Moment.TALKING)
        self.post(Bridged())


def life(leg: DialledLeg, interpret: Interpreter) -> Script[None]:
    """The script of a dialled leg, from dialling to its end."""
    try:
        if (yield from _picked_up(leg)) and (yield from _screened(leg, interpret)):
            leg.parent.post(Ready(leg.sid))
            while True:
                yield from leg.next_signal(None)
    except PartyLeft:
        return


def _picked_up(leg: DialledLeg) -> Script[bool]:
    behaviour = leg.owner.behaviour
    leg.status = "initiated"
    yield from leg.pause(_INITIATED_SECONDS)
    leg.event("initiated")
    if leg.noun.fault is not None or behaviour.pickup is Pickup.FAILED:
        if leg.noun.fault is not None:
            leg.trace.add(Warned(leg.now(), leg.sid, leg.noun.fault))
        yield from leg.pause(_FAILED_SECONDS)
        leg.close("failed", LegOutcome.FAILED)
        return False
    if behaviour.pickup is Pickup.BUSY:
        yield from leg.pause(_BUSY_SECONDS)
        leg.close("busy", LegOutcome.BUSY)
        return False
    return (yield from _rung(leg))


def _rung(leg: DialledLeg) -> Script[bool]:
    behaviour = leg.owner.behaviour
    yield from leg.pause(_RINGING_SECONDS)
    leg.status = "ringing"
    leg.trace.add(Ringing(leg.now(), leg.sid, leg.number, leg.noun.caller_id))
    leg.event("ringing")
    rings_for = leg.noun.ring_seconds - _INITIATED_SECONDS - _RINGING_SECONDS
    if behaviour.pickup is Pickup.IGNORED or behaviour.answers_after_seconds >= rings_for:
        yield from leg.pause(rings_for)
        leg.close("no-answer", LegOutcome.NO_ANSWER)
        return False
    yield from leg.pause(behaviour.answers_after_seconds)
    leg.answer()
    leg.trace.add(LegAnswered(leg.now(), leg.sid, leg.number))
    leg.event("answered")
    leg.parent.post(Answered(leg.sid))
    leg.enter(Moment.PICKED_UP)
    return True


def _screened(leg: DialledLeg, interpret: Interpreter) -> Script[bool]:
    """Whether the leg may be bridged: it has no screening document, or fell off the end of it."""
    yield from leg.pause(len(leg.noun.send_digits) * _SEND_DIGIT_SECONDS)
    if leg.noun.screening is None:
        return True
    yield from leg.pause(_BEFORE_SCREENING_SECONDS)
    try:
        over = yield from interpret(leg, (yield from fetch(leg, leg.noun.screening, {})))
    except ApplicationError:
        over = Over.END_OF_DOCUMENT if leg.exchange.switches.failed_screening_bridges else Over.HANGUP
    if over is Over.END_OF_DOCUMENT:
        return True
    leg.close("completed", LegOutcome.REFUSED)
    return False


def nouns_of(leg: CallerLeg, dial: Verb, document: Document) -> list[Noun]:
    """Whom a Dial names, with what Twilio would find wrong in each."""
    nouns = dial.children or (Verb("Number", {}, dial.text),)
    caller_id = dial.attributes.get("callerId", leg.fields.get("From", ""))
    fault = caller_id_fault(leg, caller_id)
    ring_seconds = dial.number("timeout", _DIAL_TIMEOUT_SECONDS) + _EXTRA_RING_SECONDS
    return [_noun(noun, document, caller_id, ring_seconds, fault) for noun in nouns]


_DIAL_TIMEOUT_SECONDS = 30
_EXTRA_RING_SECONDS = 5  # "Twilio adds about 5 s to what you give"


def _noun(noun: Verb, document: Document, caller_id: str, ring_seconds: float, fault: str | None) -> Noun:
    number = noun.text
    if noun.name == "Number":
        number = "".join(character for character in number if character not in " -().")
        fault = fault or _number_fault(number)
    return Noun(
        number=number,
        to=f"client:{number}" if noun.name == "Client" else number,
        caller_id=caller_id,
        ring_seconds=float(ring_seconds),
        screening=target_of(noun, document, url="url"),
        status_callback=target_of(noun, document, url="statusCallback", method="statusCallbackMethod"),
        status_events=frozenset(noun.attributes.get("statusCallbackEvent", "completed").split()),
        send_digits=noun.attributes.get("sendDigits", ""),
        fault=fault,
    )


def _is_e164(number: str) -> bool:
    digits = number[1:]
    return number.startswith("+") and digits.isascii() and digits.isdecimal() and len(digits) in range(7, 16)


def _number_fault(number: str) -> str | None:
    return None if _is_e164(number) else f"13223: cannot dial {number!r}"


def caller_id_fault(leg: CallerLeg, caller_id: str) -> str | None:
    """What is wrong with showing this number: it must be the call's own From or To, or owned."""
    shown = {leg.fields.get("From", ""), leg.fields["To"], *leg.exchange.account.owned_numbers}
    if _is_e164(caller_id) and caller_id in shown:
        return None
    return f"13214: {caller_id!r} may not be shown as callerId"
