"""The log of calls, and its export."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPMethod

from flask import Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import OVERSEERS
from app.cdr.records import Disposition
from app.flow.callers import KnownCallers
from app.services import Services
from app.store import AuditEntry, BadCursor, CallFilters
from app.web.desk import states
from app.web.desk.call_exports import exported
from app.web.desk.call_queries import RANGES, CallQuery, call_query
from app.web.desk.doors import Page, visitor
from app.web.desk.look import zone_of
from app.web.desk.saved_views import offered
from oncall import Priority, local_time

_NOTED = ("span", "line", "disposition", "person", "client", "priority", "q")


def pages(services: Services) -> tuple[Page, ...]:
    """The log and its export, for overseers."""
    calls = _Calls(services)
    return (
        Page(rule="/calls", name="calls", view=calls.show, roles=OVERSEERS),
        Page(rule="/calls", name="find_calls", view=calls.find, roles=OVERSEERS, method=HTTPMethod.POST),
        Page(rule="/calls.csv", name="export_calls", view=calls.export, roles=OVERSEERS),
    )


@dataclass(frozen=True, slots=True)
class _Calls:
    """Each page by its name."""

    services: Services

    def show(self) -> ResponseReturnValue:
        query = self._query()
        try:
            page = self.services.store.calls.page(
                self._filters(query), limit=self.services.lengths.page, cursor=request.args.get("after") or None
            )
        except (BadCursor, UnicodeEncodeError):
            return states.not_found()
        vault, snapshot = self.services.vault, self.services.config.current()
        roster, callers = snapshot.roster, snapshot.book.callers
        answer = Response(
            render_template(
                "calls.html",
                page=page,
                query=query,
                spans=RANGES,
                lines=snapshot.book.lines,
                dispositions=list(Disposition),
                people=[*roster.people, *roster.outside_parties],
                priorities=[(each.value, each.value) for each in Priority],
                clients=_clients(callers),
                client_of=callers.client,
                views=offered(self.services, query),
                kept=[(name, value) for name, value in query.parameters(vault).items() if value],
                older=query.address(vault, after=page.next) if page.next else None,
                newest=query.address(vault) if request.args.get("after") else None,
                export=query.address(vault, path="/desk/calls.csv"),
            )
        )
        if request.headers.get("HX-Request"):
            answer.headers["HX-Push-Url"] = query.address(vault)
        return answer

    def find(self) -> ResponseReturnValue:
        """Leads to the address that holds what was chosen."""
        query = call_query(request.form, self.services.vault)
        return redirect(query.address(self.services.vault), 303)

    def export(self) -> ResponseReturnValue:
        query, at, zone = self._query(), self.services.clock.now(), zone_of(self.services)
        self._note_export(query, at=at)
        at_once = self.services.lengths.export
        lines = exported(self.services.store.calls, self._filters(query), zone=zone, at_once=at_once)
        answer = Response(lines, mimetype="text/csv")
        name = f"calls-{local_time(at, zone=zone):%Y-%m-%d-%H%M}.csv"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    def _note_export(self, query: CallQuery, *, at: datetime) -> None:
        # What was searched for may be somebody's number: it is not written down.
        chosen = [name for name in _NOTED if getattr(query, name)]
        self.services.store.audit.write(
            AuditEntry(at=at, actor=visitor().name, action="calls_exported", subject="calls", detail={"by": [*chosen]})
        )

    def _query(self) -> CallQuery:
        return call_query(request.args, self.services.vault)

    def _filters(self, query: CallQuery) -> CallFilters:
        callers = self.services.config.current().book.callers
        return query.filters(at=self.services.clock.now(), zone=zone_of(self.services), callers=callers)


def _clients(callers: KnownCallers) -> list[tuple[str, str]]:
    """Every client once, by title."""
    found = {each.name: each.title for each in (*callers.numbers.values(), *callers.ranges.values())}
    return sorted(found.items(), key=lambda named: named[1].casefold())
