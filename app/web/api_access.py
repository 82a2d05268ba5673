"""Who may ask the API what: bearer tokens and the roles they carry. It knows no endpoint."""

from datetime import datetime
from http import HTTPStatus

from flask import request

from app.accounts import EVERY_ROLE, Role
from app.store import TokenIdentity, Tokens
from app.web.problems import ApiProblem

SCHEME = "bearer"
CHALLENGE = 'Bearer realm="ivr"'

__all__ = ["EVERY_ROLE", "Role", "admit", "signature"]


def admit(tokens: Tokens, roles: frozenset[Role], *, at: datetime) -> TokenIdentity:
    """Who is asking, at this instant.

    Raises ApiProblem: 401 without a token that is known (RFC 6750), 403 without one of `roles`.
    """
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != SCHEME or not secret.strip():
        raise _unauthorised("send a token of yours as `Authorization: Bearer TOKEN`", CHALLENGE)
    identity = tokens.check(secret.strip(), at=at)
    if identity is None:
        raise _unauthorised("this token is not known, or no longer valid", f'{CHALLENGE}, error="invalid_token"')
    if identity.role not in roles:
        raise ApiProblem(HTTPStatus.FORBIDDEN, "the role of this token does not allow this")
    return identity


def signature(asker: TokenIdentity) -> str:
    """What stands in the audit log, and with what is claimed, for whoever holds this token."""
    return f"token:{asker.name}"


def _unauthorised(detail: str, challenge: str) -> ApiProblem:
    return ApiProblem(HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": challenge})
