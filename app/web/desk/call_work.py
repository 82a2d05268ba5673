"""What people add to a call they read: its wrap-up and notes."""

from dataclasses import dataclass
from http import HTTPMethod, HTTPStatus

from flask import request
from flask.typing import ResponseReturnValue

from app.accounts import EVERY_ROLE
from app.call_work import LONGEST_NOTE, CallNotes, WrapUp
from app.services import Services
from app.web.desk import states
from app.web.desk.call_page import call_drawn, found_call
from app.web.desk.doors import Page, visitor
from app.web.desk.notices import back_to


def pages(services: Services) -> tuple[Page, ...]:
    """What the form of notes on a call does."""
    rule = "/calls/<call_sid>/notes"
    return (Page(rule=rule, name="note_call", view=_Notes(services).add, roles=EVERY_ROLE, method=HTTPMethod.POST),)


@dataclass(frozen=True, slots=True)
class _Notes:
    services: Services

    def add(self, call_sid: str) -> ResponseReturnValue:
        record, form = found_call(self.services, call_sid), request.form
        if record is None:
            return states.not_found("call")
        code, text = form.get("code", ""), form.get("text", "").strip()
        if code and code not in set(WrapUp):
            return states.refused(HTTPStatus.BAD_REQUEST, "There is no such wrap-up")
        if not code and not text:
            return back_to(f"/desk/calls/{call_sid}", "nothing")
        if len(text) > LONGEST_NOTE:
            fault = f"A note has {LONGEST_NOTE} characters at most; this one has {len(text)}."
            return call_drawn(self.services, record, fault=fault, draft=text), HTTPStatus.UNPROCESSABLE_ENTITY
        chosen = WrapUp(code) if code else None
        CallNotes(self.services).add(record.call.call_sid, by=visitor().name, code=chosen, text=text)
        return back_to(f"/desk/calls/{call_sid}", "noted")
