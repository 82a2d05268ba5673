"""Checks that a webhook was signed by Twilio with one of our tokens.

The address signed is the configured public one, never what a proxy says; see Twilio's "Security" page for the rule.
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit


class SignatureCheck:
    """Answers whether a request was signed with one of `tokens` (the primary first, then a secondary)."""

    def __init__(self, *, public_base_url: str, tokens: tuple[str, ...]) -> None:
        self._keys = tuple(token.encode() for token in tokens)
        self._bases = tuple(base.encode() for base in _port_forms(public_base_url))

    def accepts(self, *, target: str, parameters: Iterable[tuple[str, str]], body: bytes | None, given: str) -> bool:
        """True when `given` signs the public address of `target` (path and raw query) with the form's parameters.

        `parameters` are the decoded fields of a form POST, none for other requests. `body` is the raw body of a
        request that is not a form: Twilio signs its digest through the query's `bodySHA256`.
        """
        if body is not None and not _digest_matches(target, body):
            return False
        tail = target.encode("utf-8", "surrogateescape") + _appended(parameters)
        presented = given.encode("utf-8", "replace")
        # Which of the forms was signed is no secret; that a signature is compared in constant time is what counts.
        return any(
            hmac.compare_digest(b64encode(hmac.digest(key, base + tail, hashlib.sha1)), presented)
            for key in self._keys
            for base in self._bases
        )


def _appended(parameters: Iterable[tuple[str, str]]) -> bytes:
    # Twilio's own library drops repeated equal pairs and sorts by name, then value.
    pairs = sorted(set(parameters))
    return "".join(name + value for name, value in pairs).encode("utf-8", "surrogateescape")


def _digest_matches(target: str, body: bytes) -> bool:
    claimed = parse_qs(urlsplit(target).query).get("bodySHA256")
    if claimed is None:
        return not body
    return hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), claimed[0].encode("utf-8", "replace"))


def _port_forms(base: str) -> tuple[str, ...]:
    """The base as configured, without a port, and with one: Twilio signs either form."""
    parts = urlsplit(base)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    port = parts.port or (443 if parts.scheme == "https" else 80)
    bare = f"{parts.scheme}://{host}{parts.path}"
    return tuple(dict.fromkeys((base, bare, f"{parts.scheme}://{host}:{port}{parts.path}")))
