"""A leg that a Dial creates: it is screened once picked up, and talks. Knows no caller's document."""

from app.simulator.documents import ApplicationError, fetch, target_of
from app.simulator.envelope import identity
from app.simulator.events import LegBridged, LegOutcome
from app.simulator.legs import Leg, PartyLeft, Steered, TooManyRequests
from app.simulator.parties import Moment
from app.simulator.rung_legs import (
    EXTRA_RING_SECONDS,
    SEND_DIGIT_SECONDS,
    Interpreter,
    Over,
    Ring,
    RungLeg,
    picked_up,
)
from app.simulator.signals import Answered, Bridged, Ended, Ready
from app.simulator.steering import perform
from app.simulator.switches import BridgeEnd
from app.simulator.timeline import Script
from app.simulator.twiml import Document, Verb
from app.simulator.twiml_rules import SCREENING

_BEFORE_SCREENING_SECONDS = 0.1
_AFTER_THE_ACTION_SECONDS = 0.3
_DIAL_TIMEOUT_SECONDS = 30


class DialledLeg(RungLeg):
    """One phone being rung for a leg that dials."""

    def __init__(self, parent: Leg, ring: Ring) -> None:
        fields = identity(
            account_sid=parent.exchange.account.sid,
            call_sid=parent.exchange.sids.new("CA"),
            direction="outbound-dial",
            from_=ring.caller_id,
            to=ring.to,
            parent_sid=parent.sid,
        )
        super().__init__(parent.exchange, parent.trace, ring, fields)
        self.parent = parent
        self.moved_away = False

    def answer(self) -> None:
        if not self.is_answered:
            super().answer()
            self.parent.post(Answered(self.sid))

    def left(self, *, dropped: bool) -> None:
        if self.is_bridged:
            if not dropped and self.exchange.switches.bridge_end is BridgeEnd.ACTION_FIRST:
                self.event_delay = _AFTER_THE_ACTION_SECONDS
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
        super().close(status, outcome)
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
        try:
            if (yield from picked_up(leg)) and (yield from _screened(leg, interpret)):
                leg.parent.post(Ready(leg.sid))
                while True:
                    yield from leg.next_signal(None)
        except Steered as order:
            yield from _moved_away(leg, order, interpret)
    except (ApplicationError, TooManyRequests):
        leg.close("completed", LegOutcome.ENDED)
    except PartyLeft:
        return


def _moved_away(leg: DialledLeg, order: Steered, interpret: Interpreter) -> Script[None]:
    """The leg was given a document of its own: the Dial is over, and the party stays on the line."""
    leg.moved_away = True
    leg.legal, leg.recovers = None, True
    leg.call_off_reactions()
    leg.parent.post(Ended(leg.sid))
    yield from perform(leg, order, interpret)
    leg.close("completed", LegOutcome.ENDED)


def _screened(leg: DialledLeg, interpret: Interpreter) -> Script[bool]:
    """Whether the leg may be bridged: it has no screening document, or fell off the end of it."""
    yield from leg.pause(len(leg.ring.send_digits) * SEND_DIGIT_SECONDS)
    if leg.ring.screening is None:
        return True
    yield from leg.pause(_BEFORE_SCREENING_SECONDS)
    leg.legal = SCREENING
    try:
        over = yield from interpret(leg, (yield from fetch(leg, leg.ring.screening, {})))
    except (ApplicationError, TooManyRequests):
        over = Over.END_OF_DOCUMENT if leg.exchange.switches.failed_screening_bridges else Over.HANGUP
    leg.legal = None
    if over is Over.END_OF_DOCUMENT:
        return True
    leg.close("completed", LegOutcome.REFUSED)
    return False


def rings_of(leg: Leg, dial: Verb, document: Document) -> list[Ring]:
    """Whom a Dial names, with what Twilio would find wrong in each."""
    nouns = dial.children or (Verb("Number", {}, dial.text),)
    caller_id = dial.attributes.get("callerId", leg.fields.get("From", ""))
    fault = caller_id_fault(leg, caller_id)
    ring_seconds = dial.number("timeout", _DIAL_TIMEOUT_SECONDS) + EXTRA_RING_SECONDS
    return [_ring(noun, document, caller_id, ring_seconds, fault) for noun in nouns]


def _ring(noun: Verb, document: Document, caller_id: str, ring_seconds: float, fault: str | None) -> Ring:
    number = noun.text
    if noun.name == "Number":
        number = "".join(character for character in number if character not in " -().")
        fault = fault or _number_fault(number)
    return Ring(
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


def is_e164(number: str) -> bool:
    """Whether a telephone network can tell whose number this is."""
    digits = number[1:]
    return number.startswith("+") and digits.isascii() and digits.isdecimal() and len(digits) in range(7, 16)


def _number_fault(number: str) -> str | None:
    return None if is_e164(number) else f"13223: cannot dial {number!r}"


def caller_id_fault(leg: Leg, caller_id: str) -> str | None:
    """What is wrong with showing this number: it must be the call's own From or To, or owned."""
    shown = {leg.fields.get("From", ""), leg.fields["To"]}
    if is_e164(caller_id) and (caller_id in shown or leg.exchange.may_show(caller_id)):
        return None
    return f"13214: {caller_id!r} may not be shown as callerId"
