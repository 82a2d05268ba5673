"""The board in a browser: drawn whole in every look, kept up to date by itself, used with the keyboard alone."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from app.simulator.handsets import accept
from tests.browser.judging import LOOKS, judge, keep
from tests.browser.world import Watched, World, context_for, served
from tests.scenarios.switchboard import Switchboard, make_switchboard

JAMISONS = "+18165550101"
CLINIC = "+18165550175"
WALL: ViewportSize = {"width": 1920, "height": 1080}


@dataclass
class Board:
    """A desk with calls that go on, and where it is served."""

    switchboard: Switchboard
    world: World


@pytest.fixture(scope="module")
def board(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    folder = tmp_path_factory.mktemp("board")
    shutil.copyfile(sqlite_template, folder / "ivr.db")
    switchboard = make_switchboard(f"sqlite:///{folder}/ivr.db", folder)
    desk = switchboard.desk
    with served(desk.services) as (services, base):
        services.store.beat("clock", at=datetime.fromisoformat("2026-12-01T10:02-06:00"))
        switchboard.phone.handsets.behave(JAMISONS, accept(talks_for_seconds=900))
        switchboard.caller("2", number=CLINIC)
        switchboard.let_pass(60)
        switchboard.caller("2")
        switchboard.let_pass(25)
        emergency = switchboard.caller("1")
        switchboard.let_pass(40)
        switchboard.caller("")
        switchboard.let_pass(12)
        number = emergency.ticket.number
        assert number is not None
        yield Board(switchboard, World(services, base, emergency.sid, number))


@pytest.mark.parametrize("look", LOOKS)
def test_the_board_is_drawn_whole_and_can_be_used_by_everybody(chromium: Browser, board: Board, look: str) -> None:
    theme, size = LOOKS[look]
    context = context_for(chromium, theme=theme, size=size)
    watched = Watched(context.new_page(), board.world)
    watched.watch()
    page = watched.signs_in("Lasha Dalakishvili").opens("/desk/board")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Calls now")).to_be_visible()
    judge(watched, "board", look)
    if look in {"light", "dark", "phone"}:
        keep(watched, "board", look)
    page.get_by_text("Open or close the desk by hand").click()
    judge(watched, "board-by-hand", look)
    if look in {"light", "dark"}:
        page.set_viewport_size(WALL)
        page = watched.opens("/desk/board?panel=1")
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        judge(watched, "board-panel", look)
        if look == "dark":
            keep(watched, "board-panel", look)
    context.close()
    assert watched.complaints == []


def test_what_happens_is_shown_without_anybody_touching_the_page(chromium: Browser, board: Board) -> None:
    context = context_for(chromium)
    watched = Watched(context.new_page(), board.world)
    watched.watch()
    page = watched.signs_in("triggerfish-1").opens("/desk/board")
    page.evaluate("window.stayed = true")
    expect(page.get_by_text("in line").first).to_be_visible()
    assert page.get_by_role("button", name="Next step").count() == 0
    waits = page.locator(".calls-now [data-since]").first
    before = waits.inner_text()
    added = board.switchboard.caller("0")
    board.switchboard.let_pass(30)
    expect(page.get_by_role("link", name=str(added.ticket.number))).to_be_visible()
    assert waits.inner_text() != before
    assert page.evaluate("window.stayed") is True
    context.close()
    assert watched.complaints == []


def test_the_keyboard_alone_closes_the_desk_opens_it_and_sends_a_call_on(chromium: Browser, board: Board) -> None:
    context = context_for(chromium)
    watched = Watched(context.new_page(), board.world)
    watched.watch()
    page = watched.signs_in("Lasha Dalakishvili").opens("/desk/calls")
    page.keyboard.press("g")
    page.keyboard.press("b")
    expect(page.get_by_role("heading", name="Board", level=1)).to_be_visible()
    page.wait_for_load_state()  # its scripts are there by then, which listen for keys
    page.get_by_text("Open or close the desk by hand").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Closed")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("fire drill")
    page.keyboard.press("Enter")
    expect(page.get_by_text("closed by hand until 17:00 by Lasha Dalakishvili: fire drill")).to_be_visible()
    keep(watched, "board-closed-by-hand", "light")
    page.get_by_role("button", name="Back to business hours").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Business hours count again.")).to_be_visible()
    page.get_by_role("button", name="Next step").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The call goes on to its next step.")).to_be_visible()
    context.close()
    assert watched.complaints == []


def test_a_session_that_ends_is_told_on_the_board(chromium: Browser, board: Board) -> None:
    context = context_for(chromium)
    watched = Watched(context.new_page(), board.world)
    page = watched.signs_in("Lasha Dalakishvili").opens("/desk/board")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    context.clear_cookies()
    expect(page.get_by_text("You are signed out: reload to sign in")).to_be_visible()
    context.close()
