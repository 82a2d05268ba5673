"""Every page in light and dark, wide and on a phone: drawn whole, within the rules for accessibility, and quiet."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser.world import PHONE, WIDE, Watched, World, context_for

# Written anew when SCREENS is set: SCREENS=1 pytest tests/browser/test_pages.py
SCREENS = Path(__file__).parents[2] / "docs" / "screens"
PLACES = {
    "calls": "/desk/calls",
    "call": "/desk/calls/{emergency}",
    "tickets": "/desk/tickets?shown=all",
    "ticket": "/desk/tickets/{ticket}",
    "users": "/desk/users",
    "account": "/desk/account",
    "code": "/desk/account/code",
    "audit": "/desk/audit",
    "components": "/desk/components",
    "nowhere": "/desk/nowhere",
    "no-calls": "/desk/calls?outcome=callback",
}
LOOKS = {"light": ("light", WIDE), "dark": ("dark", WIDE), "phone": ("light", PHONE), "phone-dark": ("dark", PHONE)}
# What stands outside the frame it belongs to.
SPILLED = """() => [...document.querySelectorAll(".card")].flatMap((card) => {
    const edge = card.getBoundingClientRect().right + 1;
    const inside = [...card.querySelectorAll("*")].filter((each) => !each.closest("option, thead"));
    const spilled = inside.filter((each) => each.getBoundingClientRect().right > edge);
    return spilled.map((each) => each.outerHTML.slice(0, 80));
})"""
# Where the rules for accessibility are gone through: between them both colours and both sizes.
JUDGED = {"light", "phone-dark"}
# Each picture once: every page that looks the same each time, wide and light, and what else there is to show.
PICTURES = {(name, "light") for name in PLACES if name != "code"} | {
    ("call", "dark"),
    ("calls", "phone"),
    ("call", "phone"),
    ("ticket", "phone-dark"),
}


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_drawn_whole_and_can_be_used_by_everybody(chromium: Browser, world: World, look: str) -> None:
    theme, size = LOOKS[look]
    context = context_for(chromium, theme=theme, size=size)
    watched = Watched(context.new_page(), world)
    watched.watch()
    watched.opens("/desk/calls")
    judge(watched, "sign-in", whole=look in JUDGED)
    keep(watched, "sign-in", look)
    watched.signs_in("Lasha Dalakishvili")
    for name, path in PLACES.items():
        watched.opens(path.format(emergency=world.emergency, ticket=world.waiting_ticket))
        judge(watched, name, whole=look in JUDGED)
        keep(watched, name, look)
    context.close()
    assert watched.complaints == []


def judge(watched: Watched, name: str, *, whole: bool) -> None:
    page = watched.page
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{name} is wider than the window by {wider}"
    assert page.evaluate(SPILLED) == [], name
    if not whole:
        return
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"][:160] for node in each["nodes"][:3]]) for each in found] == [], name


def keep(watched: Watched, name: str, look: str) -> None:
    if os.environ.get("SCREENS") and ((name, look) in PICTURES or (name == "sign-in" and look == "light")):
        SCREENS.mkdir(exist_ok=True)
        suffix = "" if look == "light" else f"-{look}"
        watched.page.screenshot(path=SCREENS / f"{name}{suffix}.png")
