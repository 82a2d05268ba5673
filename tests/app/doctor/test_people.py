"""Those who are to be reached: numbers that ring one phone of ours, and duty that somebody has."""

from dataclasses import replace

import pytest

from app.doctor import State, people
from tests.app.doctor.installations import found, live, one
from tests.app.edits import LEAVE, MAIN, NIGHT_KEY, STAFF, Edit, edited
from tests.desk import Desk

JAMISON, LASHA, SERVICE = "+13145551212", "+14175551212", "+16605551212"
LATER_LEAVE: Edit = (
    LEAVE[0],
    LEAVE[1],
    LEAVE[2].replace("2026-12-09", "2027-03-03").replace("2026-12-10", "2027-03-04"),
)
NOT_RUNG: Edit = (MAIN, NIGHT_KEY, '"1": {go: answering-service, priority: emergency}')


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ((STAFF, JAMISON, LASHA), "share a number"),
        ((STAFF, SERVICE, JAMISON), "share a number"),
        ((STAFF, JAMISON, "+18162327483"), "the number of our own main line"),
        ((STAFF, JAMISON, "+18165550101"), "sample numbers"),
        ((STAFF, JAMISON, "+18161231101"), "not in use"),
    ],
)
def test_a_number_that_does_not_ring_one_phone_of_ours(desk: Desk, edit: Edit, said: str) -> None:
    finding = one(people.numbers, live(desk, edit))
    assert finding.state is State.FAIL
    assert said in finding.what
    assert "+1" not in finding.what


def test_sample_numbers_are_right_in_simulation(desk: Desk) -> None:
    installation = replace(live(desk), settings=desk.services.settings, snapshot=edited())
    assert found(people.numbers, installation) == [("staff numbers", State.OK)]


def test_somebody_on_call_without_a_number(desk: Desk) -> None:
    installation = live(desk, (STAFF, f'phones: ["{JAMISON}"]', "phones: []"))
    assert one(people.numbers, installation).state is State.WARN
    finding = one(people.on_call, installation)
    assert finding.state is State.FAIL
    assert "Jamison White (on-call" in finding.what


def test_an_emergency_that_reaches_nobody_soon_is_a_fault(desk: Desk) -> None:
    finding = one(people.coverage, live(desk, NOT_RUNG))
    assert finding.state is State.FAIL
    assert finding.remedy == "run: ivr coverage"


def test_a_gap_far_ahead_can_still_be_filled(desk: Desk) -> None:
    assert one(people.coverage, live(desk, LATER_LEAVE)).state is State.WARN
