"""What each person carries is counted as people count it, and the proposal evens it out."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall import Burden, Evening, Measure, Roster, Schedule, burdens, evens_out, nights
from tests.oncall.making import (
    FISH_1,
    FISH_2,
    JAMISON,
    LASHA,
    away,
    daily,
    hours,
    layer,
    local,
    on,
    override,
    schedule,
    turn,
    weekly,
)

THANKSGIVING = {"2026-11-26": "Thanksgiving Day", "2026-12-25": "Christmas Day"}
HOUR = 3600


def roster(*schedules: Schedule) -> Roster:
    named = {each.name: each for each in schedules}
    return Roster(
        revision="r1",
        people={},
        teams={},
        ring_groups={},
        outside_parties={},
        hours={},
        schedules=named,
        policies={},
    )


def loads(rota: Schedule, begins: str, ends: str) -> dict[str, Burden]:
    found = burdens(roster(rota), rota.name, after=local(begins), until=local(ends))
    assert [load.person for load in found] == sorted(load.person for load in found)
    return {load.person: load for load in found}


def dates(*texts: str) -> tuple[date, ...]:
    return tuple(map(on, texts))


def test_a_week_has_seven_nights_and_one_weekend() -> None:
    rota = schedule(layer(weekly(JAMISON, LASHA, first="2026-11-23")), desk=hours(closed=THANKSGIVING))
    jamison = loads(rota, "2026-11-23 08:00", "2026-11-30 08:00")[JAMISON]
    assert jamison == Burden(
        JAMISON,
        7 * 24 * HOUR,
        tuple(on("2026-11-23") + timedelta(days=number) for number in range(7)),
        dates("2026-11-28", "2026-11-29"),
        ((on("2026-11-26"), "Thanksgiving Day"),),
    )


def test_who_has_nothing_is_named_too() -> None:
    rota = schedule(layer(weekly(JAMISON, LASHA, first="2026-11-23")))
    assert loads(rota, "2026-11-23 08:00", "2026-11-30 08:00")[LASHA] == Burden(LASHA)


@pytest.mark.parametrize(
    ("begins", "ends", "nights"),
    [
        ("2026-11-24 08:00", "2026-11-24 22:00", ()),
        ("2026-11-24 08:00", "2026-11-24 22:01", ("2026-11-24",)),
        ("2026-11-24 05:59", "2026-11-24 08:00", ("2026-11-23",)),
        ("2026-11-24 06:00", "2026-11-24 08:00", ()),
        ("2026-11-24 23:00", "2026-11-25 01:00", ("2026-11-24",)),
        ("2026-11-24 00:00", "2026-11-25 00:00", ("2026-11-23", "2026-11-24")),
        ("2026-03-08 01:00", "2026-03-08 03:00", ("2026-03-07",)),
        ("2026-11-01 00:30", "2026-11-01 05:00", ("2026-10-31",)),
    ],
)
def test_any_part_of_a_night_counts_once_for_its_evening(begins: str, ends: str, nights: tuple[str, ...]) -> None:
    rota = schedule(layer(weekly(JAMISON)), overrides=(override(begins, ends, put=LASHA),))
    assert loads(rota, "2026-03-01 00:00", "2026-12-01 00:00")[LASHA].nights == dates(*nights)


@pytest.mark.parametrize(
    ("begins", "ends", "length"),
    [
        ("2026-03-07 17:00", "2026-03-08 08:00", 14),
        ("2026-10-31 17:00", "2026-11-01 08:00", 16),
        ("2026-11-24 17:00", "2026-11-25 08:00", 15),
    ],
)
def test_hours_are_elapsed_hours(begins: str, ends: str, length: int) -> None:
    """The spring night is an hour shorter, the autumn night an hour longer."""
    rota = schedule(layer(weekly(JAMISON)), overrides=(override(begins, ends, put=LASHA),))
    assert loads(rota, "2026-03-01 00:00", "2026-12-01 00:00")[LASHA].seconds == length * HOUR


def test_shifts_are_cut_at_the_ends_of_the_period() -> None:
    rota = schedule(layer(weekly(JAMISON)))
    found = loads(rota, "2026-11-28 12:00", "2026-11-28 18:00")[JAMISON]
    assert found == Burden(JAMISON, 6 * HOUR, (), dates("2026-11-28"))


def test_half_days_and_closures_are_no_holidays() -> None:
    desk = hours(half={"2026-12-24": ("Christmas Eve", "08:00-12:00")})
    rota = schedule(layer(weekly(JAMISON)), desk=desk)
    assert loads(rota, "2026-12-20 00:00", "2026-12-31 00:00")[JAMISON].holidays == ()


def test_leave_carries_nothing() -> None:
    rota = schedule(layer(weekly(JAMISON)), time_off=(away(JAMISON, "2026-11-23 00:00", "2026-11-30 00:00"),))
    assert loads(rota, "2026-11-23 00:00", "2026-11-30 00:00")[JAMISON] == Burden(JAMISON)


@pytest.mark.parametrize(
    ("carried", "proposal"),
    [
        ({JAMISON: (3, 0, 0), LASHA: (2, 5, 5), FISH_1: (4, 0, 0)}, Evening(LASHA, Measure.NIGHTS)),
        ({JAMISON: (3, 2, 0), LASHA: (3, 1, 5), FISH_1: (3, 2, 0)}, Evening(LASHA, Measure.HOLIDAYS)),
        ({JAMISON: (3, 1, 4), LASHA: (3, 1, 4), FISH_1: (3, 1, 2)}, Evening(FISH_1, Measure.WEEKEND_DAYS)),
        ({JAMISON: (3, 2, 0), LASHA: (2, 1, 5), FISH_1: (2, 1, 4)}, Evening(FISH_1, Measure.NIGHTS)),
        ({JAMISON: (2, 1, 4), LASHA: (2, 1, 4), FISH_1: (3, 1, 4)}, Evening(JAMISON, Measure.NIGHTS)),
        ({JAMISON: (3, 1, 4), LASHA: (3, 1, 4), FISH_1: (3, 1, 4)}, None),
        ({JAMISON: (3, 1, 4), LASHA: (3, 1, 4)}, Evening(FISH_1, Measure.NIGHTS)),
    ],
    ids=["nights", "holidays", "weekends", "among equals the next measure", "then the rota", "even", "a newcomer"],
)
def test_the_proposal(carried: dict[str, tuple[int, int, int]], proposal: Evening | None) -> None:
    rota = schedule(layer(weekly(JAMISON, LASHA, FISH_1)))
    given_loads = [_burden(person, *numbers) for person, numbers in carried.items()]
    assert evens_out(roster(rota), "on-call", given_loads, at=local("2026-12-01 00:00")) == proposal


def _burden(person: str, nights: int, holidays: int, weekend_days: int) -> Burden:
    some = [on("2026-01-01") + timedelta(days=number) for number in range(10)]
    named = tuple((each, "Holiday") for each in some[:holidays])
    return Burden(person, 0, tuple(some[:nights]), tuple(some[:weekend_days]), named)


def test_who_has_left_is_not_proposed() -> None:
    rotation = weekly(JAMISON, LASHA)
    rotation = type(rotation)(
        rotation.cadence, rotation.handoff, (*rotation.turns, turn(FISH_2, ends="2026-01-01", line=13))
    )
    rota = schedule(layer(rotation))
    found = evens_out(roster(rota), "on-call", [_burden(JAMISON, 2, 0, 0)], at=local("2026-12-01 00:00"))
    assert found == Evening(LASHA, Measure.NIGHTS)


@given(st.lists(st.integers(0, 400 * 24), min_size=2, max_size=6, unique=True), st.sampled_from(["Chicago", "Denver"]))
def test_parts_of_a_period_add_up(cuts: list[int], city: str) -> None:
    """Hours of consecutive periods add up to the whole; so do nights, weekend days and holidays as sets."""
    zone = ZoneInfo(f"America/{city}")
    rota = schedule(layer(daily(JAMISON, LASHA, FISH_1)), zone=zone, desk=hours(closed=THANKSGIVING))
    marks: list[datetime] = [local("2026-01-01 00:00") + timedelta(hours=cut) for cut in sorted(cuts)]
    whole = burdens(roster(rota), "on-call", after=marks[0], until=marks[-1])
    parts = [burdens(roster(rota), "on-call", after=low, until=high) for low, high in pairwise(marks)]
    assert sum(load.seconds for load in whole) == (marks[-1] - marks[0]).total_seconds()
    for number, load in enumerate(whole):
        mine = [part[number] for part in parts]
        assert load.seconds == sum(each.seconds for each in mine)
        assert set(load.nights) == {night for each in mine for night in each.nights}
        assert set(load.weekend_days) == {day for each in mine for day in each.weekend_days}
        assert set(load.holidays) == {holiday for each in mine for holiday in each.holidays}


def test_nights_are_those_of_the_clocks_cut_where_the_period_is() -> None:
    """The spring night is an hour shorter, the autumn night an hour longer, and what is cut in two adds up."""
    cases = {
        ("2026-03-07 12:00", "2026-03-09 12:00"): [7, 8],
        ("2026-10-31 12:00", "2026-11-01 12:00"): [9],
        ("2026-12-01 23:00", "2026-12-02 05:00"): [6],
        ("2026-12-01 00:00", "2026-12-02 00:00"): [6, 2],
        ("2026-12-01 06:00", "2026-12-01 22:00"): [],
        ("2026-12-02 00:00", "2026-12-01 00:00"): [],
    }
    for (after, until), lengths in cases.items():
        found = nights(after=local(after), until=local(until), zone=ZoneInfo("America/Chicago"))
        assert [(ends - begins) / timedelta(hours=1) for begins, ends in found] == lengths, after
    year = nights(after=local("2026-01-01 00:00"), until=local("2027-01-01 00:00"), zone=ZoneInfo("America/Chicago"))
    assert len(year) == 366  # the first is the end of a night of the year before
    assert sum((ends - begins for begins, ends in year), timedelta()) == timedelta(hours=365 * 8)
