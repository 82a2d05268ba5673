"""The door to a live telephone company over HTTP: requests in JSON for a screen, and Twilio's REST API beside them.

Whoever asks brings the key; the REST API looks at Twilio's own credentials.
"""

import binascii
import json
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from hmac import compare_digest
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from app.simulator.live.company import Company, Refusal

PREFIX = "/exchange/"
_LONGEST_BODY = 1_500_000
_WORDS = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 413: "Too Large"}
Fields = Mapping[str, str]


class Door:
    """A WSGI application. `key` opens what is under /exchange/; all else goes to the REST API."""

    def __init__(self, company: Company, *, rest: WSGIApplication, key: str) -> None:
        self._company = company
        self._rest = rest
        self._key = key.encode()
        self._deeds: dict[str, Callable[[Fields], object]] = {
            "moment": lambda asked: company.move_to(_instant(asked.get("at", ""))),
            "dial": lambda asked: company.dial(to=asked["to"], from_=asked["from"]),
            "press": lambda asked: company.press(asked["leg"], asked["keys"]),
            "hang-up": lambda asked: company.hang_up(asked["leg"]),
            "pick-up": lambda asked: company.pick_up(asked["leg"], asked["how"]),
            "text": lambda asked: company.text(from_=asked["from"], to=asked["to"], body=asked["body"]),
            "sample": lambda asked: company.speak(asked["leg"]),
            "speech": lambda asked: company.begins_speaking(asked["leg"]),
            "voice": lambda asked: company.speak(asked["leg"], b64decode(asked["wav"], validate=True)),
        }

    def __call__(self, environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environment["PATH_INFO"]
        if not path.startswith(PREFIX):
            return self._rest(environment, start_response)
        status, told = self._answer(environment, path.removeprefix(PREFIX))
        body = json.dumps(told).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response(f"{status} {_WORDS[status]}", headers)
        return [body]

    def _answer(self, environment: WSGIEnvironment, name: str) -> tuple[int, Any]:
        given = str(environment.get("HTTP_X_EXCHANGE_KEY", "")).encode()
        if not compare_digest(given, self._key):
            return 403, {"fault": "The key is wrong."}
        if environment["REQUEST_METHOD"] == "GET" and name == "picture":
            return 200, self._company.picture()
        if environment["REQUEST_METHOD"] != "POST" or name not in self._deeds:
            return 404, {"fault": "There is nothing of this name."}
        length = int(environment.get("CONTENT_LENGTH") or 0)
        if length > _LONGEST_BODY:
            return 413, {"fault": "That is too much."}
        return self._done(self._deeds[name], environment["wsgi.input"].read(length))

    @staticmethod
    def _done(deed: Callable[[Fields], object], body: bytes) -> tuple[int, Any]:
        try:
            return 200, {"done": deed(json.loads(body))}
        except Refusal as refusal:
            return 409, {"fault": str(refusal)}
        except (KeyError, TypeError, ValueError, AttributeError, binascii.Error):
            return 400, {"fault": "The request is not complete."}


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return at
