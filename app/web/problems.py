"""JSON answers, and what programs are told when something is wrong: RFC 9457 problem documents.

A problem never repeats a value it was given, and gives no detail of a fault of ours away.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus

import structlog
from flask import Flask, Response, request
from pydantic import BaseModel, ConfigDict
from werkzeug.exceptions import HTTPException, NotFound

from app.store import StoreUnavailable

API = "/api/"
JSON = "application/json"
PROBLEM_JSON = "application/problem+json"
RETRY_SECONDS = 2
ALWAYS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_log = structlog.get_logger(__name__)


class ParameterFault(BaseModel):
    """A parameter that cannot be used, and the remedy."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)

    field: str
    """The parameter's name."""
    message: str
    """What is wrong with it, in words for a person."""


class Problem(BaseModel):
    """What went wrong (RFC 9457). `errors` is there only when parameters are at fault, and names all of them."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)

    type: str = "about:blank"
    """Always `about:blank`: the status tells the kind of problem."""
    title: str
    """The status in words."""
    status: int
    """The HTTP status."""
    detail: str | None = None
    """What is wrong this time, if it can be told."""
    errors: list[ParameterFault] | None = None
    """Every parameter at fault."""


class ApiProblem(Exception):  # noqa: N818 (an answer of the API rather than an error of ours)
    """Ends a request with a problem document of this status."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        errors: Iterable[ParameterFault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.errors = list(errors)
        self.headers = dict(headers or {})


def bad_parameters(errors: Iterable[ParameterFault]) -> ApiProblem:
    """The problem of a request whose parameters cannot be used."""
    return ApiProblem(HTTPStatus.BAD_REQUEST, "the parameters named in `errors` cannot be used", errors=errors)


def json_answer(
    body: str,
    *,
    status: int = HTTPStatus.OK,
    mimetype: str = JSON,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A JSON answer that nobody keeps a copy of on the way."""
    return Response(body, status=status, mimetype=mimetype, headers={**ALWAYS, **(headers or {})})


def register_problems(app: Flask) -> None:
    """Answers whatever goes wrong under /api/ with a problem document; other paths are left as they are."""
    app.register_error_handler(ApiProblem, _told)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(StoreUnavailable, _unavailable)
    app.register_error_handler(Exception, _unexpected)


def _told(fault: ApiProblem) -> Response:
    return _answer(fault.status, detail=fault.detail, errors=fault.errors or None, headers=fault.headers)


def _refused(fault: HTTPException) -> Response | HTTPException:
    if not _is_api():
        return fault
    headers = {name: value for name, value in fault.get_headers() if name in {"Allow", "Retry-After"}}
    return _answer(fault.code or HTTPStatus.INTERNAL_SERVER_ERROR, detail=_detail(fault), headers=headers)


def _detail(fault: HTTPException) -> str | None:
    # Werkzeug's words for this one are meant for people with a browser.
    return "there is nothing at this address" if isinstance(fault, NotFound) else fault.description


def _unavailable(fault: StoreUnavailable) -> Response:
    if not _is_api():
        raise fault
    _log.warning("api_store_unavailable", route=_route(), reason=fault.reason)
    detail = "the database does not answer at this moment; ask again in a few seconds"
    return _answer(HTTPStatus.SERVICE_UNAVAILABLE, detail=detail, headers={"Retry-After": str(RETRY_SECONDS)})


def _unexpected(fault: Exception) -> Response:
    if not _is_api():
        raise fault
    _log.error("api_failed", route=_route(), exc_info=fault)
    return _answer(HTTPStatus.INTERNAL_SERVER_ERROR)


def _answer(
    status: int,
    *,
    detail: str | None = None,
    errors: list[ParameterFault] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    problem = Problem(title=_title(status), status=int(status), detail=detail, errors=errors)
    body = problem.model_dump_json(exclude_none=True)
    return json_answer(body, status=status, mimetype=PROBLEM_JSON, headers=headers)


def _title(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Error"


def _is_api() -> bool:
    return request.path.startswith(API)


def _route() -> str:
    return request.url_rule.rule if request.url_rule else "none"
