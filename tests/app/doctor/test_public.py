"""From the outside: the address answers, takes what is signed, refuses what is not, and the clocks agree."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from app import create_app
from app.doctor import Answer, State, Unreachable, public
from app.simulator.wire import WsgiWire
from tests.app.doctor.installations import Internet, found, live, one
from tests.desk import BASE_URL, TOKEN, Desk


class OwnService(Internet):
    """The real web application at its public address."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.clock.at)
        self._wire = WsgiWire(create_app(desk.services), BASE_URL)

    def ask(self, url: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str]) -> Answer:
        body = "&".join(f"{name}={value}" for name, value in (form or {}).items()).encode()
        method = "GET" if form is None else "POST"
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        reply = self._wire.request(method, url, headers={**headers, **kind}, body=body)
        return Answer(status=reply.status, body=reply.body.decode(), dated_at=None)


def test_our_own_service_passes(desk: Desk) -> None:
    """The round trip is harmless: no call, no ticket comes of it."""
    installation = replace(live(desk), web=OwnService(desk))
    assert found(public.address, installation) == [
        ("public address", State.OK),
        ("signed request", State.OK),
        ("unsigned request", State.OK),
    ]
    assert desk.services.store.calls.get("CA" + "0" * 32) is None
    assert desk.services.spool.size() == 0


def test_a_service_with_another_token_fails(desk: Desk) -> None:
    installation = replace(live(desk), web=OwnService(desk))
    settings = replace(installation.settings, auth_tokens=(TOKEN[::-1],))
    states = dict(found(public.address, replace(installation, settings=settings)))
    assert states["signed request"] is State.FAIL
    assert states["unsigned request"] is State.OK


def test_a_service_that_takes_anything_fails(desk: Desk) -> None:
    states = dict(found(public.address, replace(live(desk), web=Internet(desk.clock.at, signatures=False))))
    assert states["signed request"] is State.OK
    assert states["unsigned request"] is State.FAIL


def test_a_redirect_is_a_fault(desk: Desk) -> None:
    """Twilio would follow it as a GET, without the form."""
    installation = replace(live(desk), web=Internet(desk.clock.at, lives=301))
    assert found(public.address, installation) == [("public address", State.FAIL)]


@pytest.mark.parametrize(
    ("days", "state"), [(80, State.OK), (22, State.OK), (20, State.WARN), (2, State.FAIL), (-1, State.FAIL)]
)
def test_certificate(desk: Desk, days: float, state: State) -> None:
    installation = replace(live(desk), web=Internet(desk.clock.at, certificate_days=days))
    assert found(public.certificate, installation) == [("certificate", state)]


@pytest.mark.parametrize(
    ("seconds", "state"), [(0, State.OK), (-5, State.OK), (20, State.WARN), (-20, State.WARN), (90, State.FAIL)]
)
def test_clock_skew(desk: Desk, seconds: int, state: State) -> None:
    web = Internet(desk.clock.at + timedelta(seconds=seconds))
    assert found(public.skew, replace(live(desk), web=web)) == [("clock skew", state)]
    assert web.asked == [("GET", "https://api.twilio.com")]


def test_without_an_account_our_own_address_tells_the_time(desk: Desk) -> None:
    web = Internet(desk.clock.at)
    assert found(public.skew, replace(live(desk), web=web, provider=None)) == [("clock skew", State.OK)]
    assert web.asked == [("GET", f"{BASE_URL}/healthz")]


def test_a_clock_that_was_set_is_not_compared(desk: Desk) -> None:
    installation = live(desk)
    settings = replace(installation.settings, clock_start=desk.clock.at)
    assert one(public.skew, replace(installation, settings=settings)).state is State.SKIPPED


def test_a_breakdown_on_the_way_is_told(desk: Desk) -> None:
    class Half(Internet):
        def ask(self, url: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str]) -> Answer:
            if url.endswith("/voice/status"):
                raise Unreachable("no answer within 5 seconds")
            return super().ask(url, form=form, headers=headers)

    states = found(public.address, replace(live(desk), web=Half(desk.clock.at)))
    assert states == [("public address", State.OK), ("signed request", State.FAIL)]
