"""`ivr serve` in simulation: its link leads to the phones, a call is made there, and the exchange may fall over."""

import json
import re
import signal
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.desk import MAIN
from tests.processes.running import PATIENCE_SECONDS, Service, eventually, is_alive, is_ready, running

pytestmark = pytest.mark.slow


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running(tmp_path, {"TWILIO_API_BASE_URL": "", "IVR_CLOCK": ""}) as service:
        yield service


@dataclass
class Browser:
    """Whoever opened the printed link."""

    service: Service
    opener: urllib.request.OpenerDirector = field(
        default_factory=lambda: urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    )
    token: str = ""

    def opens(self, address: str) -> str:
        with self.opener.open(address, timeout=10) as page:
            text: str = page.read().decode()
            assert page.url == f"{self.service.base_url}/desk/phone"
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', text)
        assert found is not None
        self.token = found[1]
        return text

    def sends(self, path: str, **fields: str) -> str:
        request = urllib.request.Request(  # noqa: S310 (our own server)
            f"{self.service.base_url}/desk/phone/{path}",
            data=urllib.parse.urlencode(fields).encode(),
            headers={"X-Form-Token": self.token},
        )
        with self.opener.open(request, timeout=10) as answer:
            return str(answer.read().decode())

    def gets(self, path: str) -> str:
        with self.opener.open(f"{self.service.base_url}/desk/phone/{path}", timeout=10) as answer:
            return str(answer.read().decode())

    def picture(self) -> Any:
        return json.loads(self.gets("picture"))

    def leg(self, wanted: str) -> str:
        found: str = becomes(lambda: next((leg["sid"] for leg in self.picture()["legs"] if leg["state"] == wanted), ""))
        return found


def becomes(claim: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := claim()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)
    return found


def signed_in(service: Service) -> Browser:
    found = re.search(rf"{service.base_url}/desk/link/\S+", service.log())
    assert found is not None, service.log()
    browser = Browser(service)
    browser.opens(found[0])
    return browser


def test_the_link_leads_to_the_phones_and_a_call_of_a_saturday_is_made_and_paged_for(service: Service) -> None:
    browser = signed_in(service)
    page = browser.opens(f"{service.base_url}/desk/phone")
    saturday = re.search(r'value="([-0-9T:]+)"[^>]*><strong>Saturday', page)
    assert saturday is not None
    browser.sends("moment", preset=saturday[1], form_token=browser.token)

    sid = json.loads(browser.sends("do/dial", to=MAIN, **{"from": "+18165550199"}))["done"]
    becomes(lambda: browser.picture()["call"]["state"] == "answered")
    browser.sends("do/press", leg=sid, keys="1")
    rung = browser.leg("ringing")
    # The caller gives up: the emergency is paged for, by a text and a call, as of that Saturday.
    browser.sends("do/hang-up", leg=sid)
    becomes(lambda: browser.picture()["call"]["state"] == "over")
    page_leg = becomes(
        lambda: next(
            (leg for leg in browser.picture()["legs"] if leg["state"] == "ringing" and leg["sid"] != rung), None
        )
    )
    [text] = becomes(lambda: browser.picture()["texts"])
    ticket = re.search(r"ACK (\d+)", text["body"])
    assert ticket is not None
    assert text["number"] == page_leg["number"]
    browser.sends("do/text", body=f"ACK {ticket[1]}", to=MAIN, **{"from": text["number"]})
    way = becomes(lambda: "acknowledged" in (found := browser.gets(f"route/{sid}")) and found)
    assert "Is paged" in way
    assert "schedules/on_call.yaml:" in way
    assert f"/desk/tickets/{ticket[1]}" in way


def test_an_exchange_that_falls_over_leaves_the_service_alone_and_comes_back(service: Service) -> None:
    browser = signed_in(service)
    [exchange] = service.children("exchange")
    exchange.kill()
    with pytest.raises(urllib.error.HTTPError) as away:
        browser.gets("picture")
    assert away.value.code == 503
    away.value.close()
    assert is_ready(service)
    eventually(lambda: len(service.children("exchange")) == 1)

    def answers() -> bool:
        try:
            return bool(browser.picture())
        except urllib.error.HTTPError as fault:
            fault.close()
            return False

    eventually(answers)
    assert json.loads(browser.sends("do/dial", to=MAIN, **{"from": ""}))["done"].startswith("CA")


def test_all_processes_stop_together(service: Service) -> None:
    children = psutil.Process(service.process.pid).children(recursive=True)
    assert service.children("exchange")
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(PATIENCE_SECONDS) == 0
    eventually(lambda: not any(map(is_alive, children)))


def test_it_stops_when_asked_to_before_the_phones_are_there(tmp_path: Path) -> None:
    beginning = running(
        tmp_path, {"TWILIO_API_BASE_URL": "", "IVR_CLOCK": ""}, until=lambda service: bool(service.children("exchange"))
    )
    with beginning as service:
        children = psutil.Process(service.process.pid).children(recursive=True)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(PATIENCE_SECONDS) == 0
        eventually(lambda: not any(map(is_alive, children)))
        with pytest.raises(OSError, match="refused"):
            service.get("/readyz")
