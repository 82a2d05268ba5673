"""Call-backs to those who waited in line: what the phones of staff are rung for, and what becomes of the place.

The key owns the ticket. The call-back is done when the member of staff says that they spoke to the person; until then
the next attempt is set, so that nothing that gets lost ends the attempts.
"""

from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from app.callbacks.phones import Begun, leg_fact
from app.calls import Calls
from app.cdr.records import CallRecord, TicketUpdate
from app.flow.messages import FactKind, Position, Say
from app.flow.standard import (
    CALLBACK_ACCEPT,
    CALLBACK_ACCEPT_AGAIN,
    CALLBACK_AGAIN,
    CALLBACK_DONE,
    CALLBACK_NOT_REACHED,
    CALLBACK_OVER,
    CALLBACK_TRY_LATER,
    DECLINED,
)
from app.queue_offers import MOST_ATTEMPTS, given_up, is_offerable
from app.store import Place, PlaceOutcome, StoreUnavailable, TurnTransaction
from app.telephony.inbound import VoiceRequest

AUTHOR = "telephone"
NOTE = "callback"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class QueueCallbacks:
    """Places in line as the cause of call-backs."""

    calls: Calls

    def asking(self, position: Position) -> Say:
        prompt = CALLBACK_ACCEPT_AGAIN if self.was_tried(position) else CALLBACK_ACCEPT
        return self.calls.words(position, prompt, caller=self.calls.records.caller_of(position.call_sid))

    def declined(self, position: Position) -> Say:
        return self.calls.words(position, DECLINED)

    def was_tried(self, position: Position) -> bool:
        """Whether the person was called before; where that cannot be read, staff are asked as for the first time."""
        try:
            place = self.calls.services.store.queue.of_call(position.call_sid, position.turn)
        except StoreUnavailable:
            return False
        return place is not None and place.attempts > 0

    def begin(self, position: Position, request: VoiceRequest) -> Begun | Say:
        services, at = self.calls.services, self.calls.services.clock.now()
        try:
            with services.store.turn() as transaction:
                record = transaction.load(position.call_sid)
                place = transaction.queue.place(position.call_sid, position.turn)
                if record is None or place is None or place.number is None:
                    return self.calls.words(position, CALLBACK_OVER)
                party = next((leg.party for leg in record.legs if leg.turn == position.exchange), "")
                because = "the key to call back was pressed"
                fact = leg_fact(self.calls, position, request, FactKind.CALLBACK_TRIED, because)
                fact = replace(fact, detail={**fact.detail, "party": party, "attempt": place.attempts + 1})
                if any(told.key == fact.key for told in transaction.facts(position.call_sid)):
                    after = record  # the same key, asked about again because our reply was lost
                elif is_offerable(place, at=at):
                    after = self.calls.records.store_facts(transaction, record, position.exchange, [fact])
                else:
                    return self.calls.words(position, CALLBACK_OVER)
        except StoreUnavailable as fault:
            # Without the record there is no number to call: the place in line stays, and somebody is rung again.
            _log.warning("callback_waits", call_sid=position.call_sid, reason=fault.reason)
            return self.calls.words(position, CALLBACK_TRY_LATER)
        return Begun(place.number, after.ticket.number)

    def spoken(self, position: Position, request: VoiceRequest) -> Say:
        """The call is theirs, from when it was picked up."""
        because = "the person who asked to be called was spoken to"
        fact = leg_fact(self.calls, position, request, FactKind.LEG_ACCEPTED, because)
        ticket, at = None, fact.at
        try:
            with self.calls.services.store.turn() as transaction:
                found = _open_place(transaction, position)
                if found is None:
                    return self.calls.words(position, CALLBACK_OVER)
                record, _ = found
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
        return self.calls.words(position, CALLBACK_DONE, ticket=ticket)

    def unanswered(self, position: Position, request: VoiceRequest, because: str) -> Say:
        fact = leg_fact(self.calls, position, request, FactKind.CALLBACK_UNANSWERED, because)
        try:
            with self.calls.services.store.turn() as transaction:
                found = _open_place(transaction, position)
                if found is None:
                    return self.calls.words(position, CALLBACK_OVER)
                record, place = found
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


def _open_place(transaction: TurnTransaction, position: Position) -> tuple[CallRecord, Place] | None:
    """The call, held, and its place in line; None once that was left."""
    record = transaction.load(position.call_sid)
    place = transaction.queue.place(position.call_sid, position.turn)
    return None if record is None or place is None or place.left_at is not None else (record, place)


def _note(transaction: TurnTransaction, record: CallRecord, author: str | None, text: str, *, at: datetime) -> None:
    """The ticket says what came of it, whoever reads it next."""
    if record.ticket.number is not None:
        entry = TicketUpdate(at=at, author=author or AUTHOR, kind=NOTE, text=text)
        transaction.tickets.note(record.ticket.number, entry)
