"""A desk with a day of calls behind a real socket, and the system's Chromium in front of it.

A page is watched while a test looks at it: a message on the console, a refusal of the content policy or a request to
another host fails the test.
"""

import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app
from app.accounts import Role
from app.services import Services
from app.simulator.caller import CallerScript
from app.simulator.handsets import accept, decline, ignore, voicemail
from app.simulator.parties import parse_keys
from tests.app.web.desk.visits import PASSWORD, make_account
from tests.desk import ALTERNATE, MAIN, Desk, make_desk

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# A busy machine draws a page late; what never comes is waited for as long.
expect.set_options(timeout=30_000)
WIDE: ViewportSize = {"width": 1280, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 844}
MONDAY_NOON = "2026-11-30T12:20-06:00"


class Quiet(WSGIRequestHandler):
    """A server that keeps its requests to itself."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 (werkzeug's name)
        pass


@dataclass
class World:
    """A desk that is served, what happened there, and where it is."""

    services: Services
    base: str
    emergency: str
    waiting_ticket: int


def played(desk: Desk) -> tuple[str, int]:
    """A night and a morning of calls; the emergency among them, and a ticket nobody has taken."""
    desk.phone("Jamison White", voicemail(after_seconds=12))
    emergency = desk.dials(MAIN, keys="1", at="2026-11-28T03:00-06:00").sid
    desk.phone("Jamison White", accept(after_seconds=4))
    desk.dials(ALTERNATE, at="2026-11-30T08:41-06:00", caller="+18165550120")
    desk.phone("Jamison White", decline()).phone("Lasha Dalakishvili", ignore())
    desk.dials(MAIN, at="2026-11-30T09:07-06:00", caller="+18165550133")
    desk.dials(MAIN, at="2026-11-30T10:15-06:00", caller=None, script=CallerScript(hangs_up_after_seconds=9))
    desk.everybody(ignore())
    left = desk.dials(
        MAIN, at="2026-11-30T11:52-06:00", caller="+18165550147", script=CallerScript(keys=parse_keys("2"))
    )
    number = left.ticket.number
    assert number is not None
    return emergency, number


@pytest.fixture(scope="session")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("desk")
    shutil.copyfile(sqlite_template, folder / "ivr.db")
    desk = make_desk(f"sqlite:///{folder}/ivr.db", folder)
    emergency, number = played(desk)
    desk.clock.show(datetime.fromisoformat(MONDAY_NOON))
    with served(desk.services) as (services, base):
        yield World(services, base, emergency, number)


@contextmanager
def served(services: Services) -> Iterator[tuple[Services, str]]:
    """These services behind a socket, with an administrator and one of the staff; and where that is."""
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True, request_handler=Quiet)
    base = f"http://127.0.0.1:{server.server_port}"
    here = replace(services, settings=replace(services.settings, public_base_url=base))
    for name, role in (("Lasha Dalakishvili", Role.ADMIN), ("triggerfish-1", Role.STAFF)):
        make_account(here, name, role)
    server.app = create_app(here)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield here, base
    server.shutdown()
    thread.join()
    server.server_close()
    here.store.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert path, "the browser tests need Chromium: apt-get install chromium (as root), or run make test"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS])
        yield browser
        browser.close()


@dataclass
class Watched:
    """A page that is watched, and what went wrong on it."""

    page: Page
    world: World
    complaints: list[str] = field(default_factory=list)

    def opens(self, path: str) -> Page:
        self.page.goto(self.world.base + path, wait_until="load")
        return self.page

    def signs_in(self, name: str) -> "Watched":
        page = self.opens("/desk/sign-in")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(re.compile(r"/desk/(board|calls|tickets|phone)"))
        return self

    def watch(self) -> None:
        self.page.on("console", lambda message: self._hear(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("request", lambda request: self._seen(request.url))

    def _hear(self, kind: str, text: str) -> None:
        # A page that refuses is told of as a failed load; the test that asks for it looks at its status.
        if kind in {"error", "warning"} and "status of 4" not in text:
            self.complaints.append(f"console: {text}")

    def _seen(self, url: str) -> None:
        if not url.startswith((self.world.base, "data:", "blob:")):
            self.complaints.append(f"another host: {url}")


def context_for(chromium: Browser, *, theme: str = "light", size: ViewportSize | None = None) -> BrowserContext:
    """A browser profile of a reader with this device."""
    return chromium.new_context(
        viewport=size or WIDE,
        color_scheme=theme,  # type: ignore[arg-type] # one of two words
        locale="en-US",
        reduced_motion="reduce",
    )


@pytest.fixture
def watched(chromium: Browser, world: World) -> Iterator[Watched]:
    """A page nobody has signed in on; it must have stayed quiet at the end."""
    context = context_for(chromium)
    found = Watched(context.new_page(), world)
    found.watch()
    yield found
    context.close()
    assert not found.complaints, found.complaints
