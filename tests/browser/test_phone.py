"""The phones in a browser: a call made and answered with the mouse, another with the keyboard alone, a message left."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.app.web.desk.telephones import Telephones, telephones
from tests.browser.judging import LOOKS, judge, keep
from tests.browser.world import Watched, World, context_for, served

LASHA = "Lasha Dalakishvili"
WAIT = 20_000


@pytest.fixture
def phones(sqlite_url: str, tmp_path: Path) -> Iterator[tuple[Telephones, World]]:
    with telephones(sqlite_url, tmp_path) as found, served(found.services) as (services, base):
        yield replace(found, services=services), World(services, base, "", 0)


def visit(chromium: Browser, world: World, look: str) -> Watched:
    theme, size = LOOKS[look]
    watched = Watched(context_for(chromium, theme=theme, size=size).new_page(), world)
    watched.watch()
    watched.signs_in(LASHA)
    watched.opens("/desk/phone")
    return watched


@pytest.fixture
def somebody(chromium: Browser, phones: tuple[Telephones, World]) -> Iterator[Watched]:
    watched = visit(chromium, phones[1], "light")
    yield watched
    hang_up(watched.page)
    watched.page.context.close()
    assert watched.complaints == []


def hang_up(page: Page) -> None:
    button = page.locator("#hang-up")
    if button.is_visible():
        button.click()
    expect(page.locator("#caller-dial")).to_be_visible(timeout=WAIT)


def ringing(page: Page) -> Locator:
    found = page.locator('[data-numbers][data-state="ringing"]')
    expect(found).to_have_count(1, timeout=WAIT)
    return found


def test_a_night_call_is_made_answered_and_kept_and_every_look_of_it_is_whole(
    chromium: Browser, phones: tuple[Telephones, World]
) -> None:
    watched = visit(chromium, phones[1], "light")
    page = watched.page
    judge(watched, "phone-idle", "light")
    page.get_by_role("button", name="Thanksgiving Day").click()
    expect(page.get_by_text("desk closed")).to_be_visible()
    page.get_by_role("button", name="Call the main line").click()
    expect(page.locator("#caller-state")).to_have_text("On the line", timeout=WAIT)
    expect(page.locator("#caller-heard")).to_contain_text("service desk")
    page.get_by_role("button", name="1", exact=True).first.click()
    handset = ringing(page)
    name = handset.get_attribute("data-name") or ""
    expect(page.locator("#ringing-now")).to_have_text(f"Ringing now: {name}")
    expect(page.locator("#way")).to_contain_text("schedules/on_call.yaml:", timeout=WAIT)
    judge(watched, "phone", "light")
    keep(watched, "phone", "light")
    for look in ("dark", "phone", "phone-dark"):
        other = visit(chromium, phones[1], look)
        ringing(other.page)
        expect(other.page.locator("#way")).to_contain_text("Rings", timeout=WAIT)
        judge(other, "phone", look)
        if look != "phone-dark":
            keep(other, "phone", look)
        other.page.context.close()
        assert other.complaints == []
    handset.get_by_role("button", name="Accept").click()
    expect(page.locator("#caller-state")).to_have_text(f"Talking with {name}", timeout=WAIT)
    expect(page.locator(f'[data-name="{name}"] [data-part="thread"] li')).to_have_count(1, timeout=WAIT)
    hang_up(page)
    expect(page.locator("#way")).to_contain_text(f"{name} has the ticket.", timeout=WAIT)
    judge(watched, "phone-over", "light")
    page.get_by_role("link", name="Save as a test case").click()
    expect(page.get_by_text("does just this")).to_be_visible()
    judge(watched, "phone-case", "light")
    keep(watched, "phone-case", "light")
    page.get_by_label("What the case shows").fill("An emergency on Thanksgiving is answered")
    page.get_by_role("button", name="Save the case").click()
    expect(page.get_by_text("The case is kept")).to_be_visible()
    assert "An emergency on Thanksgiving" in (phones[0].config / "ivr_flows/cases/phone.yaml").read_text()
    page.context.close()
    assert watched.complaints == []


def test_the_keyboard_alone_calls_passes_on_and_hangs_up(somebody: Watched) -> None:
    page = somebody.page
    page.get_by_role("button", name="Call the alternate line").press("Enter")
    expect(page.locator("#caller-state")).to_have_text("On the line", timeout=WAIT)
    page.locator("h1").click()
    page.keyboard.press("1")
    expect(page.locator("#caller-heard")).to_contain_text("You press 1", timeout=WAIT)
    handset = ringing(page)
    name = handset.get_attribute("data-name") or ""
    passing = handset.get_by_role("button", name="Pass")
    passing.focus()
    page.keyboard.press("Enter")
    expect(page.locator(f'[data-name="{name}"]')).to_have_attribute("data-state", "over", timeout=WAIT)
    other = ringing(page)
    assert other.get_attribute("data-name") != name
    other.get_by_role("button", name="Ignore").press("Enter")
    expect(page.locator('[data-numbers][data-state="ignored"]')).to_have_count(1)
    page.locator("#hang-up").press("Enter")
    expect(page.locator("#caller-state")).to_have_text("Call ended", timeout=WAIT)


def test_without_its_exchange_the_page_says_so(chromium: Browser, world: World) -> None:
    watched = Watched(context_for(chromium).new_page(), world)
    page = watched.signs_in(LASHA).opens("/desk/phone")
    expect(page.get_by_role("heading", name="No telephone exchange answers")).to_be_visible()
    judge(watched, "phone-away", "light")
    page.context.close()
