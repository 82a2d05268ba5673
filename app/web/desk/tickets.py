"""Tickets at the desk: the list, by what is due soonest or newest first, with all that is chosen in its address.

The board, one ticket, and what is done to several at once are next door; their pages come in by this one.
"""

from dataclasses import dataclass, replace
from http import HTTPMethod, HTTPStatus

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import EVERY_ROLE
from app.cdr.records import TicketStatus
from app.services import Services
from app.store import BadCursor, ListedTicket, OpenCounts
from app.store import Page as PageOf
from app.web.desk import states, ticket_board, ticket_bulk, ticket_page
from app.web.desk.doors import Page, visitor
from app.web.desk.look import zone_of
from app.web.desk.ticket_freshness import LIST_NOW, mark_of, nothing_newer
from app.web.desk.ticket_people import clients_of, person
from app.web.desk.ticket_queries import (
    BOARD,
    DUE,
    ME,
    NOBODY,
    ORDERS,
    SHOWN,
    Order,
    TicketQuery,
    ticket_query,
)
from oncall import Priority

# More than these are not counted out.
_MANY = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A list people ask for again and again, and how many are in it where that is known."""

    title: str
    address: str
    is_here: bool
    count: str = ""


def pages(services: Services) -> tuple[Page, ...]:
    """The list, the board, one ticket, several at once, and what can be done there."""
    tickets = _Tickets(services)
    return (
        Page(rule="/tickets", name="tickets", view=tickets.show, roles=EVERY_ROLE),
        Page(rule="/tickets/now", name="tickets_now", view=tickets.show, roles=EVERY_ROLE, watches=True),
        Page(rule="/tickets", name="find_tickets", view=tickets.find, roles=EVERY_ROLE, method=HTTPMethod.POST),
        *ticket_board.pages(services),
        *ticket_bulk.pages(services),
        *ticket_page.pages(services),
    )


@dataclass(frozen=True, slots=True)
class _Tickets:
    """Each page by its name."""

    services: Services

    def show(self) -> ResponseReturnValue:
        vault, roster = self.services.vault, self.services.config.current().roster
        query = ticket_query(request.args, vault)
        try:
            page = self._page(query)
        except BadCursor:
            return states.not_found()
        here, after, tabs = query.address(vault), request.args.get("after"), self._tabs(query)
        mark = mark_of([(each.ticket.number, each.version) for each in page.items], bool(page.next), tabs)
        nothing = nothing_newer(mark)
        if nothing is not None:
            return nothing
        content = render_template(
            "tickets.html",
            page=page,
            query=query,
            tabs=tabs,
            shown=SHOWN,
            dues=DUE,
            orders=ORDERS,
            priorities=list(Priority),
            statuses=[each for each in TicketStatus if each is not TicketStatus.NEW],
            people=list(roster.people),
            clients=clients_of(self.services),
            me=person(self.services),
            here=here,
            link=self.services.settings.public_base_url + here,
            board=query.on_board().address(vault, path=BOARD),
            older=query.address(vault, after=page.next) if page.next else None,
            newest=here if after else None,
            fresh=query.address(vault, path=LIST_NOW, after=after, seen=mark),
        )
        pushed = {"HX-Push-Url": here} if request.headers.get("HX-Request") else {}
        return content, HTTPStatus.OK, pushed

    def find(self) -> ResponseReturnValue:
        """Leads to the address that holds what was chosen."""
        vault = self.services.vault
        return redirect(ticket_query(request.form, vault).address(vault), 303)

    def _page(self, query: TicketQuery) -> PageOf[ListedTicket]:
        filters = query.filters(at=self.services.clock.now(), zone=zone_of(self.services), me=visitor().name)
        lists, after = self.services.store.ticket_lists, request.args.get("after") or None
        limit = self.services.lengths.page
        if query.order is Order.SOONEST and query.runs:
            return lists.soonest(filters, limit=limit, cursor=after)
        return lists.newest(filters, limit=limit, cursor=after)

    def _tabs(self, query: TicketQuery) -> tuple[Tab, ...]:
        counts = self.services.store.ticket_lists.open_counts(assignee=visitor().name, at=self.services.clock.now())
        vault, plain = self.services.vault, replace(query, order=Order.SOONEST)
        return tuple(
            Tab(title=title, address=wanted.address(vault), is_here=plain == wanted, count=_told(count))
            for title, wanted, count in _usual_lists(counts)
        )


def _usual_lists(counts: OpenCounts) -> list[tuple[str, TicketQuery, int | None]]:
    waiting = counts.statuses[TicketStatus.WAITING] if counts.statuses else None
    return [
        ("Open", TicketQuery(), counts.everybodys),
        ("Mine", TicketQuery(assignee=ME), counts.mine),
        ("Nobody\N{RIGHT SINGLE QUOTATION MARK}s", TicketQuery(assignee=NOBODY), counts.nobodys),
        ("Overdue", TicketQuery(shown="overdue"), counts.overdue),
        ("Waiting", TicketQuery(shown=TicketStatus.WAITING), waiting),
        ("Resolved", TicketQuery(shown=TicketStatus.RESOLVED), None),
        ("All", TicketQuery(shown="all"), None),
    ]


def _told(count: int | None) -> str:
    if count is None:
        return ""
    return f"{_MANY}+" if count > _MANY else str(count)
