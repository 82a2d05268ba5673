"""Webhooks of call-backs: a member of staff is rung first, and on their key the person who asked to be called.

The key owns the ticket. That somebody or something picked up there says nothing yet: the call-back is done when the
member of staff says, by another key, that they spoke to the person. Until then the next attempt is set, so that
nothing that gets lost ends the attempts.
"""

from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from app.calls import Calls
from app.cdr.records import CallRecord, TicketUpdate
from app.flow.messages import Detail, DialStatus, Fact, FactKind, KeysPressed, Position, Say, Silence
from app.flow.standard import (
    CALLBACK_ACCEPT,
    CALLBACK_ACCEPT_AGAIN,
    CALLBACK_AGAIN,
    CALLBACK_CALLING,
    CALLBACK_DONE,
    CALLBACK_NOT_REACHED,
    CALLBACK_OVER,
    CALLBACK_SPOKEN,
    CALLBACK_TRY_LATER,
    DECLINED,
)
from app.queue_offers import MOST_ATTEMPTS, given_up, is_offerable
from app.staff_phones import ACCEPT_KEY, ACCEPT_TRIES, ACCEPT_WAIT_SECONDS, DECLINE_KEY
from app.store import PlaceOutcome, StoreUnavailable, TurnTransaction
from app.telephony import twiml
from app.telephony.inbound import VoiceRequest, dial_ended

AUTHOR = "telephone"
NOTE = "callback"
# At the question whether the person was spoken to, and at the prompt of a later attempt.
SPOKEN_KEY, NOT_SPOKEN_KEY = "1", "2"
SPOKEN_BEFORE_KEY = "3"
# A talk may have ended with somebody reaching for their phone.
SPOKEN_WAIT_SECONDS = 10
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
            case KeysPressed(digits) if digits == SPOKEN_BEFORE_KEY and self._was_tried(position):
                return self._done(position, request)
            case _ if position.tries + 1 < ACCEPT_TRIES:
                return self._ask(replace(position, tries=position.tries + 1))
        return twiml.parting(self.calls.words(position, DECLINED))

    def answered(self, token: str, request: VoiceRequest) -> None:
        """Somebody or something picked up where the person is called."""
        position = self._position(token)
        if position is not None and request.fields.get("CallStatus", "") == "in-progress":
            self._picked_up(position, request.parent_call_sid or request.call_sid)

    def done(self, token: str, request: VoiceRequest) -> str:
        """The call there is over, or nobody picked up. Whoever is still on the line is asked what came of it."""
        position = self._position(token)
        if position is None:
            return twiml.HANGUP
        ended = dial_ended(request)
        if ended.status is DialStatus.COMPLETED and ended.bridged is not False:
            self._picked_up(position, request.call_sid)
            return twiml.HANGUP if request.gone else self._ask_spoken(position)
        words = self._unanswered(position, request, "nobody picked up the call-back")
        return twiml.HANGUP if request.gone else twiml.parting(words)

    def spoken(self, token: str, request: VoiceRequest, event: KeysPressed | Silence) -> str:
        """The member of staff says whether they spoke to the person."""
        position = self._position(token)
        if position is None:
            return twiml.HANGUP
        match event:
            case KeysPressed(digits) if digits == SPOKEN_KEY:
                return self._done(position, request)
            case KeysPressed(digits) if digits == NOT_SPOKEN_KEY:
                return twiml.parting(self._unanswered(position, request, "the person was not spoken to"))
            case _ if position.tries + 1 < ACCEPT_TRIES:
                return self._ask_spoken(replace(position, tries=position.tries + 1))
        return twiml.HANGUP

    def _call(self, position: Position, request: VoiceRequest) -> str:
        services, at = self.calls.services, self.calls.services.clock.now()
        try:
            with services.store.turn() as transaction:
                record = transaction.load(position.call_sid)
                place = transaction.queue.place(position.call_sid, position.turn)
                if record is None or place is None or place.number is None:
                    return twiml.parting(self.calls.words(position, CALLBACK_OVER))
                party = next((leg.party for leg in record.legs if leg.turn == position.exchange), "")
                fact = self._fact(position, request, FactKind.CALLBACK_TRIED, "the key to call back was pressed")
                fact = replace(fact, detail={**fact.detail, "party": party, "attempt": place.attempts + 1})
                if any(told.key == fact.key for told in transaction.facts(position.call_sid)):
                    after = record  # the same key, asked about again because our reply was lost
                elif is_offerable(place, at=at):
                    after = self.calls.records.store_facts(transaction, record, position.exchange, [fact])
                else:
                    return twiml.parting(self.calls.words(position, CALLBACK_OVER))
        except StoreUnavailable as fault:
            # Without the record there is no number to call: the place in line stays, and somebody is rung again.
            _log.warning("callback_waits", call_sid=position.call_sid, reason=fault.reason)
            return twiml.parting(self.calls.words(position, CALLBACK_TRY_LATER))
        words = self.calls.words(position, CALLBACK_CALLING, ticket=after.ticket.number)
        line = services.config.current().book.line(position.line)
        return twiml.call_back(words, number=place.number, caller_id=line.number, links=self._links(position))

    def _picked_up(self, position: Position, leg_sid: str) -> None:
        fact = Fact(
            kind=FactKind.CALLBACK_PICKED_UP,
            key=f"{FactKind.CALLBACK_PICKED_UP}:{leg_sid}",
            at=self.calls.services.clock.now(),
            because="somebody or something picked up the call-back",
            detail={"leg": position.exchange, "leg_sid": leg_sid},
        )
        self.calls.records.tell(position.call_sid, position.exchange, fact)

    def _done(self, position: Position, request: VoiceRequest) -> str:
        """The person was spoken to, as the member of staff says: the call is theirs, from when it was picked up."""
        fact = self._fact(position, request, FactKind.LEG_ACCEPTED, "the person who asked to be called was spoken to")
        ticket, at = None, fact.at
        try:
            with self.calls.services.store.turn() as transaction:
                record = transaction.load(position.call_sid)
                place = transaction.queue.place(position.call_sid, position.turn)
                if record is None or place is None or place.left_at is not None:
                    return twiml.parting(self.calls.words(position, CALLBACK_OVER))
                told = transaction.facts(position.call_sid)
                picked_up = [
                    each.at
                    for each in told
                    if each.kind is FactKind.CALLBACK_PICKED_UP and each.detail.get("leg") == position.exchange
                ]
                fact = replace(fact, at=min([fact.at, *picked_up]))
                after = self.calls.records.store_facts(transaction, record, position.exchange, [fact])
                ticket = after.ticket.number
                _note(transaction, after, after.call.answered_by, "Called back and spoken to", at=at)
        except StoreUnavailable:
            self.calls.records.tell(position.call_sid, position.exchange, fact)
        return twiml.parting(self.calls.words(position, CALLBACK_DONE, ticket=ticket))

    def _unanswered(self, position: Position, request: VoiceRequest, because: str) -> Say:
        """Notes that the person was not reached; returns what the member of staff hears."""
        fact = self._fact(position, request, FactKind.CALLBACK_UNANSWERED, because)
        try:
            with self.calls.services.store.turn() as transaction:
                record = transaction.load(position.call_sid)
                place = transaction.queue.place(position.call_sid, position.turn)
                if record is None or place is None or place.left_at is not None:
                    return self.calls.words(position, CALLBACK_OVER)
                is_last = place.attempts >= MOST_ATTEMPTS
                facts = [fact]
                if is_last:
                    facts.append(given_up(place, PlaceOutcome.NOT_REACHED, at=fact.at))
                after = self.calls.records.store_facts(transaction, record, position.exchange, facts)
                times = f"Called back {place.attempts} times" if is_last else "Called back"
                _note(transaction, after, place.owner, f"{times}, {because}", at=fact.at)
        except StoreUnavailable:
            self.calls.records.tell(position.call_sid, position.exchange, fact)
            return self.calls.words(position, CALLBACK_AGAIN)
        ticket = after.ticket.number
        return self.calls.words(position, CALLBACK_NOT_REACHED if is_last else CALLBACK_AGAIN, ticket=ticket)

    def _ask(self, position: Position) -> str:
        prompt = CALLBACK_ACCEPT_AGAIN if self._was_tried(position) else CALLBACK_ACCEPT
        words = self.calls.words(position, prompt, caller=self.calls.records.caller_of(position.call_sid))
        links = self._links(position)
        return twiml.accept_prompt(words, links=links, wait_seconds=ACCEPT_WAIT_SECONDS, key="callback-key")

    def _ask_spoken(self, position: Position) -> str:
        words = self.calls.words(position, CALLBACK_SPOKEN, ticket=self._ticket(position))
        links = self._links(position)
        return twiml.accept_prompt(words, links=links, wait_seconds=SPOKEN_WAIT_SECONDS, key="callback-spoken")

    def _was_tried(self, position: Position) -> bool:
        """Whether the person was called before; where that cannot be read, staff are asked as for the first time."""
        try:
            place = self.calls.services.store.queue.of_call(position.call_sid, position.turn)
        except StoreUnavailable:
            return False
        return place is not None and place.attempts > 0

    def _ticket(self, position: Position) -> int | None:
        try:
            record = self.calls.services.store.calls.get(position.call_sid)
        except StoreUnavailable:
            return None
        return None if record is None else record.ticket.number

    def _links(self, position: Position) -> twiml.Links:
        services = self.calls.services
        return twiml.Links(services.settings.public_base_url, services.positions.write(position))

    def _position(self, token: str) -> Position | None:
        position = self.calls.services.positions.read(token)
        return position if position is not None and position.call_sid else None

    def _tell(self, position: Position, request: VoiceRequest, kind: FactKind, because: str) -> CallRecord | None:
        return self.calls.records.tell(
            position.call_sid, position.exchange, self._fact(position, request, kind, because)
        )

    def _fact(self, position: Position, request: VoiceRequest, kind: FactKind, because: str) -> Fact:
        detail: dict[str, Detail] = {"leg": position.exchange, "leg_sid": request.call_sid}
        at = self.calls.services.clock.now()
        return Fact(kind=kind, key=f"{kind}:{request.call_sid}", at=at, because=because, detail=detail)


def _note(transaction: TurnTransaction, record: CallRecord, author: str | None, text: str, *, at: datetime) -> None:
    """The ticket says what came of it, whoever reads it next."""
    if record.ticket.number is not None:
        entry = TicketUpdate(at=at, author=author or AUTHOR, kind=NOTE, text=text)
        transaction.tickets.note(record.ticket.number, entry)
