"""A client that signs as Twilio does, byte for byte, and looks into the database the service writes to.

Works its own signatures out, from Twilio's "Security" page alone.
"""

import base64
import hmac
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote_plus, urldefrag
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask

from app import create_app
from app.services import Services
from app.simulator import Reply, WsgiWire
from app.simulator.twiml import Document, Verb, read
from tests.desk import BASE_URL, MAIN, TOKEN

FORM = "application/x-www-form-urlencoded; charset=UTF-8"
CALL_SID = "CA" + "1" * 32
Fields = Iterable[tuple[str, str]]


def envelope(*, call_sid: str = CALL_SID, status: str = "in-progress", **more: str) -> dict[str, str]:
    """The fields of a caller's webhook."""
    return {
        "AccountSid": "AC" + "0" * 31 + "1",
        "ApiVersion": "2010-04-01",
        "CallSid": call_sid,
        "CallStatus": status,
        "Direction": "inbound",
        "From": "+18165550117",
        "To": MAIN,
        **more,
    }


def encoded(fields: Fields) -> bytes:
    """A form body; lone surrogates stand for bytes that are no UTF-8."""
    pairs = (f"{_quoted(name)}={_quoted(value)}" for name, value in fields)
    return "&".join(pairs).encode()


def _quoted(text: str) -> str:
    return quote_plus(text.encode("utf-8", "surrogateescape"))


def signature_of(url: str, body: bytes, *, token: str = TOKEN) -> str:
    """What Twilio would put in X-Twilio-Signature for this form."""
    text = body.decode("utf-8", "surrogateescape")
    pairs = parse_qsl(text, keep_blank_values=True, errors="surrogateescape")
    tail = "".join(name + value for name, value in sorted(set(pairs)))
    digest = hmac.digest(token.encode(), (url + tail).encode("utf-8", "surrogateescape"), "sha1")
    return base64.b64encode(digest).decode()


@dataclass
class SignedClient:
    """Twilio at the door of the service."""

    services: Services
    application: Flask | None = None

    def __post_init__(self) -> None:
        self._application = self.application or create_app(self.services)
        self._wire = WsgiWire(self._with_raw_address, BASE_URL)
        self._address = ""

    def _with_raw_address(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # WSGI itself only has the path decoded; the real server hands the address over as it was asked for.
        environ["RAW_URI"] = self._address
        return self._application(environ, start_response)

    def _request(self, method: str, path: str, *, headers: dict[str, str], body: bytes) -> Reply:
        self._address = path
        return self._wire.request(method, BASE_URL + path, headers=headers, body=body)

    def post(self, path: str, fields: Fields | bytes, *, signature: str | None = None) -> Reply:
        """A signed form POST, or one with the `signature` given; an empty one leaves the header out."""
        body = fields if isinstance(fields, bytes) else encoded(fields)
        given = signature_of(BASE_URL + path, body) if signature is None else signature
        headers = {"Content-Type": FORM, **({"X-Twilio-Signature": given} if given else {})}
        return self._request("POST", path, headers=headers, body=body)

    def get(self, path: str, fields: Fields, *, signature: str | None = None) -> Reply:
        """A signed GET, with the fields in its query."""
        query = encoded(fields).decode()
        path += f"?{query}" if query else ""
        given = signature_of(BASE_URL + path, b"") if signature is None else signature
        return self._request("GET", path, headers={"X-Twilio-Signature": given}, body=b"")

    def send(self, method: str, path: str, *, body: bytes, content_type: str, signature: str) -> Reply:
        """Anything else."""
        headers = {"Content-Type": content_type, "X-Twilio-Signature": signature}
        return self._request(method, path, headers=headers, body=body)

    def rows(self) -> dict[str, int]:
        """How many rows each table of the service's SQLite database has."""
        file = Path(self.services.settings.database_url.removeprefix("sqlite:///"))
        connection = sqlite3.connect(file)
        try:
            found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for (name,) in found}  # noqa: S608
        finally:
            connection.close()


def document_of(reply: Reply) -> Document:
    """The TwiML of an answer, which must be one Twilio has no complaint about."""
    assert reply.status == 200, (reply.status, reply.body[:200])
    document = read(reply, url=BASE_URL)
    assert document.warnings == ()
    return document


def leads_on(document: Document) -> bool:
    """Whether a caller who does nothing, or does anything, ends up somewhere: never in silence or a sudden end."""
    names = [verb.name for verb in document.verbs]
    match names:
        case [*_, "Gather", "Redirect"] | [*_, "Record", "Redirect"] | [*_, "Record", "Hangup"]:
            return _names_action(document.verbs[-2]) and (names[-1] == "Hangup" or bool(document.verbs[-1].text))
        case [*_, "Dial"]:
            return _names_action(document.verbs[-1]) and bool(document.verbs[-1].children)
        case [*_, "Redirect"]:
            return bool(document.verbs[-1].text)
        case [*_, "Say", "Hangup"]:
            return bool(document.verbs[-2].text)
        case _:
            return False


def _names_action(verb: Verb) -> bool:
    return verb.attributes.get("action", "").startswith(f"{BASE_URL}/voice/")


def next_paths(document: Document) -> list[str]:
    """The paths a document leads to, in the order of reading; how long they are waited for is not part of them."""
    found = [verb.attributes.get("action") or verb.text for verb in document.verbs]
    return [path_of(url) for url in found if url.startswith(BASE_URL)]


def path_of(address: str) -> str:
    """What is asked for at an address of ours: without the host, and without how long it is waited for."""
    return urldefrag(address.removeprefix(BASE_URL)).url
