"""Where the desk begins: the front page leads to what somebody's role is about; other addresses lead nowhere."""

from flask import Response, redirect
from flask.typing import ResponseReturnValue

from app.accounts import EVERY_ROLE, OVERSEERS
from app.services import Services
from app.web.desk import phone, states
from app.web.desk.doors import ANYBODY, Page, visitor


def pages(services: Services) -> tuple[Page, ...]:
    """The front page, the first page of the desk, and every address at which there is none."""

    def home() -> ResponseReturnValue:
        # Where there are phones to call from, the first minute is a phone call.
        return redirect(phone.HERE, 303) if phone.is_live(services) else _home()

    return (
        Page(rule="/", name="front", view=_front, roles=ANYBODY),
        Page(rule="", name="home", view=home, roles=EVERY_ROLE),
        Page(rule="/<path:rest>", name="nowhere", view=_nowhere, roles=EVERY_ROLE),
    )


def _front() -> ResponseReturnValue:
    return redirect("/desk", 302)


def _home() -> ResponseReturnValue:
    return redirect("/desk/board" if visitor().role in OVERSEERS else "/desk/tickets", 303)


def _nowhere(rest: str) -> Response:
    del rest
    return states.not_found()
