"""Tickets in the browser: how list, board and ticket look, and what people do there by hand and by keyboard."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app.cdr.records import TicketStatus
from app.tickets import Outcome, TicketEdit, TicketRequests
from tests.app.web.desk.ticket_worlds import LASHA, NOW, morning
from tests.browser.judging import LOOKS, judge, keep
from tests.browser.world import PHONE, Watched, World, context_for, served
from tests.desk import make_desk

PLACES = {
    "tickets": "/desk/tickets",
    "tickets-board": "/desk/tickets/board",
    "ticket": "/desk/tickets/{urgent}",
    "tickets-none": "/desk/tickets?priority=high&assignee=me",
}
PICTURES = {
    ("tickets", "light"),
    ("tickets", "phone-dark"),
    ("tickets-board", "light"),
    ("tickets-board", "dark"),
    ("ticket", "light"),
    ("ticket", "phone-dark"),
}


@pytest.fixture(scope="module")
def played(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    """The database after a busy morning, to be copied."""
    folder = tmp_path_factory.mktemp("morning")
    shutil.copyfile(sqlite_template, folder / "ivr.db")
    desk = make_desk(f"sqlite:///{folder}/ivr.db", folder)
    numbers = morning(desk)
    desk.services.store.close()
    return folder / "ivr.db", numbers


@contextmanager
def after(played: tuple[Path, dict[str, int]], folder: Path) -> Iterator[tuple[World, dict[str, int]]]:
    """A desk after that morning, behind a socket."""
    path, numbers = played
    shutil.copyfile(path, folder / "ivr.db")
    desk = make_desk(f"sqlite:///{folder}/ivr.db", folder)
    desk.clock.show(datetime.fromisoformat(NOW))
    with served(desk.services) as (services, base):
        yield World(services, base, "", numbers["new"]), numbers


@pytest.fixture(scope="module")
def shown(
    played: tuple[Path, dict[str, int]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, dict[str, int]]]:
    """A desk at which nobody changes anything, so that its pictures stay the same."""
    with after(played, tmp_path_factory.mktemp("shown")) as found:
        yield found


@pytest.fixture(scope="module")
def made(
    played: tuple[Path, dict[str, int]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, dict[str, int]]]:
    """A desk at which people work."""
    with after(played, tmp_path_factory.mktemp("made")) as found:
        yield found


@pytest.fixture
def at_desk(chromium: Browser, made: tuple[World, dict[str, int]]) -> Iterator[Watched]:
    """Lasha at a desk."""
    context = context_for(chromium)
    found = Watched(context.new_page(), made[0])
    found.watch()
    yield found.signs_in(LASHA)
    context.close()
    assert found.complaints == []


@pytest.mark.parametrize("look", LOOKS)
def test_lists_board_and_ticket_are_drawn_whole(
    chromium: Browser, shown: tuple[World, dict[str, int]], look: str
) -> None:
    theme, size = LOOKS[look]
    context = context_for(chromium, theme=theme, size=size)
    watched = Watched(context.new_page(), shown[0])
    watched.watch()
    watched.signs_in(LASHA)
    for name, path in PLACES.items():
        watched.opens(path.format(**shown[1]))
        judge(watched, name, look)
        if (name, look) in PICTURES:
            keep(watched, name, look)
    context.close()
    assert watched.complaints == []


def row(page: Page, number: int) -> Locator:
    return page.locator("tr, .ticket-card").filter(has=page.get_by_role("link", name=str(number), exact=True))


def focused(page: Page) -> str:
    found: str = page.evaluate("document.activeElement.textContent.trim()")
    return found


def test_the_keyboard_alone_acknowledges_picks_changes_and_moves(
    at_desk: Watched, made: tuple[World, dict[str, int]]
) -> None:
    page, numbers = at_desk.opens("/desk/tickets"), made[1]
    keys = page.keyboard
    keys.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    keys.press("e")
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    keys.press("j")
    assert focused(page) == str(numbers["twin"])
    keys.press("e")
    expect(page.get_by_text("You have this ticket now.")).to_be_visible()
    # Who worked in a list goes on from there.
    assert focused(page) == str(numbers["twin"])
    keys.press("k")
    keys.press("x")
    keys.press("j")
    keys.press("j")
    keys.press("Shift+X")
    expect(page.locator("[data-picked]")).to_have_text("3")
    page.get_by_label("Status", exact=True).focus()
    page.keyboard.type("wai")
    page.get_by_label("Reason for all of them").focus()
    page.keyboard.type("asked all three")
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^[23] of 3 tickets changed"))
    at_desk.opens("/desk/tickets/board")
    card = row(page, numbers["low"])
    while focused(page) != str(numbers["low"]):
        keys.press("j")
    keys.press("m")
    expect(card.get_by_role("button", name="In progress")).to_be_focused()
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(
        page.locator("[aria-labelledby=column-waiting]").get_by_role("link", name=str(numbers["low"]))
    ).to_be_focused()
    keys.press("h")
    assert (
        page.evaluate("document.activeElement.closest('section').getAttribute('aria-labelledby')") != "column-waiting"
    )
    urgent = page.get_by_role("link", name=str(numbers["urgent"]), exact=True)
    urgent.focus()
    keys.press("a")
    expect(page.get_by_text("You have this ticket now.")).to_be_visible()
    expect(row(page, numbers["urgent"])).to_contain_text(LASHA)
    expect(urgent).to_be_focused()


def test_countdowns_go_on_by_the_servers_clock(at_desk: Watched, made: tuple[World, dict[str, int]]) -> None:
    page = at_desk.page
    page.clock.install()
    at_desk.opens(f"/desk/tickets/{made[1]['urgent']}")
    head = page.locator(".page-head .countdown")
    expect(head).to_have_text(re.compile("overdue 15 min"))
    page.clock.fast_forward("01:02:00")
    expect(head).to_have_text(re.compile("overdue 1 h 17 min"))
    resolution = page.locator(".now .countdown").nth(1)
    expect(resolution).to_have_text(re.compile("due in 1 h 18 min"))
    page.clock.fast_forward("01:30:00")
    expect(resolution).to_have_text(re.compile("overdue 1[0-9] min"))
    expect(resolution).to_have_class(re.compile("is-over"))


def test_one_thumb_at_night_acknowledges_and_goes_through_the_columns(
    chromium: Browser, made: tuple[World, dict[str, int]]
) -> None:
    context = context_for(chromium, theme="dark", size=PHONE)
    watched = Watched(context.new_page(), made[0])
    watched.watch()
    number = made[1]["new"]
    page = watched.signs_in("triggerfish-1").opens(f"/desk/tickets/{number}")
    button = page.get_by_role("button", name=re.compile("Acknowledge|Take over"))
    box = button.bounding_box()
    assert box is not None
    assert box["y"] > PHONE["height"] * 2 / 3, "out of a thumb's reach"
    assert box["height"] >= 44
    button.tap() if context.pages[0].evaluate("'ontouchstart' in window") else button.click()
    expect(page.get_by_text("You have this ticket now.")).to_be_visible()
    watched.opens("/desk/tickets/board")
    expect(page.locator(".column-of:visible")).to_have_count(1)
    page.get_by_role("navigation", name="Columns").get_by_role("link", name=re.compile("In progress")).click()
    expect(page.locator(".column-of:visible")).to_have_attribute("aria-labelledby", "column-in_progress")
    context.close()
    assert watched.complaints == []


def test_another_ticket_is_looked_at_before_it_is_joined(at_desk: Watched, made: tuple[World, dict[str, int]]) -> None:
    page = at_desk.opens(f"/desk/tickets/{made[1]['resolved']}")
    page.get_by_text("Link or merge").click()
    page.get_by_label("Number of the other ticket").fill(str(made[1]["urgent"]))
    expect(page.locator("#j-found")).to_contain_text("Call from 816-555-0160")
    page.get_by_role("button", name="Join them").click()
    expect(page.get_by_text("The two tickets are linked.")).to_be_visible()
    expect(page.get_by_role("link", name=str(made[1]["urgent"]), exact=True)).to_be_visible()


def test_what_is_newer_comes_by_itself_and_takes_nobodys_place(
    at_desk: Watched, made: tuple[World, dict[str, int]]
) -> None:
    page, (world, numbers) = at_desk.page, made
    page.clock.install()
    at_desk.opens("/desk/tickets?order=newest")

    def changes(subject: str) -> None:
        requests = TicketRequests(services=world.services, actor="somebody", person=None, way="by the test")
        assert requests.edit(numbers["working"], TicketEdit(subject=subject)).outcome is Outcome.DONE
        page.clock.fast_forward("00:25")

    changed, mine = row(page, numbers["working"]), page.get_by_role("link", name=str(numbers["low"]), exact=True)
    mine.focus()
    changes("first news")
    expect(changed).to_contain_text("first news")
    expect(mine).to_be_focused()
    page.keyboard.press("x")
    changes("second news")
    told = page.locator("#fresh")
    expect(told).to_contain_text("There are changes: shown when nothing is picked")
    expect(page.locator("[data-picked]")).to_have_text("1")
    expect(changed).to_contain_text("first news")
    page.keyboard.press("x")
    page.clock.fast_forward("00:05")
    expect(changed).to_contain_text("second news")
    expect(mine).to_be_focused()
    search = page.get_by_label("Find")
    search.focus()
    page.keyboard.type("scan")
    changes("third news")
    expect(told.get_by_role("button", name="Show")).to_be_visible()
    expect(changed).to_contain_text("second news")
    judge(at_desk, "tickets-newer", "light")
    told.get_by_role("button", name="Show").click()
    expect(changed).to_contain_text("third news")
    expect(search).to_have_value("scan")
    expect(told).not_to_have_class(re.compile("is-told"))
    assert page.url.endswith("/desk/tickets?order=newest")


def test_a_card_is_dragged_to_a_column_that_takes_it(at_desk: Watched, made: tuple[World, dict[str, int]]) -> None:
    page, number = at_desk.page, made[1]["twin"]
    at_desk.opens("/desk/tickets/board")
    card, link = row(page, number), page.get_by_role("link", name=str(number), exact=True)
    came_from = card.locator("xpath=ancestor::section").get_attribute("data-column")
    expect(card).to_have_attribute("draggable", "true")
    # Where it cannot go it stays; what is dragged is the card, wherever it is taken hold of.
    link.drag_to(page.locator(f"[data-column={came_from}] h2"))
    expect(page.locator(".is-dragged, .may-take, .takes-it")).to_have_count(0)
    expect(page.locator(f"[data-column={came_from}]").get_by_role("link", name=str(number), exact=True)).to_be_visible()
    link.drag_to(page.locator("[data-column=waiting] h2"))
    moved = page.locator("[data-column=waiting]").get_by_role("link", name=str(number), exact=True)
    expect(moved).to_be_focused()
    found = made[0].services.store.tickets.get(number)
    assert found is not None
    assert (found.ticket.status, found.updates[-1].author) == (TicketStatus.WAITING, LASHA)
