"""Enqueue: somebody waits, to documents of their own, until they leave or somebody takes them out."""

from app.simulator.documents import (
    ApplicationError,
    WaitFailed,
    fall_back,
    farewell,
    fetch,
    request_action,
    request_ignored,
    target_of,
)
from app.simulator.events import QueueJoined, QueueLeft
from app.simulator.legs import Leg, PartyLeft, Steered, TakenOut
from app.simulator.parties import Moment
from app.simulator.queues import CAPACITY, Member, Queue
from app.simulator.rung_legs import Interpreter, Over
from app.simulator.signals import Bridged, Ended, Ready
from app.simulator.switches import FailedWait
from app.simulator.timeline import Script
from app.simulator.twiml import Document, Verb
from app.simulator.twiml_rules import ANNOUNCING, WAITING

MUSIC = "waiting music"
_MUSIC_SECONDS = 600.0
_LEAST_WAIT_SECONDS = 1.0


def enqueue(leg: Leg, verb: Verb, document: Document, interpret: Interpreter) -> Script[Document | None]:
    """Execute an Enqueue; None when it has no action and the document goes on."""
    leg.answer()
    queue = _queue_named(leg, verb)
    action = target_of(verb, document)
    if queue.is_full:
        return None if action is None else (yield from request_action(leg, action, {"QueueResult": "queue-full"}))
    stay = _Stay(leg, queue, interpret)
    try:
        result = yield from stay.result(verb, document)
    except Steered:
        if action is not None:
            request_ignored(leg, action, stay.fields("redirected-from-bridged" if stay.has_talked else "redirected"))
        raise
    except _GivenUp as failed:
        return (yield from fall_back(leg, failed.failed.fault, failed.failed.failed_url))
    if leg.is_over:
        if action is not None:
            yield from farewell(leg, action, stay.fields(result))
        raise PartyLeft
    return None if action is None else (yield from request_action(leg, action, stay.fields(result)))


def _queue_named(leg: Leg, verb: Verb) -> Queue:
    """The queue of this name, which the first to join it brings about."""
    queues, name = leg.exchange.queues, verb.text
    queue = queues.named(name)
    if queue is None:
        size = verb.number("maxQueueSize", CAPACITY)
        queue = Queue(leg.exchange.sids.new("QU"), name, leg.now(), leg.now(), max_size=size)
        queues.by_sid[queue.sid] = queue
    return queue


class _GivenUp(Exception):  # noqa: N818 (the switch's choice, not an error)
    """The waiting document failed, and the call is to go to its fallback."""

    def __init__(self, failed: WaitFailed) -> None:
        super().__init__(str(failed))
        self.failed = failed


class _Stay:
    """One caller's time in a queue, up to the end of the talk it led to."""

    def __init__(self, leg: Leg, queue: Queue, interpret: Interpreter) -> None:
        self._leg = leg
        self._queue = queue
        self._interpret = interpret
        self._member: Member = queue.join(leg, leg.now())
        self.has_talked = False
        self._was_taken = False
        leg.trace.add(QueueJoined(leg.now(), leg.sid, leg.number, queue.name, queue.position(self._member)))

    def fields(self, result: str) -> dict[str, str]:
        """What the Enqueue's action is told."""
        seconds = self._member.seconds(self._leg.now())
        return {"QueueResult": result, "QueueSid": self._queue.sid, "QueueTime": str(seconds)}

    def result(self, verb: Verb, document: Document) -> Script[str]:
        """Wait, and talk; how it ended. Raises Steered when the leg is given another document."""
        leg, result = self._leg, "redirected"
        leg.legal, leg.recovers = WAITING, False
        leg.enter(Moment.WAITING)
        try:
            result = yield from self._waited(verb, document)
        except TakenOut:
            result = yield from self._taken()
        finally:
            leg.legal, leg.recovers = None, True
            self._queue.leave(self._member, leg.now())
            self._part()
            if not self._was_taken:
                self._note_leaving(result)
        return result

    def _note_leaving(self, result: str) -> None:
        self._leg.trace.add(QueueLeft(self._leg.now(), self._leg.sid, self._leg.number, self._queue.name, result))

    def _waited(self, verb: Verb, document: Document) -> Script[str]:
        try:
            over = yield from self._wait(verb, document)
        except PartyLeft:
            return self._leg.exchange.rest.left_while_bridging if self._member.taker else "hangup"
        except WaitFailed as failed:
            if self._leg.exchange.rest.failed_wait is FailedWait.FALLBACK:
                raise _GivenUp(failed) from failed
            return "error"
        if over is Over.LEAVE:
            return "leave"
        self._leg.leave(dropped=True)
        return "hangup"

    def _wait(self, verb: Verb, document: Document) -> Script[Over]:
        target = target_of(verb, document, url="waitUrl", method="waitUrlMethod")
        if target is None or not verb.attributes["waitUrl"]:
            return (yield from self._without_documents(music=target is None))
        while True:
            began = self._leg.now()
            page = yield from fetch(self._leg, target, self._wait_fields())
            over = yield from self._interpret(self._leg, page)
            if over is not Over.END_OF_DOCUMENT:
                return over
            # A waiting document that takes no time would be asked for again and again at one instant.
            yield from self._leg.pause(_LEAST_WAIT_SECONDS - (self._leg.now() - began).total_seconds())
            self._leg.requests_made = 0

    def _without_documents(self, *, music: bool) -> Script[Over]:
        while True:
            self._leg.sound(on=music)
            if music:
                self._leg.play(MUSIC, _MUSIC_SECONDS)
            yield from self._leg.pause(_MUSIC_SECONDS)

    def _wait_fields(self) -> dict[str, str]:
        queue, member = self._queue, self._member
        return {
            "CallStatus": self._leg.exchange.rest.wait_status,
            "QueuePosition": str(queue.position(member)),
            "QueueSid": queue.sid,
            "QueueTime": str(member.seconds(self._leg.now())),
            "AvgQueueTime": str(queue.average_wait()),
            "CurrentQueueSize": str(len(queue.members)),
            "MaxQueueSize": str(queue.max_size),
        }

    def _taken(self) -> Script[str]:
        rest = self._leg.exchange.rest
        self._leg.sound(on=False)
        self._was_taken = True
        self._note_leaving("taken out")
        try:
            yield from self._announced()
            if not (yield from self._bridged()):
                return rest.deserted_result
            yield from self._talked()
        except PartyLeft:
            return rest.hung_up_bridged_result if self.has_talked else rest.left_while_bridging
        return "bridged"

    def _announced(self) -> Script[None]:
        """What the caller is told just before; a document that fails keeps nobody from talking."""
        leg, target, taker = self._leg, self._member.announcement, self._member.taker
        if target is None or taker is None:
            return
        leg.legal = ANNOUNCING
        fields = {
            "QueueSid": self._queue.sid,
            "QueueTime": str(self._member.seconds(leg.now())),
            "DequeingCallSid": taker.sid,
        }
        try:
            yield from self._interpret(leg, (yield from fetch(leg, target, fields)))
        except (WaitFailed, ApplicationError):
            return

    def _bridged(self) -> Script[bool]:
        """Whether the other side is still there."""
        if self._member.taker is None:
            return False
        self._member.taker.post(Ready(self._leg.sid))
        while self._member.taker is not None:
            signal = yield from self._leg.next_signal(None)
            if isinstance(signal, Bridged):
                return True
        return False

    def _talked(self) -> Script[None]:
        self.has_talked = True
        leg = self._leg
        leg.is_bridged = True
        leg.call_off_leaving()
        leg.sound(on=True)
        leg.enter(Moment.TALKING)
        while self._member.taker is not None:
            yield from leg.next_signal(None)
        leg.sound(on=False)

    def _part(self) -> None:
        """Whoever was to talk, or talked, with this caller learns that it is over."""
        taker, self._member.taker = self._member.taker, None
        if taker is not None:
            taker.post(Ended(self._leg.sid))
