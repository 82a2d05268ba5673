"""Open or closed, until when and why; sums in open time, also against a count of every minute."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall import BusinessHours, InvalidRoster
from tests.oncall.making import hours, local, on
from tests.oncall.oracle import furthest_wall_times

DESK = hours(
    closed={"2026-11-26": "Thanksgiving Day", "2026-12-25": "Christmas Day", "2027-01-01": "New Year's Day"},
    half={"2026-12-24": ("Christmas Eve", "08:00-12:00")},
)
NIGHT = hours(week="22:00-06:00", closed={"2026-11-26": "Thanksgiving Day"})
LUNCH = hours(week="08:00-12:00, 13:00-17:00")
ALWAYS = hours(week="00:00-00:00", days=range(7))


@pytest.mark.parametrize(
    ("desk", "at", "is_open", "until", "holiday"),
    [
        (DESK, "2026-11-23 07:59", False, "2026-11-23 08:00", None),
        (DESK, "2026-11-23 08:00", True, "2026-11-23 17:00", None),
        (DESK, "2026-11-23 17:00", False, "2026-11-24 08:00", None),
        (DESK, "2026-11-25 17:00", False, "2026-11-27 08:00", None),
        (DESK, "2026-11-26 10:00", False, "2026-11-27 08:00", "Thanksgiving Day"),
        (DESK, "2026-11-27 18:00", False, "2026-11-30 08:00", None),
        (DESK, "2026-12-24 09:00", True, "2026-12-24 12:00", "Christmas Eve"),
        (DESK, "2026-12-24 12:00", False, "2026-12-28 08:00", "Christmas Eve"),
        (DESK, "2026-12-31 17:30", False, "2027-01-04 08:00", None),
        (LUNCH, "2026-11-23 12:30", False, "2026-11-23 13:00", None),
        (NIGHT, "2026-11-24 23:00", True, "2026-11-25 06:00", None),
        (NIGHT, "2026-11-25 23:00", True, "2026-11-26 00:00", None),
        (NIGHT, "2026-11-26 01:00", False, "2026-11-27 22:00", "Thanksgiving Day"),
        (NIGHT, "2026-11-28 05:00", True, "2026-11-28 06:00", None),
        (ALWAYS, "2026-11-28 05:00", True, None, None),
    ],
)
def test_the_desk_says_whether_it_is_open_and_until_when(
    desk: BusinessHours, at: str, is_open: bool, until: str | None, holiday: str | None
) -> None:
    state = desk.state(at=local(at))
    expected = local(until) if until else None
    assert (state.is_open, state.until, state.holiday) == (is_open, expected, holiday)


@pytest.mark.parametrize(
    ("at", "because"),
    [
        ("2026-11-23 09:00", "within business hours, Monday 08:00-17:00 (schedules/on_call.yaml:60)"),
        ("2026-11-22 09:00", "outside business hours, Sunday closed (schedules/on_call.yaml:60)"),
        ("2026-11-26 09:00", "closed for Thanksgiving Day (schedules/on_call.yaml:70)"),
        ("2026-12-24 09:00", "open 08:00-12:00 only, Christmas Eve (schedules/on_call.yaml:71)"),
    ],
)
def test_the_reason_can_be_read_aloud(at: str, because: str) -> None:
    assert DESK.state(at=local(at)).because == because


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-23 07:00", "2026-11-23 08:00"),
        ("2026-11-23 09:00", "2026-11-24 08:00"),
        ("2026-11-26 09:00", "2026-11-27 08:00"),
        ("2026-12-24 13:00", "2026-12-28 08:00"),
    ],
)
def test_the_next_opening_is_after_the_instant(at: str, opens: str) -> None:
    assert DESK.next_open(at=local(at)) == local(opens)


def test_a_desk_that_never_closes_has_no_next_opening_and_no_next_change() -> None:
    assert ALWAYS.next_open(at=local("2026-11-23 09:00")) is None
    assert ALWAYS.next_change(at=local("2026-11-23 09:00")) is None


@pytest.mark.parametrize(
    ("at", "open_hours", "due"),
    [
        ("2026-11-23 08:00", 4, "2026-11-23 12:00"),
        ("2026-11-23 15:00", 4, "2026-11-24 10:00"),
        ("2026-11-23 08:00", 9, "2026-11-23 17:00"),
        ("2026-11-25 16:00", 4, "2026-11-27 11:00"),
        ("2026-11-27 16:30", 1, "2026-11-30 08:30"),
        ("2026-11-28 03:00", 4, "2026-11-30 12:00"),
        ("2026-12-24 11:00", 2, "2026-12-28 09:00"),
        ("2026-11-23 08:00", 72, "2026-12-03 17:00"),
    ],
)
def test_open_time_is_added_over_nights_weekends_and_holidays(at: str, open_hours: int, due: str) -> None:
    found = DESK.add_open_seconds(at=local(at), seconds=open_hours * 3600)
    assert found == local(due)
    assert DESK.open_seconds_between(starts_at=local(at), ends_at=found) == open_hours * 3600


def test_a_desk_open_through_the_autumn_night_counts_the_hour_that_comes_twice() -> None:
    desk = hours(week="22:00-06:00", days=range(7))
    due = desk.add_open_seconds(at=local("2026-10-31 22:00"), seconds=8 * 3600)
    assert due == local("2026-11-01 05:00")


def test_no_seconds_are_due_at_once_and_a_span_that_ends_first_is_empty() -> None:
    at = local("2026-11-28 03:00")
    assert DESK.add_open_seconds(at=at, seconds=0) == at
    assert DESK.open_seconds_between(starts_at=at, ends_at=at - timedelta(days=3)) == 0


def test_hours_that_are_never_open_are_refused() -> None:
    with pytest.raises(InvalidRoster, match="are never open"):
        hours(days=())


def test_a_half_day_is_a_business_day_and_a_holiday_is_not() -> None:
    assert DESK.is_business_day(on("2026-12-24"))
    assert not DESK.is_business_day(on("2026-11-26"))
    assert not DESK.is_business_day(on("2026-11-28"))
    closed = DESK.closed_all_day(on("2026-11-26"))
    assert closed is not None
    assert closed.name == "Thanksgiving Day"
    assert DESK.closed_all_day(on("2026-12-24")) is None


ZONES = ["America/Chicago", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Havana"]
STARTS = ["2026-03-06", "2026-10-02", "2026-10-30", "2026-04-03", "2026-06-05", "2026-12-30"]
WEEKS = ["08:00-17:00", "08:00-12:00, 13:15-17:45", "22:00-06:00", "00:00-00:00", "23:30-00:00", "01:30-02:30"]


@st.composite
def desks(draw: st.DrawFn) -> tuple[BusinessHours, datetime]:
    start = datetime.fromisoformat(draw(st.sampled_from(STARTS))).replace(tzinfo=UTC)
    holiday = (start + timedelta(days=draw(st.integers(0, 5)))).date().isoformat()
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    days = tuple(draw(st.sets(st.integers(0, 6), min_size=1)))
    return hours(zone=zone, week=draw(st.sampled_from(WEEKS)), days=days, closed={holiday: "Holiday"}), start


@settings(max_examples=40, deadline=None)
@given(desks(), st.integers(1, 3000))
def test_open_minutes_add_up_as_when_counted_one_by_one(given_: tuple[BusinessHours, datetime], minutes: int) -> None:
    desk, start = given_
    opened = []
    for at, wall in furthest_wall_times(desk.zone, start, 4 * 1440):
        assert desk.is_open(at=at) is _is_open(desk, wall), (at, wall)
        if _is_open(desk, wall):
            opened.append(at)
    assert desk.open_seconds_between(starts_at=start, ends_at=start + timedelta(days=4)) == len(opened) * 60
    if minutes <= len(opened):
        due = desk.add_open_seconds(at=start, seconds=minutes * 60)
        assert due == opened[minutes - 1] + timedelta(minutes=1)


def _is_open(desk: BusinessHours, wall: datetime) -> bool:
    """Decide on the plain local time: the spans of today, and of yesterday unless today is an exception."""
    today, yesterday = wall.date(), wall.date() - timedelta(days=1)
    midnight = datetime.combine(today, datetime.min.time())
    for spans, day in ((desk.open_on(today), today), (desk.open_on(yesterday), yesterday)):
        for each in spans:
            last = day if each.closes > each.opens else day + timedelta(days=1)
            ends = datetime.combine(last, each.closes)
            if day == yesterday and today in desk.exceptions:
                ends = min(ends, midnight)
            if datetime.combine(day, each.opens) <= wall < ends:
                return True
    return False
