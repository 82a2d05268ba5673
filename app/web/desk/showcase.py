"""A page that shows every component once, for those who build pages and those who judge them."""

from datetime import timedelta

from flask import render_template

from app.accounts import EVERY_ROLE
from app.call_work import WrapUp
from app.cdr.records import Disposition, LegOutcome, TicketStatus
from app.services import Services
from app.store import VoicemailState
from app.web.desk import charts
from app.web.desk.doors import Page
from oncall import Priority

_KINDS = (("answered", "Answered"), ("left", "Abandoned"))


def pages(services: Services) -> tuple[Page, ...]:
    """The page of components."""

    def show() -> str:
        now = services.clock.now()
        return render_template(
            "components.html",
            priorities=list(Priority),
            statuses=list(TicketStatus),
            dispositions=list(Disposition),
            outcomes=list(LegOutcome),
            messages=[each for each in VoicemailState if each is not VoicemailState.FETCHING],
            wrap_ups=list(WrapUp),
            kinds=_KINDS,
            drawn=charts.columns({"answered": [5, 3, 8], "left": [1, 0, 2]}, ["1 Dec", "2 Dec", "3 Dec"], ["", "", ""]),
            parts=charts.parts({"answered": 8, "left": 4}),
            now=now,
            earlier=now - timedelta(days=3, hours=2),
            soon=now + timedelta(hours=2, minutes=10),
            close=now + timedelta(minutes=35),
            late=now - timedelta(minutes=25),
        )

    return (Page(rule="/components", name="components", view=show, roles=EVERY_ROLE),)
