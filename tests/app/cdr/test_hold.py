"""How a time on hold came out, where the caller's side says little or nothing of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.cdr.records import Disposition, LegOutcome
from app.flow.messages import CALLER_HUNG_UP, Fact, FactKind, HoldResult
from app.ringing import HOLD_UNHEARD, KEY_UNHEARD, is_doubtful, surely_talked
from tests.app.cdr.test_derive import ANN, AT, BEN, dialled, fact, leg_fact, told

RANG = (dialled(10, 2, ANN), dialled(10, 2, BEN))


def at(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def pressed(seconds: float) -> Fact:
    """Ann pressed the accept key."""
    key = leg_fact(FactKind.LEG_ACCEPTED, seconds, 2)
    return replace(key, detail={**key.detail, "number": RANG[0].detail["number"]})


def hold_ended(seconds: float, result: HoldResult, *, left: bool = False) -> Fact:
    over = fact(FactKind.HOLD_ENDED, seconds, leg=2, result=result.value)
    return replace(over, because=CALLER_HUNG_UP) if left else over


@pytest.mark.parametrize(
    ("over", "outcome"),
    [
        (hold_ended(300, HoldResult.CONNECTED), LegOutcome.ACCEPTED),
        (hold_ended(300, HoldResult.CONNECTED, left=True), LegOutcome.ACCEPTED),
        (hold_ended(300, HoldResult.GIVEN_UP, left=True), LegOutcome.ACCEPTED),
        (hold_ended(22, HoldResult.GIVEN_UP, left=True), LegOutcome.CALLER_LEFT),
        (hold_ended(60, HoldResult.GIVEN_UP), LegOutcome.ANSWERED_NOT_ACCEPTED),
        (hold_ended(60, HoldResult.FAILED), LegOutcome.ANSWERED_NOT_ACCEPTED),
        (hold_ended(60, HoldResult.FAILED, left=True), LegOutcome.CALLER_LEFT),
        (hold_ended(300, HoldResult.UNTOLD), LegOutcome.ACCEPTED),
        (hold_ended(300, HoldResult.UNTOLD, left=True), LegOutcome.ACCEPTED),
    ],
)
def test_whoever_pressed_the_key_has_taken_the_call_unless_it_is_known_that_they_were_not_connected(
    over: Fact, outcome: LegOutcome
) -> None:
    """Ann pressed her key at the 20th second."""
    record = told(*RANG, pressed(20), over)
    assert record.legs[0].outcome is outcome
    assert (record.call.disposition is Disposition.ANSWERED) is (outcome is LegOutcome.ACCEPTED)


def test_nobody_has_taken_a_call_for_which_no_key_was_pressed() -> None:
    record = told(*RANG, hold_ended(300, HoldResult.UNTOLD))
    assert {leg.outcome for leg in record.legs} == {LegOutcome.FAILED}


def test_a_phone_that_is_over_so_soon_after_its_key_may_have_been_cut_off() -> None:
    leg = told(*RANG, pressed(20)).legs[0]
    assert is_doubtful(leg, at=AT + at(20) + KEY_UNHEARD - at(1))
    assert not is_doubtful(leg, at=AT + at(20) + KEY_UNHEARD)
    assert is_doubtful(replace(leg, ended_at=AT + at(30)), at=AT + at(3000))
    assert not is_doubtful(replace(leg, accepted_at=None), at=AT + at(21))


@pytest.mark.parametrize(
    ("on_the_phone_until", "asked_at", "talked"),
    [(None, 21, False), (None, 111, True), (30, 111, False), (36, 40, True), (60, 3000, True)],
)
def test_a_talk_is_certain_when_the_phone_lasted_longer_than_one_that_is_cut_off(
    on_the_phone_until: float | None, asked_at: float, talked: bool
) -> None:
    assert at(90) == HOLD_UNHEARD
    record = told(*RANG, pressed(20))
    ended_at = None if on_the_phone_until is None else AT + at(on_the_phone_until)
    record = replace(record, legs=(replace(record.legs[0], ended_at=ended_at), record.legs[1]))
    assert surely_talked(record, 2, at=AT + at(asked_at)) is talked
    assert not surely_talked(record, 3, at=AT + at(asked_at))


def connected(seconds: float) -> Fact:
    """Ann's phone tells, when it is over, that it was connected with the caller."""
    over = leg_fact(FactKind.LEG_CONNECTED, seconds, 2)
    return replace(over, detail={**over.detail, "number": RANG[0].detail["number"]})


@pytest.mark.parametrize("is_told_first", [True, False])
@pytest.mark.parametrize("result", [HoldResult.GIVEN_UP, HoldResult.FAILED])
def test_a_talk_of_a_second_counts_when_the_phones_own_side_tells_of_it(
    result: HoldResult, is_told_first: bool
) -> None:
    over = [connected(23), hold_ended(23, result, left=True)]
    left = fact(FactKind.CALLER_LEFT, 23.1)
    record = told(*RANG, pressed(20), *(over if is_told_first else reversed(over)), left)
    assert record.legs[0].outcome is LegOutcome.ACCEPTED
    assert record.legs[0].ended_at == AT + at(23)
    assert (record.call.disposition, record.call.answered_by) == (Disposition.ANSWERED, ANN)
    assert record.ticket.assignee == ANN


def test_the_second_of_two_phones_is_not_taken_for_the_first() -> None:
    record = told(*RANG, pressed(20), connected(80), hold_ended(81, HoldResult.CONNECTED))
    assert [leg.outcome for leg in record.legs] == [LegOutcome.ACCEPTED, LegOutcome.FAILED]
