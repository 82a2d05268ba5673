"""How a page is judged as it is drawn: whole, within its frames, open to everybody. And its picture."""

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ViewportSize

from tests.browser.world import PHONE, WIDE, Watched

# Written anew when SCREENS is set: `make screens`.
SCREENS = Path(__file__).parents[2] / "docs" / "screens"
LOOKS: dict[str, tuple[str, ViewportSize]] = {
    "light": ("light", WIDE),
    "dark": ("dark", WIDE),
    "phone": ("light", PHONE),
    "phone-dark": ("dark", PHONE),
}
# What stands outside the frame it belongs to.
SPILLED = """() => [...document.querySelectorAll(".card")].flatMap((card) => {
    const edge = card.getBoundingClientRect().right + 1;
    const inside = [...card.querySelectorAll("*")].filter((each) => !each.closest("option, thead, .scrolls"));
    const spilled = inside.filter((each) => each.getBoundingClientRect().right > edge);
    return spilled.map((each) => each.outerHTML.slice(0, 80));
})"""
# Where the rules for accessibility are gone through: between them both colours and both sizes.
JUDGED = {"light", "phone-dark"}


def judge(watched: Watched, name: str, look: str) -> None:
    """Fails when the page is wider than its window, spills from its frames, or shuts somebody out."""
    page = watched.page
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{name} is wider than the window by {wider}"
    assert page.evaluate(SPILLED) == [], name
    if look not in JUDGED:
        return
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"][:160] for node in each["nodes"][:3]]) for each in found] == [], name


def keep(watched: Watched, name: str, look: str) -> None:
    """Keeps the picture of a page, when pictures are asked for. Which are kept is the caller's choice."""
    if os.environ.get("SCREENS"):
        SCREENS.mkdir(exist_ok=True)
        suffix = "" if look == "light" else f"-{look}"
        watched.page.screenshot(path=SCREENS / f"{name}{suffix}.png")
