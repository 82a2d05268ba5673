"""One POST to an address of the operator's: no redirect is followed, no answer is read beyond its headers."""

import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import urlsplit

from app.telephony.provider import ProviderError

_CONNECT_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """The status of an answer, and how long it asks us to wait, as it said it."""

    status: int
    wait: str = ""

    def retry_after(self, now: datetime) -> float | None:
        """Seconds to wait from `now`; None where the answer asks for none."""
        if self.wait.isascii() and self.wait.isdigit():
            return float(self.wait)
        try:
            until = parsedate_to_datetime(self.wait)
        except ValueError:
            return None
        return max((until - now).total_seconds(), 0.0) if until.tzinfo is not None else None


def post(url: str, body: bytes, headers: Mapping[str, str], *, trust: ssl.SSLContext | None = None) -> Answer:
    """Send `body` to `url`. Raises ProviderError when there is no answer; the address is not in its text."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    sent = False
    with closing(_connection(parts.scheme, parts.hostname or "", parts.port, trust)) as connection:
        try:
            connection.connect()
            connection.sock.settimeout(_ANSWER_SECONDS)
            sent = True
            connection.request("POST", target, body=body, headers={"User-Agent": "offsite-ivr", **headers})
            answer = connection.getresponse()
        except (OSError, HTTPException) as fault:
            what = "no answer from the endpoint" if sent else "the endpoint cannot be reached"
            raise ProviderError(f"{what} ({type(fault).__name__})", permanent=False, unknown_outcome=sent) from None
        return Answer(answer.status, (answer.getheader("Retry-After") or "").strip())


def _connection(scheme: str, host: str, port: int | None, trust: ssl.SSLContext | None) -> HTTPConnection:
    if scheme == "https":
        trust = trust or ssl.create_default_context()
        return HTTPSConnection(host, port, timeout=_CONNECT_SECONDS, context=trust)
    return HTTPConnection(host, port, timeout=_CONNECT_SECONDS)
