"""A page that shows every component once, for those who build pages and those who judge them."""

from datetime import timedelta

from flask import render_template

from app.accounts import EVERY_ROLE
from app.cdr.records import Disposition, LegOutcome, TicketStatus
from app.services import Services
from app.web.desk.doors import Page
from oncall import Priority


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
            now=now,
            earlier=now - timedelta(days=3, hours=2),
            soon=now + timedelta(hours=2, minutes=10),
            late=now - timedelta(minutes=25),
        )

    return (Page(rule="/components", name="components", view=show, roles=EVERY_ROLE),)
