"""Who is signed in, and where: the sessions of all accounts, for administrators, who can end them."""

from dataclasses import dataclass
from http import HTTPMethod

from flask import request
from flask.typing import ResponseReturnValue

from app.accounts import LONGEST_SESSION, AccountKeeping, Sessions
from app.services import Services
from app.web.desk import states
from app.web.desk.admin import ADMINS, drawn
from app.web.desk.doors import Page, visitor
from app.web.desk.notices import back_to

_HERE = "/desk/sessions"


def pages(services: Services) -> tuple[Page, ...]:
    """The list, and the ending of one session or of all of an account."""
    sessions, post = _Everybodys(services), HTTPMethod.POST
    return (
        Page(rule="/sessions", name="sessions", view=sessions.show, roles=ADMINS),
        Page(rule="/sessions/<int:number>", name="end_sessions", view=sessions.end, roles=ADMINS, method=post),
    )


@dataclass(frozen=True, slots=True)
class _Everybodys:
    """Each page by its name."""

    services: Services

    def show(self) -> str:
        found = Sessions(self.services).everybodys(at=self.services.clock.now())
        return drawn(
            "sessions.html",
            "sessions",
            found=found,
            own=visitor().session.id,
            people=len({each.account.id for each in found}),
            idle=self.services.settings.session_idle_minutes,
            hours=int(LONGEST_SESSION.total_seconds() // 3600),
        )

    def end(self, number: int) -> ResponseReturnValue:
        """`number` is that of the account."""
        account = AccountKeeping(self.services, visitor().name).get(number)
        if account is None:
            return states.not_found("account")
        sessions, which = Sessions(self.services), request.form.get("session", "")
        if which == "all":
            mine = visitor()
            sessions.end_all(account, by=mine.name, but=mine.session.id if mine.account.id == account.id else 0)
            return back_to(_HERE, "sessions_ended")
        if not (which.isascii() and which.isdigit()) or not sessions.end(account, int(which[:9]), by=visitor().name):
            return states.not_found("session")
        return back_to(_HERE, "session_ended")
