"""Dial: rings phones for a caller, bridges the one that gets through, and reports how it ended."""

from collections import deque
from dataclasses import dataclass
from typing import Protocol

from app.simulator.dialled_legs import DialledLeg, life, rings_of
from app.simulator.documents import farewell, request_action, request_ignored, target_of
from app.simulator.legs import Leg, PartyLeft, Steered
from app.simulator.parties import Moment
from app.simulator.rung_legs import Interpreter, Ring
from app.simulator.signals import Answered, Dropped, Ended, Key, Ready, Signal
from app.simulator.switches import ParentStatus
from app.simulator.targets import Target
from app.simulator.timeline import Script
from app.simulator.twiml import Document, Verb
from app.simulator.verbs_take import Taker

_TIME_LIMIT_SECONDS = 14_400
_DIALLED_BY_US = frozenset({"Number", "Client", "Sip"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a Dial ended."""

    status: str
    leg: DialledLeg | None = None
    bridged: bool = False
    seconds: int | None = None

    def fields(self, *, bridged_sent: bool) -> dict[str, str]:
        """What the Dial's action is told."""
        fields = {"DialCallStatus": self.status}
        if self.leg is not None:
            fields["DialCallSid"] = self.leg.sid
        if self.seconds is not None:
            fields["DialCallDuration"] = str(self.seconds)
        if bridged_sent:
            fields["DialBridged"] = "true" if self.bridged else "false"
        return fields


class _End(Protocol):
    """How a Dial ended, as its action is told."""

    @property
    def bridged(self) -> bool: ...

    def fields(self, *, bridged_sent: bool) -> dict[str, str]: ...


class _Way(Protocol):
    """One execution of a Dial: what it came to, and what it comes to when it is left at this instant."""

    def outcome(self) -> Script[_End]: ...

    def abandoned(self) -> _End: ...


def dial(leg: Leg, verb: Verb, document: Document, interpret: Interpreter) -> Script[Document | None]:
    """Execute a Dial; None when it has no action and the document goes on."""
    action = target_of(verb, document)
    way = _way(leg, verb, document, interpret)
    bridged_sent = leg.exchange.switches.dial_bridged_sent
    try:
        end = yield from way.outcome()
    except Steered:
        left = way.abandoned().fields(bridged_sent=bridged_sent)
        if action is not None:
            request_ignored(leg, action, left)
        raise
    fields = end.fields(bridged_sent=bridged_sent)
    if action is not None and leg.is_over and not end.bridged:
        yield from _abandoned(leg, action, fields)
        raise PartyLeft
    if action is not None:
        return (yield from request_action(leg, action, fields))
    if leg.is_over:
        raise PartyLeft
    return None


def _abandoned(leg: Leg, action: Target, fields: dict[str, str]) -> Script[None]:
    switches = leg.exchange.switches
    if not switches.abandoned_dial_action:
        return
    status = switches.abandoned_parent_status
    yield from farewell(leg, action, fields, status=None if status is ParentStatus.TERMINAL else status.value)


def _way(leg: Leg, verb: Verb, document: Document, interpret: Interpreter) -> _Way:
    nouns = {noun.name for noun in verb.children}
    if "Queue" in nouns:
        return Taker(leg, verb, document)
    if nouns <= _DIALLED_BY_US:
        return _Hunt(leg, verb, rings_of(leg, verb, document), interpret)
    leg.warn(f"the simulator does not dial <{min(nouns - _DIALLED_BY_US)}>")
    return _Nowhere()


class _Nowhere:
    """A Dial of something this Twilio does not have."""

    def outcome(self) -> Script[Outcome]:
        yield from ()
        return self.abandoned()

    def abandoned(self) -> Outcome:
        return Outcome("failed")


class _Hunt:
    """The legs of one Dial."""

    def __init__(self, leg: Leg, verb: Verb, rings: list[Ring], interpret: Interpreter) -> None:
        self._leg = leg
        self._verb = verb
        self._waiting = deque(rings)
        self._interpret = interpret
        self._legs: dict[str, DialledLeg] = {}
        self._alive: dict[str, DialledLeg] = {}  # in the order dialled
        self._winner: DialledLeg | None = None

    def outcome(self) -> Script[Outcome]:
        """Ring phones until somebody gets through, nobody is left or the caller goes."""
        if not self._verb.is_true("answerOnBridge"):
            self._leg.answer()
        self._leg.sound(on=True)
        try:
            return (yield from self._rung())
        except PartyLeft:
            return self.abandoned()
        finally:
            self._leg.sound(on=False)

    def _rung(self) -> Script[Outcome]:
        """Ring everybody, or one after the other, until somebody gets through or nobody is left."""
        self._leg.enter(Moment.RINGING)
        self._ring(len(self._waiting) if not self._verb.is_true("sequential") else 1)
        while self._alive:
            signal = yield from self._leg.next_signal(None)
            match signal:
                case Answered(sid):
                    self._won(self._legs[sid])
                case Ready(sid):
                    return (yield from self._talk(self._legs[sid]))
                case Ended(sid):
                    self._alive.pop(sid, None)
                    if not self._alive and self._winner is None:
                        self._ring(1)
                case _:
                    pass
        return self._unanswered() if self._winner is None else self._refused(self._winner)

    def abandoned(self) -> Outcome:
        """The caller left: end what still rings or talks."""
        for leg in self._alive.values():
            leg.post(Dropped())
        winner = self._winner
        if winner is None:
            first = next(iter(self._legs.values()), None)
            return Outcome(self._leg.exchange.switches.abandoned_dial_status, first)
        if winner.is_bridged:
            return Outcome("completed", winner, bridged=True, seconds=winner.seconds_answered())
        return self._refused(winner)

    def _ring(self, how_many: int) -> None:
        for _ in range(min(how_many, len(self._waiting))):
            leg = DialledLeg(self._leg, self._waiting.popleft())
            self._legs[leg.sid] = leg
            self._alive[leg.sid] = leg
            leg.start(life(leg, self._interpret))

    def _won(self, leg: DialledLeg) -> None:
        """The first phone picked up: the others stop ringing, before it is known who picked up."""
        if self._winner is not None:
            return
        self._winner = leg
        for other in self._alive.values():
            if other is not leg:
                other.post(Dropped())

    def _talk(self, leg: DialledLeg) -> Script[Outcome]:
        self._leg.call_off_leaving()
        self._leg.answer()
        self._leg.sound(on=True)
        self._leg.is_bridged = True
        leg.bridge()
        self._leg.enter(Moment.TALKING)
        over = yield from self._until_ended(leg)
        if not over:
            leg.post(Dropped())
            yield from self._until_ended(leg)
        # A dialled party who was given a document of its own leaves no duration behind.
        return Outcome("completed", leg, bridged=True, seconds=None if leg.moved_away else leg.seconds_answered())

    def _until_ended(self, leg: DialledLeg) -> Script[bool]:
        """Whether the dialled party ended the talk; else the time limit or the caller's star did."""
        limit = self._verb.number("timeLimit", _TIME_LIMIT_SECONDS)
        began = self._leg.now()
        while (left := limit - (self._leg.now() - began).total_seconds()) > 0:
            signal = yield from self._leg.next_signal(left)
            if signal == Ended(leg.sid):
                return True
            if self._is_star(signal):
                return False
        return False

    def _is_star(self, signal: Signal | None) -> bool:
        return signal == Key("*") and self._verb.is_true("hangupOnStar")

    def _unanswered(self) -> Outcome:
        statuses = {leg.status for leg in self._legs.values()}
        status = next((status for status in ("no-answer", "busy", "failed") if status in statuses), "no-answer")
        return Outcome(status, next(iter(self._legs.values()), None))

    def _refused(self, leg: DialledLeg) -> Outcome:
        return Outcome(self._leg.exchange.switches.refused_dial_status, leg, seconds=leg.seconds_answered())
