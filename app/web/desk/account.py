"""The visitor's own account: password, second factor, sessions, and what the desk looks like to them."""

from dataclasses import dataclass
from http import HTTPMethod, HTTPStatus

from flask import Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.accounts import EVERY_ROLE, AccountFault, AccountKeeping, NewFactor, SecondFactors, Sessions
from app.services import Services
from app.web.desk.doors import ANYBODY, Page, visitor
from app.web.desk.look import THEMES
from app.web.desk.notices import back_to

_HERE = "/desk/account"
_YEAR_SECONDS = 31_536_000


def pages(services: Services) -> tuple[Page, ...]:
    """The visitor's own account."""
    mine, post = _Own(services), HTTPMethod.POST
    every = EVERY_ROLE
    return (
        Page(rule="/account", name="account", view=mine.show, roles=every),
        Page(rule="/account/password", name="change_password", view=mine.password, roles=every, method=post),
        Page(rule="/account/code", name="new_factor", view=mine.new_factor, roles=every),
        Page(rule="/account/code", name="turn_factor_on", view=mine.factor_on, roles=every, method=post),
        Page(rule="/account/code/off", name="turn_factor_off", view=mine.factor_off, roles=every, method=post),
        Page(rule="/account/sessions/<int:number>", name="end_session", view=mine.end, roles=every, method=post),
        Page(rule="/theme", name="theme", view=mine.theme, roles=ANYBODY, method=post),
    )


@dataclass(frozen=True, slots=True)
class _Own:
    """Each page by its name."""

    services: Services

    def show(self, fault: str = "") -> str:
        mine = visitor()
        sessions = Sessions(self.services).of(mine.account, at=self.services.clock.now())
        idle = self.services.settings.session_idle_minutes
        return render_template("account.html", mine=mine, sessions=sessions, idle=idle, fault=fault)

    def password(self) -> ResponseReturnValue:
        mine, form = visitor(), request.form
        try:
            if form.get("new", "") != form.get("again", ""):
                raise AccountFault("The two new passwords are not the same.")  # noqa: TRY301 (met like the others)
            AccountKeeping(self.services, mine.name).change_password(
                mine.account, old=form.get("old", ""), new=form.get("new", ""), session_id=mine.session.id
            )
        except AccountFault as fault:
            return self.show(str(fault)), HTTPStatus.UNPROCESSABLE_ENTITY
        return back_to(_HERE, "password")

    def new_factor(self) -> ResponseReturnValue:
        if visitor().account.second_factor is not None:
            return redirect(_HERE, 303)
        return _setting_up(SecondFactors(self.services).new(visitor().account), "")

    def factor_on(self) -> ResponseReturnValue:
        mine, secret = visitor(), request.form.get("secret", "")
        factors = SecondFactors(self.services)
        if factors.turn_on(mine.account, secret, request.form.get("code", "")):
            return back_to(_HERE, "factor_on")
        again = factors.new(mine.account)
        fault = "That was not the code of this moment. Here is a new secret: read it with your app again."
        return _setting_up(again, fault), HTTPStatus.UNPROCESSABLE_ENTITY

    def factor_off(self) -> ResponseReturnValue:
        mine, factors = visitor(), SecondFactors(self.services)
        if not factors.accepts(mine.account, request.form.get("code", "")):
            return self.show("That was not the code of this moment."), HTTPStatus.UNPROCESSABLE_ENTITY
        factors.turn_off(mine.account, by=mine.name)
        return back_to(_HERE, "factor_off")

    def end(self, number: int) -> ResponseReturnValue:
        mine = visitor()
        Sessions(self.services).end(mine.account, number, by=mine.name)
        return back_to(_HERE, "session_ended")

    def theme(self) -> Response:
        """Keep what was chosen; scripts read it too, before the first line is drawn."""
        chosen = request.form.get("theme", "")
        answer = Response(status=HTTPStatus.NO_CONTENT)
        if not request.headers.get("HX-Request"):
            answer = redirect(_HERE, 303)  # type: ignore[assignment] # Flask makes its own responses
        if chosen in THEMES:
            answer.set_cookie("desk-theme", chosen, max_age=_YEAR_SECONDS, samesite="Lax", path="/")
        return answer


def _setting_up(factor: NewFactor, fault: str) -> str:
    import segno  # noqa: PLC0415 (only where somebody sets up a second factor)

    # Without colours of its own: what has to be dark and light for a camera is said by our style sheet.
    drawn = segno.make(factor.address, error="m").svg_inline(scale=5, border=2, svgclass="qr", lineclass="qr-line")
    return render_template("second_factor.html", factor=factor, picture=Markup(drawn), fault=fault)  # noqa: S704 (segno's)
