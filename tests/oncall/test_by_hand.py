"""The desk opened or closed by hand: for how long, over which hours, and what follows it."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall import (
    BusinessHours,
    DayException,
    DeskOverride,
    ExceptionKind,
    OpenSpan,
    Source,
    hours_state,
    next_open,
    override_in_force,
)

CHICAGO = ZoneInfo("America/Chicago")
NINE_TO_FIVE = (OpenSpan(time(9), time(17)),)
HOURS = BusinessHours(
    "desk",
    CHICAGO,
    (NINE_TO_FIVE,) * 5 + ((), ()),
    {date(2026, 12, 25): DayException("Christmas Day", ExceptionKind.HOLIDAY, (), Source("hours.yaml", 30))},
    Source("hours.yaml", 14),
)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 12, day, hour, minute, tzinfo=CHICAGO).astimezone(UTC)


def said(starts_at: datetime, ends_at: datetime, *, is_open: bool, hours: str = "desk", line: int = 1) -> DeskOverride:
    return DeskOverride(
        hours=hours,
        is_open=is_open,
        starts_at=starts_at,
        ends_at=ends_at,
        author="Lasha Dalakishvili",
        reason="fire drill",
        source=Source("desk override", line),
    )


# What was said on Tuesday 1 December, and at an instant: open or not, until when, and when a closed desk opens.
@pytest.mark.parametrize(
    ("by_hand", "at", "is_open", "until", "opens_at"),
    [
        (said(local(1, 10), local(1, 11), is_open=False), local(1, 10), False, local(1, 11), local(1, 11)),
        (said(local(1, 10), local(1, 11), is_open=False), local(1, 11), True, local(1, 17), local(2, 9)),
        (said(local(1, 10), local(1, 11), is_open=False), local(1, 9, 59), True, local(1, 17), local(2, 9)),
        (said(local(1, 16), local(1, 17), is_open=False), local(1, 16, 30), False, local(2, 9), local(2, 9)),
        (said(local(1, 17), local(1, 20), is_open=True), local(1, 19), True, local(1, 20), local(2, 9)),
        (said(local(1, 7), local(1, 9), is_open=True), local(1, 8), True, local(1, 17), local(1, 9)),
        (said(local(1, 7), local(1, 10), is_open=False), local(1, 8), False, local(1, 10), local(1, 10)),
    ],
)
def test_what_is_said_by_hand_counts_for_its_time_and_no_longer(
    by_hand: DeskOverride, at: datetime, is_open: bool, until: datetime, opens_at: datetime
) -> None:
    state = hours_state(HOURS, (by_hand,), at=at)
    assert (state.is_open, state.until) == (is_open, until)
    assert next_open(HOURS, (by_hand,), at=at) == opens_at


def test_the_reason_names_the_author_the_end_and_the_number() -> None:
    by_hand = (said(local(1, 20), local(2, 6), is_open=True, line=7),)
    state = hours_state(HOURS, by_hand, at=local(1, 21))
    assert state.because == "opened by hand until Wed 06:00 by Lasha Dalakishvili: fire drill (desk override:7)"
    assert str(state.source) == "desk override:7"


def test_a_holiday_keeps_its_name_when_the_desk_is_opened_on_it() -> None:
    by_hand = (said(local(25, 9), local(25, 12), is_open=True),)
    state = hours_state(HOURS, by_hand, at=local(25, 10))
    assert (state.is_open, state.holiday) == (True, "Christmas Day")


def test_other_hours_are_left_alone_and_the_last_word_counts() -> None:
    other = said(local(1, 9), local(1, 12), is_open=False, hours="weekend")
    assert override_in_force(HOURS, (other,), at=local(1, 10)) is None
    assert hours_state(HOURS, (other,), at=local(1, 10)) == HOURS.state(at=local(1, 10))
    first = said(local(1, 9), local(1, 12), is_open=False)
    second = said(local(1, 10), local(1, 10) + timedelta(minutes=5), is_open=True, line=2)
    assert override_in_force(HOURS, (first, other, second), at=local(1, 10)) == second
    assert override_in_force(HOURS, (first, other, second), at=local(1, 10, 5)) == first
