"""One ticket: its page, and what its reader can do to it. Whoever is too late is told so, and keeps their words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPMethod, HTTPStatus

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import EVERY_ROLE
from app.cdr.records import TicketStatus
from app.cdr.ticket_clocks import rule_of
from app.cdr.ticket_rules import CLOSED, is_merged, move_to
from app.services import Services
from app.store import TicketFile, VoicemailFilters
from app.tickets import LONGEST_UPDATE, EntryKind, News, NewsKind, Outcome, Result
from app.web.desk import states
from app.web.desk.doors import Page, visitor
from app.web.desk.look import zone_of
from app.web.desk.notices import back_to
from app.web.desk.ticket_clocks import clocks_of
from app.web.desk.ticket_forms import (
    LONGEST_LINE,
    LONGEST_MINUTES,
    SHORTEST_MINUTES,
    Wanted,
    agreement_of,
    change_of,
    joining_of,
    move_of,
    number_in,
)
from app.web.desk.ticket_people import person, requests_of, unknown_assignee
from app.web.desk.ticket_queries import HERE
from app.web.desk.ticket_story import Entry, story_of, told
from oncall import Priority

_NOTICES = {
    Outcome.DONE: "changed",
    Outcome.DONE_BEFORE: "unchanged",
    Outcome.YOURS_ALREADY: "yours",
    Outcome.TAKEN: "taken",
    Outcome.CLOSED: "closed",
    Outcome.STALE: "stale",
}
_LONGEST_BACK = 500
_MESSAGES = 20


def pages(services: Services) -> tuple[Page, ...]:
    """One ticket, and what can be done to it."""
    ticket, post = _Ticket(services), HTTPMethod.POST
    one = "/tickets/<int:number>"
    return (
        Page(rule=one, name="ticket", view=ticket.show, roles=EVERY_ROLE),
        Page(rule=f"{one}/other", name="other_ticket", view=ticket.other, roles=EVERY_ROLE),
        Page(rule=f"{one}/take", name="take_ticket", view=ticket.take, roles=EVERY_ROLE, method=post),
        Page(rule=f"{one}/tell", name="tell_ticket", view=ticket.tell, roles=EVERY_ROLE, method=post),
        Page(rule=f"{one}/change", name="change_ticket", view=ticket.change, roles=EVERY_ROLE, method=post),
        Page(rule=f"{one}/agree", name="agree_ticket", view=ticket.agree, roles=EVERY_ROLE, method=post),
        Page(rule=f"{one}/join", name="join_ticket", view=ticket.join, roles=EVERY_ROLE, method=post),
        Page(rule=f"{one}/move", name="move_ticket", view=ticket.move, roles=EVERY_ROLE, method=post),
    )


@dataclass(frozen=True, slots=True)
class _Tried:
    """A form that could not be carried out: which, with which words, why, and what others did meanwhile."""

    form: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    meanwhile: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class _Ticket:
    """Each page by its name."""

    services: Services

    def show(self, number: int) -> ResponseReturnValue:
        file = self.services.store.tickets.get(number)
        return states.not_found("ticket") if file is None else self._drawn(file, _Tried())

    def other(self, number: int) -> ResponseReturnValue:
        """What another ticket is, before it is merged or linked: a part of the page."""
        found = number_in(request.args.get("other", ""))
        file = None if found is None else self.services.store.tickets.get(found)
        return render_template("ticket_other.html", file=file, number=number, asked=found)

    def take(self, number: int) -> ResponseReturnValue:
        if person(self.services) is None:
            return back_to(_back(number), "no_person")
        requests = requests_of(self.services)
        wanted = requests.take if request.form.get("from") == "somebody" else requests.acknowledge
        return self._after(number, "take", wanted(number), done="acknowledged")

    def tell(self, number: int) -> ResponseReturnValue:
        form = request.form
        text, kind = form.get("text", "").strip(), form.get("kind", "")
        if not text:
            return back_to(_back(number), "nothing")
        if kind not in set(NewsKind) or len(text) > LONGEST_UPDATE:
            return states.refused(HTTPStatus.BAD_REQUEST, "This cannot be added")
        if kind == NewsKind.UPDATE and (meanwhile := self._others_since(number, form.get("version", ""))):
            return self._refused(number, _Tried("tell", form, (), meanwhile))
        news = News(text=text, kind=NewsKind(kind), waiting=form.get("waiting") == "yes", key=_key_of_form())
        return self._after(number, "tell", requests_of(self.services).tell(number, news), done="told")

    def change(self, number: int) -> ResponseReturnValue:
        wanted = change_of(request.form)
        file = self.services.store.tickets.get(number)
        if file is not None and wanted.edit.assignee != file.ticket.assignee:
            wanted = wanted.also(unknown_assignee(self.services, wanted.edit.assignee))
        return self._edited(number, "change", wanted)

    def agree(self, number: int) -> ResponseReturnValue:
        return self._edited(number, "agree", agreement_of(request.form, zone=zone_of(self.services)))

    def join(self, number: int) -> ResponseReturnValue:
        wanted = joining_of(request.form)
        return self._edited(number, "join", wanted, done="linked" if wanted.edit.link_to else "merged")

    def move(self, number: int) -> ResponseReturnValue:
        """A card's way to another column; whoever is too late sees the board as it is now."""
        wanted = move_of(request.form.get("move", ""), reason="moved on the board")
        return self._edited(number, "move", wanted)

    def _edited(self, number: int, form: str, wanted: Wanted, *, done: str = "changed") -> ResponseReturnValue:
        if wanted.unknown:
            return states.refused(HTTPStatus.BAD_REQUEST, "There is no such change")
        if wanted.faults:
            return self._refused(number, _Tried(form, request.form, wanted.faults))
        return self._after(number, form, requests_of(self.services).edit(number, wanted.edit), done=done)

    def _after(self, number: int, form: str, result: Result, *, done: str) -> ResponseReturnValue:
        outcome = result.outcome
        if outcome is Outcome.UNKNOWN:
            return states.not_found("ticket")
        if outcome is Outcome.STALE and form != "move":
            meanwhile = self._others_since(number, request.form.get("version", ""), mine=True)
            return self._refused(number, _Tried(form, request.form, (), meanwhile))
        if outcome not in {Outcome.REFUSED, Outcome.KEY_USED, Outcome.CLOSED}:
            return back_to(_back(number), done if outcome is Outcome.DONE else _NOTICES[outcome])
        if outcome is Outcome.CLOSED and form == "take":
            return back_to(_back(number), "closed")
        faults = [f"{fault.field.replace('_', ' ')}: {fault.message}" for fault in result.faults]
        if outcome is Outcome.CLOSED:
            faults = ["The ticket is closed by now: reopen it first."]
        return self._refused(number, _Tried(form, request.form, tuple(faults) or ("Added before, in other words.",)))

    def _refused(self, number: int, tried: _Tried) -> ResponseReturnValue:
        file = self.services.store.tickets.get(number)
        if file is None:
            return states.not_found("ticket")
        return self._drawn(file, tried), HTTPStatus.CONFLICT

    def _others_since(self, number: int, version: str, *, mine: bool = False) -> tuple[Entry, ...]:
        """What was told of the ticket after this version of it; one's own entries count with `mine`."""
        file = self.services.store.tickets.get(number)
        entries = version.rpartition("-")[2]
        if file is None or not entries.isdecimal():
            return ()
        since = file.updates[int(entries) :]
        return tuple(told(each) for each in since if mine or each.author != visitor().name)

    def _drawn(self, file: TicketFile, tried: _Tried) -> str:
        ticket, services = file.ticket, self.services
        number, snapshot, now = ticket.number or 0, services.config.current(), services.clock.now()
        around = services.store.ticket_lists.calls_of(number)
        messages = services.store.voicemails.page(VoicemailFilters(ticket=number), limit=_MESSAGES)
        ways = [status for status in TicketStatus if status is not ticket.status and move_to(ticket, status)]
        return render_template(
            "ticket.html",
            file=file,
            ticket=ticket,
            ways=[] if is_merged(ticket) else ways,
            is_open=ticket.status not in CLOSED,
            can_reopen=ticket.status in CLOSED and not is_merged(ticket),
            me=person(services),
            people=list(snapshot.roster.people),
            priorities=list(Priority),
            story=story_of(file.updates, around),
            calls=around.calls,
            messages=messages.items,
            clocks=clocks_of(ticket, file.updates, at=now),
            rule=rule_of(ticket),
            client=snapshot.book.callers.client(ticket.requester),
            reasons={kind: _last(file, kind) for kind in (EntryKind.PRIORITY, EntryKind.AGREED)},
            tried=tried,
            longest=LONGEST_UPDATE,
            longest_line=LONGEST_LINE,
            minutes=(SHORTEST_MINUTES, LONGEST_MINUTES),
            now=now,
        )


def _last(file: TicketFile, kind: EntryKind) -> Entry | None:
    """The latest entry of a kind, which says why something is as it is."""
    return next((told(each) for each in reversed(file.updates) if each.kind == kind), None)


def _key_of_form() -> str | None:
    """The same for a form that is sent twice."""
    key = request.form.get("key", "")
    return f"desk:{key}" if key.isalnum() and len(key) <= 64 else None  # noqa: PLR2004 (longer than any of ours)


def _back(number: int) -> str:
    """Where the reader came from, if it is one of the pages of tickets; else the ticket."""
    back = request.form.get("back", "")
    ours = back == HERE or back.startswith((f"{HERE}?", f"{HERE}/"))
    is_plain = back.isascii() and back.isprintable() and "\\" not in back and len(back) <= _LONGEST_BACK
    return back if ours and is_plain else f"{HERE}/{number}"
