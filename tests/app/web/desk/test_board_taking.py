"""Calls taken from the board while phones ring: offered where it can be done, and why not where it cannot."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.accounts import Role
from app.simulator.handsets import accept, ignore
from tests.app.web.desk.visits import Visit, signed_in
from tests.desk import assert_cared_for
from tests.scenarios.held import JAMISONS, LASHAS, ringing, ringing_desk
from tests.scenarios.switchboard import FIRST, JAMISON, LASHA, Switchboard, make_switchboard

BOARD = "/desk/board"
BUTTON = 'name="take"'


@pytest.fixture
def board(sqlite_url: str, tmp_path: Path) -> Iterator[Switchboard]:
    made = ringing_desk(sqlite_url, tmp_path)
    yield made
    made.desk.services.store.close()


def text(visit: Visit) -> str:
    return visit.opens(BOARD).get_data(as_text=True)


def test_a_call_for_which_phones_ring_at_once_is_taken_from_the_board(board: Switchboard) -> None:
    board.phone.handsets.behave(LASHAS, accept(after_seconds=4, talks_for_seconds=30))
    call, turn = ringing(board)
    services = board.desk.services
    visit = signed_in(services, LASHA, Role.SUPERVISOR)
    page = text(visit)
    assert f'value="{call.sid}:{turn}"' in page
    assert BUTTON in page
    assert "rings in turn" not in page
    assert BUTTON not in text(signed_in(services, FIRST, Role.STAFF))
    assert BUTTON not in text(signed_in(services, "the head", Role.SUPERVISOR)), "who has no phone has no button"
    visit.opens(BOARD)
    assert visit.sends(f"{BOARD}/calls", take=f"{call.sid}:{turn}").status_code == 303
    assert "Your phone rings in a moment: press 1 to take the call." in text(visit)
    visit.sends(f"{BOARD}/calls", take=f"{call.sid}:{turn}")
    assert "You are on the phone, or it rings already." in text(visit)
    board.run()
    assert_cared_for(call)
    assert call.call.answered_by == LASHA


def test_where_one_phone_rings_after_another_the_board_says_so(sqlite_url: str, tmp_path: Path) -> None:
    board = make_switchboard(sqlite_url, tmp_path, staff=(JAMISON, FIRST))
    board.phone.handsets.behave(JAMISONS, ignore())
    call = board.caller("2")
    board.let_pass(2)
    while not call.legs or call.legs[-1].leg_sid is None:
        board.let_pass(0.5)
    visit = signed_in(board.desk.services, LASHA, Role.SUPERVISOR)
    page = text(visit)
    assert "rings in turn" in page
    assert BUTTON not in page
    visit.sends(f"{BOARD}/calls", take=f"{call.sid}:{call.legs[-1].turn}")
    assert "One phone rings after another for this call, and nobody can join in." in text(visit)
    assert "rings in turn" not in text(signed_in(board.desk.services, FIRST, Role.STAFF))
    board.desk.services.store.close()
