"""Calling back who left a message: the phone of whoever has the message rings first, and on its key the caller's.

Every press is one transaction that holds the call, so that of two presses, or of two processes, one rings a phone.
Nobody is rung again by itself: what did not come to pass stays with whoever has the message.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import structlog

from app.callbacks.attempts import PLACING, Attempt, AttemptState, attempts
from app.callbacks.outcomes import CameOf, Finishing
from app.callbacks.phones import Begun, leg_fact
from app.calls import Calls
from app.cdr.records import Call, CallRecord, TicketUpdate
from app.flow.dialable import is_dialable
from app.flow.messages import CALLBACK_TURN, Fact, FactKind, Position, Ring, Say
from app.flow.standard import (
    CALLBACK_OVER,
    MESSAGE_CALLBACK,
    MESSAGE_CALLBACK_DONE,
    MESSAGE_CALLBACK_LEFT,
    MESSAGE_CALLBACK_NOT_REACHED,
    MESSAGE_CALLBACK_SAY_AGAIN,
    MESSAGE_CALLBACK_TRY_LATER,
)
from app.queue_keeping import engaged
from app.ringing import callback_order
from app.services import Services
from app.store import (
    AuditEntry,
    OfferOutcome,
    StoredFact,
    StoreUnavailable,
    TurnTransaction,
    Voicemail,
    VoicemailState,
)
from app.telephony.inbound import VoiceRequest
from oncall import Person

RING_SECONDS: Final = 25
_NOTE: Final = "callback"
_WAY: Final = "by key on a call-back"
_log = structlog.get_logger(__name__)


class Asked(StrEnum):
    """What came of asking that one's phone be rung."""

    RINGS = "rings"
    """It will ring in a moment; also where it was asked for already and goes on."""
    BEFORE = "before"
    """What was asked for has come and gone meanwhile: look at it before asking again."""
    UNKNOWN = "unknown"
    NOT_YOURS = "not_yours"
    """Somebody else has the message, nobody has, or it is done or not here."""
    WITHHELD = "withheld"
    NOT_DIALABLE = "not_dialable"
    """The number is none of the United States and Canada, or a premium one."""
    NO_PHONE = "no_phone"
    """Whoever asks has no phone in the roster, or phones cannot be rung from here."""
    ENGAGED = "engaged"
    """They are on the phone, or it rings for something else."""


HINDRANCES: Final[Mapping[Asked, str]] = MappingProxyType(
    {
        Asked.WITHHELD: "The number was withheld: there is none to call back.",
        Asked.NOT_DIALABLE: "Only numbers of the United States and Canada are called back from here, no premium ones.",
        Asked.NO_PHONE: "Your account has no phone in schedules/staff.yaml that could be rung.",
        Asked.ENGAGED: "You are on the phone, or it rings already.",
    }
)
"""What keeps somebody from calling back, in sentences that may be shown."""


def number_of(call: Call) -> str:
    """Where a caller is to be called back (E.164); empty when their number was withheld."""
    return call.callback_number or call.caller


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRequests:
    """Requests of one person. `actor` is who they are to the audit log, `person` to the roster.

    Methods raise StoreUnavailable.
    """

    services: Services
    actor: str
    person: str | None

    def hindrance(self, number: str) -> Asked | None:
        """What keeps them from calling this number (E.164, or empty) back; None: nothing does."""
        if not number:
            return Asked.WITHHELD
        if not is_dialable(number):
            return Asked.NOT_DIALABLE
        return Asked.NO_PHONE if self.services.phone_owner(self.person) is None else None

    def ask(self, recording_sid: str, *, seen: int | None = None) -> Asked:
        """Have one's own phone rung, to call back about a message one has.

        `seen`: how many call-backs about it one knew of; the same request that comes again rings no second time.
        """
        person, at = self.services.phone_owner(self.person), self.services.clock.now()
        known = self.services.store.voicemails.get(recording_sid)
        if known is None:
            return Asked.UNKNOWN
        with self.services.store.turn() as transaction:
            record = transaction.load(known.call_sid)
            message = transaction.voicemails.get(recording_sid)
            if message is None or not self._has(message):
                return Asked.NOT_YOURS
            hindrance = self.hindrance("" if record is None else number_of(record.call))
            if record is None or person is None or hindrance is not None:
                return hindrance or Asked.NO_PHONE
            told = attempts(transaction.facts(known.call_sid), at=at)
            mine = [each for each in told if each.recording_sid == recording_sid]
            if mine and mine[-1].goes_on:
                return Asked.RINGS
            if seen is not None and seen < len(mine):
                return Asked.BEFORE
            return self._ring(transaction, record, message, person, told)

    def _ring(
        self,
        transaction: TurnTransaction,
        record: CallRecord,
        message: Voicemail,
        person: Person,
        told: tuple[Attempt, ...],
    ) -> Asked:
        services, at = self.services, self.services.clock.now()
        for each in told:
            # Of some nothing more was heard, and whoever asked would be taken to be on the phone.
            if not each.goes_on:
                transaction.queue.end_offer(message.call_sid, each.turn, 0, at=at, outcome=OfferOutcome.CALLED_OFF)
        turn = max((each.turn for each in told), default=CALLBACK_TURN) + 1
        if person.name in engaged(transaction, at=at):
            return Asked.ENGAGED
        if not transaction.queue.engage(message.call_sid, turn, person.name, at=at, until=at + PLACING):
            return Asked.ENGAGED
        calls, position = Calls(services), self._position(transaction, record, message, turn)
        # Each time the next phone of theirs, as the line does it.
        number = person.phones[len(told) % len(person.phones)]
        fact = self._fact(message, person, number, turn, at)
        calls.records.store_facts(transaction, record, turn, [fact])
        phone = Ring(number=number, rung=0, ring_seconds=RING_SECONDS)
        transaction.order([callback_order(phone, position, services.positions, line=record.call.line, at=at)])
        entry = AuditEntry(
            at=at,
            actor=self.actor,
            action="voicemail_call_back",
            subject=f"voicemail:{message.recording_sid}",
            detail={"ticket": message.ticket},
        )
        transaction.audit.write(entry)
        return Asked.RINGS

    def _has(self, message: Voicemail) -> bool:
        is_open = message.state is VoicemailState.KEPT and message.done_at is None
        return is_open and message.claimed_by in {self.actor, self.person} - {None}

    def _position(self, transaction: TurnTransaction, record: CallRecord, message: Voicemail, turn: int) -> Position:
        chosen = [each for each in transaction.facts(message.call_sid) if each.kind is FactKind.LANGUAGE_CHOSEN]
        language = str(chosen[-1].detail.get("language", "en")) if chosen else "en"
        return Position(
            line=record.call.line,
            flow="",
            node="",
            turn=turn,
            revision=self.services.config.current().revision,
            started_at=int(message.created_at.timestamp()),
            entered_at=int(self.services.clock.now().timestamp()),
            priority=record.ticket.priority,
            language=language,
            call_sid=message.call_sid,
        )

    def _fact(self, message: Voicemail, person: Person, number: str, turn: int, at: datetime) -> Fact:
        return Fact(
            kind=FactKind.MESSAGE_CALLBACK_ASKED,
            key=f"message_callback:{turn}",
            at=at,
            because=f"{self.actor} asked to call back about the message",
            source=person.source,
            detail={
                "leg": turn,
                "recording_sid": message.recording_sid,
                "party": person.name,
                "team": person.team,
                "number": number,
                "holder": message.claimed_by,
            },
        )


@dataclass(frozen=True, slots=True)
class MessageCallbacks:
    """Messages as the cause of call-backs."""

    calls: Calls

    def asking(self, position: Position) -> Say:
        return self.calls.words(position, MESSAGE_CALLBACK)

    def declined(self, position: Position) -> Say:
        return self.calls.words(position, MESSAGE_CALLBACK_LEFT)

    def was_tried(self, _position: Position) -> bool:
        """Never told on the phone: whoever has spoken to the person says so at the desk."""
        return False

    def begin(self, position: Position, request: VoiceRequest) -> Begun | Say:
        """The ticket is theirs if it is nobody's."""
        fact = leg_fact(self.calls, position, request, FactKind.CALLBACK_TRIED, "the key to call back was pressed")
        try:
            with self.calls.services.store.turn() as transaction:
                record = transaction.load(position.call_sid)
                told = transaction.facts(position.call_sid)
                attempt = _attempt(told, position, at=fact.at)
                if record is None or attempt is None or not _is_wanted(transaction, record, attempt):
                    return self.calls.words(position, CALLBACK_OVER)
                if not any(each.key == fact.key for each in told):
                    fact = replace(fact, detail={**fact.detail, "party": attempt.party})
                    record = self.calls.records.store_facts(transaction, record, position.turn, [fact])
        except StoreUnavailable as fault:
            # Without the record there is no number to call.
            _log.warning("callback_waits", call_sid=position.call_sid, reason=fault.reason)
            return self.calls.words(position, MESSAGE_CALLBACK_TRY_LATER)
        return Begun(number_of(record.call), record.ticket.number)

    def spoken(self, position: Position, request: VoiceRequest) -> Say:
        """The message is done with, and its ticket tells so."""
        because = "the person who left the message was spoken to"
        fact = leg_fact(self.calls, position, request, FactKind.CALLBACK_SPOKEN, because)
        try:
            attempt, ticket = self._told(position, fact)
            if attempt is None:
                return self.calls.words(position, CALLBACK_OVER)
            self._finish(attempt)
        except StoreUnavailable:
            self.calls.records.tell(position.call_sid, position.turn, fact)
            return self.calls.words(position, MESSAGE_CALLBACK_SAY_AGAIN)
        return self.calls.words(position, MESSAGE_CALLBACK_DONE, ticket=ticket)

    def unanswered(self, position: Position, request: VoiceRequest, because: str) -> Say:
        """The message stays with whoever has it, and its ticket tells of the attempt."""
        fact = leg_fact(self.calls, position, request, FactKind.CALLBACK_UNANSWERED, because)
        try:
            self._told(position, fact, note=f"Called back about the message, {because}")
        except StoreUnavailable:
            self.calls.records.tell(position.call_sid, position.turn, fact)
        return self.calls.words(position, MESSAGE_CALLBACK_NOT_REACHED)

    def _finish(self, attempt: Attempt) -> None:
        """Done by whoever called; where somebody else has it meanwhile, that stands, and the ticket tells of it."""
        services, at = self.calls.services, self.calls.services.clock.now()
        message = services.store.voicemails.get(attempt.recording_sid)
        if message is None:
            return
        if message.done_at is None and message.claimed_by == attempt.holder:
            finishing = Finishing(services=services, actor=attempt.holder, person=attempt.party, way=_WAY)
            finishing.finish(message, CameOf.SPOKEN, words="", resolve=False)
        elif attempt.state is not AttemptState.SPOKEN:
            with services.store.turn() as transaction:
                _note(transaction, message.ticket, attempt, "Called back about the message and spoken to", at=at)

    def _told(self, position: Position, fact: Fact, *, note: str = "") -> tuple[Attempt | None, int | None]:
        """Stores what came of an attempt, once; returns the attempt as it was before, and the number of its ticket."""
        with self.calls.services.store.turn() as transaction:
            record = transaction.load(position.call_sid)
            told = transaction.facts(position.call_sid)
            attempt = _attempt(told, position, at=fact.at)
            if record is None or attempt is None:
                return None, None
            number = record.ticket.number
            if not any(each.key == fact.key for each in told):
                self.calls.records.store_facts(transaction, record, position.turn, [fact])
                if note and number is not None:
                    _note(transaction, number, attempt, note, at=fact.at)
        return attempt, number


def _note(transaction: TurnTransaction, ticket: int, attempt: Attempt, text: str, *, at: datetime) -> None:
    transaction.tickets.note(ticket, TicketUpdate(at=at, author=attempt.party, kind=_NOTE, text=text))


def _attempt(told: Iterable[StoredFact], position: Position, *, at: datetime) -> Attempt | None:
    """The attempt that this phone was rung for; None when the same person has asked again since."""
    known = attempts(told, at=at)
    mine = next((each for each in known if each.turn == position.turn), None)
    if mine is None or any(each.turn > mine.turn and each.recording_sid == mine.recording_sid for each in known):
        return None
    return mine


def _is_wanted(transaction: TurnTransaction, record: CallRecord, attempt: Attempt) -> bool:
    """Whether whoever asked still has the message."""
    message = transaction.voicemails.get(attempt.recording_sid)
    if message is None or message.done_at is not None or message.state is not VoicemailState.KEPT:
        return False
    return message.claimed_by == attempt.holder and is_dialable(number_of(record.call))
