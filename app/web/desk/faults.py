"""The catch-all of pages: whatever is raised becomes a page with a reference, and its particulars stay in the log."""

import secrets

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, NotFound

from app.store import StoreUnavailable
from app.web.desk import states

_log = structlog.get_logger(__name__)


def tell_faults(blueprint: Blueprint) -> None:
    """Answers what is raised by the pages of the desk."""
    blueprint.register_error_handler(HTTPException, _refused)
    blueprint.register_error_handler(StoreUnavailable, _unavailable)
    blueprint.register_error_handler(Exception, _unexpected)


def _refused(fault: HTTPException) -> Response:
    if isinstance(fault, NotFound):
        return states.not_found()
    return states.refused(fault.code or 500, fault.name)


def _unavailable(fault: StoreUnavailable) -> Response:
    _log.warning("page_store_unavailable", route=_route(), reason=fault.reason)
    return states.unavailable()


def _unexpected(fault: Exception) -> Response:
    reference = secrets.token_hex(4)
    _log.error("page_failed", route=_route(), reference=reference, exc_info=fault)
    return states.broken(reference)


def _route() -> str:
    return request.url_rule.rule if request.url_rule else "none"
