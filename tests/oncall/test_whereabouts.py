"""Whether somebody is away, and whether they are on call anywhere."""

from dataclasses import replace
from datetime import datetime

import pytest

from oncall import Override, Roster
from tests.oncall.making import FISH_1, JAMISON, LASHA, away, layer, local, override, schedule, weekly

ON_CALL = schedule(
    layer(weekly(JAMISON, LASHA)),
    time_off=(away(LASHA, "2026-01-05 12:00", "2026-01-06 00:00"),),
)
ROSTER = Roster(
    revision="r1",
    people={},
    teams={},
    ring_groups={},
    outside_parties={},
    hours={},
    schedules={"on-call": ON_CALL},
    policies={},
)
NOON = local("2026-01-05 12:00")


def taken_off(person: str, *, author: str) -> Override:
    removal = override("2026-01-05 10:00", "2026-01-05 14:00", remove=person)
    return replace(removal, author=author)


@pytest.mark.parametrize(
    ("at", "is_away"),
    [
        (local("2026-01-05 11:59"), False),
        (NOON, True),
        (local("2026-01-05 23:59"), True),
        (local("2026-01-06 00:00"), False),
    ],
)
def test_time_off_of_any_schedule_keeps_somebody_away(at: datetime, is_away: bool) -> None:
    assert (ROSTER.away(LASHA, at=at) is not None) is is_away
    assert ROSTER.away(JAMISON, at=at) is None


@pytest.mark.parametrize(("author", "is_away"), [(JAMISON, True), (LASHA, False)])
def test_who_takes_themselves_off_is_away_and_whom_others_take_off_need_not_be(author: str, is_away: bool) -> None:
    found = ROSTER.away(JAMISON, at=NOON, quick=(taken_off(JAMISON, author=author),))
    assert (found is not None) is is_away


def test_who_is_on_call_anywhere_is_on_duty() -> None:
    at = local("2026-01-12 09:00")
    (on_call,) = (duty.person for duty in ON_CALL.coverage(at=at).people)
    people = {JAMISON, LASHA, FISH_1}
    assert {person for person in people if ROSTER.on_duty(person, at=at)} == {on_call}
