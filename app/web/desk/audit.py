"""The log of who did what that has to be answered for, for administrators."""

from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import Role
from app.services import Services
from app.store import BadCursor
from app.web.desk import states
from app.web.desk.doors import Page

_A_PAGE = 100


def pages(services: Services) -> tuple[Page, ...]:
    """The audit log."""
    return (Page(rule="/audit", name="audit", view=_Log(services).show, roles=frozenset({Role.ADMIN})),)


@dataclass(frozen=True, slots=True)
class _Log:
    """The page over these services."""

    services: Services

    def show(self) -> ResponseReturnValue:
        asked = request.args
        actor, subject = asked.get("actor", "").strip(), asked.get("subject", "").strip()
        try:
            page = self.services.store.audit.list(
                limit=_A_PAGE, cursor=asked.get("after") or None, subject=subject or None, actor=actor or None
            )
        except BadCursor:
            return states.not_found()
        return render_template("audit.html", page=page, actor=actor, subject=subject)
