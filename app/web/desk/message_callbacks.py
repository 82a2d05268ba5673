"""The part of a message's page from which one calls back: whether one may, and how it went. Rings nobody itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPMethod, HTTPStatus
from typing import Final

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import EVERY_ROLE
from app.callbacks import HINDRANCES, Asked, Attempt, CallbackRequests, attempts
from app.flow.messages import CALLBACK_TURN
from app.services import Services
from app.store import InboxEntry, VoicemailState
from app.voicemail import scope_of
from app.web.desk import states
from app.web.desk.doors import Page, visitor
from app.web.desk.notices import back_to

HERE: Final = "/desk/voicemail"
_MOST_DIGITS: Final = 6
_NOTICES: Final = {asked: f"callback_{asked.value}" for asked in Asked} | {Asked.NOT_YOURS: "not_yours"}


def pages(services: Services) -> tuple[Page, ...]:
    """Asking for a call-back, and how it goes."""
    callbacks = MessageCalls(services)
    rule = "/voicemail/<recording_sid>/call-back"
    return (
        Page(rule=rule, name="message_call_back", view=callbacks.show, roles=EVERY_ROLE, watches=True),
        Page(rule=rule, name="call_back", view=callbacks.ask, roles=EVERY_ROLE, method=HTTPMethod.POST),
    )


@dataclass(frozen=True, slots=True)
class CallBack:
    """Calling back about one message, for one reader.

    `may` they have their phone rung now; `why_not` is a sentence where it cannot be for a reason that stays. `last` is
    how it went the last time, and `count` how often it was asked for.
    """

    may: bool
    why_not: str
    last: Attempt | None
    count: int


@dataclass(frozen=True, slots=True)
class MessageCalls:
    """Each page by its name."""

    services: Services

    def of(self, entry: InboxEntry) -> CallBack:
        """How it stands for who is signed in."""
        message, mine = entry.voicemail, visitor().name
        known = self._attempts((message.call_sid,)).get(message.call_sid, ())
        about = [each for each in known if each.recording_sid == message.recording_sid]
        last = about[-1] if about else None
        hindrance = self._requests().hindrance(entry.callback_number or entry.caller or "")
        is_mine = message.state is VoicemailState.KEPT and message.done_at is None and message.claimed_by == mine
        return CallBack(
            may=is_mine and hindrance is None and (last is None or not last.goes_on),
            why_not=HINDRANCES[hindrance] if hindrance is not None else "",
            last=last,
            count=len(about),
        )

    def last_of_each(self, entries: tuple[InboxEntry, ...]) -> Mapping[str, Attempt]:
        """How it went the last time, by message, for those that somebody has tried to call back about."""
        by_call = self._attempts(tuple({each.voicemail.call_sid for each in entries}))
        return {each.recording_sid: each for known in by_call.values() for each in known}

    def show(self, recording_sid: str) -> ResponseReturnValue:
        """How it goes, for a page that stands open; once the message is done the whole page is asked for anew."""
        entry = self._found(recording_sid)
        if entry is None:
            return states.not_found("message")
        drawn = render_template(
            "voicemail_callback.html",
            entry=entry,
            message=entry.voicemail,
            call=self.of(entry),
            me=visitor().name,
        )
        answer: Response = make_response(drawn)
        if entry.voicemail.done_at is not None:
            answer.headers["HX-Refresh"] = "true"
        return answer

    def ask(self, recording_sid: str) -> ResponseReturnValue:
        """Have one's own phone rung."""
        if self._found(recording_sid) is None:
            return states.not_found("message")
        seen = request.form.get("seen", "")
        if not (seen.isascii() and seen.isdigit() and len(seen) <= _MOST_DIGITS):
            return states.refused(HTTPStatus.BAD_REQUEST, "There is no such request")
        asked = self._requests().ask(recording_sid, seen=int(seen))
        return back_to(f"{HERE}/{recording_sid}", _NOTICES[asked])

    def _attempts(self, call_sids: tuple[str, ...]) -> Mapping[str, tuple[Attempt, ...]]:
        at = self.services.clock.now()
        told = self.services.store.calls.facts_from(call_sids, CALLBACK_TURN)
        return {call_sid: attempts(facts, at=at) for call_sid, facts in told.items()}

    def _requests(self) -> CallbackRequests:
        mine = visitor().name
        return CallbackRequests(services=self.services, actor=mine, person=mine)

    def _found(self, recording_sid: str) -> InboxEntry | None:
        mine = visitor()
        if not recording_sid.isalnum() or not recording_sid.isascii():
            return None
        scope = scope_of(self.services.config.current(), name=mine.name, role=mine.role)
        return self.services.store.inbox.get(recording_sid, scope=scope)
