"""The page of one call: who was rung, when, and because of what; its messages, and what people added to it."""

import re
from dataclasses import dataclass
from http import HTTPStatus

from flask import render_template
from flask.typing import ResponseReturnValue

from app.accounts import EVERY_ROLE
from app.call_work import LONGEST_NOTE, CallNotes, WrapUp
from app.cdr.records import CallRecord
from app.replay import replayed
from app.services import Services
from app.web.desk import states
from app.web.desk.call_story import story
from app.web.desk.doors import Page
from app.web.desk.lanes import drawing
from app.web.desk.voicemail import my_scope, new_playing

_SID = re.compile(r"[A-Za-z0-9]{1,64}")


def pages(services: Services) -> tuple[Page, ...]:
    """One call, and the same once more. Every role may follow a ticket to its call."""
    one = _One(services)
    return (
        Page(rule="/calls/<call_sid>", name="call", view=one.show, roles=EVERY_ROLE),
        Page(rule="/calls/<call_sid>/replay", name="replay_call", view=one.replay, roles=EVERY_ROLE),
    )


def found_call(services: Services, call_sid: str) -> CallRecord | None:
    """The call of an address; None when there is none."""
    return services.store.calls.get(call_sid) if _SID.fullmatch(call_sid) else None


def call_drawn(services: Services, record: CallRecord, *, fault: str = "", draft: str = "") -> str:
    """The page of a call; `fault` and `draft` are of a note that was not added."""
    call_sid, config, scope = record.call.call_sid, services.config, my_scope(services)
    timeline = services.store.calls.timeline(call_sid)
    then = config.revision(record.call.config_revision)
    messages = services.store.inbox.of_call(call_sid)
    mine = {each.voicemail.recording_sid for each in services.store.inbox.of_call(call_sid, scope=scope)}
    return render_template(
        "call.html",
        record=record,
        story=story(timeline, then.book if then else None),
        words_known=then is not None,
        drawn=drawing(record, timeline, at=services.clock.now()),
        line_title=_line_title(services, record),
        client=config.current().book.callers.client(record.call.caller),
        messages=[each for each in messages if each.voicemail.recording_sid in mine],
        others=len(messages) - len(mine),
        playing=new_playing,
        notes=CallNotes(services).of_call(call_sid),
        codes=list(WrapUp),
        longest=LONGEST_NOTE,
        fault=fault,
        draft=draft,
    )


@dataclass(frozen=True, slots=True)
class _One:
    """Each page by its name."""

    services: Services

    def show(self, call_sid: str) -> ResponseReturnValue:
        record = found_call(self.services, call_sid)
        return states.not_found("call") if record is None else call_drawn(self.services, record)

    def replay(self, call_sid: str) -> ResponseReturnValue:
        """The route then beside the route now. Nothing is rung, and nothing is written."""
        record, services = found_call(self.services, call_sid), self.services
        if record is None:
            return states.not_found("call")
        if record.call.ended_at is None:
            return states.refused(HTTPStatus.CONFLICT, "This call is not over yet")
        snapshot = services.config.current()
        quick = services.store.overrides.quick(at=record.call.started_at)
        desk = services.store.desk.in_force(at=record.call.started_at)
        found = replayed(record, services.store.calls.timeline(call_sid), snapshot, quick=quick, desk=desk)
        return render_template(
            "call_replay.html",
            record=record,
            replay=found,
            revision=snapshot.revision,
            line_title=_line_title(services, record),
        )


def _line_title(services: Services, record: CallRecord) -> str:
    lines = services.config.current().book.lines
    return lines[record.call.line].title if record.call.line in lines else record.call.line
