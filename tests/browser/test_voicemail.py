"""The inbox of messages and the page of a call in a browser: heard, read, claimed, done; noted, kept, replayed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app.accounts import Role
from app.call_work import CallNotes, SavedViews, WrapUp
from app.flow.messages import CALLBACK_TURN, Fact, FactKind
from app.simulator.handsets import accept, ignore
from app.store import VoicemailState
from app.voicemail import Voicemails
from tests.app.edits import HOURS, edited
from tests.app.web.desk.visits import make_account
from tests.browser.judging import LOOKS, judge, keep
from tests.browser.world import MONDAY_NOON, Watched, World, context_for, served
from tests.desk import ALTERNATE, MAIN, Desk, make_desk
from tests.messages import left


def told(desk: Desk) -> tuple[str, str, str]:
    """Messages of a weekend: one that is urgent, one on its way, one somebody has; and a call of an open day."""
    desk.everybody(ignore())
    night = desk.dials(MAIN, keys="1", at="2026-11-28T03:00-06:00")
    spanish = desk.dials(ALTERNATE, keys="8,0", at="2026-11-29T17:20-06:00", caller="+18165550163")
    morning = desk.dials(MAIN, keys="2", at="2026-11-30T08:12-06:00", caller="+18165550160")
    desk.everybody(accept(after_seconds=6)).phone("Jamison White", ignore())
    answered = desk.dials(MAIN, keys="2", at="2026-11-30T11:02-06:00", caller="+18165550161")
    desk.clock.show(datetime.fromisoformat(MONDAY_NOON))
    services = desk.services
    sids = []
    for number, call in enumerate((night, spanish, morning), 1):
        at = call.call.started_at + timedelta(minutes=4)
        words = "Hello, this is the imaging desk. Nothing opens since midnight, and we have no way to look at anything."
        sids.append(
            left(
                services, call.sid, call.ticket.number or 0, at=at, number=number, written=words if number == 1 else ""
            )
        )
    # What the calls themselves recorded stays with the provider of this desk.
    with services.store.turn() as transaction:
        for call in (night, spanish, morning):
            for each in transaction.voicemails.of_call(call.sid):
                if each.recording_sid not in sids:
                    transaction.voicemails.change(each.recording_sid, *VoicemailState, state=VoicemailState.DELETED)
        transaction.voicemails.change(sids[1], *VoicemailState, state=VoicemailState.FETCHING)
    Voicemails(services).claim(sids[2], by="Jamison White", at=services.clock.now())
    notes = CallNotes(services)
    notes.add(
        answered.sid,
        by="Lasha Dalakishvili",
        code=WrapUp.FOLLOW_UP,
        text="Viewer is slow since the update. Log asked for.",
    )
    services.clock.show(services.clock.now() + timedelta(minutes=3))  # type: ignore[attr-defined] # the test's own
    notes.add(answered.sid, by="Jamison White", code=WrapUp.SOLVED, text="Cache cleared; they confirm.")
    return sids[0], night.sid, answered.sid


@contextmanager
def made(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str, str]]:
    """A desk with messages, one of them, and a call with notes; today its hours are not what they were."""
    folder = tmp_path_factory.mktemp("inbox")
    shutil.copyfile(sqlite_template, folder / "ivr.db")
    desk = make_desk(f"sqlite:///{folder}/ivr.db", folder, rest=True)
    message, night, answered = told(desk)
    with served(desk.services) as (services, base):
        make_account(services, "Jamison White", Role.SUPERVISOR)
        account = services.store.accounts.look(lambda rows: rows.named("Lasha Dalakishvili"))
        assert account is not None
        SavedViews(services, account.id).keep("Missed this week", "outcome=abandoned")
        SavedViews(services, account.id).keep("Emergencies", "priority=emergency&span=90d")
        # Kept aside as what is in force: the call was routed by the other.
        today = edited((HOURS, "Mon-Fri: 08:00-17:00", "Mon-Fri: 12:00-17:00"))
        services.config._kept = {**services.config._kept, today.revision: today}
        services.config._current = today
        yield World(services, base, night, 0), message, answered


@pytest.fixture(scope="module")
def inbox(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str, str]]:
    """One to look at."""
    with made(sqlite_template, tmp_path_factory) as found:
        yield found


@pytest.fixture(scope="module")
def busy(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str, str]]:
    """One to work at."""
    with made(sqlite_template, tmp_path_factory) as found:
        yield found


@pytest.mark.parametrize("look", LOOKS)
def test_messages_and_calls_are_drawn_whole(chromium: Browser, inbox: tuple[World, str, str], look: str) -> None:
    world, message, answered = inbox
    theme, size = LOOKS[look]
    context = context_for(chromium, theme=theme, size=size)
    watched = Watched(context.new_page(), world)
    watched.watch()
    watched.signs_in("Lasha Dalakishvili")
    places = {
        "voicemail": "/desk/voicemail",
        "message": f"/desk/voicemail/{message}",
        "call-notes": f"/desk/calls/{answered}",
        "replay": f"/desk/calls/{answered}/replay",
        "views": "/desk/calls?priority=emergency&span=90d",
    }
    for name, path in places.items():
        if name == "views" and look not in {"light", "phone"}:
            continue
        watched.opens(path)
        judge(watched, name, look)
        if look == "light" or (name, look) in {("message", "phone-dark"), ("voicemail", "phone"), ("replay", "dark")}:
            keep(watched, name, look)
    context.close()
    assert watched.complaints == []


def test_a_message_is_heard_read_claimed_and_done_with_the_keyboard_alone(
    chromium: Browser, busy: tuple[World, str, str]
) -> None:
    world, message, _ = busy
    context = context_for(chromium)
    watched = Watched(context.new_page(), world)
    watched.watch()
    page = watched.signs_in("Lasha Dalakishvili").opens("/desk/calls")
    page.keyboard.press("g")
    page.keyboard.press("v")
    expect(page.get_by_role("heading", name="Voicemail", level=1)).to_be_visible()
    page.wait_for_load_state()  # its scripts are there by then, which listen for keys
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Message from")).to_be_visible()
    page.wait_for_load_state()  # its scripts are there by then, which listen for keys
    page.get_by_role("button", name="Claim").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The message is yours.")).to_be_visible()
    page.get_by_role("button", name="Read what was written down").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing opens since midnight")).to_be_visible()
    player = page.locator("audio")
    player.evaluate("player => { player.muted = true; }")
    player.focus()
    player.evaluate("player => player.play()")
    player.evaluate("player => new Promise(done => { player.onseeked = done; player.currentTime = 3; })")
    assert player.evaluate("player => Math.round(player.currentTime)") == 3
    before = player.get_attribute("src")
    player.evaluate("player => new Promise(done => { player.onended = done; player.play(); })")
    assert player.get_attribute("src") != before
    page.get_by_label("No call was needed").focus()
    page.keyboard.press("Space")
    page.get_by_label("In a few words").focus()
    page.keyboard.type("It works again")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Done. The outcome is on the ticket.")).to_be_visible()
    context.close()
    assert watched.complaints == []
    entries = world.services.store.audit.list(limit=50, subject=f"voicemail:{message}").items
    assert [each.action for each in reversed(entries)] == [
        "voicemail_claimed",
        "voicemail_read",
        "voicemail_played",
        "voicemail_done",
    ]


def test_a_message_is_called_back_and_the_page_follows_how_it_goes(
    chromium: Browser, busy: tuple[World, str, str]
) -> None:
    world, _, _ = busy
    context = context_for(chromium)
    watched = Watched(context.new_page(), world)
    watched.watch()
    page = watched.signs_in("Jamison White").opens("/desk/voicemail?shown=mine")
    page.locator(".row-link").first.click()
    expect(page.get_by_role("link", name="816")).to_have_attribute("href", "tel:+18165550160")
    page.wait_for_load_state()  # its scripts are there by then, which ask how it goes
    page.get_by_role("button", name="Call back").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your phone rings in a moment.", exact=True)).to_be_visible()
    judge(watched, "message-call-back", "light")
    store, sid = world.services.store, page.url.rpartition("/")[2]
    message = store.voicemails.get(sid)
    assert message is not None

    def happens(kind: FactKind) -> None:
        turn = CALLBACK_TURN + 1
        fact = Fact(kind=kind, key=kind, at=world.services.clock.now(), because="so", detail={"leg": turn})
        with store.turn() as transaction:
            transaction.tell(message.call_sid, turn, [fact])

    happens(FactKind.LEG_RANG)
    expect(page.get_by_text("Press 1 to call them, 2 to leave it.")).to_be_visible(timeout=30_000)
    keep(watched, "message-call-back", "light")
    happens(FactKind.CALLBACK_UNANSWERED)
    expect(page.get_by_text("and did not reach them.")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("button", name="Call back again")).to_be_visible()
    context.close()
    assert watched.complaints == []


def test_a_view_is_kept_and_found_again_and_a_note_is_added(chromium: Browser, busy: tuple[World, str, str]) -> None:
    world, _, answered = busy
    context = context_for(chromium)
    watched = Watched(context.new_page(), world)
    watched.watch()
    page = watched.signs_in("Jamison White").opens("/desk/calls")
    page.get_by_label("Client").select_option("example-clinic")
    expect(page.locator("#results tbody tr")).to_have_count(2)
    page.get_by_text("Keep this view").click()
    page.get_by_label("Name of the view").fill("The clinic")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_role("button", name="Forget the view The clinic")).to_be_visible()
    page.get_by_role("link", name="Clear").click()
    page.get_by_role("link", name="The clinic").click()
    expect(page.locator("#results tbody tr")).to_have_count(2)
    page.goto(f"{world.base}/desk/calls/{answered}")
    page.get_by_label("Wrap-up", exact=True).select_option("passed_on")
    page.get_by_label("Note", exact=True).fill("The vendor has it now.")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("The vendor has it now.")).to_be_visible()
    page.get_by_role("link", name="Replay").click()
    expect(page.get_by_text("What would come out differently")).to_be_visible()
    context.close()
    assert watched.complaints == []
