"""What people do at the desk, done in a browser: with the mouse, and with the keyboard alone."""

import re

from playwright.sync_api import Browser, expect

from tests.app.web.desk.visits import PASSWORD
from tests.browser.world import PHONE, Watched, World, context_for


def test_the_keyboard_alone_signs_in_finds_a_call_and_opens_it(watched: Watched) -> None:
    page = watched.opens("/desk/calls")
    # The name has the focus from the start.
    page.keyboard.type("Lasha Dalakishvili")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Calls", level=1)).to_be_visible()
    page.wait_for_load_state()  # its scripts are there by then, which listen for keys
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    page.keyboard.type("8165550191")
    page.keyboard.press("Enter")
    rows = page.locator("#results tbody tr")
    expect(rows).to_have_count(1)
    page.get_by_role("searchbox").blur()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Call from 816-555-0191")).to_be_visible()
    page.wait_for_load_state()  # its scripts are there by then, which listen for keys
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page.get_by_role("heading", name="Tickets", level=1)).to_be_visible()


def test_filters_change_the_list_and_the_address_without_a_new_page(watched: Watched) -> None:
    page = watched.signs_in("Lasha Dalakishvili").opens("/desk/calls")
    page.evaluate("window.stayed = true")
    page.get_by_label("Outcome").select_option("abandoned")
    expect(page.locator("#results tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"outcome=abandoned"))
    assert "outcome=abandoned" in (page.get_by_role("link", name="Export CSV").get_attribute("href") or "")
    page.get_by_label("When").select_option("dates")
    page.get_by_label("From").fill("2026-11-28")
    page.get_by_label("To").fill("2026-11-28")
    page.get_by_label("To").blur()
    expect(page.get_by_text("No call is like that")).to_be_visible()
    assert page.evaluate("window.stayed") is True
    page.reload()
    expect(page.get_by_text("No call is like that")).to_be_visible()
    page.go_back()
    expect(page.locator("#results")).to_be_visible()


def test_one_of_the_staff_takes_a_ticket_on_their_phone_and_tells_of_it(chromium: Browser, world: World) -> None:
    context = context_for(chromium, theme="dark", size=PHONE)
    watched = Watched(context.new_page(), world)
    watched.watch()
    page = watched.signs_in("triggerfish-1").opens("/desk/tickets")
    expect(page.get_by_role("link", name="Calls", exact=True)).to_have_count(0)
    page.get_by_role("link", name=str(world.waiting_ticket)).click()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("You have this ticket now.")).to_be_visible()
    page.get_by_label("What is there to say").fill("Called back, and left word.")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("Called back, and left word.")).to_be_visible()
    page.get_by_label("Status").select_option("resolved")
    page.get_by_label("Reason").fill("it works again")
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.locator(".page-head .badge-x", has_text="resolved")).to_be_visible()
    context.close()
    assert watched.complaints == []


def test_the_colours_are_those_of_the_device_until_somebody_chooses(watched: Watched) -> None:
    page = watched.signs_in("Lasha Dalakishvili").opens("/desk/tickets")
    shown = page.locator("html")
    expect(shown).to_have_attribute("data-bs-theme", "light")
    page.emulate_media(color_scheme="dark")
    expect(shown).to_have_attribute("data-bs-theme", "dark")
    page.get_by_label("Your account,").click()
    page.get_by_role("button", name="Light").click()
    expect(shown).to_have_attribute("data-bs-theme", "light")


def test_a_session_that_was_ended_elsewhere_leads_to_the_form_also_within_a_page(watched: Watched) -> None:
    page = watched.signs_in("Lasha Dalakishvili").opens("/desk/calls")
    watched.page.context.clear_cookies()
    page.get_by_label("Outcome").select_option("answered")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
