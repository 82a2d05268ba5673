"""Twilio's REST API as a WSGI application: who asks, what goes wrong on demand, and what is remembered of it."""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from wsgiref.types import StartResponse, WSGIEnvironment

from app.simulator.exchange import Exchange
from app.simulator.rest.asked import Answer, Asked, NotFound, Refused, read
from app.simulator.rest.desk import Desk
from app.simulator.rest.faults import Fault, FaultKind, Faults
from app.simulator.rest.fields import complaints
from app.simulator.rest.routes import find
from app.simulator.texts import Post

# How long whoever asks is willing to wait, in the environment of a request made within this process.
TIMEOUT = "simulator.timeout_seconds"
_REASONS = {
    200: "OK",
    201: "Created",
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    429: "Too Many Requests",
    500: "Internal Server Error",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that reached the API: when, what, and how it was answered (0: not at all)."""

    at: datetime
    method: str
    path: str
    fields: Mapping[str, str]
    status: int


class RestApi:
    """Answers under /2010-04-01/Accounts/AC…, whatever the host.

    `keys` maps the account's SID to its auth token, and SIDs of API keys to their secrets. `requests`
    is everything that was asked, `warnings` what of it Twilio's API does not have. A refused connection
    and a reply too late are raised: ConnectionRefusedError, ConnectionResetError, TimeoutError.
    """

    def __init__(self, exchange: Exchange, post: Post, *, keys: Mapping[str, str]) -> None:
        self._exchange = exchange
        self._desk = Desk(exchange, post)
        self._keys = keys
        self.faults = Faults()
        self.warnings: list[str] = []
        self.requests: list[Seen] = []

    def __call__(self, environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked = read(environment)
        with self._exchange.timeline.turn():
            status, headers, body = self._answered(asked, environment.get(TIMEOUT))
        start_response(f"{status} {_REASONS[status]}", headers)
        return [body]

    def _answered(self, asked: Asked, timeout: float | None) -> tuple[int, list[tuple[str, str]], bytes]:
        at = self._exchange.timeline.now()
        status = 0
        try:
            answer = self._with_faults(asked, timeout)
            status = answer.status
        finally:
            shown = {name: ",".join(values) for name, values in asked.fields.items()}
            self.requests.append(Seen(at, asked.method, asked.path, shown, status))
        return status, self._headers(answer), self._body(answer)

    def _with_faults(self, asked: Asked, timeout: float | None) -> Answer:
        fault = self.faults.next_for(asked.method, asked.path)
        if fault is None:
            return self._answer(asked)
        match fault.kind:
            case FaultKind.TOO_MANY:
                return _refusal(Refused(20429, "Too Many Requests", status=429))
            case FaultKind.SERVER_ERROR:
                return _refusal(Refused(20500, "An internal server error has occurred", status=500))
            case FaultKind.REFUSED:
                raise ConnectionRefusedError(asked.path)
            case FaultKind.REPLY_LOST:
                self._answer(asked)
                raise ConnectionResetError(asked.path)
            case FaultKind.SLOW:
                return self._slowly(asked, fault, timeout)

    def _slowly(self, asked: Asked, fault: Fault, timeout: float | None) -> Answer:
        answer = self._answer(asked)
        if timeout is not None and timeout < fault.seconds:
            self._exchange.timeline.spend(timeout)
            raise TimeoutError(asked.path)
        self._exchange.timeline.spend(fault.seconds)
        return answer

    def _answer(self, asked: Asked) -> Answer:
        try:
            return self._fulfilled(asked)
        except Refused as refused:
            return _refusal(refused)

    def _fulfilled(self, asked: Asked) -> Answer:
        secret = self._keys.get(asked.user)
        if secret is None or not compare_digest(secret.encode(), asked.password.encode()):
            raise Refused(20003, "Authenticate", status=401)
        base = self._desk.base
        for route, names in find(asked.method, asked.path.removeprefix(base) if asked.path.startswith(base) else ""):
            told = f"{asked.method} {asked.path.removeprefix(base)}"
            self.warnings.extend(f"{told}: {complaint}" for complaint in complaints(asked, route.allowed))
            return route.handler(self._desk, asked, *names)
        raise NotFound(asked.path)

    @staticmethod
    def _body(answer: Answer) -> bytes:
        return answer.media if answer.payload is None else json.dumps(answer.payload).encode()

    def _headers(self, answer: Answer) -> list[tuple[str, str]]:
        kind = answer.media_type or "application/json"
        marks = [
            ("Content-Length", str(len(self._body(answer)))),
            ("Twilio-Request-Id", f"RQ{len(self.requests):032x}"),
            ("Twilio-Concurrent-Requests", "1"),
            ("Twilio-Request-Duration", "0.010"),
        ]
        challenge = [("WWW-Authenticate", 'Basic realm="Twilio API"')] if answer.status == _UNAUTHORIZED else []
        return marks + challenge + ([] if answer.status == _NO_CONTENT else [("Content-Type", kind)])


_UNAUTHORIZED, _NO_CONTENT = 401, 204


def _refusal(refused: Refused) -> Answer:
    return Answer(refused.status, refused.payload())


def authorization(user: str, password: str) -> str:
    """The header of HTTP Basic authentication."""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"
