"""A browser is opened for whoever sits there, and for nobody else; what goes wrong with it harms nothing."""

import threading
import time
from collections.abc import Callable

import pytest

from app.cli import browser
from app.simulator.rest.server import RestServer


class Screen:
    """The standard output of somebody at a terminal, or of nobody."""

    def __init__(self, *, terminal: bool) -> None:
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def answers(_environment: object, start_response: Callable[..., object]) -> list[bytes]:
    start_response("200 OK", [])
    return [b""]


def test_the_page_is_opened_once_the_service_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    opened: list[str] = []
    with RestServer(answers, host="127.0.0.1", port=0) as server:
        seat = browser.Seat(Screen(terminal=True), "linux", opened.append)
        browser.open_soon("http://127.0.0.1/desk", once=(server.base_url,), seat=seat)
        deadline = time.monotonic() + 30
        while not opened:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert opened == ["http://127.0.0.1/desk"]


@pytest.mark.parametrize(("display", "terminal"), [("", True), (":0", False)])
def test_where_nobody_sees_it_nothing_is_opened(
    monkeypatch: pytest.MonkeyPatch, display: str, *, terminal: bool
) -> None:
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    opened: list[str] = []
    before = threading.active_count()
    seat = browser.Seat(Screen(terminal=terminal), "linux", opened.append)
    browser.open_soon("http://127.0.0.1/desk", once=("http://127.0.0.1:9",), seat=seat)
    assert threading.active_count() == before
    assert opened == []


def test_a_browser_that_fails_is_nobodys_trouble() -> None:
    def fails(_address: str) -> bool:
        raise RuntimeError("no browser")

    with RestServer(answers, host="127.0.0.1", port=0) as server:
        browser._open("http://127.0.0.1/desk", (server.base_url,), fails)
