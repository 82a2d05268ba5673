"""A leg that rings somebody's phone: it is dialled, rings, is picked up or not. Knows neither Dial nor REST."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from app.simulator.envelope import progress
from app.simulator.events import LegAnswered, LegEnded, LegOutcome, Ringing
from app.simulator.exchange import Exchange
from app.simulator.handsets import Behaviour, Owner, Pickup, voicemail
from app.simulator.legs import Leg
from app.simulator.parties import Moment
from app.simulator.signals import PickedUp
from app.simulator.switches import EngagedPhone
from app.simulator.targets import Target
from app.simulator.timeline import Script
from app.simulator.trace import Trace
from app.simulator.twiml import Document

INITIATED_SECONDS = 0.2
RINGING_SECONDS = 1.3
BUSY_SECONDS = 1.8
FAILED_SECONDS = 0.3
SEND_DIGIT_SECONDS = 0.5
EXTRA_RING_SECONDS = 5  # "Twilio adds about 5 s to what you give"
_DIVERTED_AFTER_SECONDS = 2.0


class Over(StrEnum):
    """How the documents of a leg came to their end."""

    END_OF_DOCUMENT = "end of document"
    HANGUP = "hangup"
    REJECTED = "rejected"
    BUSY = "busy"
    LEAVE = "leave"


Interpreter = Callable[[Leg, Document], Script[Over]]


@dataclass(frozen=True, slots=True)
class Ring:
    """Whose phone to ring, and how. A `fault` (Twilio's code and words) keeps it from ringing."""

    number: str
    to: str
    caller_id: str
    ring_seconds: float
    status_callback: Target | None
    status_events: frozenset[str]
    screening: Target | None = None
    send_digits: str = ""
    fault: str | None = None


class RungLeg(Leg):
    """One phone being rung."""

    def __init__(self, exchange: Exchange, trace: Trace, ring: Ring, fields: dict[str, str]) -> None:
        self.owner = Owner(exchange.handsets.ring(ring.number))
        super().__init__(exchange, trace, party=self.owner, fields=fields)
        self.number = ring.number
        self.ring = ring
        self.status_callback = ring.status_callback
        self.event_delay = 0.0
        self._engages = False

    def event(self, name: str) -> None:
        """Something happened that a status callback may want to hear of."""
        sequence = self.next_sequence()
        if self.status_callback is None or name not in self.ring.status_events:
            return
        fields = {**self.fields, **progress(at=self.now(), sequence=sequence, status=self.status, seconds=None)}
        self.report(self.status_callback, fields, after_seconds=self.event_delay)

    def answer(self) -> None:
        if self.is_answered:
            return
        super().answer()
        self._engages = self.owner.behaviour.lines is not None
        if self._engages:
            self.exchange.handsets.engage(self.number)
        self.trace.add(LegAnswered(self.now(), self.sid, self.number))
        self.event("answered")

    def close(self, status: str, outcome: LegOutcome) -> None:
        """End the leg and report it."""
        if self.is_over:
            return
        self.end(status)
        if self._engages:
            self.exchange.handsets.release(self.number)
        seconds = self.seconds_answered()
        self.trace.add(LegEnded(self.now(), self.sid, self.number, outcome, status, seconds))
        sequence = self.next_sequence()
        if self.status_callback is not None and "completed" in self.ring.status_events:
            self.tell_end(
                self.status_callback, progress(at=self.now(), sequence=sequence, status=status, seconds=seconds)
            )

    def tell_end(self, target: Target, fields: dict[str, str]) -> None:
        """Send the last progress event."""
        self.report(target, {**self.fields, **fields}, after_seconds=self.event_delay)

    def pick_up(self, behaviour: Behaviour) -> None:
        """Answer a phone that rings until somebody decides; from then on its owner, or machine, does this."""
        self.owner = Owner(behaviour)
        self.party = self.owner
        self.post(PickedUp())

    @property
    def is_engaged(self) -> bool:
        """Whether the phone's owner talks on it already."""
        lines = self.owner.behaviour.lines
        return lines is not None and self.exchange.handsets.engaged(self.number) >= lines


def picked_up(leg: RungLeg) -> Script[bool]:
    """Ring the phone; whether somebody, or something, answers. If not, the leg is closed."""
    leg.status = "initiated"
    leg.started_at = leg.now()
    _divert(leg)
    yield from leg.pause(INITIATED_SECONDS)
    leg.event("initiated")
    if leg.ring.fault is not None or leg.owner.behaviour.pickup is Pickup.FAILED:
        if leg.ring.fault is not None:
            leg.warn(leg.ring.fault)
        yield from leg.pause(FAILED_SECONDS)
        leg.close("failed", LegOutcome.FAILED)
        return False
    busy = leg.is_engaged and leg.exchange.rest.engaged is EngagedPhone.BUSY
    if busy or leg.owner.behaviour.pickup is Pickup.BUSY:
        yield from leg.pause(BUSY_SECONDS)
        leg.close("busy", LegOutcome.BUSY)
        return False
    return (yield from _rung(leg))


def _divert(leg: RungLeg) -> None:
    if leg.is_engaged and leg.exchange.rest.engaged is EngagedPhone.VOICEMAIL:
        leg.owner = Owner(voicemail(after_seconds=_DIVERTED_AFTER_SECONDS))
        leg.party = leg.owner


def _rung(leg: RungLeg) -> Script[bool]:
    behaviour = leg.owner.behaviour
    yield from leg.pause(RINGING_SECONDS)
    leg.status = "ringing"
    leg.trace.add(Ringing(leg.now(), leg.sid, leg.number, leg.ring.caller_id))
    leg.event("ringing")
    rings_for = leg.ring.ring_seconds - INITIATED_SECONDS - RINGING_SECONDS
    if behaviour.pickup is Pickup.BY_HAND:
        return (yield from _rung_by_hand(leg, rings_for))
    if behaviour.pickup is Pickup.IGNORED or behaviour.answers_after_seconds >= rings_for:
        return (yield from _unanswered(leg, rings_for))
    yield from leg.pause(behaviour.answers_after_seconds)
    if leg.is_engaged:
        return (yield from _unanswered(leg, rings_for - behaviour.answers_after_seconds))
    leg.answer()
    leg.enter(Moment.PICKED_UP)
    return True


def _rung_by_hand(leg: RungLeg, seconds: float) -> Script[bool]:
    began = leg.now()
    while (left := seconds - (leg.now() - began).total_seconds()) > 0:
        if isinstance((yield from leg.next_signal(left)), PickedUp):
            leg.answer()
            leg.enter(Moment.PICKED_UP)
            return True
    leg.close("no-answer", LegOutcome.NO_ANSWER)
    return False


def _unanswered(leg: RungLeg, seconds: float) -> Script[bool]:
    yield from leg.pause(seconds)
    leg.close("no-answer", LegOutcome.NO_ANSWER)
    return False
