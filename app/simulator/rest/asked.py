"""One REST request and its answer, as values. Knows HTTP's shapes and no resource."""

from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from wsgiref.types import WSGIEnvironment

Payload = dict[str, Any]


class Refused(Exception):  # noqa: N818 (an answer like any other)
    """A request that Twilio does not fulfil: its error code, words and HTTP status."""

    def __init__(self, code: int, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def payload(self) -> Payload:
        """The error body."""
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": self.message, "more_info": more, "status": self.status}


class NotFound(Refused):
    """There is nothing at this address."""

    def __init__(self, path: str) -> None:
        super().__init__(20404, f"The requested resource {path} was not found", status=404)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a JSON document, or bytes of a type."""

    status: int
    payload: Payload | None = None
    media: bytes = b""
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: `fields` are a form's or a query's, each name with all its values in order."""

    method: str
    path: str
    query: str
    fields: Mapping[str, Sequence[str]]
    user: str
    password: str

    def one(self, name: str) -> str | None:
        """The value of a field that comes once; None when it is missing."""
        values = self.fields.get(name)
        return values[-1] if values else None

    def text(self, name: str, default: str = "") -> str:
        """The value of a field, or the default."""
        value = self.one(name)
        return default if value is None else value

    def flag(self, name: str) -> bool:
        """Whether a boolean field is true."""
        return self.text(name).lower() == "true"


def read(environment: WSGIEnvironment) -> Asked:
    """Read a request from its WSGI environment."""
    method, query = environment["REQUEST_METHOD"], environment.get("QUERY_STRING", "")
    body = query
    if method == "POST":
        length = int(environment.get("CONTENT_LENGTH") or 0)
        body = environment["wsgi.input"].read(length).decode()
    fields: dict[str, list[str]] = {}
    for name, value in parse_qsl(body, keep_blank_values=True):
        fields.setdefault(name, []).append(value)
    user, password = _credentials(environment.get("HTTP_AUTHORIZATION", ""))
    return Asked(method, environment["PATH_INFO"], query, fields, user, password)


def _credentials(header: str) -> tuple[str, str]:
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        user, _, password = b64decode(encoded).decode().partition(":")
    except (BadBase64, UnicodeDecodeError):
        return "", ""
    return user, password
