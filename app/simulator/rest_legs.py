"""A leg made by a REST request: it waits for its turn, rings a phone and executes documents like a caller's."""

from dataclasses import dataclass
from datetime import timedelta

from app.simulator.documents import APOLOGY, ApplicationError, fetch, inline
from app.simulator.envelope import identity
from app.simulator.events import LegOutcome
from app.simulator.exchange import Exchange
from app.simulator.interpreter import run
from app.simulator.legs import PartyLeft, Steered, TooManyRequests
from app.simulator.rung_legs import SEND_DIGIT_SECONDS, Ring, RungLeg, picked_up
from app.simulator.steering import perform
from app.simulator.targets import Target
from app.simulator.timeline import Script
from app.simulator.twiml import Document

_BEFORE_THE_DOCUMENT_SECONDS = 0.1
_DETECTION_SECONDS = 4.0
_MACHINES = {"Enable": "machine_start", "DetectMessageEnd": "machine_end_beep"}


@dataclass(frozen=True, slots=True)
class Detection:
    """Whether to find out who answers, and how. Without `callback` the document waits for the verdict."""

    mode: str
    callback: Target | None = None

    def verdict(self, behaviour_name: str) -> str:
        """What Twilio makes of whoever answered."""
        return _MACHINES[self.mode] if behaviour_name == "voicemail" else "human"


@dataclass(frozen=True, slots=True)
class Order:
    """What a REST request asks a call to be."""

    ring: Ring
    document: Target | None = None
    twiml: str = ""
    fallback: Target | None = None
    detection: Detection | None = None
    limit_seconds: float | None = None


class RestLeg(RungLeg):
    """One phone rung because a REST request asked for it."""

    def __init__(self, exchange: Exchange, order: Order) -> None:
        ring, sid = order.ring, exchange.sids.new("CA")
        fields = identity(
            account_sid=exchange.account.sid, call_sid=sid, direction="outbound-api", from_=ring.caller_id, to=ring.to
        )
        trace = exchange.trace(call_sid=sid, caller=ring.caller_id, dialled=ring.to)
        super().__init__(exchange, trace, ring, fields)
        self.order = order
        self.fallback = order.fallback
        self.status = "queued"

    def left(self, *, dropped: bool) -> None:
        if self.status == "queued":  # "a queued REST call that is cancelled produces no callbacks at all"
            self.end("canceled")
        elif not self.is_answered:
            self.close("canceled", LegOutcome.CALLED_OFF)
        else:
            self.close("completed", self.outcome(LegOutcome.ENDED if dropped else LegOutcome.REFUSED))

    def outcome(self, otherwise: LegOutcome) -> LegOutcome:
        """How an answered leg ended, unless it was connected with somebody."""
        return LegOutcome.BRIDGED if self.is_bridged else otherwise

    def tell_end(self, target: Target, fields: dict[str, str]) -> None:
        self.report_last(target, fields)


def place_call(exchange: Exchange, order: Order) -> RestLeg:
    """Have a phone rung as soon as the account's calls a second allow."""
    leg = RestLeg(exchange, order)
    registry, now = exchange.registry, exchange.timeline.now()
    begins_at = max(now, registry.next_call_at or now)
    registry.next_call_at = begins_at + timedelta(seconds=1 / exchange.rest.calls_a_second)
    wait = (begins_at - now).total_seconds()
    leg.queue_milliseconds = round(wait * 1000)
    leg.start(_life(leg, wait))
    return leg


def _life(leg: RestLeg, wait_seconds: float) -> Script[None]:
    try:
        yield from leg.pause(wait_seconds)
        if not (yield from picked_up(leg)):
            return
        if leg.order.limit_seconds is not None:
            leg.limit(leg.order.limit_seconds)
        yield from leg.pause(_BEFORE_THE_DOCUMENT_SECONDS + len(leg.ring.send_digits) * SEND_DIGIT_SECONDS)
        yield from _executed(leg)
        leg.close("completed", leg.outcome(LegOutcome.ENDED))
    except PartyLeft:
        return
    except TooManyRequests:
        leg.close("failed", LegOutcome.ENDED)


def _executed(leg: RestLeg) -> Script[None]:
    try:
        try:
            first: Document | Steered = yield from _first(leg, (yield from _detected(leg)))
        except Steered as order:
            first = order
        yield from perform(leg, first, run)
    except ApplicationError:
        yield from leg.pause(leg.say(APOLOGY))


def _first(leg: RestLeg, extra: dict[str, str]) -> Script[Document]:
    order = leg.order
    if order.document is None:
        return (yield from inline(leg, order.twiml))
    return (yield from fetch(leg, order.document, extra))


def _detected(leg: RestLeg) -> Script[dict[str, str]]:
    """Who answered, if that was asked; the parameters that the first request carries for it."""
    detection = leg.order.detection
    if detection is None:
        return {}
    verdict = detection.verdict(leg.owner.behaviour.name)
    leg.answered_by = verdict
    if detection.callback is None:
        yield from leg.pause(_DETECTION_SECONDS)
        return {"AnsweredBy": verdict}
    fields = {
        "AccountSid": leg.exchange.account.sid,
        "CallSid": leg.sid,
        "AnsweredBy": verdict,
        "MachineDetectionDuration": str(round(_DETECTION_SECONDS * 1000)),
    }
    leg.report(detection.callback, fields, after_seconds=_DETECTION_SECONDS)
    return {}
