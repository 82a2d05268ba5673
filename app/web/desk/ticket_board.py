"""The board of tickets: a column for each status, in each a few cards in the order of their due times."""

from dataclasses import dataclass
from http import HTTPMethod

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import EVERY_ROLE
from app.cdr.records import TicketStatus
from app.cdr.ticket_rules import move_to
from app.services import Services
from app.store import ListedTicket, TicketFilters
from app.web.desk.doors import Page, visitor
from app.web.desk.look import zone_of
from app.web.desk.ticket_freshness import BOARD_NOW, mark_of, nothing_newer
from app.web.desk.ticket_people import clients_of, person
from app.web.desk.ticket_queries import BOARD, TicketQuery, ticket_query
from oncall import Priority

_COLUMNS = (
    TicketStatus.NEW,
    TicketStatus.ACKNOWLEDGED,
    TicketStatus.IN_PROGRESS,
    TicketStatus.WAITING,
    TicketStatus.RESOLVED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A ticket on the board, and where it can be moved."""

    listed: ListedTicket
    ways: tuple[TicketStatus, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The first cards of a status; `more` leads to all of them when there are more."""

    status: TicketStatus
    cards: tuple[Card, ...]
    more: str | None
    address: str


def pages(services: Services) -> tuple[Page, ...]:
    """The board, and what is chosen there."""
    board, post = _Board(services), HTTPMethod.POST
    return (
        Page(rule="/tickets/board", name="ticket_board", view=board.show, roles=EVERY_ROLE),
        Page(rule="/tickets/board/now", name="ticket_board_now", view=board.show, roles=EVERY_ROLE, watches=True),
        Page(rule="/tickets/board", name="find_on_board", view=board.find, roles=EVERY_ROLE, method=post),
    )


@dataclass(frozen=True, slots=True)
class _Board:
    """Each page by its name."""

    services: Services

    def show(self) -> ResponseReturnValue:
        vault = self.services.vault
        query = ticket_query(request.args, vault).on_board()
        named = request.args.get("column", "")
        first = TicketStatus(named) if named in set(_COLUMNS) else _COLUMNS[0]
        place = None if first is _COLUMNS[0] else first
        columns = [self._column(query, status) for status in _COLUMNS]
        seen = [[(card.listed.ticket.number, card.listed.version) for card in each.cards] for each in columns]
        mark = mark_of(seen, [bool(each.more) for each in columns])
        nothing = nothing_newer(mark)
        if nothing is not None:
            return nothing
        return render_template(
            "tickets_board.html",
            columns=columns,
            first=first,
            query=query,
            priorities=list(Priority),
            people=list(self.services.config.current().roster.people),
            clients=clients_of(self.services),
            me=person(self.services),
            here=query.address(vault, path=BOARD, column=place),
            fresh=query.address(vault, path=BOARD_NOW, column=place, seen=mark),
            as_list=query.address(vault),
        )

    def find(self) -> ResponseReturnValue:
        """Leads to the address that holds what was chosen."""
        vault = self.services.vault
        return redirect(ticket_query(request.form, vault).on_board().address(vault, path=BOARD), 303)

    def _column(self, query: TicketQuery, status: TicketStatus) -> Column:
        vault, lists = self.services.vault, self.services.store.ticket_lists
        filters = self._filters(query, status)
        read = lists.newest if status is TicketStatus.RESOLVED else lists.soonest
        page = read(filters, limit=self.services.lengths.column)
        all_of_it = {"shown": status.value}
        return Column(
            status=status,
            cards=tuple(Card(listed=each, ways=_ways(each)) for each in page.items),
            more=query.address(vault, **all_of_it) if page.next else None,
            address=query.address(vault, path=BOARD, column=status.value),
        )

    def _filters(self, query: TicketQuery, status: TicketStatus) -> TicketFilters:
        at, zone = self.services.clock.now(), zone_of(self.services)
        filters = query.filters(at=at, zone=zone, me=visitor().name)
        return TicketFilters(
            status=status,
            priority=filters.priority,
            assignee=filters.assignee,
            unowned=filters.unowned,
            client=filters.client,
            q=filters.q,
        )


def _ways(listed: ListedTicket) -> tuple[TicketStatus, ...]:
    """The columns a card can go to from where it is."""
    ticket = listed.ticket
    return tuple(each for each in _COLUMNS if each is not ticket.status and move_to(ticket, each))
