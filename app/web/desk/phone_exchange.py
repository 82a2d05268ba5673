"""Asks the telephone exchange of a simulation, which is a process of its own on this machine. Draws nothing."""

import hmac
import http.client
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from app.services import Services
from app.settings import Settings

_TIMEOUT_SECONDS = 5.0
Answer = dict[str, Any]


class NoExchange(Exception):  # noqa: N818 (a state of the world)
    """No exchange answers."""


class Refused(Exception):  # noqa: N818 (an answer)
    """The exchange does not do what it was asked; the text says why."""


def exchange_key(settings: Settings) -> str:
    """What is shown at the exchange's door; every process of one installation knows it."""
    return hmac.digest(settings.secret_key.encode(), b"telephone exchange", "sha256").hex()


@dataclass(frozen=True, slots=True)
class Exchange:
    """The exchange of these services."""

    services: Services

    def picture(self) -> Answer:
        """How all phones stand. Raises NoExchange."""
        return self._ask("GET", "picture", None)

    def do(self, deed: str, **fields: str) -> Answer:
        """Have something done at a phone. Raises Refused, NoExchange."""
        return self._ask("POST", deed, fields)

    def is_there(self) -> bool:
        """Whether an exchange answers."""
        try:
            self.picture()
        except (NoExchange, Refused):
            return False
        return True

    def _ask(self, method: str, name: str, fields: Answer | None) -> Answer:
        settings = self.services.settings
        parts = urlsplit(settings.twilio_api_base_url or "")
        if not settings.simulated or parts.hostname is None:
            raise NoExchange
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=_TIMEOUT_SECONDS)
        headers = {"X-Exchange-Key": exchange_key(settings), "Content-Type": "application/json"}
        body = None if fields is None else json.dumps(fields)
        try:
            connection.request(method, f"/exchange/{name}", body=body, headers=headers)
            answer = connection.getresponse()
            told: Answer = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as fault:
            raise NoExchange from fault
        finally:
            connection.close()
        if answer.status != HTTPStatus.OK:
            raise Refused(str(told.get("fault", "")))
        return told
