"""Every page in light and dark, wide and on a phone: drawn whole, within the rules for accessibility, and quiet."""

import pytest
from playwright.sync_api import Browser

from tests.browser.judging import LOOKS, judge, keep
from tests.browser.world import Watched, World, context_for

PLACES = {
    "calls": "/desk/calls",
    "call": "/desk/calls/{emergency}",
    "account": "/desk/account",
    "code": "/desk/account/code",
    "components": "/desk/components",
    "nowhere": "/desk/nowhere",
    "no-calls": "/desk/calls?outcome=callback",
}
# Each picture once: every page that looks the same each time, wide and light, and what else there is to show.
PICTURES = {(name, "light") for name in PLACES if name != "code"} | {
    ("call", "dark"),
    ("calls", "phone"),
    ("call", "phone"),
}


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_drawn_whole_and_can_be_used_by_everybody(chromium: Browser, world: World, look: str) -> None:
    theme, size = LOOKS[look]
    context = context_for(chromium, theme=theme, size=size)
    watched = Watched(context.new_page(), world)
    watched.watch()
    watched.opens("/desk/calls")
    judge(watched, "sign-in", look)
    if look == "light":
        keep(watched, "sign-in", look)
    watched.signs_in("Lasha Dalakishvili")
    for name, path in PLACES.items():
        watched.opens(path.format(emergency=world.emergency, ticket=world.waiting_ticket))
        judge(watched, name, look)
        if (name, look) in PICTURES:
            keep(watched, name, look)
    context.close()
    assert watched.complaints == []
