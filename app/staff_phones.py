"""Webhooks of phones rung by a caller's own leg: the accept prompt, its key, and what became of the phone.

Nobody is connected before the key is pressed; saying so needs no database.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from app.calls import Calls
from app.cdr.records import CallRecord
from app.flow.messages import Detail, Fact, FactKind, KeysPressed, Position, Silence
from app.flow.standard import ACCEPT, ACCEPTED, ALREADY_GONE, DECLINED
from app.telephony import twiml
from app.telephony.inbound import VoiceRequest, dial_status, happened_at

ACCEPT_KEY = "1"
DECLINE_KEY = "2"
ACCEPT_TRIES = 3
ACCEPT_WAIT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class StaffPhones:
    """Answers the phones of a hunt."""

    calls: Calls

    def accept_prompt(self, token: str, request: VoiceRequest) -> str:
        """What a staff phone hears before anybody is connected. Without the database it names no client."""
        position = self.calls.services.positions.read(token)
        if position is None or request.gone:
            return twiml.HANGUP  # an empty document would end by itself, and that connects the two
        return self._prompt_to_accept(position, request)

    def accept_key(self, token: str, request: VoiceRequest, event: KeysPressed | Silence) -> str:
        """The key a staff member pressed: take it, pass it on, or hear the prompt again."""
        position = self.calls.services.positions.read(token)
        if position is None:
            return twiml.parting(self.calls.words(None, DECLINED))
        match event:
            case KeysPressed(digits) if digits == ACCEPT_KEY:
                record = self._tell_leg(position, request, FactKind.LEG_ACCEPTED, "the accept key was pressed")
                caller_is_there = record is None or record.call.ended_at is None
                return (
                    twiml.accepted(self.calls.words(position, ACCEPTED))
                    if caller_is_there
                    else twiml.parting(self.calls.words(position, ALREADY_GONE))
                )
            case KeysPressed(digits) if digits == DECLINE_KEY:
                self._tell_leg(position, request, FactKind.LEG_DECLINED, "the decline key was pressed")
                return twiml.parting(self.calls.words(position, DECLINED))
            case _ if position.tries + 1 < ACCEPT_TRIES:
                return self._prompt_to_accept(replace(position, tries=position.tries + 1), request)
            case _:
                return twiml.parting(self.calls.words(position, DECLINED))

    def leg_status(self, token: str, request: VoiceRequest) -> None:
        """A phone we ring rang, was answered, or is over."""
        position, word = self.calls.services.positions.read(token), request.fields.get("CallStatus", "")
        if position is None or word in {"queued", "initiated"}:
            return
        at = happened_at(request, now=self.calls.services.clock.now(), since=position.began_at)
        if word == "ringing":
            self._tell_leg(position, request, FactKind.LEG_RANG, "the phone rings", at=at)
        elif word in {"in-progress", "answered"}:
            self._tell_leg(position, request, FactKind.LEG_ANSWERED, "somebody or something picked up", at=at)
        else:
            self._tell_leg(position, request, FactKind.LEG_ENDED, f"the phone reports {word}"[:60], at=at)

    def _prompt_to_accept(self, position: Position, request: VoiceRequest) -> str:
        links = twiml.Links(self.calls.services.settings.public_base_url, self.calls.services.positions.write(position))
        caller = self.calls.records.caller_of(request.parent_call_sid or "")
        words = self.calls.words(position, ACCEPT, caller=caller)
        return twiml.accept_prompt(words, links=links, wait_seconds=ACCEPT_WAIT_SECONDS)

    def _tell_leg(
        self,
        position: Position,
        request: VoiceRequest,
        kind: FactKind,
        because: str,
        *,
        at: datetime | None = None,
    ) -> CallRecord | None:
        detail: dict[str, Detail] = {"leg": position.turn, "leg_sid": request.call_sid}
        if kind is FactKind.LEG_ENDED:
            detail["status"] = dial_status(request.fields.get("CallStatus", "")).value
        fact = Fact(
            kind=kind,
            key=f"{kind}:{request.call_sid}",
            at=at or self.calls.services.clock.now(),
            because=because,
            detail=detail,
        )
        return self.calls.records.tell(request.parent_call_sid or request.call_sid, position.turn, fact)
