"""Webhooks of phones that are rung for an update: by key it is spoken, told to be nothing new, or passed on.

Nothing but the ticket's number and priority is said before a key is pressed, and a voicemail that picks up gives no
update.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import structlog

from app.cdr.records import Ticket
from app.concierge.reminders import Reminders
from app.concierge.speaking import SpokenUpdates, is_kept
from app.concierge.telling import due_name
from app.flow.engine import first_position
from app.flow.messages import KeysPressed, RecordingEnded, Say, Silence
from app.flow.recording import SHORTEST_MESSAGE_SECONDS
from app.flow.scene import Scene
from app.flow.standard import (
    UPDATE_DUE,
    UPDATE_KEPT,
    UPDATE_NOT_HEARD,
    UPDATE_NOTED,
    UPDATE_OVER,
    UPDATE_OVERDUE,
    UPDATE_PASSED,
    UPDATE_SPEAK,
    UPDATE_TRY_AGAIN,
    UPDATE_UNCHANGED,
)
from app.services import Services
from app.store import StoreUnavailable
from app.telephony import twiml
from app.telephony.inbound import VoiceRequest, recording_ended
from app.telephony.update_twiml import SILENCE_SECONDS, speak
from app.tickets import Result
from app.voicemail import transcriber
from oncall import Person, Priority

SPEAK_KEY: Final = "1"
UNCHANGED_KEY: Final = "2"
PASS_KEY: Final = "3"  # noqa: S105 - a key of the telephone
_TRIES: Final = 3
_WAIT_SECONDS: Final = 6
# The ticket, what its update is called that is due, and how often something was repeated; the signature covers them.
_REFERENCE = re.compile(r"([0-9]{1,9})-([0-9a-f]{1,14})-([0-9])")
_Report = Callable[[int, VoiceRequest], None]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Ring:
    """For which ticket and which due update a phone was rung, whose it is, and how often something was repeated."""

    ticket: int
    due: str
    tries: int
    owner: Person
    request: VoiceRequest

    @property
    def due_at(self) -> datetime:
        """When the update is due."""
        return datetime.fromtimestamp(int(self.due, 16) / 1000, tz=UTC)

    @property
    def reference(self) -> str:
        """The same in an address."""
        return f"{self.ticket}-{self.due}-{self.tries}"

    @property
    def language(self) -> str:
        """The first language of the phone's owner."""
        return next(iter(self.owner.languages), "en")


@dataclass(frozen=True, slots=True)
class UpdateCalls:
    """Answers the phones that are rung for updates. Each method returns a document, unless it only takes a report."""

    services: Services

    def prompt(self, reference: str, request: VoiceRequest) -> str:
        """What a phone hears when it picks up; only a good-bye when the update is there by now."""
        ring = self._ring(reference, request)
        if ring is None or request.gone:
            return twiml.HANGUP
        return self._ask(ring)

    def key(self, reference: str, request: VoiceRequest, event: KeysPressed | Silence) -> str:
        """The key of a phone: speak, nothing new, pass on, or hear the prompt again."""
        ring = self._ring(reference, request)
        if ring is None:
            return twiml.HANGUP
        match event:
            case KeysPressed(digits) if digits == SPEAK_KEY:
                return self._record(ring)
            case KeysPressed(digits) if digits == UNCHANGED_KEY:
                return self._unchanged(ring)
            case KeysPressed(digits) if digits == PASS_KEY:
                return self._pass_on(ring)
            case _ if ring.tries + 1 < _TRIES:
                return self._ask(replace(ring, tries=ring.tries + 1))
        return twiml.HANGUP

    def spoken(self, reference: str, request: VoiceRequest) -> str:
        """The recording is over, or nothing was recorded."""
        ring, ended = self._ring(reference, request), recording_ended(request)
        if ring is None:
            return twiml.HANGUP
        seconds = _seconds_of(ended)
        if not isinstance(ended, RecordingEnded) or ended.recording is None or seconds <= SHORTEST_MESSAGE_SECONDS:
            return twiml.HANGUP if request.gone else self._part(ring, UPDATE_NOT_HEARD)
        updates, call_sid, by = SpokenUpdates(self.services), request.call_sid, ring.owner.name
        try:
            result = updates.spoken(ring.ticket, call_sid, recording=ended.recording, seconds=seconds, by=by)
        except StoreUnavailable as outage:
            _log.warning("update_not_noted", ticket=ring.ticket, reason=outage.reason)
            try:
                updates.keep(ring.ticket, call_sid, recording=ended.recording, seconds=seconds, by=by)
            except OSError as fault:
                _log.error(
                    "spoken_update_lost", ticket=ring.ticket, recording_sid=ended.recording, reason=fault.strerror
                )
                return self._part(ring, UPDATE_TRY_AGAIN)
            return self._part(ring, UPDATE_NOTED)
        _log.info("update_spoken", ticket=ring.ticket, outcome=result.outcome)
        return twiml.HANGUP if request.gone else self._thank(ring, result, UPDATE_KEPT)

    def recording(self, reference: str, request: VoiceRequest) -> None:
        """The report of a recording. Twilio does not say there whose phone it was.

        Without it the recording is fetched some minutes later, as the ticket knows of it.
        """
        updates = SpokenUpdates(self.services)
        self._take(reference, request, updates.recorded, otherwise=updates.keep_report)

    def transcription(self, reference: str, request: VoiceRequest) -> None:
        """What was written down of a recording; without this report it is asked for a day later."""
        self._take(reference, request, SpokenUpdates(self.services).transcribed)

    def _take(
        self, reference: str, request: VoiceRequest, report: _Report, *, otherwise: _Report | None = None
    ) -> None:
        ring = _REFERENCE.fullmatch(reference)
        if ring is None:
            return
        try:
            report(int(ring[1]), request)
        except StoreUnavailable as fault:
            _log.warning("update_not_noted", ticket=int(ring[1]), reason=fault.reason)
            if otherwise is not None:
                otherwise(int(ring[1]), request)

    def _ring(self, reference: str, request: VoiceRequest) -> _Ring | None:
        found = _REFERENCE.fullmatch(reference)
        people = self.services.config.current().roster.people.values()
        owner = next((person for person in people if request.dialled in person.phones), None)
        if found is None or owner is None:
            return None
        return _Ring(int(found[1]), found[2], int(found[3]), owner, request)

    def _ask(self, ring: _Ring) -> str:
        try:
            ticket = self._wanting(ring)
        except StoreUnavailable:
            # Without the record nothing could be noted either.
            return self._part(ring, UPDATE_TRY_AGAIN)
        if ticket is None:
            return self._part(ring, UPDATE_OVER)
        is_late = self.services.clock.now() >= ring.due_at
        words = self._say(ring, UPDATE_OVERDUE if is_late else UPDATE_DUE, priority=ticket.priority, due_at=ring.due_at)
        links = twiml.Links(self.services.settings.public_base_url, ring.reference)
        return twiml.accept_prompt(words, links=links, wait_seconds=_WAIT_SECONDS, key="update-key")

    def _record(self, ring: _Ring) -> str:
        links = twiml.Links(
            self.services.settings.public_base_url,
            ring.reference,
            transcribed=transcriber(self.services.settings).by_provider,
        )
        return speak(self._say(ring, UPDATE_SPEAK), links=links, language=ring.language)

    def _unchanged(self, ring: _Ring) -> str:
        updates = SpokenUpdates(self.services)
        try:
            result = updates.unchanged(ring.ticket, ring.due, ring.request, by=ring.owner.name)
        except StoreUnavailable as fault:
            _log.warning("update_not_noted", ticket=ring.ticket, reason=fault.reason)
            return self._part(ring, UPDATE_TRY_AGAIN)
        return self._thank(ring, result, UPDATE_UNCHANGED)

    def _pass_on(self, ring: _Ring) -> str:
        at = self.services.clock.now()
        try:
            asked = Reminders(self.services).pass_on(ring.ticket, ring.due, by=ring.owner.name, at=at)
        except StoreUnavailable as fault:
            _log.warning("update_not_noted", ticket=ring.ticket, reason=fault.reason)
            return self._part(ring, UPDATE_TRY_AGAIN)
        return self._part(ring, UPDATE_PASSED if asked else UPDATE_OVER)

    def _thank(self, ring: _Ring, result: Result, prompt: str) -> str:
        if not is_kept(result):
            return self._part(ring, UPDATE_OVER)
        due_at = None if result.ticket is None else result.ticket.update_due_at
        return twiml.parting(self._say(ring, UPDATE_NOTED if due_at is None else prompt, due_at=due_at))

    def _wanting(self, ring: _Ring) -> Ticket | None:
        """The ticket, if it still wants the update that the phone was rung for."""
        ticket = self.services.store.reminders.wanted(ring.ticket)
        due_at = None if ticket is None else ticket.update_due_at
        return ticket if due_at is not None and due_name(due_at) == ring.due else None

    def _part(self, ring: _Ring, prompt: str) -> str:
        return twiml.parting(self._say(ring, prompt))

    def _say(
        self, ring: _Ring, prompt: str, *, priority: Priority | None = None, due_at: datetime | None = None
    ) -> Say:
        """The words in the first language of the phone's owner, about the line whose number it sees."""
        snapshot, at = self.services.config.current(), self.services.clock.now()
        line = snapshot.book.line_for(ring.request.caller)
        position = first_position(line=line.name, flow=line.flow, revision=snapshot.revision, at=at)
        position = replace(position, language=ring.language, priority=priority)
        scene = Scene(book=snapshot.book, roster=snapshot.roster, at=at, ticket=ring.ticket, due_at=due_at)
        return scene.say(prompt, position)


def _seconds_of(ended: RecordingEnded | Silence) -> int:
    if not isinstance(ended, RecordingEnded):
        return 0
    return max(0, ended.seconds - SILENCE_SECONDS) if ended.by_silence else ended.seconds
