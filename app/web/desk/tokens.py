"""Tokens of programs that use the API, and of calendar feeds: made, shown once, and revoked."""

from dataclasses import dataclass
from http import HTTPMethod, HTTPStatus

from flask import request
from flask.typing import ResponseReturnValue

from app.accounts import Role
from app.services import Services
from app.store import Token
from app.web.desk import states
from app.web.desk.admin import ADMINS, drawn
from app.web.desk.doors import Page, visitor
from app.web.desk.notices import back_to

_HERE = "/desk/tokens"
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as it is shown, now and never again."""

    name: str
    role: str
    secret: str


def pages(services: Services) -> tuple[Page, ...]:
    """The list, and what can be done there."""
    tokens, post = _Tokens(services), HTTPMethod.POST
    return (
        Page(rule="/tokens", name="tokens", view=tokens.show, roles=ADMINS),
        Page(rule="/tokens", name="make_token", view=tokens.make, roles=ADMINS, method=post),
        Page(rule="/tokens/<int:number>", name="revoke_token", view=tokens.revoke, roles=ADMINS, method=post),
    )


@dataclass(frozen=True, slots=True)
class _Tokens:
    """Each page by its name."""

    services: Services

    def show(self, fault: str = "", made: NewToken | None = None) -> str:
        found = self.services.store.tokens.list()
        good = [each for each in found if each.revoked_at is None]
        return drawn(
            "tokens.html",
            "tokens",
            tokens=[each for each in reversed(good) if _is_for_programs(each)],
            feeds=[each for each in reversed(good) if not _is_for_programs(each)],
            revoked=sum(each.revoked_at is not None for each in found),
            roles=list(Role),
            fault=fault,
            made=made,
        )

    def make(self) -> ResponseReturnValue:
        role, name = request.form.get("role", ""), " ".join(request.form.get("name", "").split())
        if role not in set(Role):
            return states.refused(HTTPStatus.BAD_REQUEST, "There is no such role")
        if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
            return self.show(f"Say what the token is for, in 1 to {_LONGEST_NAME} characters."), _UNPROCESSABLE
        at, by = self.services.clock.now(), visitor().name
        secret = self.services.store.tokens.create(name, role, at=at, by=by)
        return self.show(made=NewToken(name, role, secret))

    def revoke(self, number: int) -> ResponseReturnValue:
        if not self.services.store.tokens.revoke(number, at=self.services.clock.now(), by=visitor().name):
            return states.not_found("token")
        return back_to(_HERE, "token_revoked")


_UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY


def _is_for_programs(token: Token) -> bool:
    return token.role in set(Role)
