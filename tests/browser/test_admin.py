"""Administration in a browser: every tab in each look, and what administrators do there, also with keys alone."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app.accounts import AccountKeeping, Role
from app.config.folder import read_folder
from app.flow.messages import Order, OrderKind
from app.identity import IdentityProvider
from app.publishing import Deed, Publishing
from app.running import tell_running
from app.services import Services
from tests.app.web.desk.visits import make_account
from tests.browser.judging import LOOKS, judge, keep
from tests.browser.world import Watched, World, context_for, played, served
from tests.desk import make_desk
from tests.house.tree import ROOT
from tests.identity_provider import LittleProvider, running

NOON = datetime.fromisoformat("2026-11-30T12:20-06:00")
PLACES = {
    "admin-users": "/desk/users",
    "admin-tokens": "/desk/tokens",
    "admin-sessions": "/desk/sessions",
    "admin-audit": "/desk/audit",
    "admin-wiring": "/desk/wiring/now",
    "admin-settings": "/desk/settings",
    "admin-outbox": "/desk/outbox",
    "admin-revisions": "/desk/revisions",
    "admin-revision": "/desk/revisions/2",
    "admin-going-back": "/desk/revisions/1/back",
    "admin-bad-edit": "/desk/revisions/publish",
}
PICTURES = {(name, "light") for name in PLACES} | {("admin-users", "phone"), ("admin-revisions", "dark")}
# A page tells paths and ports of the machine it is served by.
IMPERSONAL = """() => document.querySelectorAll("td.in-full, td .soft").forEach((each) => {
    if (each.children.length) return;
    each.textContent = each.textContent.replace(/^sqlite:.*/, "sqlite:///instance/ivr.db")
        .replace(/^.*\\/configuration$/, ".")
        .replace(/127\\.0\\.0\\.1:\\d+/, "127.0.0.1:8000").replace(/^[^/]+:\\d+$/, "desk:4711");
})"""
LASHA = "Lasha Dalakishvili"


@dataclass
class Kept:
    """A desk with something under each tab, and the provider its people may sign in with."""

    world: World
    provider: LittleProvider


@pytest.fixture(scope="module")
def kept(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    folder = tmp_path_factory.mktemp("administered")
    shutil.copyfile(sqlite_template, folder / "ivr.db")
    config = folder / "configuration"
    for name in ("ivr_flows", "schedules"):
        shutil.copytree(ROOT / name, config / name)
    desk = make_desk(f"sqlite:///{folder}/ivr.db", folder)
    emergency, number = played(desk)
    desk.clock.show(NOON)
    with running() as provider:
        provider.now = int(NOON.timestamp())
        provider.person = {"sub": "u-7", "name": "Jamison White", "groups": ["desk-leads"]}
        way = IdentityProvider(
            issuer=provider.issuer,
            client_id="the-desk",
            client_secret="between the two of us",
            claim="groups",
            roles={"desk": "staff", "desk-leads": "supervisor"},
            title="Contoso",
        )
        settings = replace(desk.services.settings, config_dir=config, identity_provider=way)
        services = replace(desk.services, settings=settings)
        with served(services) as (here, base):
            fill(here, config)
            yield Kept(World(here, base, emergency, number), provider)


def fill(services: Services, config: Path) -> None:
    """Accounts in every state, tokens, orders that were given up, and a short history."""
    keeping = AccountKeeping(services, LASHA)
    keeping.add("triggerfish-2", Role.STAFF)
    make_account(services, "a visitor", Role.SUPERVISOR)
    keeping.disable(keeping.named("a visitor"))
    at = services.clock.now()
    services.store.tokens.create("monthly report", "supervisor", at=at - timedelta(days=40), by=LASHA)
    secret = services.store.tokens.create("ticket bridge", "staff", at=at - timedelta(days=12), by=LASHA)
    services.store.tokens.check(secret, at=at - timedelta(hours=3))
    give_up(services)
    publish(services, config)


def give_up(services: Services) -> None:
    at = services.clock.now() - timedelta(minutes=9)
    orders = [
        Order(kind=OrderKind.SEND_TEXT, key="text:1", due_at=at, payload={"to": "+18165550142", "ticket": 1001}),
        Order(kind=OrderKind.MAIL, key="mail:1", due_at=at, payload={"ticket": 1002}),
        Order(kind=OrderKind.WEBHOOK, key="webhook:1", due_at=at, payload={}),
    ]
    with services.store.turn() as turn:
        turn.order(orders)
    reasons = {
        "text:1": "the number +1 816 555 0142 takes no texts",
        "mail:1": "the mail server refuses desk@example.org",
    }
    for order in services.store.outbox.claim(now=at, limit=9, lease_seconds=1):
        if order.key in reasons:
            services.store.outbox.give_up(order, at=at + timedelta(minutes=5), reason=reasons[order.key])


def publish(services: Services, config: Path) -> None:
    """Two publications, and then an edit with a fault in it."""
    publishing, at = Publishing(services.store), services.clock.now() - timedelta(days=3)
    first = publishing.draft_of_files(read_folder(config), at=at)
    publishing.publish(first, Deed(by=LASHA, at=at, message="As it was on the first day"))
    hours = config / "schedules" / "hours.yaml"
    hours.write_text(hours.read_text().replace("Mon-Fri: 08:00-17:00", "Mon-Fri: 08:00-16:00"))
    later = at + timedelta(days=2)
    second = publishing.draft_of_files(read_folder(config), at=later)
    publishing.publish(second, Deed(by="Jamison White", at=later, message="We close at four from now on"))
    services.config.look()
    tell_running(services, "web")
    hours.write_text(hours.read_text().replace("08:00-16:00", "08:00-25:00"))


@pytest.fixture
def watched(chromium: Browser, kept: Kept) -> Iterator[Watched]:
    context = context_for(chromium)
    found = Watched(context.new_page(), kept.world)
    found.watch()
    yield found
    context.close()
    assert not found.complaints, found.complaints


@pytest.mark.parametrize("look", LOOKS)
def test_every_tab_is_drawn_whole_and_can_be_used_by_everybody(chromium: Browser, kept: Kept, look: str) -> None:
    theme, size = LOOKS[look]
    context = context_for(chromium, theme=theme, size=size)
    watched = Watched(context.new_page(), kept.world)
    watched.watch()
    watched.opens("/desk/sign-in")
    judge(watched, "admin-sign-in", look)
    if look == "light":
        keep(watched, "sign-in-elsewhere", look)
    watched.signs_in(LASHA)
    for name, path in PLACES.items():
        if look in {"light", "phone-dark"} or (name, look) in PICTURES:
            page = watched.opens(path)
            judge(watched, name, look)
            # Pictures are the same on every machine.
            page.evaluate(IMPERSONAL)
            if (name, look) in PICTURES:
                keep(watched, name, look)
    context.close()
    assert watched.complaints == []


def test_an_account_a_token_and_an_order_are_dealt_with(watched: Watched) -> None:
    page = watched.signs_in(LASHA).opens("/desk/users")
    page.get_by_label("Change triggerfish-2").click()
    page.get_by_role("button", name="New link to choose a password").click()
    expect(page.get_by_label("The link")).to_have_value(re.compile(r"/desk/link/[\w-]{40,}"))
    page.get_by_role("link", name="Tokens").click()
    page.get_by_label("What it is for").fill("wall panel")
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_label("The token")).to_have_value(re.compile(r"^ivr_[\w-]{40,}$"))
    page.get_by_label("Revoke wall panel").click()
    page.get_by_role("button", name="Revoke it for good").click()
    expect(page.get_by_text("The token is revoked")).to_be_visible()
    expect(page.get_by_text("wall panel")).to_have_count(0)
    page.get_by_role("link", name="Outbox").click()
    page.get_by_label("Deal with order").first.click()
    page.get_by_label("What was done instead").first.fill("told them by hand")
    page.get_by_role("button", name="Put it aside for good").first.click()
    expect(page.get_by_text("Put aside.")).to_be_visible()


def test_what_is_found_comes_by_itself(watched: Watched) -> None:
    page = watched.signs_in(LASHA).opens("/desk/wiring")
    expect(page.get_by_role("heading", name="This installation")).to_be_visible()
    expect(page.get_by_text("left out").first).to_be_visible()


def test_the_keyboard_alone_goes_back_to_an_earlier_revision(watched: Watched) -> None:
    page = watched.signs_in(LASHA).opens("/desk/calls")
    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Users", level=1)).to_be_visible()
    page.wait_for_load_state()  # its scripts are there by then, which listen for keys
    page.get_by_role("link", name="Revisions").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Revisions", level=1)).to_be_visible()
    page.wait_for_load_state()  # its scripts are there by then, which listen for keys
    # The newest entry first, then the one before it.
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Publication 1")).to_be_visible()
    page.wait_for_load_state()  # its scripts are there by then, which listen for keys
    page.get_by_role("link", name="Go back to it").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Mon-Fri open 08:00-17:00 instead of open 08:00-16:00")).to_be_visible()
    page.get_by_label("Why").focus()
    page.keyboard.type("callers were confused")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Published. Every process takes it")).to_be_visible()
    expect(page.get_by_text("callers were confused").first).to_be_visible()


def test_somebody_signs_in_with_the_organisation(chromium: Browser, kept: Kept) -> None:
    context = context_for(chromium)
    page = context.new_page()
    page.goto(f"{kept.world.base}/desk/reports")
    page.get_by_role("link", name="Sign in with Contoso").click()
    page.wait_for_url(re.compile("/desk/reports"))
    expect(page.get_by_label("Your account, Jamison White")).to_be_visible()
    context.close()
