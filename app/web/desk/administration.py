"""All pages of administration, put together."""

from app.services import Services
from app.web.desk import admin, audit, outbox_page, revisions, sessions, settings_page, tokens, users, wiring
from app.web.desk.doors import Page


def pages(services: Services) -> tuple[Page, ...]:
    """Every page under the tabs of administration, and the way in."""
    parts = (admin, users, tokens, sessions, audit, wiring, settings_page, outbox_page, revisions)
    return tuple(page for part in parts for page in part.pages(services))
