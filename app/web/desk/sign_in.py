"""The pages of signing in and off: name and password, the code, one-time links."""

from dataclasses import dataclass
from http import HTTPMethod, HTTPStatus

from flask import Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import (
    EVERY_ROLE,
    SHORTEST_PASSWORD,
    Device,
    LinkKind,
    Refusal,
    Sessions,
    SignedIn,
    SignIn,
    password_fault,
)
from app.services import Services
from app.web.desk import cookies
from app.web.desk.devices import device
from app.web.desk.doors import ANYBODY, Page, visitor, visitor_or_none
from app.web.desk.notices import back_to
from app.web.desk.ways import HOME, own_path

_WORDS = {
    Refusal.WRONG: "Name and password do not belong together.",
    Refusal.TOO_MANY: "Too many tries. Wait a quarter of an hour, or ask an administrator for a new link.",
    Refusal.WRONG_CODE: "That is not the code of this moment. Wait for the next one.",
    Refusal.STALE: "That took too long: begin again.",
}


def pages(services: Services) -> tuple[Page, ...]:
    """Signing in and off."""
    mine = _SigningIn(services)
    post = HTTPMethod.POST
    return (
        Page(rule="/sign-in", name="sign_in", view=mine.show, roles=ANYBODY),
        Page(rule="/sign-in", name="sign_in_by_password", view=mine.by_password, roles=ANYBODY, method=post),
        Page(rule="/sign-in/code", name="sign_in_by_code", view=mine.by_code, roles=ANYBODY, method=post),
        Page(rule="/link/<secret>", name="link", view=mine.link, roles=ANYBODY),
        Page(rule="/link/<secret>", name="choose_password", view=mine.choose_password, roles=ANYBODY, method=post),
        Page(rule="/sign-out", name="sign_out", view=mine.sign_out, roles=EVERY_ROLE, method=post),
    )


@dataclass(frozen=True, slots=True)
class _SigningIn:
    """Each page by its name."""

    services: Services

    def show(self) -> ResponseReturnValue:
        if visitor_or_none() is not None:
            return redirect(HOME, 303)
        return render_template("sign_in.html", back=HOME, fault="")

    def by_password(self) -> ResponseReturnValue:
        form = request.form
        came = SignIn(self.services).by_password(form.get("name", ""), form.get("password", ""), self._device())
        if isinstance(came, Refusal):
            return self._again(came)
        if came.waiting_for_code:
            return render_template("sign_in_code.html", back=_back(), waiting=came.waiting_for_code, fault="")
        return self._welcome(came)

    def by_code(self) -> ResponseReturnValue:
        waiting, code = request.form.get("waiting", ""), request.form.get("code", "")
        came = SignIn(self.services).by_code(waiting, code, self._device())
        if came is Refusal.WRONG_CODE:
            page = render_template("sign_in_code.html", back=_back(), waiting=waiting, fault=_WORDS[came])
            return page, HTTPStatus.UNAUTHORIZED
        return self._again(came) if isinstance(came, Refusal) else self._welcome(came)

    def link(self, secret: str) -> ResponseReturnValue:
        found = SignIn(self.services).link(secret)
        if found is None:
            return _used_up()
        account, kind = found
        if kind is LinkKind.SIGN_IN:
            came = SignIn(self.services).by_link(secret, self._device())
            return _used_up() if isinstance(came, Refusal) else self._welcome(came)
        return _choose(account.name, "")

    def choose_password(self, secret: str) -> ResponseReturnValue:
        signing, password = SignIn(self.services), request.form.get("password", "")
        found = signing.link(secret)
        if found is None:
            return _used_up()
        name = found[0].name
        fault = password_fault(password, name=name)
        if fault is None and password != request.form.get("again", ""):
            fault = "The two are not the same."
        if fault is not None:
            return _choose(name, fault), HTTPStatus.UNPROCESSABLE_ENTITY
        came = signing.choose_password(secret, password, self._device())
        return _used_up() if isinstance(came, Refusal) else self._welcome(came)

    def sign_out(self) -> ResponseReturnValue:
        mine = visitor()
        Sessions(self.services).end(mine.account, mine.session.id, by=mine.name)
        answer = back_to("/desk/sign-in", "signed_out")
        cookies.drop(answer, self.services, cookies.session_name(self.services))
        # What a browser kept of the pages goes with the session.
        answer.headers["Clear-Site-Data"] = '"cache", "storage"'
        return answer

    def _device(self) -> Device:
        return device(self.services)

    def _again(self, refusal: Refusal) -> ResponseReturnValue:
        page = render_template("sign_in.html", back=_back(), fault=_WORDS[refusal])
        status = HTTPStatus.TOO_MANY_REQUESTS if refusal is Refusal.TOO_MANY else HTTPStatus.UNAUTHORIZED
        return page, status

    def _welcome(self, came: SignedIn) -> Response:
        answer = make_response(redirect(_back(), 303))
        cookies.put(answer, self.services, cookies.session_name(self.services), came.secret)
        cookies.drop(answer, self.services, cookies.visit_name(self.services))
        return answer


def _choose(name: str, fault: str) -> str:
    return render_template("choose_password.html", name=name, fault=fault, shortest=SHORTEST_PASSWORD)


def _used_up() -> ResponseReturnValue:
    page = render_template(
        "state.html",
        status=int(HTTPStatus.NOT_FOUND),
        title="This link is no longer good",
        words="Each link is good once, and for a limited time. Ask an administrator for a new one.",
    )
    return page, HTTPStatus.NOT_FOUND


def _back() -> str:
    """The page somebody came from, if it is one of ours."""
    return own_path(request.form.get("back", ""))
