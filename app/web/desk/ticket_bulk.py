"""Several tickets changed at once: each by itself, as if alone; then it is told which were changed and which not."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPMethod, HTTPStatus
from types import MappingProxyType
from typing import Final

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import EVERY_ROLE
from app.services import Services
from app.tickets import Outcome, Result, TicketEdit
from app.web.desk import states
from app.web.desk.doors import Page
from app.web.desk.ticket_forms import WITHOUT_REASON, Wanted, change_of, chosen
from app.web.desk.ticket_people import requests_of, unknown_assignee
from app.web.desk.ticket_queries import HERE, NOBODY

_MOST: Final = 100
_WHY_NOT: Final[Mapping[Outcome, str]] = MappingProxyType(
    {
        Outcome.STALE: "somebody else changed it meanwhile: look at it again",
        Outcome.UNKNOWN: "there is no such ticket",
        Outcome.CLOSED: "it is closed: reopen it first",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What came of it for one ticket; `why_not` is empty where it was changed."""

    number: int
    subject: str
    was_so: bool = False
    why_not: str = ""


def pages(services: Services) -> tuple[Page, ...]:
    """What is done to several tickets."""
    bulk = _Bulk(services)
    return (
        Page(rule="/tickets/bulk", name="change_tickets", view=bulk.change, roles=EVERY_ROLE, method=HTTPMethod.POST),
    )


@dataclass(frozen=True, slots=True)
class _Bulk:
    """Each page by its name."""

    services: Services

    def change(self) -> ResponseReturnValue:
        picked = chosen(iter(request.form.getlist("ticket")))
        wanted = _wanted(request.form)
        wanted = wanted.also(unknown_assignee(self.services, wanted.edit.assignee))
        if wanted.unknown or len(picked) > _MOST:
            return states.refused(HTTPStatus.BAD_REQUEST, "There is no such change")
        faults = [*([] if picked else ["No ticket was picked."]), *wanted.faults]
        done = [] if faults else [self._one(number, wanted.edit, version) for number, version in picked.items()]
        content = render_template("tickets_bulk.html", done=done, faults=faults, back=_back())
        return content, HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK

    def _one(self, number: int, edit: TicketEdit, version: str) -> Changed:
        result = requests_of(self.services).edit(number, replace(edit, version=version or None))
        subject = result.ticket.subject if result.ticket else ""
        if result.outcome is Outcome.DONE:
            return Changed(number=number, subject=subject, was_so=result.before == result.ticket)
        return Changed(number=number, subject=subject, why_not=_why_not(result))


def _wanted(form: Mapping[str, str]) -> Wanted:
    """One change for all of them: an assignee left alone is empty here, and nobody has a word of its own."""
    given = {name: form.get(name, "") for name in ("status", "priority", "reason")}
    assignee = form.get("assignee", "")
    if assignee:
        given["assignee"] = "" if assignee == NOBODY else assignee
    wanted = change_of(given)
    if not (given["status"] or given["priority"] or assignee):
        return replace(wanted, faults=("Choose what to change: assignee, status or priority.",))
    return wanted if wanted.edit.reason else replace(wanted, faults=(WITHOUT_REASON,))


def _why_not(result: Result) -> str:
    told = "; ".join(f"{fault.field.replace('_', ' ')} {fault.message}" for fault in result.faults)
    return told or _WHY_NOT.get(result.outcome, "it could not be changed")


def _back() -> str:
    """The list that the tickets were picked in."""
    back = request.form.get("back", "")
    is_plain = back.isascii() and back.isprintable() and "\\" not in back
    return back if is_plain and back.startswith(f"{HERE}?") else HERE
