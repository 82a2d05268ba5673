"""The Queue in a Dial: takes the first who waits out of a queue and talks with them. Sends no waiting document."""

from dataclasses import dataclass

from app.simulator.documents import target_of
from app.simulator.events import LegBridged
from app.simulator.legs import Leg, PartyLeft
from app.simulator.parties import Moment
from app.simulator.queues import Member, Queue
from app.simulator.signals import Bridged, Key, Ready
from app.simulator.timeline import Script
from app.simulator.twiml import Document, Verb

_DIAL_TIMEOUT_SECONDS = 30
_TIME_LIMIT_SECONDS = 14_400


@dataclass(frozen=True, slots=True)
class Taking:
    """How a Dial of a queue ended."""

    status: str
    queue: Queue | None = None
    member: Member | None = None
    seconds: int = 0

    @property
    def bridged(self) -> bool:
        return self.member is not None

    def fields(self, *, bridged_sent: bool) -> dict[str, str]:
        """What the Dial's action is told."""
        fields = {"DialCallStatus": self.status}
        if bridged_sent:
            fields["DialBridged"] = "true" if self.member else "false"
        if self.queue is not None:
            fields["QueueSid"] = self.queue.sid
        if self.member is not None:
            fields["DialCallDuration"] = str(self.seconds)
            fields["DequeueResult"] = "bridged"
            fields["DequeuedCallSid"] = self.member.call.sid
            fields["DequeuedCallQueueTime"] = str(self.member.waited_seconds)
            fields["DequeuedCallDuration"] = str(self.seconds)
        return fields


class Taker:
    """One Dial of a queue."""

    def __init__(self, leg: Leg, dial: Verb, document: Document) -> None:
        self._leg = leg
        self._dial = dial
        self._noun = dial.children[0]
        self._announcement = target_of(self._noun, document, url="url")
        self._queue = leg.exchange.queues.named(self._noun.text)
        self._talking_with: Member | None = None
        self._began_at = leg.now()

    def outcome(self) -> Script[Taking]:
        """Take the first out and talk, or wait for somebody. Raises Steered and lets the caller go."""
        if self._queue is None:
            self._leg.warn(f"there is no queue {self._noun.text!r}")
            return Taking("failed")
        self._leg.answer()
        try:
            return (yield from self._from(self._queue))
        except PartyLeft:
            return self.abandoned()

    def abandoned(self) -> Taking:
        """How it ends when this side leaves at this instant."""
        member = self._talking_with
        if member is None:
            return Taking(self._leg.exchange.switches.abandoned_dial_status, self._queue)
        return Taking("completed", self._queue, member, self._seconds())

    def _from(self, queue: Queue) -> Script[Taking]:
        deadline = self._dial.number("timeout", _DIAL_TIMEOUT_SECONDS)
        asked_at = self._leg.now()
        while (left := deadline - (self._leg.now() - asked_at).total_seconds()) > 0:
            member = queue.take(self._leg, self._leg.now(), self._announcement)
            if member is None:
                yield from self._wait(queue, left)
            elif (yield from self._met(member)):
                return Taking("completed", queue, member, self._seconds())
        return Taking("no-answer", queue)

    def _wait(self, queue: Queue, seconds: float) -> Script[None]:
        queue.takers.append(self._leg)
        try:
            yield from self._leg.next_signal(seconds)
        finally:
            if self._leg in queue.takers:
                queue.takers.remove(self._leg)

    def _met(self, member: Member) -> Script[bool]:
        """Whether they have talked; the caller may have gone just then."""
        try:
            while member.taker is self._leg:
                if (yield from self._leg.next_signal(None)) == Ready(member.call.sid):
                    yield from self._talk(member)
                    return True
        finally:
            member.desert()
        return False

    def _talk(self, member: Member) -> Script[None]:
        leg = self._leg
        self._talking_with, self._began_at = member, leg.now()
        leg.is_bridged = True
        leg.call_off_reactions()
        event = LegBridged(leg.now(), leg.sid, leg.number)
        leg.trace.add(event)
        member.call.trace.add_shared(event)
        member.call.post(Bridged())
        leg.enter(Moment.TALKING)
        limit = self._dial.number("timeLimit", _TIME_LIMIT_SECONDS)
        while member.taker is leg and (left := limit - self._seconds()) > 0:
            signal = yield from leg.next_signal(left)
            if signal == Key("*") and self._dial.is_true("hangupOnStar"):
                break

    def _seconds(self) -> int:
        return round((self._leg.now() - self._began_at).total_seconds())
