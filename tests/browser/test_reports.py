"""The page of reports in a browser: drawn whole in every look, changed by its form, read by the keyboard, printed."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from shutil import copyfile

import pytest
from playwright.sync_api import Browser, expect

from app.reports import keep_figures
from tests.browser.judging import LOOKS, judge, keep
from tests.browser.world import Watched, World, context_for, served
from tests.desk import make_desk
from tests.seasons import a_season_of_calls

NOW = datetime.fromisoformat("2026-11-30T12:20-06:00")


@pytest.fixture(scope="module")
def season(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A desk with two months of calls behind it, counted."""
    folder = tmp_path_factory.mktemp("season")
    copyfile(sqlite_template, folder / "ivr.db")
    desk = make_desk(f"sqlite:///{folder}/ivr.db", folder)
    a_season_of_calls(desk, until=NOW, days=62)
    desk.clock.show(NOW)
    for _ in range(4):
        keep_figures(desk.services)
    with served(desk.services) as (services, base):
        yield World(services, base, "", 0)


@pytest.fixture
def reading(chromium: Browser, season: World) -> Iterator[Watched]:
    """A supervisor with a browser."""
    context = context_for(chromium)
    found = Watched(context.new_page(), season)
    found.watch()
    yield found.signs_in("Lasha Dalakishvili")
    context.close()
    assert not found.complaints, found.complaints


@pytest.mark.parametrize("look", LOOKS)
def test_the_report_is_drawn_whole_in_every_look(chromium: Browser, season: World, look: str) -> None:
    theme, size = LOOKS[look]
    context = context_for(chromium, theme=theme, size=size)
    watched = Watched(context.new_page(), season)
    watched.watch()
    watched.signs_in("Lasha Dalakishvili").opens("/desk/reports")
    judge(watched, "reports", look)
    if look != "phone-dark":
        keep(watched, "reports", look)
    if look == "light":
        watched.opens("/desk/reports?span=dates&first=2020-01-01&last=2020-01-02")
        judge(watched, "reports of nothing", look)
    context.close()
    assert watched.complaints == []


def test_what_is_chosen_is_shown_at_once_and_stands_in_the_address(reading: Watched) -> None:
    page = reading.opens("/desk/reports")
    page.evaluate("window.stayed = true")
    page.get_by_label("When").select_option("7d")
    expect(page.get_by_role("heading", name="24 Nov to 30 Nov 2026")).to_be_visible()
    page.get_by_label("Service level").select_option("20")
    expect(page.get_by_text("Answered within 20 s").first).to_be_visible()
    expect(page).to_have_url(re.compile(r"span=7d.*within=20"))
    assert "span=7d" in (page.get_by_role("link", name="Export CSV").get_attribute("href") or "")
    assert page.evaluate("window.stayed") is True
    page.get_by_label("When").select_option("dates")
    page.get_by_label("From").fill("2026-11-02")
    page.get_by_label("To").fill("2026-11-08")
    page.get_by_label("To").blur()
    expect(page.get_by_role("heading", name="2 Nov to 8 Nov 2026")).to_be_visible()


def test_the_keyboard_alone_reads_it_all(reading: Watched) -> None:
    page = reading.opens("/desk/tickets")
    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page.get_by_role("heading", name="Reports", level=1)).to_be_visible()
    page.wait_for_load_state()  # its scripts are there by then, which listen for keys
    page.get_by_text("As a table").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Calls by day").get_by_role("row")).to_have_count(31)
    page.get_by_role("region", name="Heat map of hours and weekdays").focus()
    expect(page.get_by_role("region", name="Heat map of hours and weekdays")).to_be_focused()


def test_on_paper_it_is_black_on_white_without_what_cannot_be_pressed_there(reading: Watched, tmp_path: Path) -> None:
    page = reading.opens("/desk/reports")
    page.emulate_media(media="print", color_scheme="dark")
    for name in ("Print", "Export CSV"):
        expect(page.get_by_text(name, exact=True)).to_be_hidden()
    expect(page.get_by_role("navigation")).to_be_hidden()
    colours = page.evaluate(
        "[...document.querySelectorAll('body, h2, .headline dd')].map((each) => getComputedStyle(each).color)"
    )
    assert set(colours) <= {"rgb(0, 0, 0)", "rgb(34, 34, 34)"}
    page.pdf(path=tmp_path / "report.pdf", format="Letter")
    assert (tmp_path / "report.pdf").stat().st_size > 10_000
