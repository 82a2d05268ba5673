"""The calendars people subscribe to, at addresses only they know. Nothing here says whether an address ever was one."""

from http import HTTPStatus

from flask import Blueprint, Response, request

from app.feeds import PATH, Feeds
from app.services import Services
from app.store import StoreUnavailable

FRESH_SECONDS = 900
RETRY_SECONDS = 120
CALENDAR = "text/calendar; charset=utf-8"


def feeds(services: Services) -> Blueprint:
    """The blueprint of the calendar feeds."""
    blueprint = Blueprint("feeds", __name__, url_prefix=PATH)
    all_feeds = Feeds(services)

    @blueprint.get("/<secret>.ics")
    def calendar(secret: str) -> Response:
        try:
            feed = all_feeds.read(secret)
        except StoreUnavailable:
            return _nothing(HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": str(RETRY_SECONDS)})
        if feed is None:
            return _nothing(HTTPStatus.NOT_FOUND, {})
        answer = Response(feed.body, content_type=CALENDAR)
        answer.set_etag(feed.tag)
        answer.last_modified = feed.changed_at
        # Private: the address is the key, and a shared cache on the way must not keep what it opens.
        answer.headers["Cache-Control"] = f"private, max-age={FRESH_SECONDS}"
        answer.headers["Content-Disposition"] = 'inline; filename="on-call.ics"'
        answer.headers["X-Robots-Tag"] = "noindex"
        answer.make_conditional(request)
        return answer

    return blueprint


def _nothing(status: HTTPStatus, headers: dict[str, str]) -> Response:
    answer = Response(status=status, headers={"Cache-Control": "no-store", **headers})
    del answer.headers["Content-Type"]
    return answer
