"""Puts the desk together: every page behind its guard, the files pages are drawn with, and what all answers carry."""

from flask import Blueprint

from app.services import Services
from app.web.desk import (
    account,
    administration,
    board,
    call_page,
    call_work,
    calls,
    duty,
    duty_edits,
    duty_mine,
    elsewhere,
    fairness,
    home,
    phone,
    reports,
    saved_views,
    showcase,
    sign_in,
    swaps,
    tickets,
    voicemail,
)
from app.web.desk.assets import assets
from app.web.desk.doors import Page, open_doors
from app.web.desk.faults import tell_faults
from app.web.desk.headers import protect
from app.web.desk.look import lend_look

PREFIX = "/desk"


def desk_pages(services: Services) -> tuple[Page, ...]:
    """Every page of the desk, with the roles it lets in."""
    parts = (
        home,
        phone,
        board,
        sign_in,
        elsewhere,
        account,
        calls,
        saved_views,
        call_page,
        call_work,
        tickets,
        voicemail,
        duty,
        duty_mine,
        duty_edits,
        swaps,
        fairness,
        administration,
        reports,
        showcase,
    )
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
