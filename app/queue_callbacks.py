"""Webhooks of call-backs: a member of staff is rung first, and on their key the person who asked to be called.

The key owns the ticket. What comes of the call is noted when it is known; the next attempt is set before that, so
that nothing that gets lost ends the attempts.
"""

from dataclasses import dataclass, replace

import structlog

from app.calls import Calls
from app.cdr.records import CallRecord, TicketUpdate
from app.flow.messages import Detail, DialStatus, Fact, FactKind, KeysPressed, Position, Silence
from app.flow.standard import (
    CALLBACK_ACCEPT,
    CALLBACK_AGAIN,
    CALLBACK_CALLING,
    CALLBACK_NOT_REACHED,
    CALLBACK_OVER,
    CALLBACK_TRY_LATER,
    DECLINED,
)
from app.queue_offers import MOST_ATTEMPTS, given_up, is_offerable
from app.staff_phones import ACCEPT_KEY, ACCEPT_TRIES, ACCEPT_WAIT_SECONDS, DECLINE_KEY
from app.store import Place, PlaceOutcome, StoreUnavailable, TurnTransaction
from app.telephony import twiml
from app.telephony.inbound import VoiceRequest, dial_ended

AUTHOR = "telephone"
NOTE = "callback"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class QueueCallbacks:
    """Answers the phones that ring for call-backs."""

    calls: Calls

    def prompt(self, token: str, request: VoiceRequest) -> str:
        """What a member of staff hears who picks up."""
        position = self._position(token)
        if position is None or request.gone:
            return twiml.HANGUP
        self._tell(position, request, FactKind.LEG_ANSWERED, "it picked up")
        return self._ask(position)

    def key(self, token: str, request: VoiceRequest, event: KeysPressed | Silence) -> str:
        """The key they pressed: 1 calls the person back."""
        position = self._position(token)
        if position is None:
            return twiml.HANGUP
        match event:
            case KeysPressed(digits) if digits == ACCEPT_KEY:
                return self._call(position, request)
            case KeysPressed(digits) if digits == DECLINE_KEY:
                self._tell(position, request, FactKind.LEG_DECLINED, "the decline key was pressed")
            case _ if position.tries + 1 < ACCEPT_TRIES:
                return self._ask(replace(position, tries=position.tries + 1))
        return twiml.parting(self.calls.words(position, DECLINED))

    def answered(self, token: str, request: VoiceRequest) -> None:
        """The person who asked for the call has answered it."""
        position = self._position(token)
        if position is not None and request.fields.get("CallStatus", "") == "in-progress":
            self._connected(position, request.parent_call_sid or request.call_sid)

    def done(self, token: str, request: VoiceRequest) -> str:
        """The call-back is over, or nobody answered it."""
        position = self._position(token)
        if position is None:
            return twiml.HANGUP
        ended = dial_ended(request)
        if ended.status is DialStatus.COMPLETED and ended.bridged is not False:
            self._connected(position, request.call_sid)
            return twiml.HANGUP
        words = self._unanswered(position, request)
        return twiml.HANGUP if request.gone else twiml.parting(self.calls.words(position, words))

    def _call(self, position: Position, request: VoiceRequest) -> str:
        services, at = self.calls.services, self.calls.services.clock.now()
        try:
            with services.store.turn() as transaction:
                record = transaction.load(position.call_sid)
                place = transaction.queue.place(position.call_sid, position.turn)
                if record is None or place is None or place.number is None or not is_offerable(place, at=at):
                    return twiml.parting(self.calls.words(position, CALLBACK_OVER))
                party = next((leg.party for leg in record.legs if leg.turn == position.exchange), "")
                fact = self._fact(position, request, FactKind.CALLBACK_TRIED, "the key to call back was pressed")
                fact = replace(fact, detail={**fact.detail, "party": party, "attempt": place.attempts + 1})
                after = self.calls.store_facts(transaction, record, position.exchange, [fact])
        except StoreUnavailable as fault:
            # Without the record there is no number to call: the place in line stays, and somebody is rung again.
            _log.warning("callback_waits", call_sid=position.call_sid, reason=fault.reason)
            return twiml.parting(self.calls.words(position, CALLBACK_TRY_LATER))
        words = self.calls.words(position, CALLBACK_CALLING, ticket=after.ticket.number)
        line = services.config.current().book.line(position.line)
        return twiml.call_back(words, number=place.number, caller_id=line.number, links=self._links(position))

    def _connected(self, position: Position, leg_sid: str) -> None:
        fact = Fact(
            kind=FactKind.LEG_ACCEPTED,
            key=f"{FactKind.LEG_ACCEPTED}:{leg_sid}",
            at=self.calls.services.clock.now(),
            because="the person who asked to be called back answered",
            detail={"leg": position.exchange, "leg_sid": leg_sid},
        )
        self.calls.tell(position.call_sid, position.exchange, fact)

    def _unanswered(self, position: Position, request: VoiceRequest) -> str:
        """Notes that nobody answered; returns the name of what the member of staff hears."""
        fact = self._fact(position, request, FactKind.CALLBACK_UNANSWERED, "nobody answered the call-back")
        try:
            with self.calls.services.store.turn() as transaction:
                record = transaction.load(position.call_sid)
                place = transaction.queue.place(position.call_sid, position.turn)
                if record is None or place is None or place.left_at is not None:
                    return CALLBACK_OVER
                is_last = place.attempts >= MOST_ATTEMPTS
                facts = [fact]
                if is_last:
                    facts.append(given_up(place, PlaceOutcome.NOT_REACHED, at=fact.at))
                after = self.calls.store_facts(transaction, record, position.exchange, facts)
                _note(transaction, after, place, fact, is_last=is_last)
        except StoreUnavailable:
            self.calls.tell(position.call_sid, position.exchange, fact)
            return CALLBACK_AGAIN
        return CALLBACK_NOT_REACHED if is_last else CALLBACK_AGAIN

    def _ask(self, position: Position) -> str:
        words = self.calls.words(position, CALLBACK_ACCEPT)
        links = self._links(position)
        return twiml.accept_prompt(words, links=links, wait_seconds=ACCEPT_WAIT_SECONDS, key="callback-key")

    def _links(self, position: Position) -> twiml.Links:
        services = self.calls.services
        return twiml.Links(services.settings.public_base_url, services.positions.write(position))

    def _position(self, token: str) -> Position | None:
        position = self.calls.services.positions.read(token)
        return position if position is not None and position.call_sid else None

    def _tell(self, position: Position, request: VoiceRequest, kind: FactKind, because: str) -> CallRecord | None:
        return self.calls.tell(position.call_sid, position.exchange, self._fact(position, request, kind, because))

    def _fact(self, position: Position, request: VoiceRequest, kind: FactKind, because: str) -> Fact:
        detail: dict[str, Detail] = {"leg": position.exchange, "leg_sid": request.call_sid}
        at = self.calls.services.clock.now()
        return Fact(kind=kind, key=f"{kind}:{request.call_sid}", at=at, because=because, detail=detail)


def _note(transaction: TurnTransaction, record: CallRecord, place: Place, fact: Fact, *, is_last: bool) -> None:
    """The ticket says what came of it, whoever reads it next."""
    text = f"Called back {place.attempts} times, nobody answered" if is_last else "Called back, nobody answered"
    if record.ticket.number is not None:
        entry = TicketUpdate(at=fact.at, author=place.owner or AUTHOR, kind=NOTE, text=text)
        transaction.tickets.note(record.ticket.number, entry)
