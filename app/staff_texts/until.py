"""The time a text means by "2h", "17:00", "tomorrow 8am" or "Mon 08:00". Pure; wall times are the desk's."""

import re
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from oncall import instant, local_date

LONGEST: Final = timedelta(days=31)
UNTIL_TOLD: Final = timedelta(hours=24)
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NOON: Final = 12
_SPAN = re.compile(
    r"(?:for )?([0-9]{1,3}) ?(m|min|mins|minutes?|h|hrs?|hours?|d|days?)",
)
_WHEN = re.compile(
    r"(?:until |till )?"
    r"(?:(?P<day>today|tomorrow|mon|tue|wed|thu|fri|sat|sun)[a-z]*\.? ?)?"
    r"(?:at )?(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{2}))? ?(?P<half>am|pm)?"
)
_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def read_until(words: str, *, at: datetime, zone: ZoneInfo) -> datetime | None:
    """The instant (UTC) these words mean when they are written `at`; None when they mean none, or one too far off.

    Without words it is a day later. A time of day is the next such time; one with a day, the next such day.
    """
    if not words:
        return at + UNTIL_TOLD
    words = words.lower()
    span, when = _SPAN.fullmatch(words), _WHEN.fullmatch(words)
    if span is not None:
        until = at + int(span[1]) * _UNITS[span[2][0]]
    elif when is not None and (clock := _time_of_day(when)) is not None:
        until = _next(clock, when["day"], at=at, zone=zone)
    else:
        return None
    return until if at < until <= at + LONGEST else None


def _time_of_day(when: re.Match[str]) -> time | None:
    hour, minute, half = int(when["hour"]), int(when["minute"] or 0), when["half"]
    if half is None and when["minute"] is None:
        return None  # "17" alone may be a ticket, a day or an hour
    if half is not None:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if half == "pm" else 0)
    try:
        return time(hour, minute)
    except ValueError:
        return None


def _next(clock: time, day: str | None, *, at: datetime, zone: ZoneInfo) -> datetime:
    today = local_date(at, zone=zone)
    match day:
        case None:
            ahead = 0 if instant(today, clock, zone=zone) > at else 1
        case "today":
            ahead = 0
        case "tomorrow":
            ahead = 1
        case _:
            ahead = (_DAYS.index(day) - today.weekday()) % 7
            if ahead == 0 and instant(today, clock, zone=zone) <= at:
                ahead = 7
    return instant(today + timedelta(days=ahead), clock, zone=zone)
