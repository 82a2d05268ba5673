"""The inbox of messages at the desk: who has which, what was said, and what came of it. Staff see their own team's.

What was said is in the answers to two questions alone, the sound and the transcript; each is in the audit log.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPMethod, HTTPStatus

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import EVERY_ROLE, OVERSEERS
from app.callbacks import CameOf, Finishing
from app.services import Services
from app.store import BadCursor, InboxEntry, InboxFilters, Shelf, TeamScope, TicketFile
from app.voicemail import NotAllowed, NotPlayable, Voicemails, Why, scope_of
from app.web.desk import message_callbacks, states
from app.web.desk.doors import Page, visitor
from app.web.desk.look import address_with
from app.web.desk.message_callbacks import MessageCalls
from app.web.desk.notices import back_to

HERE = "/desk/voicemail"
WAV = "audio/wav"
_SID = re.compile(r"[A-Za-z0-9]{1,64}")
_PLAYING = re.compile(r"[A-Za-z0-9-]{8,64}")
_SHELVES = ((Shelf.OPEN, "Open"), (Shelf.MINE, "Mine"), (Shelf.DONE, "Done"))
_RANK = {"emergency": 0, "high": 1, "medium": 2, "low": 3}
_STATUS = {Why.UNKNOWN: HTTPStatus.NOT_FOUND, Why.DELETED: HTTPStatus.GONE}


def pages(services: Services) -> tuple[Page, ...]:
    """The inbox, one message, and what can be done with it."""
    inbox, post = _Inbox(services), HTTPMethod.POST
    one, every = "/voicemail/<recording_sid>", EVERY_ROLE
    return (
        Page(rule="/voicemail", name="voicemail", view=inbox.show, roles=every),
        Page(rule=one, name="message", view=inbox.one, roles=every),
        Page(rule=f"{one}/sound", name="message_sound", view=inbox.sound, roles=every),
        Page(rule=f"{one}/read", name="read_message", view=inbox.read, roles=every, method=post),
        Page(rule=f"{one}/claim", name="claim_message", view=inbox.claim, roles=every, method=post),
        Page(rule=f"{one}/release", name="release_message", view=inbox.release, roles=every, method=post),
        Page(rule=f"{one}/done", name="finish_message", view=inbox.done, roles=every, method=post),
        *message_callbacks.pages(services),
    )


def my_scope(services: Services) -> TeamScope | None:
    """What limits the messages this visitor sees."""
    mine = visitor()
    return scope_of(services.config.current(), name=mine.name, role=mine.role)


def new_playing() -> str:
    """A name for one playing, so that its parts are noted once."""
    return secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class _Inbox:
    """Each page by its name."""

    services: Services

    def show(self) -> ResponseReturnValue:
        shown = request.args.get("shown", "")
        shelf = Shelf(shown) if shown in set(Shelf) else Shelf.OPEN
        filters = InboxFilters(shelf=shelf, reader=visitor().name, scope=my_scope(self.services))
        try:
            page = self.services.store.inbox.page(
                filters, limit=self.services.lengths.page, cursor=request.args.get("after") or None
            )
        except BadCursor:
            return states.not_found()
        entries = page.items if shelf is Shelf.DONE else tuple(sorted(page.items, key=_urgency))
        chosen = shelf if shelf is not Shelf.OPEN else None
        return render_template(
            "voicemail.html",
            entries=entries,
            shelf=shelf,
            shelves=[(title, address_with(HERE, {"shown": each}), each is shelf) for each, title in _SHELVES],
            lines=self.services.config.current().book.lines,
            teams=self.services.config.current().roster.teams,
            scope=filters.scope,
            called_back=self._calls.last_of_each(entries),
            older=address_with(HERE, {"shown": chosen, "after": page.next}) if page.next else None,
            newest=address_with(HERE, {"shown": chosen}) if request.args.get("after") else None,
        )

    def one(self, recording_sid: str) -> ResponseReturnValue:
        entry = self._found(recording_sid)
        return states.not_found("message") if entry is None else self._drawn(entry)

    def sound(self, recording_sid: str) -> ResponseReturnValue:
        """The sound, whole or the part that is asked for. What is not to be had is said in one sentence."""
        entry, at = self._found(recording_sid), self.services.clock.now()
        if entry is None:
            return _said(HTTPStatus.NOT_FOUND, "There is no such message.")
        try:
            if request.method == HTTPMethod.HEAD:
                # Nothing is played, so nothing is noted.
                size = self._voicemails.size(recording_sid, at=at)
                return Response(mimetype=WAV, headers={"Content-Length": str(size), "Accept-Ranges": "bytes"})
            mine, playing = visitor(), request.args.get("playing", "")
            sound = self._voicemails.play(
                recording_sid,
                by=mine.name,
                role=mine.role,
                at=at,
                playing=playing if _PLAYING.fullmatch(playing) else "",
            )
        except NotPlayable as fault:
            return _said(_STATUS.get(fault.why, HTTPStatus.CONFLICT), str(fault))
        except NotAllowed:
            return states.not_allowed()
        answer = Response(sound, mimetype=WAV)
        answer.make_conditional(request.environ, accept_ranges=True, complete_length=len(sound))
        return answer

    def read(self, recording_sid: str) -> ResponseReturnValue:
        """The page of the message with what was written down of it."""
        entry = self._found(recording_sid)
        if entry is None:
            return states.not_found("message")
        mine = visitor()
        try:
            text = self._voicemails.transcript(
                recording_sid, by=mine.name, role=mine.role, at=self.services.clock.now()
            )
        except NotPlayable as fault:
            return self._drawn(entry, fault=str(fault)), HTTPStatus.CONFLICT
        return self._drawn(entry, written=text)

    def claim(self, recording_sid: str) -> ResponseReturnValue:
        return self._deed(recording_sid, self._voicemails.claim, "claimed", "claimed_by_another")

    def release(self, recording_sid: str) -> ResponseReturnValue:
        """Overseers open what somebody else has, who may be ill; as long as it is still theirs."""
        holder = request.form.get("holder") or None
        if holder is not None and visitor().role not in OVERSEERS:
            return states.not_allowed()
        give_back = partial(self._voicemails.release, holder=holder)
        return self._deed(recording_sid, give_back, "released", "not_yours" if holder is None else "not_theirs")

    def done(self, recording_sid: str) -> ResponseReturnValue:
        """What came of it: into the ticket's history, and with most of it the message is finished with."""
        entry = self._found(recording_sid)
        if entry is None:
            return states.not_found("message")
        form, mine = request.form, visitor()
        came_of = form.get("came_of", "")
        if came_of not in set(CameOf):
            return states.refused(HTTPStatus.BAD_REQUEST, "Say what came of it")
        person = mine.name if mine.name in self.services.config.current().roster.people else None
        finishing = Finishing(services=self.services, actor=mine.name, person=person)
        notice = finishing.finish(
            entry.voicemail, CameOf(came_of), words=form.get("words", ""), resolve=form.get("resolve") == "yes"
        )
        return back_to(f"{HERE}/{recording_sid}", notice)

    def _deed(self, recording_sid: str, deed: Callable[..., bool], notice: str, otherwise: str) -> ResponseReturnValue:
        if self._found(recording_sid) is None:
            return states.not_found("message")
        happened = deed(recording_sid, by=visitor().name, at=self.services.clock.now())
        return back_to(f"{HERE}/{recording_sid}", notice if happened else otherwise)

    def _drawn(self, entry: InboxEntry, *, written: str | None = None, fault: str = "") -> str:
        snapshot = self.services.config.current()
        return render_template(
            "voicemail_message.html",
            entry=entry,
            message=entry.voicemail,
            file=self._ticket(entry),
            line=snapshot.book.lines.get(entry.line or ""),
            teams=[snapshot.roster.teams[name].title for name in entry.teams if name in snapshot.roster.teams],
            me=visitor().name,
            is_person=visitor().name in snapshot.roster.people,
            playing=new_playing(),
            written=written,
            fault=fault,
            call=self._calls.of(entry),
            gone=_is_over(entry, self.services),
        )

    def _ticket(self, entry: InboxEntry) -> TicketFile | None:
        return self.services.store.tickets.get(entry.voicemail.ticket)

    def _found(self, recording_sid: str) -> InboxEntry | None:
        if not _SID.fullmatch(recording_sid):
            return None
        return self.services.store.inbox.get(recording_sid, scope=my_scope(self.services))

    @property
    def _calls(self) -> MessageCalls:
        return MessageCalls(self.services)

    @property
    def _voicemails(self) -> Voicemails:
        return Voicemails(self.services)


def _urgency(entry: InboxEntry) -> tuple[int, float]:
    """The most urgent first, and of those who waited longest."""
    return _RANK[entry.priority], entry.voicemail.created_at.timestamp()


def _is_over(entry: InboxEntry, services: Services) -> bool:
    """Whether the retention has ended: what is to be deleted is not offered any more."""
    until = entry.voicemail.retention_until
    return until is not None and until <= services.clock.now()


def _said(status: HTTPStatus, sentence: str) -> Response:
    answer = make_response(sentence, status)
    answer.mimetype = "text/plain"
    return answer
