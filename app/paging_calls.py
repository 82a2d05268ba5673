"""Webhooks of phones that are rung for an emergency without an owner: the key takes the ticket.

Nothing identifying is said before a key is pressed, and a voicemail that picks up takes nothing.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

import structlog

from app.flow.engine import first_position
from app.flow.messages import KeysPressed, Say, Silence
from app.flow.scene import Scene
from app.flow.standard import PAGE, PAGE_ACCEPTED, PAGE_OVER, PAGE_PASSED, PAGE_TRY_AGAIN
from app.services import Services
from app.store import StoreUnavailable
from app.telephony import twiml
from app.telephony.inbound import VoiceRequest
from app.tickets import Outcome, Tickets
from oncall import Person

ACCEPT_KEY: Final = "1"
DECLINE_KEY: Final = "2"
_TRIES: Final = 3
_WAIT_SECONDS: Final = 5
# The ticket, and how often its prompt was repeated; the signature of the request covers both.
_REFERENCE = re.compile(r"([0-9]{1,9})-([0-9])")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PagingCalls:
    """Answers the phones of a page. Each method returns a document."""

    services: Services

    def prompt(self, reference: str, request: VoiceRequest) -> str:
        """What a phone hears when it picks up; only a good-bye when the ticket has an owner by now."""
        page = _REFERENCE.fullmatch(reference)
        if page is None or request.gone:
            return twiml.HANGUP
        ticket = int(page[1])
        if self._is_over(ticket):
            return twiml.parting(self._say(PAGE_OVER, ticket, request))
        return self._ask(ticket, int(page[2]), request)

    def key(self, reference: str, request: VoiceRequest, event: KeysPressed | Silence) -> str:
        """The key of a phone: take the ticket, pass it on, or hear the prompt again."""
        page = _REFERENCE.fullmatch(reference)
        if page is None:
            return twiml.HANGUP
        ticket, tries = int(page[1]), int(page[2])
        match event:
            case KeysPressed(digits) if digits == ACCEPT_KEY:
                return twiml.parting(self._say(self._accept(ticket, request), ticket, request))
            case KeysPressed(digits) if digits != DECLINE_KEY and tries + 1 < _TRIES:
                return self._ask(ticket, tries + 1, request)
            case _:
                return twiml.parting(self._say(PAGE_PASSED, ticket, request))

    def _accept(self, ticket: int, request: VoiceRequest) -> str:
        """Takes the ticket for whoever's phone it is; returns the prompt that says what came of it."""
        person = self._owner(request)
        if person is None:
            return PAGE_PASSED
        try:
            tickets = Tickets(self.services)
            result = tickets.acknowledge(
                ticket, by=person.name, way="by key on a paging call", leg_sid=request.call_sid, phone=request.dialled
            )
        except StoreUnavailable as fault:
            _log.warning("page_not_accepted", ticket=ticket, reason=fault.reason)
            return PAGE_TRY_AGAIN
        _log.info("page_answered", ticket=ticket, outcome=result.outcome)
        return PAGE_ACCEPTED if result.outcome in {Outcome.DONE, Outcome.YOURS_ALREADY} else PAGE_OVER

    def _is_over(self, ticket: int) -> bool:
        try:
            file = self.services.store.tickets.get(ticket)
        except StoreUnavailable:
            return False
        return file is None or file.ticket.assignee is not None

    def _owner(self, request: VoiceRequest) -> Person | None:
        people = self.services.config.current().roster.people.values()
        return next((person for person in people if request.dialled in person.phones), None)

    def _ask(self, ticket: int, tries: int, request: VoiceRequest) -> str:
        links = twiml.Links(self.services.settings.public_base_url, f"{ticket}-{tries}")
        words = self._say(PAGE, ticket, request)
        return twiml.accept_prompt(words, links=links, wait_seconds=_WAIT_SECONDS, key="page-key")

    def _say(self, prompt: str, ticket: int, request: VoiceRequest) -> Say:
        """The words in the first language of the phone's owner, about the line whose number it sees."""
        snapshot, at, owner = self.services.config.current(), self.services.clock.now(), self._owner(request)
        line = snapshot.book.line_for(request.caller)
        position = first_position(line=line.name, flow=line.flow, revision=snapshot.revision, at=at)
        if owner is not None:
            position = replace(position, language=next(iter(owner.languages), position.language))
        return Scene(book=snapshot.book, roster=snapshot.roster, at=at, ticket=ticket).say(prompt, position)
