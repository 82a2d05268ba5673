"""Who may open which page: the table of pages and roles, and the guard in front of each.

A page without a visitor is answered with the sign-in form in its place (401), one the visitor's role does not allow
with a page that says so (403). What changes anything has to bring the form's token.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPMethod
from typing import Any

from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue

from app.accounts import Role, Sessions, Visitor
from app.services import Services
from app.web.desk import cookies, forms, states

View = Callable[..., ResponseReturnValue]
ANYBODY = None
CHANGING = frozenset({HTTPMethod.POST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page, or what one of its forms does. `roles` is ANYBODY where nobody need be signed in.

    `watches`: it is asked for by a page that stands open, and is no sign that anybody is there.
    """

    rule: str
    name: str
    view: View
    roles: frozenset[Role] | None
    method: HTTPMethod = HTTPMethod.GET
    watches: bool = False


def visitor() -> Visitor:
    """Who is signed in; asked only behind the guard of a page with roles."""
    found: Visitor = g.visitor
    return found


def visitor_or_none() -> Visitor | None:
    """Who is signed in, where it may be nobody."""
    found: Visitor | None = g.get("visitor")
    return found


def open_doors(blueprint: Blueprint, services: Services, pages: Iterable[Page], *, prefix: str) -> None:
    """Registers the pages, each behind its guard."""
    for page in pages:
        rule = page.rule if page.rule == "/" else f"{prefix}{page.rule}"
        blueprint.add_url_rule(rule, page.name, _guarded(services, page), methods=[page.method])


def _guarded(services: Services, page: Page) -> View:
    def answer(**path: Any) -> ResponseReturnValue:  # noqa: ANN401 - what the rule's converters give
        refusal = _refusal(services, page)
        return page.view(**path) if refusal is None else refusal

    return answer


def _refusal(services: Services, page: Page) -> Response | None:
    g.visitor = _visitor(services, noted=not page.watches)
    if page.roles is not ANYBODY and g.visitor is None:
        return states.sign_in_here()
    # Before the role is looked at, so that a forged request learns nothing of it.
    if page.method in CHANGING and not forms.is_ours(services):
        return states.stale_form()
    if page.roles is not ANYBODY and g.visitor.role not in page.roles:
        return states.not_allowed()
    return None


def _visitor(services: Services, *, noted: bool) -> Visitor | None:
    secret = request.cookies.get(cookies.session_name(services))
    g.form_secret = secret or request.cookies.get(cookies.visit_name(services)) or ""
    return Sessions(services).visitor(secret, at=services.clock.now(), noted=noted) if secret else None
