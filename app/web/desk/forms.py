"""The token that proves a form to be ours: bound to the session, another one in each document.

It is masked, so that a compressed page with something of the reader's in it does not give it away bit by bit.
"""

import hashlib
import hmac
import secrets

from flask import g, request

from app.services import Services

FIELD = "form_token"
HEADER = "X-Form-Token"
_SAME = {"same-origin", "none"}


def new_token(services: Services) -> str:
    """A token for the forms of one document."""
    if not g.get("form_secret"):
        g.form_secret = g.new_visit = secrets.token_urlsafe(32)
    token = _token(services)
    mask = secrets.token_bytes(len(token))
    return mask.hex() + _mixed(token, mask).hex()


def is_ours(services: Services) -> bool:
    """Whether this request comes from a form we drew for this browser."""
    # Browsers say where a request comes from; what they say of another site is believed.
    if request.headers.get("Sec-Fetch-Site", "none") not in _SAME or not g.form_secret:
        return False
    given = request.form.get(FIELD) or request.headers.get(HEADER, "")
    wanted = _token(services)
    try:
        raw = bytes.fromhex(given)
    except ValueError:
        return False
    return hmac.compare_digest(_mixed(raw[len(wanted) :], raw[: len(wanted)]), wanted)


def _token(services: Services) -> bytes:
    key = services.settings.secret_key.encode()
    return hmac.digest(key, b"form token of " + str(g.form_secret).encode(), hashlib.sha256)


def _mixed(one: bytes, other: bytes) -> bytes:
    return bytes(left ^ right for left, right in zip(one, other, strict=False))
