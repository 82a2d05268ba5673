"""A message's page: one's own phone is rung from it, and it says how that went, why not, and what to do next."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.accounts import Role
from app.flow.messages import CALLBACK_TURN, Fact, FactKind, OrderKind
from app.simulator.handsets import ignore
from app.voicemail import Voicemails
from tests.app.web.api_client import Client
from tests.app.web.desk.visits import Visit, signed_in
from tests.databases import PATIENCE_SECONDS
from tests.desk import MAIN, SATURDAY_NIGHT, Desk, PlayedCall, make_desk
from tests.messages import left
from tests.outages import FAR, LeavingStore

pytestmark = pytest.mark.slow

LASHA, FIRST = "Lasha Dalakishvili", "triggerfish-1"
HERE = "/desk/voicemail"
BUTTON = "Your own phone rings first, then theirs."


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk that can ring phones."""
    store = LeavingStore.open(sqlite_url, timeout_seconds=PATIENCE_SECONDS)
    made = make_desk(sqlite_url, tmp_path, store=store, rest=True)
    made.everybody(ignore())
    yield made
    made.services.store.close()


def claimed(desk: Desk, call: PlayedCall, *, by: str = LASHA) -> str:
    sid = left(desk.services, call.sid, call.ticket.number or 0, at=desk.clock.now(), number=5)
    Voicemails(desk.services).claim(sid, by=by, at=desk.clock.now())
    return sid


@pytest.fixture
def message(desk: Desk) -> str:
    return claimed(desk, desk.dials(MAIN, keys="1", at=SATURDAY_NIGHT))


def page(visit: Visit, sid: str) -> str:
    return visit.opens(f"{HERE}/{sid}").get_data(as_text=True)


def presses(visit: Visit, sid: str, seen: str = "0") -> int:
    visit.opens(f"{HERE}/{sid}")
    return visit.sends(f"{HERE}/{sid}/call-back", seen=seen).status_code


def ordered(desk: Desk) -> list[str]:
    """The keys of what waits to be rung."""
    due = desk.services.store.outbox.claim(now=desk.clock.now(), limit=50, lease_seconds=1)
    return [each.key for each in due if each.kind is OrderKind.RING_PHONE]


def tells(desk: Desk, sid: str, kind: FactKind, **detail: str) -> None:
    """Something happens on the phone that rings for this message."""
    found = desk.services.store.voicemails.get(sid)
    assert found is not None
    turn, at = CALLBACK_TURN + 1, desk.clock.now()
    with desk.services.store.turn() as transaction:
        fact = Fact(kind=kind, key=kind, at=at, because="so", detail={"leg": turn, "leg_sid": "CA1", **detail})
        transaction.tell(found.call_sid, turn, [fact])


def test_whoever_has_the_message_presses_and_sees_that_their_phone_rings(desk: Desk, message: str) -> None:
    visit = signed_in(desk.services, LASHA, Role.STAFF)
    assert BUTTON in page(visit, message)
    assert 'href="tel:+18165550191"' in page(visit, message)
    assert presses(visit, message) == 303
    shown = page(visit, message)
    assert "Your phone rings in a moment: press 1 to call them." in shown
    assert 'hx-trigger="every 2s"' in shown
    assert BUTTON not in shown
    assert presses(visit, message) == 303
    assert len(ordered(desk)) == 1
    tells(desk, message, FactKind.LEG_RANG)
    assert "Press 1 to call them, 2 to leave it." in page(visit, message)
    listed = visit.opens(f"{HERE}?shown=mine").get_data(as_text=True)
    assert "phone rings" in listed


@pytest.mark.parametrize(
    ("facts", "words", "again"),
    [
        ({FactKind.LEG_ENDED: "failed"}, "Your phone could not be rung", True),
        ({FactKind.LEG_RANG: "", FactKind.LEG_ENDED: "no_answer"}, "nobody was called: it was not picked up.", True),
        ({FactKind.LEG_RANG: "", FactKind.CALLBACK_TRIED: ""}, "Their phone rings.", False),
        ({FactKind.CALLBACK_TRIED: "", FactKind.CALLBACK_PICKED_UP: ""}, "You are connected since", False),
        ({FactKind.CALLBACK_TRIED: "", FactKind.CALLBACK_UNANSWERED: ""}, "and did not reach them.", True),
        (
            {FactKind.CALLBACK_TRIED: "", FactKind.CALLBACK_PICKED_UP: "", FactKind.LEG_ENDED: "completed"},
            "Say below whether it was them.",
            True,
        ),
        ({FactKind.CALLBACK_SPOKEN: ""}, "and spoke to them.", True),
    ],
)
def test_the_page_says_how_it_went_and_offers_to_try_again(
    desk: Desk, message: str, facts: dict[FactKind, str], words: str, again: bool
) -> None:
    visit = signed_in(desk.services, LASHA, Role.STAFF)
    presses(visit, message)
    for kind, status in facts.items():
        tells(desk, message, kind, **({"status": status, "party": LASHA} if status else {"party": LASHA}))
    shown = page(visit, message)
    assert words in shown
    assert ("Call back again" in shown) is again
    part = visit.opens(f"{HERE}/{message}/call-back")
    assert words in part.get_data(as_text=True)
    assert "HX-Refresh" not in part.headers
    assert ("hx-trigger" in part.get_data(as_text=True)) is not again
    other = page(signed_in(desk.services, "Jamison White", Role.SUPERVISOR), message)
    assert BUTTON not in other
    assert "Your phone" not in other


def test_once_the_message_is_done_a_page_that_stands_open_is_drawn_anew(desk: Desk, message: str) -> None:
    visit = signed_in(desk.services, LASHA, Role.STAFF)
    presses(visit, message)
    Voicemails(desk.services).done(message, by=LASHA, at=desk.clock.now())
    part = visit.opens(f"{HERE}/{message}/call-back")
    assert part.headers["HX-Refresh"] == "true"
    assert "hx-trigger" not in part.get_data(as_text=True)


def test_without_the_message_there_is_no_button_and_a_press_changes_nothing(desk: Desk, message: str) -> None:
    other = signed_in(desk.services, "Jamison White", Role.STAFF)
    assert BUTTON not in page(other, message)
    presses(other, message)
    assert "You do not have this message: nothing was changed." in page(other, message)
    Voicemails(desk.services).release(message, by=LASHA, at=desk.clock.now())
    assert "Claim the message, and your own phone can ring" in page(other, message)
    assert ordered(desk) == []
    assert presses(other, message, seen="many") == 400
    assert other.sends(f"{HERE}/RE1/call-back", seen="0").status_code == 404


def test_why_it_cannot_be_is_said_instead_of_a_button(desk: Desk) -> None:
    withheld = claimed(desk, desk.dials(MAIN, keys="1", at=SATURDAY_NIGHT, caller=None))
    visit = signed_in(desk.services, LASHA, Role.STAFF)
    shown = page(visit, withheld)
    assert "The number was withheld: there is none to call back." in shown
    assert BUTTON not in shown
    presses(visit, withheld)
    assert "The number was withheld" in page(visit, withheld)
    assert ordered(desk) == []


def test_an_account_without_a_phone_and_a_number_far_away_are_told_so(desk: Desk) -> None:
    call = desk.dials(MAIN, keys="1", at=SATURDAY_NIGHT, caller="+442079460123")
    sid = claimed(desk, call, by="the head")
    shown = page(signed_in(desk.services, "the head", Role.SUPERVISOR), sid)
    assert "Only numbers of the United States and Canada are called back from here" in shown
    near = desk.dials(MAIN, keys="1", at="2026-11-28T04:00-06:00")
    mine = left(desk.services, near.sid, near.ticket.number or 0, at=desk.clock.now(), number=6)
    Voicemails(desk.services).claim(mine, by="the head", at=desk.clock.now())
    visit = signed_in(desk.services, "the head", Role.SUPERVISOR)
    assert "no phone in schedules/staff.yaml" in page(visit, mine)
    presses(visit, mine)
    assert ordered(desk) == []


def test_whenever_the_database_leaves_the_page_says_so_and_nobody_is_rung(desk: Desk, message: str) -> None:
    store = desk.services.store
    assert isinstance(store, LeavingStore)
    visit = signed_in(desk.services, LASHA, Role.STAFF)
    away = 0
    for answers in range(FAR):
        visit.opens(f"{HERE}/{message}")
        store.leaves_after(answers)
        answer = visit.sends(f"{HERE}/{message}/call-back", seen="0")
        store.is_back()
        if answer.status_code == 303:
            break
        away += 1
        assert answer.status_code == 503
        assert "database" in answer.get_data(as_text=True)
        assert ordered(desk) == []
    assert away > 1
    assert len(ordered(desk)) == 1


def test_a_program_with_a_persons_token_has_that_persons_phone_rung(desk: Desk, message: str) -> None:
    services = desk.services
    client = Client(services, services.store.tokens.create(LASHA, "staff", at=desk.clock.now()))
    address = f"/api/v1/voicemail/{message}/call-back"
    for _ in range(2):
        answer = client.http.post(address, headers=client.headers)
        assert answer.status_code == 200
    (attempt,) = client.json(f"/voicemail/{message}/call-backs")["items"]
    assert (attempt["person"], attempt["state"]) == (LASHA, "asked")
    assert len(ordered(desk)) == 1
    entry = services.store.audit.list(limit=1, subject=f"voicemail:{message}").items[0]
    assert (entry.actor, entry.action) == (f"token:{LASHA}", "voicemail_call_back")
    for name, words in ((FIRST, f"{LASHA} has taken the message"), ("wallboard", f"{LASHA} has taken the message")):
        other = Client(services, services.store.tokens.create(name, "staff", at=desk.clock.now()))
        refused = other.http.post(address, headers=other.headers)
        assert (refused.status_code, refused.get_json()["detail"]) == (409, words)
