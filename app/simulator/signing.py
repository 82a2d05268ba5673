"""How Twilio signs a request: HMAC-SHA1 over the address and the sorted form. Knows no more."""

import base64
import hmac
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit


def signature(*, auth_token: str, url: str, form: Mapping[str, str]) -> str:
    """The `X-Twilio-Signature` of a request to `url` with the posted `form` (empty for a GET).

    Source: Twilio's "Security" page. The fragment (connection overrides) and user information are not
    signed; an https port is not signed either, an http one is.
    """
    signed = signed_url(url) + "".join(name + form[name] for name in sorted(form))
    digest = hmac.digest(auth_token.encode(), signed.encode(), "sha1")
    return base64.b64encode(digest).decode()


@lru_cache(maxsize=1024)
def signed_url(url: str) -> str:
    """The part of a webhook's address that goes on the wire and under the signature."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "https" and parts.port is not None:
        host = host.rpartition(":")[0]
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
