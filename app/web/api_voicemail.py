"""Messages over the API: listed, played, read, and taken care of. Each playing and reading is in the audit log.

What was said is in the answer to those two questions alone, and nobody keeps a copy of it on the way.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPMethod, HTTPStatus
from typing import TypeVar

from flask import Response, request
from pydantic import AwareDatetime

from app.callbacks import HINDRANCES, Asked, AttemptState, CallbackRequests, attempts
from app.config.snapshot import Snapshot
from app.flow.messages import CALLBACK_TURN
from app.services import Services
from app.store import BadCursor, TeamScope, TokenIdentity, Voicemail, VoicemailFilters, VoicemailState
from app.voicemail import NotAllowed, NotPlayable, Voicemails, Why, scope_of
from app.web.api_access import signature
from app.web.api_documents import Document
from app.web.api_openapi import Operation
from app.web.api_parameters import Parameters, VoicemailParameters, YesNo, faulty_cursor
from app.web.problems import ALWAYS, ApiProblem

AnswerT = TypeVar("AnswerT")

WAV = "audio/wav"
_SID = re.compile(r"[A-Za-z0-9]{1,64}")
_STATUS = {
    Why.UNKNOWN: HTTPStatus.NOT_FOUND,
    Why.NOT_HERE_YET: HTTPStatus.CONFLICT,
    Why.NOTHING_SAID: HTTPStatus.CONFLICT,
    Why.LOST: HTTPStatus.CONFLICT,
    Why.NOT_WRITTEN_DOWN: HTTPStatus.CONFLICT,
    Why.DELETED: HTTPStatus.GONE,
    Why.UNREADABLE: HTTPStatus.INTERNAL_SERVER_ERROR,
}


class Message(Document):
    """A message a caller left: where it is in its life, and who has it. Never what was said."""

    recording_sid: str
    ticket: int
    call_sid: str
    state: VoicemailState
    """`kept` can be played; `announced` and `fetching` are on their way; `deleted` was here and is no more."""
    seconds: int | None
    created_at: AwareDatetime
    fetched_at: AwareDatetime | None
    transcript_status: str | None
    """`completed` can be read; null while none was offered."""
    heard_at: AwareDatetime | None
    heard_by: str | None
    """Who heard it first."""
    claimed_at: AwareDatetime | None
    claimed_by: str | None
    """Who has taken it to themselves."""
    done_at: AwareDatetime | None
    done_by: str | None
    retention_until: AwareDatetime | None
    """When what was said is deleted."""


class MessagePage(Document):
    """Messages, newest first."""

    items: list[Message]
    next: str | None
    """The `cursor` of the next page; null at the end."""


class TranscriptText(Document):
    """What was written down of a message."""

    recording_sid: str
    text: str


class CallBack(Document):
    """One attempt to call back who left a message: the phone of who asked is rung first, then the caller's."""

    person: str
    """Whose phone was rung."""
    asked_at: AwareDatetime
    state: AttemptState
    """`asked`, `ringing`, `calling` and `talking` go on; of `not_rung` and `not_taken` the caller never knew."""
    at: AwareDatetime
    because: str


class CallBacks(Document):
    """The attempts to call back about one message, oldest first."""

    items: list[CallBack]
    next: None = None


def voicemail_operations(services: Services) -> tuple[Operation, ...]:
    """What the API can be asked about messages."""
    messages = _Messages(services)
    return (*_questions(messages), *_changes(messages))


def _questions(messages: "_Messages") -> tuple[Operation, ...]:
    return (
        Operation(
            name="voicemails",
            rule="/voicemail",
            summary="Messages, newest first",
            parameters=VoicemailParameters,
            answers=MessagePage,
            ask=messages.page,
            personal=True,
        ),
        Operation(
            name="voicemail",
            rule="/voicemail/<recording_sid>",
            summary="One message",
            parameters=Parameters,
            answers=Message,
            ask=messages.one,
            personal=True,
        ),
        Operation(
            name="voicemail_audio",
            rule="/voicemail/<recording_sid>/audio",
            summary="The sound of a message; each playing is in the audit log",
            parameters=Parameters,
            answers=None,
            ask=messages.audio,
            signed=True,
            media=WAV,
        ),
        Operation(
            name="voicemail_transcript",
            rule="/voicemail/<recording_sid>/transcript",
            summary="What was written down of a message; each reading is in the audit log",
            parameters=Parameters,
            answers=TranscriptText,
            ask=messages.transcript,
            signed=True,
        ),
        Operation(
            name="voicemail_call_backs",
            rule="/voicemail/<recording_sid>/call-backs",
            summary="How it went when who left a message was called back",
            parameters=Parameters,
            answers=CallBacks,
            ask=messages.call_backs,
            personal=True,
        ),
    )


def _changes(messages: "_Messages") -> tuple[Operation, ...]:
    changes = (
        ("claim", "Take a message to oneself; of several who try, one does", messages.claim),
        ("release", "Give back a message one has taken", messages.release),
        ("heard", "Note that one knows what was said", messages.heard),
        ("done", "Finish with a message that is one's own or nobody's", messages.done),
    )
    call_back = Operation(
        name="voicemail_call_back",
        rule="/voicemail/<recording_sid>/call-back",
        summary="Have one's own phone rung to call back about a message one has taken; asked again meanwhile, once",
        parameters=Parameters,
        answers=CallBacks,
        ask=messages.call_back,
        method=HTTPMethod.POST,
        signed=True,
    )
    return (
        *(
            Operation(
                name=f"voicemail_{word}",
                rule=f"/voicemail/<recording_sid>/{word}",
                summary=summary,
                parameters=Parameters,
                answers=Message,
                ask=change,
                method=HTTPMethod.POST,
                signed=True,
            )
            for word, summary, change in changes
        ),
        call_back,
    )


@dataclass(frozen=True, slots=True)
class _Messages:
    """Each question and change by its name."""

    services: Services

    @property
    def _voicemails(self) -> Voicemails:
        return Voicemails(self.services)

    @property
    def _now(self) -> datetime:
        return self.services.clock.now()

    def page(self, asked: VoicemailParameters, snapshot: Snapshot, *, asker: TokenIdentity) -> MessagePage:
        done = None if asked.done is None else asked.done is YesNo.YES
        filters = VoicemailFilters(state=asked.state, ticket=asked.ticket, done=done, scope=_scope(snapshot, asker))
        try:
            page = self.services.store.voicemails.page(filters, limit=asked.limit, cursor=asked.cursor)
        except BadCursor:
            raise faulty_cursor() from None
        return MessagePage(items=[_document(each) for each in page.items], next=page.next)

    def one(self, _asked: Parameters, _snapshot: Snapshot, *, recording_sid: str, asker: TokenIdentity) -> Message:
        return _document(self._found(recording_sid, asker))

    def audio(self, _asked: Parameters, _snapshot: Snapshot, *, recording_sid: str, asker: TokenIdentity) -> Response:
        sid, by, at = self._found(recording_sid, asker).recording_sid, signature(asker), self._now
        if request.method == HTTPMethod.HEAD:
            # Nothing is played, so nothing is noted.
            size = _told(lambda: self._voicemails.size(sid, at=at))
            return Response(mimetype=WAV, headers={**ALWAYS, "Content-Length": str(size), "Accept-Ranges": "bytes"})
        sound = _told(lambda: self._voicemails.play(sid, by=by, role=asker.role, at=at))
        answer = Response(
            sound, mimetype=WAV, headers={**ALWAYS, "Content-Disposition": f'inline; filename="{sid}.wav"'}
        )
        answer.make_conditional(request.environ, accept_ranges=True, complete_length=len(sound))
        return answer

    def transcript(
        self, _asked: Parameters, _snapshot: Snapshot, *, recording_sid: str, asker: TokenIdentity
    ) -> TranscriptText:
        sid, by, at = self._found(recording_sid, asker).recording_sid, signature(asker), self._now
        text = _told(lambda: self._voicemails.transcript(sid, by=by, role=asker.role, at=at))
        return TranscriptText(recording_sid=sid, text=text)

    def claim(self, _asked: Parameters, _snapshot: Snapshot, *, recording_sid: str, asker: TokenIdentity) -> Message:
        before, by = self._found(recording_sid, asker), signature(asker)
        if self._voicemails.claim(before.recording_sid, by=by, at=self._now):
            return _document(self._found(recording_sid, asker))
        return self._unless(recording_sid, asker, lambda now: now.claimed_by == by and now.done_at is None)

    def release(self, _asked: Parameters, _snapshot: Snapshot, *, recording_sid: str, asker: TokenIdentity) -> Message:
        before, by = self._found(recording_sid, asker), signature(asker)
        if self._voicemails.release(before.recording_sid, by=by, at=self._now):
            return _document(self._found(recording_sid, asker))
        return self._unless(recording_sid, asker, lambda now: now.claimed_by is None and now.done_at is None)

    def heard(self, _asked: Parameters, _snapshot: Snapshot, *, recording_sid: str, asker: TokenIdentity) -> Message:
        before = self._found(recording_sid, asker)
        self._voicemails.heard(before.recording_sid, by=signature(asker), at=self._now)
        return _document(self._found(recording_sid, asker))

    def done(self, _asked: Parameters, _snapshot: Snapshot, *, recording_sid: str, asker: TokenIdentity) -> Message:
        before, by = self._found(recording_sid, asker), signature(asker)
        if self._voicemails.done(before.recording_sid, by=by, at=self._now):
            return _document(self._found(recording_sid, asker))
        return self._unless(recording_sid, asker, lambda now: now.done_by == by)

    def call_backs(
        self, _asked: Parameters, _snapshot: Snapshot, *, recording_sid: str, asker: TokenIdentity
    ) -> CallBacks:
        message = self._found(recording_sid, asker)
        told = self.services.store.calls.facts_from((message.call_sid,), CALLBACK_TURN)
        known = attempts(told.get(message.call_sid, ()), at=self._now)
        return CallBacks(
            items=[
                CallBack(person=each.party, asked_at=each.asked_at, state=each.state, at=each.at, because=each.because)
                for each in known
                if each.recording_sid == recording_sid
            ]
        )

    def call_back(
        self, asked: Parameters, snapshot: Snapshot, *, recording_sid: str, asker: TokenIdentity
    ) -> CallBacks:
        """The phone is that of the member of staff whose name the token bears."""
        self._found(recording_sid, asker)
        requests = CallbackRequests(services=self.services, actor=signature(asker), person=asker.name)
        result = requests.ask(recording_sid)
        if result is Asked.NOT_YOURS:
            raise ApiProblem(HTTPStatus.CONFLICT, _why_not(self._found(recording_sid, asker)))
        if result in HINDRANCES:
            raise ApiProblem(HTTPStatus.CONFLICT, HINDRANCES[result])
        return self.call_backs(asked, snapshot, recording_sid=recording_sid, asker=asker)

    def _found(self, recording_sid: str, asker: TokenIdentity) -> Voicemail:
        scope = _scope(self.services.config.current(), asker)
        known = _SID.fullmatch(recording_sid)
        found = self.services.store.inbox.get(recording_sid, scope=scope) if known else None
        if found is None:
            raise ApiProblem(HTTPStatus.NOT_FOUND, "there is no message with this SID")
        return found.voicemail

    def _unless(self, recording_sid: str, asker: TokenIdentity, is_so_already: Callable[[Voicemail], bool]) -> Message:
        """What did not happen may be so already: a repeated request is no problem."""
        now = self._found(recording_sid, asker)
        if is_so_already(now):
            return _document(now)
        raise ApiProblem(HTTPStatus.CONFLICT, _why_not(now))


def _scope(snapshot: Snapshot, asker: TokenIdentity) -> TeamScope | None:
    """A token that bears the name of one of the staff sees what they see; one of a program, by its role alone."""
    is_person = asker.name in snapshot.roster.people
    return scope_of(snapshot, name=asker.name, role=asker.role) if is_person else None


def _told(ask: Callable[[], AnswerT]) -> AnswerT:
    try:
        return ask()
    except NotAllowed:
        raise ApiProblem(HTTPStatus.FORBIDDEN, "the role of this token does not allow this") from None
    except NotPlayable as fault:
        raise ApiProblem(_STATUS[fault.why], str(fault)) from None


def _why_not(voicemail: Voicemail) -> str:
    if voicemail.done_at is not None:
        return f"{voicemail.done_by} has finished with the message"
    if voicemail.claimed_by is not None:
        return f"{voicemail.claimed_by} has taken the message"
    return "nobody has taken the message" if voicemail.state is VoicemailState.KEPT else "the message is not here"


def _document(voicemail: Voicemail) -> Message:
    return Message.model_validate(voicemail)
