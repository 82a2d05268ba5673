"""Puts the desk together: every page behind its guard, the files pages are drawn with, and what all answers carry."""

from flask import Blueprint

from app.services import Services
from app.web.desk import account, audit, calls, home, showcase, sign_in, tickets, users
from app.web.desk.assets import assets
from app.web.desk.doors import Page, open_doors
from app.web.desk.faults import tell_faults
from app.web.desk.headers import protect
from app.web.desk.look import lend_look

PREFIX = "/desk"


def desk_pages(services: Services) -> tuple[Page, ...]:
    """Every page of the desk, with the roles it lets in."""
    parts = (home, sign_in, account, calls, tickets, users, audit, showcase)
    return tuple(page for part in parts for page in part.pages(services))


def desk(services: Services) -> Blueprint:
    """The blueprint of /desk, and of the front page that leads there."""
    blueprint = Blueprint("desk", __name__, template_folder="../templates")
    protect(blueprint, services)
    open_doors(blueprint, services, desk_pages(services), prefix=PREFIX)
    assets(blueprint, prefix=f"{PREFIX}/assets")
    lend_look(blueprint, services)
    tell_faults(blueprint)
    return blueprint
