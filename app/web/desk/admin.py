"""The pages of administration: which there are, whom each lets in, and the row of tabs above all of them."""

from dataclasses import dataclass

from flask import redirect, render_template
from flask.typing import ResponseReturnValue

from app.accounts import OVERSEERS, Role
from app.services import Services
from app.web.desk.doors import Page, visitor

ADMINS = frozenset({Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Section:
    """One of the tabs."""

    name: str
    title: str
    to: str
    roles: frozenset[Role]


SECTIONS = (
    Section("users", "Users", "/desk/users", ADMINS),
    Section("tokens", "Tokens", "/desk/tokens", ADMINS),
    Section("sessions", "Sessions", "/desk/sessions", ADMINS),
    Section("audit", "Audit log", "/desk/audit", ADMINS),
    Section("wiring", "Wiring", "/desk/wiring", OVERSEERS),
    Section("settings", "Settings", "/desk/settings", ADMINS),
    Section("outbox", "Outbox", "/desk/outbox", OVERSEERS),
    Section("revisions", "Revisions", "/desk/revisions", OVERSEERS),
)


def pages(services: Services) -> tuple[Page, ...]:
    """The way in, which leads to the first tab somebody may see."""
    del services
    return (Page(rule="/admin", name="admin", view=_first, roles=OVERSEERS),)


def drawn(template: str, section: str, **values: object) -> str:
    """A page under the tabs its reader may see."""
    tabs = [(each.title, each.to, each.name == section) for each in _mine()]
    return render_template(template, tabs=tabs, **values)


def _first() -> ResponseReturnValue:
    return redirect(next(each.to for each in _mine()), 303)


def _mine() -> tuple[Section, ...]:
    return tuple(each for each in SECTIONS if visitor().role in each.roles)
