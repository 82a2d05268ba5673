"""Whose turn it is: every cadence, and dated membership that re-deals nothing."""

from datetime import date, time, timedelta

import pytest

from oncall import (
    LAST,
    BusinessDays,
    Cadence,
    DayOfMonth,
    EveryDays,
    EveryMonths,
    InvalidRoster,
    Rotation,
    Turn,
    WeekdayOfMonth,
    WeekParts,
)
from tests.oncall.making import hours, on, turn

DESK = hours(closed={"2026-11-26": "Thanksgiving Day"})


@pytest.mark.parametrize(
    ("cadence", "dates"),
    [
        (EveryDays(on("2026-12-30"), 1), ["2026-12-30", "2026-12-31", "2027-01-01"]),
        (EveryDays(on("2026-11-23"), 14), ["2026-11-23", "2026-12-07", "2026-12-21"]),
        (WeekParts(on("2026-11-22"), (6, 3)), ["2026-11-22", "2026-11-26", "2026-11-29", "2026-12-03"]),
        (EveryMonths(on("2026-01-31"), 1, DayOfMonth(31)), ["2026-01-31", "2026-02-28", "2026-03-31"]),
        (EveryMonths(on("2026-11-15"), 2, DayOfMonth(15)), ["2026-11-15", "2027-01-15", "2027-03-15"]),
        (EveryMonths(on("2026-11-02"), 1, WeekdayOfMonth(1, 0)), ["2026-11-02", "2026-12-07", "2027-01-04"]),
        (EveryMonths(on("2026-11-27"), 1, WeekdayOfMonth(LAST, 4)), ["2026-11-27", "2026-12-25", "2027-01-29"]),
        (BusinessDays(on("2026-11-24"), 1, DESK), ["2026-11-24", "2026-11-25", "2026-11-27", "2026-11-30"]),
        (BusinessDays(on("2026-11-24"), 2, DESK), ["2026-11-24", "2026-11-27", "2026-12-01"]),
        (BusinessDays(on("2026-12-31"), 1, DESK), ["2026-12-31", "2027-01-01", "2027-01-04"]),
    ],
)
def test_turns_begin_on_the_dates_of_the_cadence(cadence: Cadence, dates: list[str]) -> None:
    assert [cadence.begins_on(number) for number in range(len(dates))] == [on(each) for each in dates]
    for number, each in enumerate(dates):
        assert cadence.turn_of(on(each)) == number
        assert cadence.turn_of(on(each) - timedelta(days=1)) == number - 1


def test_business_days_let_a_turn_run_on_through_weekend_and_holiday() -> None:
    """Friday's person does not get Monday again: weekends and holidays use up no turn."""
    rotation = Rotation(BusinessDays(on("2026-11-23"), 1, DESK), time(8), (turn("A"), turn("B"), turn("C")))
    served = {}
    day = on("2026-11-23")
    while day < on("2026-12-02"):
        found = rotation.serving(rotation.cadence.turn_of(day))
        served[day.strftime("%a %d")] = found.people[0] if found else ""
        day += timedelta(days=1)
    assert served == {
        "Mon 23": "A",
        "Tue 24": "B",
        "Wed 25": "C",
        "Thu 26": "C",
        "Fri 27": "A",
        "Sat 28": "A",
        "Sun 29": "A",
        "Mon 30": "B",
        "Tue 01": "C",
    }


def dealt(turns: tuple[Turn, ...], count: int) -> str:
    rotation = Rotation(EveryDays(on("2026-01-05"), 7), time(8), turns)
    found = (rotation.serving(number) for number in range(count))
    return "".join(each.people[0] if each else "-" for each in found)


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        ((turn("A"), turn("B"), turn("C")), "ABCABCABC"),
        ((turn("A"),), "AAAAAAAAA"),
        # D joins on the date of the sixth turn; B served last, so C is next.
        ((turn("A"), turn("B"), turn("C"), turn("D", begins="2026-02-09")), "ABCABCDAB"),
        ((turn("D", begins="2026-02-09"), turn("A"), turn("B"), turn("C")), "ABCABCDAB"),
        # Joining between two handoffs counts from the next one.
        ((turn("A"), turn("B"), turn("C"), turn("D", begins="2026-02-04")), "ABCABCDAB"),
        # B leaves: turns begun by the last date stay.
        ((turn("A"), turn("B", ends="2026-02-02"), turn("C")), "ABCABCACA"),
        ((turn("A"), turn("B", ends="2026-02-01"), turn("C")), "ABCACACAC"),
        # Everybody gone, then somebody again.
        ((turn("A", ends="2026-01-12"), turn("B", begins="2026-01-26")), "AA-BBBBBB"),
        # One leaves on the day another joins.
        ((turn("A"), turn("B", ends="2026-01-25"), turn("C", begins="2026-01-26")), "ABACACACA"),
    ],
)
def test_joining_and_leaving_re_deals_no_turn_before_it(turns: tuple[Turn, ...], expected: str) -> None:
    assert dealt(turns, len(expected)) == expected


def test_nobody_serves_before_the_first_turn() -> None:
    rotation = Rotation(EveryDays(on("2026-01-05"), 7), time(8), (turn("A"),))
    assert rotation.serving(-1) is None
    assert rotation.order_from(-1) == ()


def test_the_order_begins_with_the_one_who_serves() -> None:
    rotation = Rotation(EveryDays(on("2026-01-05"), 7), time(8), (turn("A"), turn("B"), turn("C")))
    assert [each.people[0] for each in rotation.order_from(4)] == ["B", "C", "A"]


@pytest.mark.parametrize("turns", [(), (Turn((), turn("A").source),)])
def test_a_rotation_without_people_is_refused(turns: tuple[Turn, ...]) -> None:
    with pytest.raises(InvalidRoster, match="at least one person"):
        Rotation(EveryDays(date(2026, 1, 5), 7), time(8), turns)
