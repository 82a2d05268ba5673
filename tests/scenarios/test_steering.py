"""A supervisor sends a call that nobody has taken on to its next step, or takes it, while whole calls go on."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.cdr.records import Disposition, LegOutcome
from app.desk_by_hand import DeskByHand, Said
from app.simulator.handsets import accept, ignore
from app.steering import Steered, Steering
from app.store import PlaceOutcome, StoreUnavailable
from oncall import DeskOverride, OverrideKind
from tests.desk import MAIN, SATURDAY_NIGHT, TUESDAY_MORNING, Desk, assert_cared_for
from tests.outages import FAR, LeavingStore
from tests.quick_overrides import overridden
from tests.scenarios.switchboard import JAMISON, LASHA, Switchboard, heard, make_switchboard

JAMISONS, LASHAS, SERVICE = "+18165550101", "+18165550102", "+18165550150"
Make = Callable[..., Switchboard]


@pytest.fixture
def make(sqlite_url: str, tmp_path: Path) -> Iterator[Make]:
    """Makes a switchboard."""
    made: list[Switchboard] = []

    def switchboard(**options: Any) -> Switchboard:
        made.append(make_switchboard(sqlite_url, tmp_path, **options))
        return made[-1]

    yield switchboard
    for each in made:
        each.desk.services.store.close()


def steering(board: Switchboard, actor: str = LASHA) -> Steering:
    return Steering(board.desk.services, actor)


def one_in_line(make: Make) -> Switchboard:
    """The only analyst talks for long."""
    board = make()
    board.phone.handsets.behave(JAMISONS, accept(talks_for_seconds=300))
    board.caller("2")
    board.let_pass(60)
    return board


def test_a_caller_in_line_is_sent_on_at_once_and_the_second_who_tries_is_told(make: Make) -> None:
    board = one_in_line(make)
    waiting = board.caller("2")
    board.let_pass(40)
    turn = board.place(waiting).turn
    assert steering(board).send_on(waiting.sid, turn) is Steered.DONE
    assert steering(board, JAMISON).send_on(waiting.sid, turn) is Steered.AGAIN
    assert steering(board).take(waiting.sid, turn) is Steered.LATE
    board.let_pass(12)
    assert waiting.legs[-1].number == SERVICE
    board.run()
    assert_cared_for(waiting)
    assert waiting.call.disposition is Disposition.ANSWERING_SERVICE
    assert board.place(waiting).outcome is PlaceOutcome.OVERFLOWED
    assert [entry.because for entry in waiting.told("sent_on")] == [f"{LASHA} sent the call on to its next step"]
    assert board.phone.rest_warnings == []


def test_where_the_line_cannot_be_left_at_once_the_caller_leaves_it_when_the_music_ends(make: Make) -> None:
    board = one_in_line(make)
    waiting = board.caller("2")
    board.let_pass(40)
    board.phone.rest_faults.refuse()
    assert steering(board).send_on(waiting.sid, board.place(waiting).turn) is Steered.DONE
    board.let_pass(50)
    assert waiting.legs[-1].number == SERVICE
    board.run()
    assert_cared_for(waiting)


def test_a_supervisor_takes_a_caller_in_line_with_their_own_phone(make: Make) -> None:
    board = one_in_line(make)
    waiting = board.caller("2")
    board.let_pass(40)
    turn = board.place(waiting).turn
    board.phone.handsets.behave(LASHAS, accept(after_seconds=3, talks_for_seconds=30))
    assert steering(board, "somebody else").take(waiting.sid, turn) is Steered.NO_PHONE
    assert steering(board, JAMISON).take(waiting.sid, turn) is Steered.ENGAGED
    assert steering(board).take(waiting.sid, turn) is Steered.DONE
    assert steering(board).take(waiting.sid, turn) is Steered.ENGAGED
    board.let_pass(30)
    assert steering(board).send_on(waiting.sid, turn) is Steered.LATE
    board.run()
    assert_cared_for(waiting)
    assert waiting.call.answered_by == LASHA
    assert waiting.legs[0].because == f"{LASHA} asked for the call at the desk"
    assert "answering service" not in heard(waiting)


def test_a_phone_that_rings_is_ended_and_the_next_one_rings(make: Make) -> None:
    board = make(staff=(JAMISON, LASHA))
    board.phone.handsets.behave(JAMISONS, ignore())
    board.phone.handsets.behave(LASHAS, accept(after_seconds=4))
    call = board.caller("2")
    board.let_pass(2)
    while not call.legs or call.legs[-1].leg_sid is None:
        board.let_pass(1)
    leg = call.legs[-1]
    assert (leg.party, leg.outcome) == (JAMISON, LegOutcome.RINGING)
    rang_at = board.desk.clock.at
    assert steering(board).send_on(call.sid, leg.turn) is Steered.DONE
    assert steering(board, JAMISON).send_on(call.sid, leg.turn) is not Steered.DONE
    board.run()
    assert_cared_for(call)
    assert call.call.answered_by == LASHA
    assert call.legs[1].started_at - rang_at < timedelta(seconds=5)
    assert steering(board).send_on(call.sid, leg.turn) is Steered.LATE


def test_whoever_is_asked_for_the_key_is_not_cut_off(make: Make) -> None:
    board = make(staff=(JAMISON, LASHA))
    board.phone.handsets.behave(JAMISONS, accept(after_seconds=2, talks_for_seconds=30))
    call = board.caller("2")
    for _ in range(60):
        board.let_pass(0.5)
        legs = call.legs
        if legs and legs[0].answered_at is not None and legs[0].accepted_at is None:
            break
    assert call.legs[0].accepted_at is None
    assert steering(board).send_on(call.sid, call.legs[0].turn) is Steered.PICKED_UP
    board.run()
    assert call.call.answered_by == JAMISON


@pytest.mark.parametrize("fault", ["refused", "no answer"])
def test_whoever_picks_up_before_their_phone_is_ended_talks_on(make: Make, fault: str) -> None:
    """The request to end it is made again later, and by then there is nothing to be ended any more."""
    board = make(staff=(JAMISON, LASHA))
    board.phone.handsets.behave(JAMISONS, accept(after_seconds=4, talks_for_seconds=60))
    call = board.caller("2")
    board.let_pass(2)
    while not call.legs or call.legs[-1].leg_sid is None:
        board.let_pass(1)
    if fault == "refused":
        board.phone.rest_faults.server_error(times=2)
    else:
        board.phone.rest_faults.server_error(times=1)
        board.phone.rest_faults.slow(20.0, times=1)
    assert steering(board).send_on(call.sid, call.legs[-1].turn) is Steered.DONE
    board.run()
    assert_cared_for(call)
    assert call.outcomes() == [(JAMISON, LegOutcome.ACCEPTED)]
    assert (call.call.talk_seconds or 0) > 50


@pytest.mark.parametrize("deed", ["send on", "take"])
def test_whenever_the_database_leaves_a_call_is_steered_wholly_or_not_at_all(make: Make, deed: str) -> None:
    board = make(store=LeavingStore)
    store = board.desk.services.store
    assert isinstance(store, LeavingStore)
    board.phone.handsets.behave(JAMISONS, accept(talks_for_seconds=300))
    board.phone.handsets.behave(LASHAS, accept(after_seconds=3, talks_for_seconds=30))
    board.caller("2")
    board.let_pass(60)
    waiting = board.caller("2")
    board.let_pass(40)
    turn = board.place(waiting).turn
    steer = steering(board).send_on if deed == "send on" else steering(board).take
    said: Steered | None = None
    for answers in range(FAR):
        store.leaves_after(answers)
        with suppress(StoreUnavailable):
            said = steer(waiting.sid, turn)
        store.is_back()
        if said is not None:
            break
        assert (board.place(waiting).left_at, waiting.told("sent_on"), waiting.legs) == (None, [], ())
    assert said is Steered.DONE
    board.run()
    assert_cared_for(waiting)
    taken_by = LASHA if deed == "take" else "answering-service"
    assert [leg.party for leg in waiting.legs] == [taken_by]


def test_the_desk_closed_by_hand_leads_callers_as_closed_and_says_why(desk: Desk) -> None:
    hand = DeskByHand(desk.services, LASHA)
    ends = desk.clock.at + timedelta(hours=1)
    assert hand.say(is_open=False, until=ends, reason="fire drill", seen=0) is Said.DONE
    closed = desk.dials(MAIN, at=TUESDAY_MORNING)
    assert closed.told("hours_checked")[0].detail["open"] is False
    because = closed.told("hours_checked")[0].because
    assert because == f"closed by hand until 11:00 by {LASHA}: fire drill (desk override:1)"
    assert "eleven" in heard(closed) or "11" in heard(closed)
    assert_cared_for(closed)
    assert desk.dials(MAIN, at="2026-12-01T11:00-06:00").told("hours_checked")[0].detail["open"] is True


def test_the_desk_opened_by_hand_at_night_is_open_until_then(desk: Desk) -> None:
    desk.clock.at = desk.dials(MAIN, at=SATURDAY_NIGHT).call.started_at
    hand = DeskByHand(desk.services, LASHA)
    ends = desk.clock.at + timedelta(minutes=30)
    assert hand.say(is_open=True, until=ends, reason="a cutover", seen=0) is Said.DONE
    assert desk.dials(MAIN, at=SATURDAY_NIGHT).told("hours_checked")[0].detail["open"] is True
    assert hand.take_back(seen=1) is Said.DONE
    assert desk.dials(MAIN, at=SATURDAY_NIGHT).told("hours_checked")[0].detail["open"] is False
    overridden(desk, JAMISON, OverrideKind.ADD, starts_at=desk.clock.at, hours=1)  # says nothing of the desk
    assert desk.services.store.desk.refresh(at=desk.clock.at) == ()


def test_what_is_said_of_the_desk_has_an_author_a_reason_and_an_end(desk_on_each: Desk) -> None:
    desk = desk_on_each
    hand, at = DeskByHand(desk.services, LASHA), desk.clock.at
    hour = timedelta(hours=1)
    assert hand.say(is_open=True, until=at + 25 * hour, reason="long", seen=0) is Said.REFUSED
    assert hand.say(is_open=True, until=at, reason="past", seen=0) is Said.REFUSED
    assert hand.say(is_open=True, until=at + hour, reason=" ", seen=0) is Said.REFUSED
    assert hand.take_back(seen=0) is Said.CHANGED
    assert hand.say(is_open=False, until=at + hour, reason="fire drill", seen=0) is Said.DONE
    assert DeskByHand(desk.services, JAMISON).say(is_open=True, until=at + hour, reason="x", seen=0) is Said.CHANGED
    assert (
        DeskByHand(desk.services, JAMISON).say(is_open=True, until=at + hour, reason="it is over", seen=1) is Said.DONE
    )
    said: tuple[DeskOverride, ...] = desk.services.store.desk.refresh(at=at)
    assert [(each.author, each.is_open, each.reason) for each in said] == [(JAMISON, True, "it is over")]
    assert hand.take_back(seen=1) is Said.CHANGED
    assert hand.take_back(seen=2) is Said.DONE
    assert desk.services.store.desk.known() == ()
    entries = desk.services.store.audit.list(limit=9, subject="desk").items
    told = [(each.actor, each.action) for each in reversed(entries)]
    assert told == [(LASHA, "desk_closed"), (JAMISON, "desk_opened"), (LASHA, "desk_by_calendar")]
