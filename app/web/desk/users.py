"""The accounts of everybody, for administrators: made, given roles and links, disabled, signed out."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPMethod, HTTPStatus

from flask import request
from flask.typing import ResponseReturnValue

from app.accounts import AccountFault, AccountKeeping, NewLink, Role, SecondFactors, Sessions, Tries
from app.services import Services
from app.store import Account
from app.web.desk import states
from app.web.desk.admin import ADMINS, drawn
from app.web.desk.doors import Page, visitor
from app.web.desk.notices import back_to

_HERE = "/desk/users"


def pages(services: Services) -> tuple[Page, ...]:
    """The list of accounts, and what can be done there."""
    users, post = _Users(services), HTTPMethod.POST
    return (
        Page(rule="/users", name="users", view=users.show, roles=ADMINS),
        Page(rule="/users", name="add_user", view=users.add, roles=ADMINS, method=post),
        Page(rule="/users/<int:number>", name="change_user", view=users.change, roles=ADMINS, method=post),
    )


@dataclass(frozen=True, slots=True)
class _Users:
    """Each page by its name."""

    services: Services

    def show(self, fault: str = "", link: NewLink | None = None) -> str:
        accounts, people = self._keeping().all(), self.services.config.current().roster.people
        missing = sorted(set(people) - {each.name for each in accounts})
        return drawn(
            "users.html",
            "users",
            accounts=accounts,
            locked=Tries(self.services).locked_out(accounts),
            people=people,
            missing=missing,
            roles=list(Role),
            fault=fault,
            link=link,
        )

    def add(self) -> ResponseReturnValue:
        role = request.form.get("role", "")
        if role not in set(Role):
            return states.refused(HTTPStatus.BAD_REQUEST, "There is no such role")
        try:
            made = self._keeping().add(request.form.get("name", ""), Role(role))
        except AccountFault as fault:
            return self.show(str(fault)), HTTPStatus.UNPROCESSABLE_ENTITY
        return self.show(link=made)

    def change(self, number: int) -> ResponseReturnValue:
        account = self._keeping().get(number)
        if account is None:
            return states.not_found("account")
        try:
            return self._deed(request.form.get("deed", ""), account)
        except AccountFault as fault:
            return self.show(str(fault)), HTTPStatus.UNPROCESSABLE_ENTITY

    def _deed(self, deed: str, account: Account) -> ResponseReturnValue:
        keeping, by = self._keeping(), visitor().name
        deeds: dict[str, Callable[[], None]] = {
            "disable": lambda: keeping.disable(account),
            "enable": lambda: keeping.enable(account),
            "unlock": lambda: keeping.unlock(account),
            "forget_code": lambda: SecondFactors(self.services).turn_off(account, by=by),
            "sign_out": lambda: Sessions(self.services).end_all(account, by=by),
            **{role.value: lambda role=role: keeping.set_role(account, role) for role in Role},  # type: ignore[misc]
        }
        if deed in {"link", "bring_back"}:
            return self.show(link=keeping.link(account) if deed == "link" else keeping.bring_back(account))
        if deed not in deeds:
            return states.refused(HTTPStatus.BAD_REQUEST, "There is no such change")
        deeds[deed]()
        return back_to(_HERE, "account_changed")

    def _keeping(self) -> AccountKeeping:
        return AccountKeeping(self.services, visitor().name)
