"""Phones that people at a screen use, in real time: what they do reaches the service as it would from a telephone."""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from app.simulator.clock import VirtualClock, WallClock
from app.simulator.exchange import Account
from app.simulator.handsets import Handsets, by_hand
from app.simulator.live import Company, Door, Refusal
from app.simulator.phone import Phone
from app.simulator.wire import Reply

pytestmark = pytest.mark.slow

OURS, CALLER, STAFF = "+18162327483", "+18165550199", "+18165550101"
BASE = "https://desk.example.org"
START = datetime(2026, 11, 28, 9, tzinfo=UTC)
MENU = '<Gather numDigits="1" action="/key" timeout="60"><Say language="en-US">Press 1.</Say></Gather>'
RING = f'<Dial action="/over" timeout="60"><Number url="/accept">{STAFF}</Number></Dial>'
ACCEPT = '<Gather numDigits="1" action="/decide" timeout="60"><Say>Press 1 to accept.</Say></Gather>'
MESSAGE = '<Record maxLength="60" timeout="60" finishOnKey="#" action="/over"/>'


class Script:
    """A service that answers each path with one document, and remembers what it was told."""

    def __init__(self, pages: Mapping[str, str]) -> None:
        self.pages = dict(pages)
        self.asked: list[tuple[str, str]] = []

    def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        del method, headers
        path = url.removeprefix(BASE)
        self.asked.append((path, body.decode()))
        page = self.pages.get(path, "")
        if path == "/decide" and "Digits=2" in body.decode():
            page = "<Hangup/>"
        return Reply(200, {"content-type": "text/xml"}, f"<Response>{page}</Response>".encode())

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


class Clock:
    """Real time, so far ahead as was chosen."""

    def __init__(self) -> None:
        self.begun, self.start = time.monotonic(), START

    def now(self) -> datetime:
        return self.start + timedelta(seconds=time.monotonic() - self.begun)

    def choose(self, at: datetime | None) -> None:
        self.begun, self.start = time.monotonic(), at or START


def company_of(service: Script) -> Company:
    clock = Clock()
    phone = Phone(
        service,
        account=Account(sid="AC" + "0" * 32, base_url=BASE, owned_numbers=frozenset({OURS})),
        auth_token="secret",
        clock=WallClock(clock.now),
        handsets=Handsets(default=by_hand()),
    )
    return Company(phone, set_clock=clock.choose)


@pytest.fixture
def service() -> Script:
    return Script({"/voice/incoming": MENU, "/key": RING, "/accept": ACCEPT})


@pytest.fixture
def company(service: Script) -> Iterator[Company]:
    made = company_of(service)
    made.open()
    yield made
    made.close()
    assert made.timeline.faults == []


def becomes(claim: Callable[[], Any]) -> Any:
    """Wait until something is so; returns it."""
    deadline = time.monotonic() + 10
    while not (found := claim()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)
    return found


def state(company: Company) -> str:
    call = company.picture()["call"]
    assert call is not None
    return call["state"]


def staff_leg(company: Company, wanted: str) -> str:
    found: str = becomes(lambda: next((leg["sid"] for leg in company.picture()["legs"] if leg["state"] == wanted), ""))
    return found


def rung(company: Company) -> tuple[str, str]:
    """A call that has come as far as somebody's phone: the caller's leg and that of the staff."""
    sid = company.dial(to=OURS, from_=CALLER)
    becomes(lambda: state(company) == "answered")
    company.press(sid, "1")
    return sid, staff_leg(company, "ringing")


def test_a_key_pressed_by_hand_leads_on_and_the_phone_that_rings_waits_for_somebody(company: Company) -> None:
    sid, leg = rung(company)
    assert state(company) == "waiting"
    company.pick_up(leg, "accept")
    becomes(lambda: state(company) == "talking")
    call = company.picture()["call"]
    assert call is not None
    assert (call["with_"], call["keys"]) == (STAFF, ["1"])
    assert [line["kind"] for line in call["lines"]] == ["heard", "pressed", "talking"]
    assert call["lines"][0]["language"] == "en-US"
    company.hang_up(sid)
    becomes(lambda: state(company) == "over")
    assert [leg["outcome"] for leg in company.picture()["legs"]] == ["bridged"]


@pytest.mark.slow
@pytest.mark.parametrize(("how", "then"), [("pass", "refused"), ("voicemail", "")])
def test_a_phone_may_be_passed_on_or_picked_up_by_a_voicemail(
    company: Company, service: Script, how: str, then: str
) -> None:
    _, leg = rung(company)
    company.pick_up(leg, how)
    if then:
        becomes(lambda: company.picture()["legs"][-1]["outcome"] == then)
        becomes(lambda: "/over" in service.paths())
    else:
        staff_leg(company, "answered")
        becomes(lambda: [line["text"] for line in company.picture()["legs"][-1]["lines"] if line["kind"] == "heard"])
        assert state(company) == "waiting"
    assert not any(line["kind"] == "talking" for line in company.picture()["legs"][-1]["lines"])


@pytest.mark.slow
def test_whoever_only_answers_hears_the_prompt_and_decides_then(company: Company) -> None:
    _, leg = rung(company)
    company.pick_up(leg, "answer")
    becomes(lambda: any(line["text"] == "Press 1 to accept." for line in company.picture()["legs"][-1]["lines"]))
    company.press(leg, "1")
    becomes(lambda: state(company) == "talking")
    company.hang_up(leg)
    becomes(lambda: company.picture()["legs"][-1]["state"] == "over")


def test_a_message_is_what_was_said_and_its_sound_is_fetched_as_it_was(company: Company, service: Script) -> None:
    service.pages["/voice/incoming"] = MESSAGE
    sid = company.dial(to=OURS, from_=CALLER)
    becomes(lambda: state(company) == "recording")
    company.begins_speaking(sid)
    time.sleep(0.6)
    company.speak(sid, b"RIFF what was said")
    company.press(sid, "#")
    becomes(lambda: state(company) == "over")
    call = company.picture()["call"]
    assert call is not None
    assert call["message"]
    recording = next(path for path, body in service.asked if "RecordingUrl" in body)
    assert recording == "/over"
    [kept] = company.phone._exchange.registry.recordings.values()
    assert kept.voice == b"RIFF what was said"
    assert not kept.is_absent


def test_a_sample_is_as_good_as_a_voice(company: Company, service: Script) -> None:
    service.pages["/voice/incoming"] = MESSAGE
    sid = company.dial(to=OURS, from_=CALLER)
    becomes(lambda: state(company) == "recording")
    company.speak(sid)
    time.sleep(0.6)
    company.press(sid, "#")
    becomes(lambda: state(company) == "over")
    [kept] = company.phone._exchange.registry.recordings.values()
    assert not kept.is_absent
    assert kept.seconds >= 1


def test_another_moment_is_chosen_between_calls_and_what_was_to_come_stays_as_far_away(company: Company) -> None:
    sid = company.dial(to=OURS, from_=CALLER)
    becomes(lambda: state(company) == "answered")
    with pytest.raises(Refusal, match="End it"):
        company.move_to(START + timedelta(days=3))
    company.hang_up(sid)
    becomes(lambda: state(company) == "over")
    due: list[datetime] = []
    company.timeline.after(0.4, lambda: due.append(company.timeline.now()))
    company.move_to(START + timedelta(days=3))
    assert datetime.fromisoformat(company.picture()["at"]) >= START + timedelta(days=3)
    assert not due
    company.move_to(None)
    becomes(lambda: due)
    assert due[0] < START + timedelta(minutes=1)
    company.dial(to=OURS, from_=CALLER)
    becomes(lambda: state(company) == "answered")


def test_what_cannot_be_done_is_said_and_changes_nothing(company: Company) -> None:
    sid, leg = rung(company)
    for deed in (
        lambda: company.dial(to=OURS, from_=CALLER),
        lambda: company.press(sid, "A"),
        lambda: company.press("CA" + "f" * 32, "1"),
        lambda: company.pick_up(leg, "dance"),
        lambda: company.pick_up(sid, "answer"),
        lambda: company.speak(sid, b"no sound"),
        lambda: company.text(from_=STAFF, to=OURS, body=" "),
    ):
        with pytest.raises(Refusal):
            deed()
    assert company.picture()["legs"][-1]["state"] == "ringing"


def test_texts_are_seen_with_who_wrote_them(company: Company, service: Script) -> None:
    service.pages["/sms/incoming"] = "<Message>Taken.</Message>"
    company.text(from_=STAFF, to=OURS, body="ACK 1001")
    becomes(lambda: len(company.picture()["texts"]) == 2)
    assert [(text["body"], text["ours"], text["number"]) for text in company.picture()["texts"]] == [
        ("ACK 1001", False, STAFF),
        ("Taken.", True, STAFF),
    ]


def test_a_live_company_needs_real_time(service: Script) -> None:
    phone = Phone(
        service, account=Account(sid="AC" + "0" * 32, base_url=BASE), auth_token="secret", clock=VirtualClock(START)
    )
    with pytest.raises(TypeError):
        Company(phone, set_clock=lambda _at: None)


# The door


def asked(door: Door, method: str, path: str, fields: object = None, *, key: str = "key") -> tuple[int, Any]:
    body = b"" if fields is None else json.dumps(fields).encode()
    told: list[str] = []
    environment: WSGIEnvironment = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_X_EXCHANGE_KEY": key,
        "wsgi.input": BytesIO(body),
    }

    def start_response(status: str, _headers: object, _fault: object = None) -> Any:
        told.append(status)

    chunks = door(environment, start_response)
    return int(told[0][:3]), json.loads(b"".join(chunks))


def rest(_environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [b'"the account"']


def test_the_door_does_what_it_is_asked_by_whoever_has_the_key(company: Company) -> None:
    door = Door(company, rest=rest, key="key")
    status, told = asked(door, "POST", "/exchange/dial", {"to": OURS, "from": CALLER})
    assert status == 200
    becomes(lambda: state(company) == "answered")
    assert asked(door, "POST", "/exchange/press", {"leg": told["done"], "keys": "1"}) == (200, {"done": None})
    leg = staff_leg(company, "ringing")
    assert asked(door, "POST", "/exchange/pick-up", {"leg": leg, "how": "accept"})[0] == 200
    assert asked(door, "GET", "/exchange/picture")[1]["call"]["sid"] == told["done"]
    assert asked(door, "GET", "/2010-04-01/Accounts")[1] == "the account"


@pytest.mark.parametrize(
    ("method", "path", "fields", "status"),
    [
        ("POST", "/exchange/dial", {"to": OURS}, 400),
        ("POST", "/exchange/moment", {"at": "tomorrow"}, 400),
        ("POST", "/exchange/moment", {"at": "2026-11-28T03:00"}, 400),
        ("POST", "/exchange/press", ["leg"], 400),
        ("POST", "/exchange/hang-up", {"leg": "CA0"}, 409),
        ("POST", "/exchange/voice", {"leg": "CA0", "wav": "!"}, 400),
        ("POST", "/exchange/voice", {"leg": "CA0", "wav": b64encode(b"RIFF").decode()}, 409),
        ("POST", "/exchange/dance", {}, 404),
        ("GET", "/exchange/dial", None, 404),
    ],
)
def test_the_door_says_what_is_wrong(company: Company, method: str, path: str, fields: object, status: int) -> None:
    found, told = asked(Door(company, rest=rest, key="key"), method, path, fields)
    assert found == status
    assert told["fault"].endswith(".")


def test_without_the_key_the_door_stays_shut(company: Company) -> None:
    door = Door(company, rest=rest, key="key")
    for path, method in (("/exchange/picture", "GET"), ("/exchange/dial", "POST"), ("/exchange/none", "GET")):
        assert asked(door, method, path, {"to": OURS, "from": CALLER}, key="keys")[0] == 403
    assert company.picture()["call"] is None
