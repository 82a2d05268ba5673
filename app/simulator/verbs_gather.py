"""Gather: prompts that a key interrupts, keys that add up to digits, and the action they lead to."""

from collections.abc import Sequence

from app.simulator.documents import fetch, target_of
from app.simulator.events import Gathered
from app.simulator.legs import Leg
from app.simulator.parties import Moment
from app.simulator.targets import Target
from app.simulator.timeline import Script
from app.simulator.twiml import Document, Verb
from app.simulator.verbs_speech import Prompt, prompt_of

_TIMEOUT_SECONDS = 5


def gather(leg: Leg, verb: Verb, document: Document) -> Script[Document | None]:
    """Execute a Gather; None when nothing was keyed and the document goes on."""
    leg.answer()
    prompts = [(child.name, prompt_of(leg, child, document)) for child in verb.children]
    alarms = leg.enter(Moment.MENU, prompt_seconds=sum(seconds for _, (seconds, _) in prompts))
    try:
        first = yield from _hear(leg, prompts)
        digits, finished = yield from _collect(leg, verb, first)
    finally:  # somebody may steer the leg elsewhere meanwhile
        for alarm in alarms:
            alarm.call_off()
    leg.trace.add(Gathered(leg.now(), leg.sid, leg.number, digits))
    if not digits and not verb.is_true("actionOnEmptyResult"):
        return None
    action = target_of(verb, document) or Target(verb.attributes.get("method", "POST"), document.url)
    return (yield from fetch(leg, action, _result(leg, digits, finished)))


def _hear(leg: Leg, prompts: Sequence[tuple[str, Prompt]]) -> Script[str | None]:
    for name, (seconds, begin) in prompts:
        leg.sound(on=name != "Pause")
        begin()
        key = yield from leg.listen(seconds)
        leg.sound(on=False)
        if key is not None:
            return key
    return None


def _collect(leg: Leg, verb: Verb, key: str | None) -> Script[tuple[str, str]]:
    """The digits, and the finish key if one was pressed."""
    if "dtmf" not in verb.attributes.get("input", "dtmf").split():
        yield from leg.pause(_timeout(verb))
        return "", ""
    finish, wanted, digits = verb.attributes.get("finishOnKey", "#"), verb.number("numDigits", 0), ""
    while True:
        if key is None:
            key = yield from leg.listen(_timeout(verb))
        if key is None:
            return digits, ""
        if key == finish:
            return digits, key
        digits += key
        if len(digits) == wanted:
            return digits, ""
        key = None


def _timeout(verb: Verb) -> float:
    # A time-out of 0 still lets a signal of this very instant arrive.
    return max(float(verb.number("timeout", _TIMEOUT_SECONDS)), 0.01)


def _result(leg: Leg, digits: str, finished: str) -> dict[str, str]:
    fields = {"msg": "Gather End"}
    if digits or leg.exchange.switches.empty_digits_sent:
        fields["Digits"] = digits
    if finished:
        fields["FinishedOnKey"] = finished
    return fields
