"""The script of a caller's leg, from dialling one of our numbers to the end of the call."""

from collections.abc import Mapping

from app.simulator.caller_leg import CallerLeg
from app.simulator.documents import APOLOGY, ApplicationError, fetch
from app.simulator.events import EndReason
from app.simulator.interpreter import run
from app.simulator.legs import PartyLeft, Steered, TooManyRequests
from app.simulator.rung_legs import Over
from app.simulator.steering import perform
from app.simulator.targets import Target
from app.simulator.timeline import Script
from app.simulator.twiml import Document

_SET_UP_SECONDS = 0.2


def life(leg: CallerLeg, voice: Target) -> Script[None]:
    """Request the number's document and execute it to the end of the call."""
    try:
        over = yield from perform(leg, (yield from _first(leg, voice)), run)
        reason, status = _ENDINGS[over]
        leg.close(reason, status=status)
    except PartyLeft:
        return
    except ApplicationError:
        yield from _apologise(leg)
    except TooManyRequests:
        leg.close(EndReason.LOOP, status="failed")


def _first(leg: CallerLeg, voice: Target) -> Script[Document | Steered]:
    try:
        document = yield from fetch(leg, voice, {})
        yield from leg.pause(_SET_UP_SECONDS)
    except Steered as order:
        return order
    return document


# An empty document answers the call and ends it; Reject leaves it unanswered.
_ENDINGS: Mapping[Over, tuple[EndReason, str]] = {
    Over.END_OF_DOCUMENT: (EndReason.END_OF_DOCUMENT, "completed"),
    Over.HANGUP: (EndReason.HANGUP, "completed"),
    Over.REJECTED: (EndReason.REJECTED, "no-answer"),
    Over.BUSY: (EndReason.REJECTED, "busy"),
}


def _apologise(leg: CallerLeg) -> Script[None]:
    status = "completed" if leg.is_answered else "failed"
    try:
        leg.sound(on=True)
        yield from leg.pause(leg.say(APOLOGY))
    except (PartyLeft, Steered):
        if leg.is_over:
            return
    leg.close(EndReason.APPLICATION_ERROR, status=status)
