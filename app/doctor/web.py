"""Addresses on the internet as the doctor needs them: an answer within seconds, or one sentence why there is none."""

import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import IO, Final, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

TIMEOUT_SECONDS: Final = 5.0
_LARGEST_BODY: Final = 100_000


class Unreachable(Exception):  # noqa: N818 (what it says)
    """No answer came. The text says why, in words for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer: status, text, and the instant its Date header names, if it has one."""

    status: int
    body: str
    dated_at: datetime | None


class Web(Protocol):
    """Asks addresses. Both methods raise Unreachable, and take at most a few seconds."""

    def ask(self, url: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str]) -> Answer:
        """GET `url`, or POST the form to it. A redirect is an answer, and not followed."""
        ...

    def certificate_ends_at(self, host: str, port: int) -> datetime:
        """Until which instant the certificate there is valid. One that is not valid is Unreachable."""
        ...


class HttpWeb:
    """The internet itself."""

    def ask(self, url: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str]) -> Answer:
        """See Web."""
        data = None if form is None else urlencode(form).encode()
        request = Request(url, data=data, headers=dict(headers))  # noqa: S310 (settings take http and https only)
        try:
            with build_opener(_NoRedirect()).open(request, timeout=TIMEOUT_SECONDS) as reply:
                return _answer(reply.status, reply, reply.headers.get("Date"))
        except HTTPError as reply:
            with reply:
                return _answer(reply.code, reply, reply.headers.get("Date"))
        except (OSError, http.client.HTTPException) as fault:
            raise Unreachable(_reason(fault)) from fault

    def certificate_ends_at(self, host: str, port: int) -> datetime:
        """See Web."""
        context = ssl.create_default_context()
        try:
            with (
                socket.create_connection((host, port), timeout=TIMEOUT_SECONDS) as plain,
                context.wrap_socket(plain, server_hostname=host) as secured,
            ):
                certificate = secured.getpeercert() or {}
        except OSError as fault:
            raise Unreachable(_reason(fault)) from fault
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), tz=UTC)


class _NoRedirect(HTTPRedirectHandler):
    # Twilio repeats a redirected POST as a GET, without its fields: a redirect is a finding, not a way.
    def redirect_request(self, *_: object) -> None:
        return None


def _answer(status: int, reply: IO[bytes], dated: str | None) -> Answer:
    return Answer(status=status, body=reply.read(_LARGEST_BODY).decode("utf-8", "replace"), dated_at=_instant(dated))


def _instant(dated: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(dated).astimezone(UTC) if dated else None
    except ValueError:
        return None


def _reason(fault: Exception) -> str:
    cause = fault.reason if isinstance(fault, URLError) else fault
    match cause:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not accepted: {cause.verify_message}"
        case socket.gaierror():
            return "its name is not known"
        case TimeoutError():
            return f"no answer within {TIMEOUT_SECONDS:.0f} seconds"
        case ConnectionRefusedError():
            return "the connection is refused: nothing listens there"
        case OSError() if cause.strerror:
            return cause.strerror
        case _:
            return str(cause) or type(cause).__name__
