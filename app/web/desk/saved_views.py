"""Views of the log of calls that an account keeps under a name: kept, opened, forgotten."""

from dataclasses import dataclass
from http import HTTPMethod, HTTPStatus

from flask import redirect, request
from flask.typing import ResponseReturnValue

from app.accounts import OVERSEERS
from app.call_work import MOST_VIEWS, SavedView, SavedViews, TooMany
from app.services import Services
from app.web.desk import states
from app.web.desk.call_queries import HERE, CallQuery, call_query, kept_query
from app.web.desk.doors import Page, visitor
from app.web.desk.notices import back_to


def pages(services: Services) -> tuple[Page, ...]:
    """What can be done with views. The log they are of is for overseers."""
    views, post = _Views(services), HTTPMethod.POST
    one = "/calls/views/<int:number>"
    return (
        Page(rule="/calls/views", name="keep_view", view=views.keep, roles=OVERSEERS, method=post),
        Page(rule=one, name="open_view", view=views.open, roles=OVERSEERS),
        Page(rule=f"{one}/forget", name="forget_view", view=views.forget, roles=OVERSEERS, method=post),
    )


@dataclass(frozen=True, slots=True)
class OfferedView:
    """A view as the log offers it; `chosen`: it is what the log shows."""

    id: int
    name: str
    chosen: bool


def offered(services: Services, query: CallQuery) -> tuple[OfferedView, ...]:
    """The visitor's views, beside the one that is shown."""
    return tuple(OfferedView(each.id, each.name, _query(each, services) == query) for each in _mine(services).all())


@dataclass(frozen=True, slots=True)
class _Views:
    services: Services

    def keep(self) -> ResponseReturnValue:
        query, vault = call_query(request.form, self.services.vault), self.services.vault
        name = " ".join(request.form.get("name", "").split())
        if not name:
            return states.refused(HTTPStatus.BAD_REQUEST, "A view needs a name")
        try:
            _mine(self.services).keep(name, query.kept())
        except TooMany:
            title = f"You keep {MOST_VIEWS} views already: forget one first"
            return states.refused(HTTPStatus.CONFLICT, title)
        return back_to(query.address(vault), "view_kept")

    def open(self, number: int) -> ResponseReturnValue:
        """Leads to the address of what the view shows."""
        view = _mine(self.services).get(number)
        if view is None:
            return states.not_found("view")
        return redirect(_query(view, self.services).address(self.services.vault), 303)

    def forget(self, number: int) -> ResponseReturnValue:
        if not _mine(self.services).forget(number):
            return states.not_found("view")
        return back_to(HERE, "view_forgotten")


def _mine(services: Services) -> SavedViews:
    return SavedViews(services, visitor().account.id)


def _query(view: SavedView, services: Services) -> CallQuery:
    return kept_query(view.query, services.vault)
