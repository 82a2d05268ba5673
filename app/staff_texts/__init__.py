"""THE use case of texts from staff: who is on call, tickets accepted and updated, away and back.

A number that is no staff member's gets no answer. Each text is acted on once, however often it is delivered.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from app.concierge import Reminders
from app.config.snapshot import Snapshot
from app.services import Services
from app.staff_texts.answers import HINT, NO_RECORD, WHEN_HINT, Wording
from app.staff_texts.away import come_back, leave
from app.staff_texts.commands import (
    Ack,
    Away,
    Back,
    Command,
    Mine,
    Take,
    Unclear,
    Update,
    Who,
    is_kept,
    is_news_of,
    read,
)
from app.staff_texts.until import read_until
from app.store import StoreUnavailable, TurnTransaction
from app.telephony.inbound import VoiceRequest
from app.tickets import work
from oncall import Override, Person

__all__ = ["StaffTexts"]

_WAY: Final = "by text"
_TURN: Final = 0
_SID = re.compile(r"[A-Z]{2}[0-9A-Za-z]{1,62}")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StaffTexts:
    """Answers texts to our numbers."""

    services: Services

    def incoming(self, request: VoiceRequest) -> str | None:
        """The answer to a text, None for silence. The sender is whoever the number belongs to: it can be forged."""
        body, sid = request.fields.get("Body", ""), _sid_of(request)
        snapshot = self.services.config.current()
        person = _owner(snapshot, request.caller)
        if person is None:
            _log.warning("text_from_stranger", message=sid)
            return None
        if "OptOutType" in request.fields or is_kept(body):
            return None
        command = read(body)
        _log.info("staff_text", person=person.name, command=type(command).__name__.lower(), message=sid)
        return self._answer(_Text(sid, person, command, body), snapshot)

    def _answer(self, text: "_Text", snapshot: Snapshot) -> str:
        at = self.services.clock.now()
        wording = Wording(at, _zone(snapshot))
        match text.command:
            case Unclear():
                return self._reply(text, snapshot, wording)
            case Who():
                return wording.who(snapshot.roster, self._quick(at), self.services.store.desk.last_known(at=at))
            case Away(words) if read_until(words, at=at, zone=wording.zone) is None:
                return WHEN_HINT
        return self._once_or_never(text, snapshot, wording)

    def _reply(self, text: "_Text", snapshot: Snapshot, wording: Wording) -> str:
        """A text without a command may be the update that its sender was reminded of, if it is but one."""
        try:
            asked = Reminders(self.services).open_for(text.sender.name, at=wording.at)
        except StoreUnavailable as fault:
            _log.warning("store_unavailable", message=text.sid, reason=fault.reason)
            return HINT
        numbers = [each.number for each in asked if each.number is not None]
        if len(numbers) == 1 and is_news_of(numbers[0], text.body):
            return self._once_or_never(replace(text, command=Update(numbers[0], text.body.strip())), snapshot, wording)
        said = self._said_before(text)
        return said or (wording.not_taken(numbers) if numbers else HINT)

    def _once_or_never(self, text: "_Text", snapshot: Snapshot, wording: Wording) -> str:
        try:
            return self._once(text, snapshot, wording)
        except StoreUnavailable as fault:
            _log.warning("store_unavailable", message=text.sid, reason=fault.reason)
            return NO_RECORD

    def _said_before(self, text: "_Text") -> str | None:
        """What was answered to the same text when it came the first time."""
        try:
            with self.services.store.turn() as transaction:
                return transaction.saved_reply(text.sid, _TURN)
        except StoreUnavailable:
            return None

    def _once(self, text: "_Text", snapshot: Snapshot, wording: Wording) -> str:
        """Acts on a text and keeps the answer in the same transaction; one that was acted on is answered the same."""
        with self.services.store.turn() as transaction:
            said = transaction.saved_reply(text.sid, _TURN)
            if said is not None:
                return said
            answer = self._act(transaction, text, snapshot, wording)
            transaction.keep_reply(text.sid, _TURN, answer)
        if isinstance(text.command, Away | Back):
            self.services.store.overrides.forget()
        return answer

    def _act(self, transaction: TurnTransaction, text: "_Text", snapshot: Snapshot, wording: Wording) -> str:
        name, at = text.sender.name, wording.at
        mine = work(self.services, transaction, by=name, way=_WAY, phone=text.sender.phones[0])
        match text.command:
            case Ack(ticket):
                return wording.acknowledged(ticket, mine.acknowledge(ticket))
            case Take(ticket):
                return wording.acknowledged(ticket, mine.take(ticket))
            case Update(ticket, news):
                result = mine.update(ticket, news)
                return wording.updated(ticket, result, mailed=mine.mails(result.ticket))
            case Mine():
                return wording.mine(transaction.tickets.open_of(name))
            case Away(words):
                until = read_until(words, at=at, zone=wording.zone) or at
                return wording.left(leave(transaction, snapshot.roster, name, until=until, at=at))
            case Back():
                return wording.returned(come_back(transaction, name, at=at))
            case Who() | Unclear():
                return HINT

    def _quick(self, at: datetime) -> tuple[Override, ...]:
        """Quick overrides as they stand; as they were last known while the database is away."""
        overrides = self.services.store.overrides
        try:
            return overrides.quick(at=at)
        except StoreUnavailable:
            return overrides.for_turn(None, at=at)


@dataclass(frozen=True, slots=True)
class _Text:
    """A text by a staff member that is meant for us."""

    sid: str
    sender: Person
    command: Command
    body: str


def _sid_of(request: VoiceRequest) -> str:
    """What the text is known by; without a usable MessageSid, what was made of the request itself."""
    sid = request.fields.get("MessageSid", "")
    return sid if _SID.fullmatch(sid) else request.call_sid


def _owner(snapshot: Snapshot, number: str) -> Person | None:
    people = snapshot.roster.people.values()
    return next((person for person in people if number and number in person.phones), None)


def _zone(snapshot: Snapshot) -> ZoneInfo:
    hours = next(iter(snapshot.roster.hours.values()), None)
    return ZoneInfo("UTC") if hours is None else hours.zone
