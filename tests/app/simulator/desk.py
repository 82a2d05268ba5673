"""A hand-written web service for these tests: pages of TwiML by path, and what was asked of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl
from wsgiref.types import StartResponse, WSGIEnvironment

from app.simulator import (
    Account,
    CallerScript,
    Handsets,
    NumberSettings,
    Phone,
    RestSwitches,
    Sealed,
    Switches,
    Trace,
    VirtualClock,
    WsgiWire,
)
from app.simulator.handsets import Behaviour

BASE = "https://desk.example.org"
TOKEN = "0123456789abcdef0123456789abcdef"
API_KEY, API_SECRET = "SK00000000000000000000000000000001", "not a real secret"
MAIN = "+18162327483"
CALLER = "+18165550117"
ANN, BEN = "+18165550101", "+18165550102"
START = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """One request as the service saw it."""

    method: str
    path: str
    query: str
    form: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def url(self) -> str:
        return f"{BASE}{self.path}" + (f"?{self.query}" if self.query else "")


@dataclass(frozen=True)
class Page:
    """A reply other than plain TwiML."""

    body: str | bytes = ""
    status: str = "200 OK"
    content_type: str | None = "text/xml"
    headers: tuple[tuple[str, str], ...] = ()


Answer = str | Page | Callable[[Asked], "str | Page"]
Pages = Mapping[str, Answer | list[Answer]]


@dataclass
class Desk:
    """Answers by path; a list is dealt out in order, its last entry stays."""

    pages: Pages
    asked: list[Asked] = field(default_factory=list)

    def __call__(self, environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked = _asked(environment)
        self.asked.append(asked)
        page = self._page(asked)
        kind = [] if page.content_type is None else [("Content-Type", page.content_type)]
        start_response(page.status, [*kind, *page.headers])
        return [page.body if isinstance(page.body, bytes) else page.body.encode()]

    def _page(self, asked: Asked) -> Page:
        answer = self.pages.get(asked.path, "")
        if isinstance(answer, list):
            times = sum(1 for earlier in self.asked if earlier.path == asked.path)
            answer = answer[min(times, len(answer)) - 1]
        if callable(answer):
            answer = answer(asked)
        return answer if isinstance(answer, Page) else Page(f"<Response>{answer}</Response>")

    def to(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path == path]


def _asked(environment: WSGIEnvironment) -> Asked:
    query = environment["QUERY_STRING"]
    body = query
    if environment["REQUEST_METHOD"] == "POST":
        body = environment["wsgi.input"].read(int(environment["CONTENT_LENGTH"])).decode()
    return Asked(
        environment["REQUEST_METHOD"],
        environment["PATH_INFO"],
        query,
        dict(parse_qsl(body, keep_blank_values=True)),
        {name: value for name, value in environment.items() if isinstance(value, str)},
    )


def number(to: str, *, screened: bool = True) -> str:
    """A Number noun with all leg events."""
    url = 'url="/whisper" ' if screened else ""
    return (
        f'<Number {url}statusCallback="/leg" statusCallbackEvent="initiated ringing answered completed">{to}</Number>'
    )


WHISPER = '<Gather action="/whisper-key" numDigits="1" timeout="8" finishOnKey=""><Say>Press 1.</Say></Gather><Hangup/>'


def whisper_key(asked: Asked) -> str:
    return "" if asked.form["Digits"] == "1" else "<Hangup/>"


SCREENING: Mapping[str, Answer] = {"/whisper": WHISPER, "/whisper-key": whisper_key}


ACCOUNT = "AC00000000000000000000000000000001"


def account() -> Account:
    return Account(ACCOUNT, BASE, owned_numbers=frozenset({MAIN}))


def phone_to(
    desk: Desk,
    *,
    switches: Switches | None = None,
    handsets: Mapping[str, Behaviour] | None = None,
    settings: NumberSettings | None = None,
    rest: RestSwitches | None = None,
    seal: Callable[[bytes], Sealed] | None = None,
) -> Phone:
    return Phone(
        WsgiWire(desk, BASE),
        account=account(),
        auth_token=TOKEN,
        clock=VirtualClock(START),
        switches=switches,
        handsets=Handsets(handsets),
        settings=settings,
        rest=rest,
        api_keys={API_KEY: API_SECRET},
        seal=seal,
        seed=7,
    )


def call(
    pages: Pages,
    caller: CallerScript | None = None,
    *,
    from_: str | None = CALLER,
    switches: Switches | None = None,
    handsets: Mapping[str, Behaviour] | None = None,
    settings: NumberSettings | None = None,
) -> Trace:
    """Play one call against these pages."""
    phone = phone_to(Desk(pages), switches=switches, handsets=handsets, settings=settings)
    return phone.dial(to=MAIN, from_=from_, caller=caller)


def rows(trace: Trace, *names: str) -> list[tuple[float, str, dict[str, str]]]:
    """The requests in order: seconds since dialling, path and query, and the named parameters they carry."""
    return [
        (
            round((asked.at - START).total_seconds(), 1),
            asked.url.removeprefix(BASE),
            {name: asked.params[name] for name in names if name in asked.params},
        )
        for asked in trace.requests()
    ]
