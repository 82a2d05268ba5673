"""The way to the organisation's own sign-in and back, and the account of a visitor connected with it."""

import secrets
from dataclasses import dataclass, field
from http import HTTPMethod, HTTPStatus

from flask import Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import EVERY_ROLE, Back, Provider, Refusal, SignInElsewhere
from app.services import Services
from app.store import Account
from app.web.desk import cookies, states
from app.web.desk.devices import device
from app.web.desk.doors import ANYBODY, Page, visitor, visitor_or_none
from app.web.desk.ways import HOME, own_path

_BACK = "/sign-in/elsewhere/back"
_LONGEST = 200
_ANSWER = ("state", "code", "iss", "error")
_SAID = {
    Refusal.TOO_MANY: (HTTPStatus.TOO_MANY_REQUESTS, "Too many tries. Wait a quarter of an hour."),
    Refusal.AWAY: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "{title} cannot be reached at the moment. Who has a password here can sign in with it.",
    ),
    Refusal.DENIED: (HTTPStatus.UNAUTHORIZED, "{title} did not let you through, or you turned back."),
    Refusal.NOT_PROVEN: (
        HTTPStatus.UNAUTHORIZED,
        "What {title} said could not be verified. Begin again; if it stays so, tell an administrator.",
    ),
    Refusal.STALE: (HTTPStatus.UNAUTHORIZED, "That took too long, or was begun in another browser: begin again."),
    Refusal.NO_ROLE: (
        HTTPStatus.FORBIDDEN,
        "{title} knows you, but you have no role at this desk. Ask whoever looks after your groups there.",
    ),
    Refusal.NAME_TAKEN: (
        HTTPStatus.FORBIDDEN,
        (
            "There is an account of your name here already, or you have another one. Sign in with its password "
            "and connect it under Your account, or ask an administrator."
        ),
    ),
    Refusal.DISABLED: (HTTPStatus.FORBIDDEN, "Your account here is disabled. Ask an administrator."),
}


def pages(services: Services) -> tuple[Page, ...]:
    """Out, back, and the connecting of an account; there is nothing at these addresses without a provider."""
    away = _Elsewhere(services)
    return (
        Page(rule="/sign-in/elsewhere", name="sign_in_elsewhere", view=away.begin, roles=ANYBODY),
        Page(rule=_BACK, name="back_from_elsewhere", view=away.finish, roles=ANYBODY),
        Page(
            rule="/account/elsewhere",
            name="connect_elsewhere",
            view=away.connect,
            roles=EVERY_ROLE,
            method=HTTPMethod.POST,
        ),
    )


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """Each page by its name. What the provider says of itself is kept for the life of the process."""

    services: Services
    provider: Provider | None = field(init=False)

    def __post_init__(self) -> None:
        settings = self.services.settings
        way = settings.identity_provider
        redirect_to = f"{settings.public_base_url}/desk{_BACK}"
        object.__setattr__(self, "provider", way and Provider(way, redirect=redirect_to))

    def begin(self) -> ResponseReturnValue:
        if self.provider is None:
            return states.not_found()
        if visitor_or_none() is not None:
            return redirect(HOME, 303)
        browser = self._browser()
        leads_to = self._leave(browser, own_path(request.args.get("back", "")[:_LONGEST]))
        if isinstance(leads_to, Refusal):
            return self._said(leads_to)
        return self._bound(make_response(redirect(leads_to, 303)), browser)

    def connect(self) -> ResponseReturnValue:
        """A page with a link, because a form of ours may lead nowhere else."""
        if self.provider is None:
            return states.not_found()
        browser = self._browser()
        leads_to = self._leave(browser, "/desk/account", visitor().account)
        if isinstance(leads_to, Refusal):
            return self._said(leads_to)
        page = render_template("elsewhere.html", leads_to=leads_to, title=self.provider.way.title)
        return self._bound(make_response(page), browser)

    def finish(self) -> ResponseReturnValue:
        if self.provider is None:
            return states.not_found()
        here, answer = visitor_or_none(), {name: request.args[name] for name in _ANSWER if name in request.args}
        came = SignInElsewhere(self.services, self.provider).finish(
            answer,
            device(self.services),
            browser=request.cookies.get(cookies.elsewhere_name(self.services), ""),
            visitor=None if here is None else here.account,
        )
        return self._said(came) if isinstance(came, Refusal) else self._welcome(came)

    def _leave(self, browser: str, back: str, account: Account | None = None) -> str | Refusal:
        assert self.provider is not None  # noqa: S101 - asked before
        signing = SignInElsewhere(self.services, self.provider)
        return signing.begin(device(self.services), browser=browser, back=back, account=account)

    def _browser(self) -> str:
        """The secret of this browser: another one only where there is none, for those who begin in two tabs."""
        kept = request.cookies.get(cookies.elsewhere_name(self.services), "")
        return kept[:_LONGEST] or secrets.token_urlsafe(32)

    def _bound(self, answer: Response, browser: str) -> Response:
        cookies.put(answer, self.services, cookies.elsewhere_name(self.services), browser)
        return answer

    def _welcome(self, came: Back) -> Response:
        answer = make_response(redirect(came.path, 303))
        cookies.put(answer, self.services, cookies.session_name(self.services), came.signed_in.secret)
        for name in (cookies.visit_name(self.services), cookies.elsewhere_name(self.services)):
            cookies.drop(answer, self.services, name)
        return answer

    def _said(self, refusal: Refusal) -> ResponseReturnValue:
        """The form to sign in, which says why; a page of its own to who is signed in."""
        assert self.provider is not None  # noqa: S101 - asked before
        status, words = _SAID[refusal]
        title = self.provider.way.title
        told = words.format(title=title[0].upper() + title[1:])
        if visitor_or_none() is not None:
            page = render_template("state.html", status=int(status), title="Your account is as it was", words=told)
        else:
            page = render_template("sign_in.html", back=HOME, fault=told)
        return page, status
