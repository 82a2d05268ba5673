"""A supervisor takes a call while several phones ring for its caller, who is on hold: nobody is dropped, one talks."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.cdr.records import Disposition, LegOutcome
from app.simulator.handsets import Behaviour, accept, busy, decline, ignore, voicemail
from app.steering import Steered, Steering
from app.store import StoreUnavailable
from tests.databases import PATIENCE_SECONDS
from tests.desk import PlayedCall, assert_cared_for
from tests.outages import LeavingStore
from tests.scenarios.held import JAMISONS, LASHAS, ringing, ringing_desk
from tests.scenarios.switchboard import FIRST, JAMISON, LASHA, Switchboard, make_switchboard

pytestmark = pytest.mark.slow


@pytest.fixture
def board(sqlite_url: str, tmp_path: Path) -> Iterator[Switchboard]:
    made = ringing_desk(sqlite_url, tmp_path)
    yield made
    made.desk.services.store.close()


@pytest.fixture
def board_on_each(database_url: str, tmp_path: Path) -> Iterator[Switchboard]:
    made = ringing_desk(database_url, tmp_path)
    yield made
    made.desk.services.store.close()


def steering(board: Switchboard, actor: str = LASHA) -> Steering:
    return Steering(board.desk.services, actor)


def outcomes(call: PlayedCall) -> dict[str, LegOutcome]:
    return dict(call.outcomes())


def test_the_phone_of_whoever_takes_it_rings_the_others_stop_and_its_key_has_the_call(
    board_on_each: Switchboard,
) -> None:
    board = board_on_each
    board.phone.handsets.behave(LASHAS, accept(after_seconds=6, talks_for_seconds=40))
    call, turn = ringing(board)
    assert steering(board).take(call.sid, turn) is Steered.DONE
    assert steering(board).take(call.sid, turn) is Steered.ENGAGED
    asked_at = board.desk.clock.at
    board.run()
    assert_cared_for(call)
    assert (call.call.disposition, call.call.answered_by) == (Disposition.ANSWERED, LASHA)
    assert outcomes(call) == {
        JAMISON: LegOutcome.CANCELLED,
        FIRST: LegOutcome.CANCELLED,
        LASHA: LegOutcome.ACCEPTED,
    }
    taken = call.legs[-1]
    assert taken.because == f"{LASHA} asked for the call at the desk"
    assert taken.accepted_at is not None
    stopped = [leg.ended_at for leg in call.legs[:2]]
    assert all(at is not None and asked_at < at < taken.accepted_at for at in stopped), "before the key already"
    assert board.phone.rest_warnings == []
    assert steering(board).take(call.sid, turn) is Steered.LATE


@pytest.mark.parametrize("phone", [ignore(), busy(), decline(), voicemail(after_seconds=2)], ids=lambda each: each.name)
def test_who_does_not_take_it_after_all_leaves_the_call_where_it_was(board: Switchboard, phone: Behaviour) -> None:
    board.phone.handsets.behave(LASHAS, phone)
    call, turn = ringing(board)
    assert steering(board).take(call.sid, turn) is Steered.DONE
    board.run()
    assert_cared_for(call)
    assert call.call.disposition is Disposition.ANSWERING_SERVICE
    assert LegOutcome.ACCEPTED not in {outcomes(call)[JAMISON], outcomes(call)[FIRST], outcomes(call)[LASHA]}


@pytest.mark.parametrize("jamison", [3.0, 4.5, 5.0, 5.5, 6.0, 6.25, 6.5, 7.0, 8.0])
def test_whoever_picks_up_at_the_same_time_first_key_wins_and_nobody_is_cut_off(
    board: Switchboard, jamison: float
) -> None:
    """Before, while and after the other phones are ended: one has the call, and talks to its end."""
    board.phone.handsets.behave(JAMISONS, accept(after_seconds=jamison, talks_for_seconds=50))
    board.phone.handsets.behave(LASHAS, accept(after_seconds=3, talks_for_seconds=50))
    call, turn = ringing(board, seconds=2)
    taken = steering(board).take(call.sid, turn)
    board.run()
    assert_cared_for(call)
    assert taken in {Steered.DONE, Steered.LATE}
    winners = [party for party, outcome in call.outcomes() if outcome is LegOutcome.ACCEPTED]
    assert len(winners) == 1
    assert call.call.answered_by == winners[0]
    assert (call.call.talk_seconds or 0) > 40


def test_a_phone_asked_for_late_has_as_long_as_any_other(board: Switchboard) -> None:
    """The caller is held for the phone that joined in, also past the time the first ones had."""
    slow = replace(accept(after_seconds=22, keys=("7", "7", "1")), presses_after_seconds=7.5)
    board.phone.handsets.behave(LASHAS, slow)
    call, turn = ringing(board, seconds=15)
    assert steering(board).take(call.sid, turn) is Steered.DONE
    board.run()
    assert_cared_for(call)
    assert call.call.answered_by == LASHA


def test_while_the_phone_cannot_be_rung_the_others_ring_on(board: Switchboard) -> None:
    board.phone.handsets.behave(JAMISONS, accept(after_seconds=14))
    call, turn = ringing(board)
    board.phone.rest_faults.server_error(path="Calls.json")
    assert steering(board).take(call.sid, turn) is Steered.DONE
    board.run()
    assert_cared_for(call)
    assert call.call.answered_by == JAMISON


def test_the_caller_hangs_up_while_the_phone_rings(board: Switchboard) -> None:
    board.phone.handsets.behave(LASHAS, ignore())
    call, turn = ringing(board, stays=45)
    steering(board).take(call.sid, turn)
    board.let_pass(4)
    assert [leg.leg_sid is not None for leg in call.legs] == [True, True, True]
    board.let_pass(45)
    assert call.call.disposition is Disposition.ABANDONED
    assert {leg.outcome for leg in call.legs} <= {LegOutcome.CALLER_LEFT, LegOutcome.CANCELLED}
    assert [each.status for each in board.phone.calls if each.fields["To"] == LASHAS] == ["canceled"]


def test_who_is_rung_already_or_was_just_now_or_has_no_phone_is_told(board: Switchboard) -> None:
    board.phone.handsets.behave(JAMISONS, decline(after_seconds=2))
    call, turn = ringing(board, seconds=0)
    assert steering(board, FIRST).take(call.sid, turn) is Steered.ENGAGED
    assert steering(board, "a visitor").take(call.sid, turn) is Steered.NO_PHONE
    board.let_pass(9)
    assert outcomes(call)[JAMISON] is LegOutcome.DECLINED
    assert steering(board, JAMISON).take(call.sid, turn) is Steered.RANG
    assert steering(board).take(call.sid, turn + 1) is Steered.LATE
    assert steering(board).take("CA" + "0" * 32, turn) is Steered.LATE
    board.run()
    assert_cared_for(call)


def test_a_call_whose_phones_ring_in_turn_is_let_alone(sqlite_url: str, tmp_path: Path) -> None:
    board = make_switchboard(sqlite_url, tmp_path, staff=(JAMISON, FIRST))
    board.phone.handsets.behave(JAMISONS, accept(after_seconds=9))
    call = board.caller("2")
    board.let_pass(2)
    while not call.legs:
        board.let_pass(0.5)
    assert steering(board).take(call.sid, call.legs[0].turn) is Steered.IN_TURN
    board.run()
    assert_cared_for(call)
    assert outcomes(call) == {JAMISON: LegOutcome.ACCEPTED}
    board.desk.services.store.close()


def test_without_a_database_nothing_is_changed(sqlite_url: str, tmp_path: Path) -> None:
    store = LeavingStore.open(sqlite_url, timeout_seconds=PATIENCE_SECONDS)
    board = ringing_desk(sqlite_url, tmp_path, store=store)
    board.phone.handsets.behave(JAMISONS, accept(after_seconds=8))
    call, turn = ringing(board)

    store.leaves_after(0)
    with pytest.raises(StoreUnavailable):
        steering(board).take(call.sid, turn)
    store.is_back()
    board.run()
    assert_cared_for(call)
    assert call.call.answered_by == JAMISON
    store.close()
