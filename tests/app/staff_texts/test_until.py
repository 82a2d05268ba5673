"""The times people write in a text."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.staff_texts.until import read_until

CHICAGO = ZoneInfo("America/Chicago")
SATURDAY_3_AM = datetime(2026, 11, 28, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "until"),
    [
        ("2h", "2026-11-28 05:00"),
        ("2 hrs", "2026-11-28 05:00"),
        ("90m", "2026-11-28 04:30"),
        ("for 2 hours", "2026-11-28 05:00"),
        ("3 days", "2026-12-01 03:00"),
        ("17:00", "2026-11-28 17:00"),
        ("until 17:00", "2026-11-28 17:00"),
        ("till 5pm", "2026-11-28 17:00"),
        ("5:30 pm", "2026-11-28 17:30"),
        ("12am", "2026-11-29 00:00"),
        ("12 PM", "2026-11-28 12:00"),
        ("02:30", "2026-11-29 02:30"),
        ("03:00", "2026-11-29 03:00"),
        ("today 17:00", "2026-11-28 17:00"),
        ("tomorrow 08:00", "2026-11-29 08:00"),
        ("until tomorrow at 8am", "2026-11-29 08:00"),
        ("mon 8:00", "2026-11-30 08:00"),
        ("until Monday 8:00", "2026-11-30 08:00"),
        ("Saturday 17:00", "2026-11-28 17:00"),
        ("Saturday 2:00", "2026-12-05 02:00"),
        ("", "2026-11-29 03:00"),
    ],
)
def test_a_time_is_the_next_one_that_is_meant(words: str, until: str) -> None:
    found = read_until(words, at=SATURDAY_3_AM, zone=CHICAGO)
    assert found is not None
    assert f"{found.astimezone(CHICAGO):%Y-%m-%d %H:%M}" == until


@pytest.mark.parametrize(
    "words",
    [
        "soon",
        "17",
        "25:00",
        "8:75",
        "0h",
        "32 days",
        "999 days",
        "13pm",
        "0am",
        "until",
        "yesterday 8:00",
        "today 02:00",
    ],
)
def test_what_means_no_time_to_come_is_none(words: str) -> None:
    assert read_until(words, at=SATURDAY_3_AM, zone=CHICAGO) is None


def test_hours_are_elapsed_and_times_are_on_the_clock_in_the_night_they_change() -> None:
    """On 1 November 2026 clocks go from 02:00 back to 01:00."""
    before = datetime(2026, 11, 1, 4, tzinfo=UTC)  # 23:00 the evening before, still summer time
    assert read_until("8h", at=before, zone=CHICAGO) == datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert read_until("07:00", at=before, zone=CHICAGO) == datetime(2026, 11, 1, 13, tzinfo=UTC)
