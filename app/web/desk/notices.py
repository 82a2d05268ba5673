"""What is said at the top of the next page of what was just done. Only sentences of ours can be said so."""

from collections.abc import Mapping
from types import MappingProxyType

from flask import Response, g, redirect, request

COOKIE = "desk-notice"
NOTICES: Mapping[str, str] = MappingProxyType(
    {
        "acknowledged": "You have this ticket now.",
        "yours": "This ticket was yours already.",
        "taken": "Somebody else was quicker: this ticket is taken.",
        "told": "Added to the history.",
        "changed": "The ticket was changed.",
        "unchanged": "Nothing was changed: the ticket was the same before.",
        "stale": "The ticket was changed by somebody else meanwhile. Look at it again, then decide.",
        "closed": "The ticket is closed: reopen it first.",
        "nothing": "There was nothing to add.",
        "no_person": "Your account is not somebody in schedules/staff.yaml, so it cannot have tickets.",
        "password": "Your password was changed. Your other sessions have ended.",
        "factor_on": "From now on a code of your app is asked for.",
        "factor_off": "No code is asked for any more.",
        "session_ended": "The session has ended.",
        "account_changed": "The account was changed.",
        "signed_out": "You are signed out.",
    }
)


def back_to(path: str, notice: str) -> Response:
    """Leads to a page that says the notice, once."""
    answer = redirect(path, 303)
    answer.set_cookie(COOKIE, notice, max_age=30, httponly=True, samesite="Lax", path="/")
    return answer  # type: ignore[return-value] # Flask makes its own responses


def taken_notice() -> str:
    """The sentence that was left for this page; it is said once."""
    if COOKIE not in request.cookies:
        return ""
    g.notice_taken = True
    return NOTICES.get(request.cookies[COOKIE], "")
