"""Executes documents on a leg, verb after verb. Knows which verb does what only by the table of verbs."""

from collections.abc import Callable, Mapping

from app.simulator.documents import address, fetch, recover
from app.simulator.legs import Leg
from app.simulator.rung_legs import Over
from app.simulator.targets import Target
from app.simulator.timeline import Script
from app.simulator.twiml import Document, TwimlFault, Verb
from app.simulator.verbs_dial import dial
from app.simulator.verbs_enqueue import enqueue
from app.simulator.verbs_gather import gather
from app.simulator.verbs_record import record
from app.simulator.verbs_speech import speak

Handler = Callable[[Leg, Verb, Document], Script[Document | Over | None]]


def run(leg: Leg, document: Document) -> Script[Over]:
    """Execute a document and all it leads to.

    Raises PartyLeft, ApplicationError or, when somebody steers the leg elsewhere, Steered or TakenOut.
    """
    while True:
        try:
            following = yield from _verbs(leg, document)
        except TwimlFault as fault:
            following = yield from recover(leg, fault, failed_url=document.url)
        if isinstance(following, Over):
            return following
        document = following


def _verbs(leg: Leg, document: Document) -> Script[Document | Over]:
    for verb in document.verbs:
        following = yield from _HANDLERS[verb.name](leg, verb, document)
        if following is not None:
            return following
    return Over.END_OF_DOCUMENT


def _speak(leg: Leg, verb: Verb, document: Document) -> Script[None]:
    yield from speak(leg, verb, document)


def _redirect(leg: Leg, verb: Verb, document: Document) -> Script[Document]:
    return (yield from fetch(leg, Target(verb.attributes.get("method", "POST"), address(verb.text, document)), {}))


def _hangup(_leg: Leg, _verb: Verb, _document: Document) -> Script[Over]:
    yield from ()
    return Over.HANGUP


def _leave(_leg: Leg, _verb: Verb, _document: Document) -> Script[Over]:
    yield from ()
    return Over.LEAVE


def _reject(leg: Leg, verb: Verb, _document: Document) -> Script[Over]:
    yield from ()
    if leg.is_answered:
        return Over.HANGUP
    return Over.BUSY if verb.attributes.get("reason") == "busy" else Over.REJECTED


def _dial(leg: Leg, verb: Verb, document: Document) -> Script[Document | None]:
    return (yield from dial(leg, verb, document, run))


def _enqueue(leg: Leg, verb: Verb, document: Document) -> Script[Document | None]:
    return (yield from enqueue(leg, verb, document, run))


_HANDLERS: Mapping[str, Handler] = {
    "Say": _speak,
    "Play": _speak,
    "Pause": _speak,
    "Gather": gather,
    "Record": record,
    "Dial": _dial,
    "Redirect": _redirect,
    "Hangup": _hangup,
    "Reject": _reject,
    "Enqueue": _enqueue,
    "Leave": _leave,
}
