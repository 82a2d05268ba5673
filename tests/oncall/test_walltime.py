"""The written rules of local time: skipped times move forward, doubled times mean the first, days are whole."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall import day_starts_at, instant, local_date, walltime

CASES = [
    ("an ordinary winter morning", "America/Chicago", "2026-01-05", "08:00", "2026-01-05T14:00"),
    ("an ordinary summer morning", "America/Chicago", "2026-07-06", "08:00", "2026-07-06T13:00"),
    ("skipped in spring: the first moment after", "America/Chicago", "2026-03-08", "02:30", "2026-03-08T08:00"),
    ("the end of the skipped hour", "America/Chicago", "2026-03-08", "03:00", "2026-03-08T08:00"),
    ("twice in autumn: the first", "America/Chicago", "2026-11-01", "01:30", "2026-11-01T06:30"),
    ("after the doubled hour", "America/Chicago", "2026-11-01", "02:00", "2026-11-01T08:00"),
    ("a 45-minute offset", "Asia/Kathmandu", "2026-01-05", "08:00", "2026-01-05T02:15"),
    ("half an hour skipped", "Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30"),
    ("half an hour twice", "Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45"),
    ("midnight skipped", "America/Havana", "2026-03-08", "00:00", "2026-03-08T05:00"),
    ("midnight twice", "America/Havana", "2026-11-01", "00:00", "2026-11-01T04:00"),
    ("a date that never was", "Pacific/Apia", "2011-12-30", "12:00", "2011-12-30T10:00"),
]


@pytest.mark.parametrize(("zone", "on", "at", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_local_time_is_the_instant_the_rules_say(zone: str, on: str, at: str, expected: str) -> None:
    found = instant(date.fromisoformat(on), time.fromisoformat(at), zone=ZoneInfo(zone))
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("zone", "on", "hours"),
    [
        ("America/Chicago", "2026-03-08", 23),
        ("America/Chicago", "2026-11-01", 25),
        ("America/Havana", "2026-03-08", 23),
        ("America/Havana", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Pacific/Apia", "2011-12-30", 0),
    ],
)
def test_a_whole_day_is_as_long_as_the_zone_makes_it(zone: str, on: str, hours: float) -> None:
    day = date.fromisoformat(on)
    begins, ends = (day_starts_at(each, zone=ZoneInfo(zone)) for each in (day, day + timedelta(days=1)))
    assert ends - begins == timedelta(hours=hours)


def test_the_local_date_is_that_of_the_zone() -> None:
    at = datetime(2026, 1, 6, 3, tzinfo=UTC)
    assert local_date(at, zone=ZoneInfo("America/Chicago")) == date(2026, 1, 5)
    assert local_date(at, zone=ZoneInfo("Asia/Kathmandu")) == date(2026, 1, 6)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        walltime.to_epoch(datetime(2026, 1, 6, 3))  # noqa: DTZ001 - that is the point
