"""The telephone of whoever calls somebody back: it is rung first, and on its key the other one.

Knows the dialogue alone. Why somebody is called back, and what becomes of it, is the cause's: a place in line, or a
message. That somebody or something picked up there says nothing yet: whoever called says, by another key, whether they
spoke to the person.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from app.calls import Calls
from app.flow.messages import CALLBACK_TURN, Detail, DialStatus, Fact, FactKind, KeysPressed, Position, Say, Silence
from app.flow.standard import CALLBACK_CALLING, CALLBACK_SPOKEN
from app.staff_phones import ACCEPT_KEY, ACCEPT_TRIES, ACCEPT_WAIT_SECONDS, DECLINE_KEY
from app.store import StoreUnavailable
from app.telephony import twiml
from app.telephony.inbound import VoiceRequest, dial_ended

# At the question whether the person was spoken to, and at the prompt of a later attempt.
SPOKEN_KEY, NOT_SPOKEN_KEY = "1", "2"
SPOKEN_BEFORE_KEY = "3"
# A talk may have ended with somebody reaching for their phone.
SPOKEN_WAIT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Begun:
    """Whom to call now (E.164), about which ticket."""

    number: str
    ticket: int | None


class Cause(Protocol):
    """Why somebody is called back."""

    def asking(self, position: Position) -> Say:
        """What is said to whoever picks up, before any key; it identifies nobody."""

    def declined(self, position: Position) -> Say:
        """What is said to who calls nobody."""

    def was_tried(self, position: Position) -> bool:
        """Whether the person was called before, so that one may have spoken to them already."""

    def begin(self, position: Position, request: VoiceRequest) -> Begun | Say:
        """The key was pressed: whom to call, or why nobody is called. The same again for the same phone."""

    def spoken(self, position: Position, request: VoiceRequest) -> Say:
        """The person was spoken to, as whoever called says; returns what they hear."""

    def unanswered(self, position: Position, request: VoiceRequest, because: str) -> Say:
        """The person was not reached; returns what whoever called hears."""


@dataclass(frozen=True, slots=True)
class CallbackPhones:
    """Answers the phones that ring for call-backs."""

    calls: Calls
    of_line: Cause
    of_messages: Cause

    def prompt(self, token: str, request: VoiceRequest) -> str:
        """What a member of staff hears who picks up."""
        position = self._position(token)
        if position is None or request.gone:
            return twiml.HANGUP
        self._tell(position, leg_fact(self.calls, position, request, FactKind.LEG_ANSWERED, "it picked up"))
        return self._ask(position)

    def key(self, token: str, request: VoiceRequest, event: KeysPressed | Silence) -> str:
        """The key they pressed: 1 calls the person back."""
        position = self._position(token)
        if position is None:
            return twiml.HANGUP
        cause = self._cause(position)
        match event:
            case KeysPressed(digits) if digits == ACCEPT_KEY:
                return self._call(position, request)
            case KeysPressed(digits) if digits == DECLINE_KEY:
                because = "the decline key was pressed"
                self._tell(position, leg_fact(self.calls, position, request, FactKind.LEG_DECLINED, because))
            case KeysPressed(digits) if digits == SPOKEN_BEFORE_KEY and cause.was_tried(position):
                return twiml.parting(cause.spoken(position, request))
            case _ if position.tries + 1 < ACCEPT_TRIES:
                return self._ask(replace(position, tries=position.tries + 1))
        return twiml.parting(cause.declined(position))

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
        words = self._cause(position).unanswered(position, request, "nobody picked up the call-back")
        return twiml.HANGUP if request.gone else twiml.parting(words)

    def spoken(self, token: str, request: VoiceRequest, event: KeysPressed | Silence) -> str:
        """The member of staff says whether they spoke to the person."""
        position = self._position(token)
        if position is None:
            return twiml.HANGUP
        cause = self._cause(position)
        match event:
            case KeysPressed(digits) if digits == SPOKEN_KEY:
                return twiml.parting(cause.spoken(position, request))
            case KeysPressed(digits) if digits == NOT_SPOKEN_KEY:
                return twiml.parting(cause.unanswered(position, request, "the person was not spoken to"))
            case _ if position.tries + 1 < ACCEPT_TRIES:
                return self._ask_spoken(replace(position, tries=position.tries + 1))
        return twiml.HANGUP

    def _cause(self, position: Position) -> Cause:
        return self.of_messages if position.turn > CALLBACK_TURN else self.of_line

    def _call(self, position: Position, request: VoiceRequest) -> str:
        begun = self._cause(position).begin(position, request)
        if isinstance(begun, Say):
            return twiml.parting(begun)
        words = self.calls.words(position, CALLBACK_CALLING, ticket=begun.ticket)
        line = self.calls.services.config.current().book.line(position.line)
        return twiml.call_back(words, number=begun.number, caller_id=line.number, links=self._links(position))

    def _picked_up(self, position: Position, leg_sid: str) -> None:
        fact = Fact(
            kind=FactKind.CALLBACK_PICKED_UP,
            key=f"{FactKind.CALLBACK_PICKED_UP}:{leg_sid}",
            at=self.calls.services.clock.now(),
            because="somebody or something picked up the call-back",
            detail={"leg": position.exchange, "leg_sid": leg_sid},
        )
        self._tell(position, fact)

    def _ask(self, position: Position) -> str:
        words, links = self._cause(position).asking(position), self._links(position)
        return twiml.accept_prompt(words, links=links, wait_seconds=ACCEPT_WAIT_SECONDS, key="callback-key")

    def _ask_spoken(self, position: Position) -> str:
        words = self.calls.words(position, CALLBACK_SPOKEN, ticket=self._ticket(position))
        links = self._links(position)
        return twiml.accept_prompt(words, links=links, wait_seconds=SPOKEN_WAIT_SECONDS, key="callback-spoken")

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

    def _tell(self, position: Position, fact: Fact) -> None:
        self.calls.records.tell(position.call_sid, position.exchange, fact)


def leg_fact(calls: Calls, position: Position, request: VoiceRequest, kind: FactKind, because: str) -> Fact:
    """What happened on the phone of whoever calls back, now; each kind of it happens once on a phone."""
    detail: dict[str, Detail] = {"leg": position.exchange, "leg_sid": request.call_sid}
    at = calls.services.clock.now()
    return Fact(kind=kind, key=f"{kind}:{request.call_sid}", at=at, because=because, detail=detail)
