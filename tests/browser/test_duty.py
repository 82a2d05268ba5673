"""On call in the browser: every view whole and open to everybody, and duty changed with the keyboard alone."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from app.duty_changes import Asking, DutyChanges, Handing, Leave, Swapping, Turn, Who
from app.services import Services
from tests.app.store.samples import leg, record
from tests.browser.judging import LOOKS, judge, keep
from tests.browser.world import MONDAY_NOON, Watched, World, context_for, served
from tests.desk import CONFIG, make_desk

FIRST, JAMISON, LASHA, SECOND = "triggerfish-1", "Jamison White", "Lasha Dalakishvili", "triggerfish-2"
TIME_OFF = """time_off:
  - {person: triggerfish-2, from: 2026-12-19, until: 2026-12-20, reason: vacation}
"""
OVERRIDES = """overrides:
  - schedule: on-call
    from: 2026-12-05 17:00
    until: 2026-12-06 12:00
    replace_with: triggerfish-2
    by: Jamison White
    reason: family
"""
PLACES = {
    "oncall": "/desk/oncall",
    "oncall-gap": "/desk/oncall?on=2026-12-14",
    "oncall-week": "/desk/oncall?view=week&on=2026-12-01",
    "oncall-month": "/desk/oncall?view=month&on=2026-12-01",
    "oncall-mine": "/desk/oncall/mine?days=90",
    "oncall-swaps": "/desk/oncall/swaps",
    "oncall-fairness": "/desk/oncall/fairness?span=dates&first=2026-10-01&last=2026-12-31",
    "oncall-away": "/desk/oncall/away",
}
# The same components as on the others: looked at once.
ONCE = {"oncall-gap", "oncall-away"}
PICTURES = {(name, "light") for name in PLACES if name != "oncall-away"} | {
    ("oncall", "dark"),
    ("oncall", "phone"),
    ("oncall-month", "phone-dark"),
}


def configuration(folder: Path) -> Path:
    """A rota with a gap, an override and time off."""
    for name in ("schedules", "ivr_flows"):
        shutil.copytree(CONFIG / name, folder / name)
    rota = folder / "schedules" / "on_call.yaml"
    text = rota.read_text(encoding="utf-8")
    text = text.replace("time_off: []\n", TIME_OFF).replace("overrides: []\n", OVERRIDES)
    rota.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def rota(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A desk on which duty has been changed: taken over, time off, and a swap that waits."""
    folder = tmp_path_factory.mktemp("rota")
    shutil.copyfile(sqlite_template, folder / "ivr.db")
    desk = make_desk(f"sqlite:///{folder}/ivr.db", folder, config=configuration(folder))
    desk.clock.show(datetime.fromisoformat("2026-11-30T09:10-06:00"))
    changed(desk.services)
    rang_at_night(desk.services)
    desk.clock.show(datetime.fromisoformat(MONDAY_NOON))
    with served(desk.services) as (services, base):
        yield World(services, base, "", 0)


def changed(services: Services) -> None:
    def duty(name: str) -> DutyChanges:
        return DutyChanges(services, Who(name=name, person=name))

    def at(text: str) -> datetime:
        return datetime.fromisoformat(text)

    taken = Handing(
        schedule="on-call",
        person=FIRST,
        instead_of=LASHA,
        starts_at=at("2026-12-02T23:00+00:00"),
        ends_at=at("2026-12-03T14:00+00:00"),
    )
    assert duty(FIRST).make(taken).refusals == ()
    away = Leave(person=JAMISON, starts_at=at("2026-12-04T14:00+00:00"), ends_at=at("2026-12-06T06:00+00:00"))
    assert duty(JAMISON).make(away).refusals == ()
    mine = Turn(schedule="on-call", starts_at=at("2026-12-07T14:00+00:00"), ends_at=at("2026-12-14T14:00+00:00"))
    back = Turn(schedule="on-call", starts_at=at("2026-12-21T14:00+00:00"), ends_at=at("2026-12-28T14:00+00:00"))
    assert Swapping(duty(FIRST)).ask(Asking(asked=JAMISON, turn=mine, in_return=back)).refusals == ()
    # Christmas Eve, from the end of the desk's day to the next noon.
    theirs = Turn(schedule="on-call", starts_at=at("2026-12-24T23:00+00:00"), ends_at=at("2026-12-25T18:00+00:00"))
    assert Swapping(duty(JAMISON)).ask(Asking(asked=FIRST, turn=theirs)).refusals == ()


def rang_at_night(services: Services) -> None:
    """A few calls of November's nights."""
    for number, (name, on) in enumerate([(JAMISON, 3), (JAMISON, 17), (LASHA, 9), (FIRST, 25), (JAMISON, 19)]):
        began = datetime.fromisoformat(f"2026-11-{on:02}T03:12-06:00")
        with services.store.turn() as turn:
            turn.open(replace(record(number, started_at=began), legs=(leg(number, party=name, started_at=began),)))


@pytest.fixture
def at_desk(chromium: Browser, rota: World) -> Iterator[Watched]:
    """A page on which triggerfish-1 has signed in."""
    context = context_for(chromium)
    yield watch(context, rota, FIRST)
    context.close()


def watch(context: BrowserContext, rota: World, name: str) -> Watched:
    watched = Watched(context.new_page(), rota)
    watched.watch()
    return watched.signs_in(name)


@pytest.mark.parametrize("look", LOOKS)
def test_every_view_is_drawn_whole_and_can_be_used_by_everybody(chromium: Browser, rota: World, look: str) -> None:
    theme, size = LOOKS[look]
    context = context_for(chromium, theme=theme, size=size)
    watched = watch(context, rota, FIRST)
    for name, path in PLACES.items():
        if look != "light" and name in ONCE:
            continue
        watched.opens(path)
        judge(watched, name, look)
        if (name, look) in PICTURES:
            show_calendar(watched, look)
            keep(watched, name, look)
    context.close()
    assert watched.complaints == []


def show_calendar(watched: Watched, look: str) -> None:
    """Brings the calendar to the top of a phone."""
    if look.startswith("phone"):
        top = "document.querySelector('.rota-head').getBoundingClientRect().top"
        watched.page.evaluate(f"window.scrollBy(0, {top} - 110)")


def test_what_changes_is_shown_before_it_is_saved_with_the_keyboard_alone(at_desk: Watched) -> None:
    page = at_desk.opens("/desk/oncall")
    page.get_by_role("link", name="Take over now").first.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Until").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What changes")).to_be_visible()
    expect(page.get_by_role("row", name="On-call analyst triggerfish-1 Lasha Dalakishvili")).to_be_visible()
    judge(at_desk, "oncall-change", "light")
    keep(at_desk, "oncall-change", "light")
    page.get_by_role("button", name="Save it").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("It stands below, and counts for calls from now on.")).to_be_visible()
    expect(page.get_by_role("region", name="On-call analyst now").get_by_text("you")).to_be_visible()
    page.get_by_role("link", name="End it").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="End it").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The change has ended.")).to_be_visible()
    assert at_desk.complaints == []


def test_a_bar_tells_its_times_by_key_and_by_pointer(at_desk: Watched) -> None:
    page = at_desk.opens("/desk/oncall?on=2026-12-14")
    gap = page.get_by_role("img", name="Nobody: Sat 19 Dec 00:00 CST").first
    gap.focus()
    expect(page.locator("#tip")).to_contain_text("(2026-12-19 06:00 \N{EN DASH} 2026-12-21 06:00 UTC)")
    page.get_by_role("group", name="Final schedule").get_by_role("img", name="triggerfish-2: Mon 14 Dec").hover()
    expect(page.locator("#tip")).to_contain_text("Mon 14 Dec 08:00 CST")
    assert at_desk.complaints == []


def test_time_off_that_leaves_nobody_asks_who_stands_in(at_desk: Watched) -> None:
    page = at_desk.opens("/desk/oncall/away")
    page.get_by_label("From").fill("2026-12-08T08:00")
    page.get_by_label("Until").fill("2026-12-09T08:00")
    page.get_by_role("button", name="See what changes").click()
    expect(page.get_by_text("Nobody would be on call as On-call analyst")).to_be_visible()
    page.get_by_label("Who stands in as On-call analyst").select_option(LASHA)
    page.get_by_role("button", name="See what changes").click()
    judge(at_desk, "oncall-stand-in", "light")
    keep(at_desk, "oncall-stand-in", "light")
    expect(page.get_by_role("button", name="Save it")).to_be_visible()
    assert at_desk.complaints == []


def test_a_part_of_a_turn_is_asked_for_within_the_turns_own_time(at_desk: Watched) -> None:
    page = at_desk.opens("/desk/oncall/swaps")
    turn, part = page.get_by_label("Your turn"), page.locator("details", has_text="Only a part of it")
    part.locator("summary").click()
    begins, ends = part.get_by_label("From"), part.get_by_label("Until")
    turn.select_option("on-call 20261207T140000 20261214T140000")
    expect(begins).to_have_attribute("min", "2026-12-07T08:00")
    expect(ends).to_have_attribute("max", "2026-12-14T08:00")
    begins.fill("2026-12-08T18:30")
    ends.fill("2026-12-09T06:00")
    page.get_by_label("Who is to take it").select_option(LASHA)
    judge(at_desk, "oncall-part", "light")
    page.get_by_role("button", name="Ask", exact=True).click()
    card = page.get_by_role("article", name=f"You ask {LASHA} to take part of a turn")
    expect(card).to_contain_text("Tue 8 Dec 18:30")
    card.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("Withdrawn. Everybody keeps their turns.")).to_be_visible()
    assert at_desk.complaints == []
