"""Tickets at the desk: the list, the page of one, and what its reader can do to it through the doors of `tickets`."""

from dataclasses import dataclass
from http import HTTPMethod, HTTPStatus

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import EVERY_ROLE
from app.cdr.records import TicketStatus
from app.cdr.ticket_rules import CLOSED, is_merged, move_to
from app.services import Services
from app.store import BadCursor, TicketFile
from app.tickets import LONGEST_UPDATE, News, NewsKind, Outcome, Result, TicketEdit, TicketRequests
from app.web.desk import states
from app.web.desk.doors import Page, visitor
from app.web.desk.notices import back_to
from app.web.desk.ticket_queries import SHOWN, TicketQuery, ticket_query
from oncall import Priority

_A_PAGE = 50
WAY = "at the desk"
_NOTICES = {
    Outcome.DONE: "changed",
    Outcome.DONE_BEFORE: "unchanged",
    Outcome.YOURS_ALREADY: "yours",
    Outcome.TAKEN: "taken",
    Outcome.CLOSED: "closed",
    Outcome.STALE: "stale",
}


def pages(services: Services) -> tuple[Page, ...]:
    """The list, one ticket, and what can be done to it."""
    tickets, post = _Tickets(services), HTTPMethod.POST
    one = "/tickets/<int:number>"
    return (
        Page(rule="/tickets", name="tickets", view=tickets.show, roles=EVERY_ROLE),
        Page(rule="/tickets", name="find_tickets", view=tickets.find, roles=EVERY_ROLE, method=post),
        Page(rule=one, name="ticket", view=tickets.one, roles=EVERY_ROLE),
        Page(rule=f"{one}/take", name="take_ticket", view=tickets.take, roles=EVERY_ROLE, method=post),
        Page(rule=f"{one}/tell", name="tell_ticket", view=tickets.tell, roles=EVERY_ROLE, method=post),
        Page(rule=f"{one}/change", name="change_ticket", view=tickets.change, roles=EVERY_ROLE, method=post),
    )


@dataclass(frozen=True, slots=True)
class _Tickets:
    """Each page by its name."""

    services: Services

    def show(self) -> ResponseReturnValue:
        vault, roster = self.services.vault, self.services.config.current().roster
        query = ticket_query(request.args, vault)
        filters = query.filters(at=self.services.clock.now(), me=visitor().name)
        try:
            page = self.services.store.tickets.page(filters, limit=_A_PAGE, cursor=request.args.get("after") or None)
        except BadCursor:
            return states.not_found()
        content = render_template(
            "tickets.html",
            page=page,
            query=query,
            shown=SHOWN,
            priorities=list(Priority),
            people=list(roster.people),
            older=query.address(vault, after=page.next) if page.next else None,
            newest=query.address(vault) if request.args.get("after") else None,
        )
        pushed = {"HX-Push-Url": query.address(vault)} if request.headers.get("HX-Request") else {}
        return content, HTTPStatus.OK, pushed

    def find(self) -> ResponseReturnValue:
        """Leads to the address that holds what was chosen."""
        return redirect(self._chosen().address(self.services.vault), 303)

    def one(self, number: int) -> ResponseReturnValue:
        file = self.services.store.tickets.get(number)
        return states.not_found("ticket") if file is None else self._drawn(file)

    def take(self, number: int) -> ResponseReturnValue:
        if self._person() is None:
            return back_to(_address(number), "no_person")
        wanted = self._requests().take if request.form.get("from") == "somebody" else self._requests().acknowledge
        return self._after(number, wanted(number), done="acknowledged")

    def tell(self, number: int) -> ResponseReturnValue:
        form = request.form
        text, kind = form.get("text", "").strip(), form.get("kind", "")
        if not text:
            return back_to(_address(number), "nothing")
        if kind not in set(NewsKind) or len(text) > LONGEST_UPDATE:
            return states.refused(HTTPStatus.BAD_REQUEST, "This cannot be added")
        news = News(text=text, kind=NewsKind(kind), waiting=form.get("waiting") == "yes", key=_key_of_form())
        return self._after(number, self._requests().tell(number, news), done="told")

    def change(self, number: int) -> ResponseReturnValue:
        wanted = _edit()
        if wanted is None:
            return states.refused(HTTPStatus.BAD_REQUEST, "There is no such change")
        return self._after(number, self._requests().edit(number, wanted), done="changed")

    def _after(self, number: int, result: Result, *, done: str) -> ResponseReturnValue:
        if result.outcome is Outcome.UNKNOWN:
            return states.not_found("ticket")
        if result.outcome not in {Outcome.REFUSED, Outcome.KEY_USED}:
            return back_to(_address(number), done if result.outcome is Outcome.DONE else _NOTICES[result.outcome])
        file = self.services.store.tickets.get(number)
        if file is None:
            return states.not_found("ticket")
        faults = [f"{fault.field.replace('_', ' ')}: {fault.message}" for fault in result.faults]
        page = self._drawn(file, faults=faults or ["This was added before, in other words."])
        return page, HTTPStatus.CONFLICT

    def _drawn(self, file: TicketFile, *, faults: list[str] | None = None) -> str:
        ticket = file.ticket
        ways = [status for status in TicketStatus if status is not ticket.status and move_to(ticket, status)]
        return render_template(
            "ticket.html",
            file=file,
            ticket=ticket,
            ways=[] if is_merged(ticket) else ways,
            is_open=ticket.status not in CLOSED,
            me=self._person(),
            people=list(self.services.config.current().roster.people),
            priorities=list(Priority),
            faults=faults or [],
            longest=LONGEST_UPDATE,
        )

    def _requests(self) -> TicketRequests:
        return TicketRequests(services=self.services, actor=visitor().name, person=self._person(), way=WAY)

    def _person(self) -> str | None:
        """The member of staff the visitor is; None for an account that is nobody's in staff.yaml."""
        name = visitor().name
        return name if name in self.services.config.current().roster.people else None

    def _chosen(self) -> TicketQuery:
        return ticket_query(request.form, self.services.vault)


def _edit() -> TicketEdit | None:
    """What the form wants changed; None when it cannot be read."""
    form = request.form
    status, priority = form.get("status", ""), form.get("priority", "")
    if (status and status not in set(TicketStatus)) or (priority and priority not in set(Priority)):
        return None
    return TicketEdit(
        status=TicketStatus(status) if status else None,
        priority=Priority(priority) if priority else None,
        assignee=form.get("assignee"),
        reason=" ".join(form.get("reason", "").split())[:LONGEST_UPDATE],
        version=form.get("version") or None,
    )


def _key_of_form() -> str | None:
    """The same for a form that is sent twice."""
    key = request.form.get("key", "")
    return f"desk:{key}" if key.isalnum() and len(key) <= 64 else None  # noqa: PLR2004 (longer than any of ours)


def _address(number: int) -> str:
    return f"/desk/tickets/{number}"
