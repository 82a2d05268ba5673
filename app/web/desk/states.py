"""Pages instead of the page that was asked for: nobody signed in, no right, a stale form, nothing there, a fault."""

from http import HTTPStatus

from flask import Response, make_response, render_template, request


def sign_in_here() -> Response:
    """The sign-in form in place of a page; whoever signs in comes back to it."""
    back = request.full_path.rstrip("?") if request.method == "GET" else ""
    answer = make_response(render_template("sign_in.html", back=back, fault=""), HTTPStatus.UNAUTHORIZED)
    answer.headers["WWW-Authenticate"] = 'Form realm="desk"'
    if request.headers.get("HX-Request"):
        answer.headers["HX-Refresh"] = "true"
    return answer


def not_allowed() -> Response:
    """The page is not for this role."""
    return _state(
        HTTPStatus.FORBIDDEN,
        "This page is not for your role",
        "Supervisors see all calls, administrators also keep accounts. Ask one of them if you need it.",
    )


def stale_form() -> Response:
    """The form was drawn for another session, or too long ago."""
    return _state(
        HTTPStatus.FORBIDDEN,
        "This form is out of date",
        "You were signed off or signed in anew since it was shown. Nothing was changed: go back, reload, try again.",
    )


def not_found(what: str = "page") -> Response:
    """Nothing is at this address."""
    return _state(
        HTTPStatus.NOT_FOUND, f"There is no such {what}", "It may have been mistyped, or come from another desk."
    )


def unavailable() -> Response:
    """The database does not answer."""
    answer = _state(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The database does not answer",
        "Calls are still being taken and will be stored later. Try again in a few seconds.",
    )
    answer.headers["Retry-After"] = "5"
    return answer


def broken(reference: str) -> Response:
    """Our code raised."""
    return _state(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong here",
        f"It was written to the log under the reference {reference}. Calls do not depend on this page.",
    )


def refused(status: int, title: str) -> Response:
    """What the framework refuses by itself."""
    return _state(status, title, "Nothing was changed.")


def _state(status: int, title: str, words: str) -> Response:
    return make_response(render_template("state.html", status=int(status), title=title, words=words), status)
