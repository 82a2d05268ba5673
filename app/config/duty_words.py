"""The short texts of schedules/ and what they mean: days, times, spans, dates, moments, handoffs, zones.

Each function refuses a text it cannot read with ValueError, in words that say how to write it. It knows no file.
"""

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, available_timezones

from app.config.problems import did_you_mean
from app.config.wording import got
from oncall import (
    LAST,
    BusinessDays,
    BusinessHours,
    Cadence,
    DayOfMonth,
    EveryDays,
    EveryMonths,
    OpenSpan,
    WeekdayOfMonth,
    WeekParts,
)

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHORT_NAMES = tuple(name[:3] for name in DAY_NAMES)
_WEEK = 7
_EXAMPLE_SPANS = '08:00-17:00, or "08:00-12:00, 13:00-17:00" for several, or "all day"'

TIME_PATTERN = r"([01]\d|2[0-3]):[0-5]\d"
DATE_PATTERN = r"\d{4}-\d\d-\d\d"
_DAY = r"(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?)"
_SPAN = rf"{TIME_PATTERN}-{TIME_PATTERN}"
DAYS_PATTERN = rf"{_DAY}(?:-{_DAY})?(?:, ?{_DAY}(?:-{_DAY})?)*"
SPANS_PATTERN = rf"(?:all day|{_SPAN}(?:, ?{_SPAN})*)"
MOMENT_PATTERN = rf"{DATE_PATTERN} {TIME_PATTERN}"
EVERY_PATTERN = rf"(?:(?:[1-9]\d* )?(?:day|business day|week|month)s?|{_DAY}-{_DAY}(?:, ?{_DAY}(?:-{_DAY})?)+)"
_NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": LAST}
_PLACE = rf"(?:(?:{'|'.join(_NTH)}) {_DAY}|last day|day (?:[1-9]|[12]\d|3[01])|{_DAY})"
HANDOFF_PATTERN = rf"(?:{_PLACE} )?{TIME_PATTERN}"


def read_time(text: str) -> time:
    """Read a time of day such as 08:00."""
    if not re.fullmatch(TIME_PATTERN, text):
        hint = "; midnight is 00:00, also as the end of a day" if text.startswith("24:") else ""
        raise ValueError(f"expected a time such as 08:00, got {got(text)}{hint}")
    return time.fromisoformat(text)


def read_date(text: str) -> date:
    """Read a date such as 2026-11-26."""
    if not re.fullmatch(DATE_PATTERN, text):
        raise ValueError(f"expected a date such as 2026-11-26, got {got(text)}")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is not a date of the calendar: check the month and the day") from None


@dataclass(frozen=True, slots=True)
class Moment:
    """A local date and time of day; `at` is None where only a date was written."""

    on: date
    at: time | None


def read_moment(text: str) -> Moment:
    """Read a local date and time such as 2026-11-26 17:00."""
    parts = text.split(" ")
    if len(parts) != 2 or not parts[1]:  # noqa: PLR2004 - a date and a time
        raise ValueError(f"expected a date and time such as 2026-11-26 17:00, got {got(text)}")
    return Moment(read_date(parts[0]), read_time(parts[1]))


def read_date_or_moment(text: str) -> Moment:
    """Read a date such as 2026-11-26, or a date and time such as 2026-11-26 17:00."""
    return read_moment(text) if " " in text else Moment(read_date(text), None)


def read_days(text: str) -> tuple[int, ...]:
    """Read weekdays such as Mon-Fri, Saturday or "Mon, Wed-Fri", as numbers with Monday 0."""
    if not re.fullmatch(DAYS_PATTERN, text):
        raise ValueError(f'expected days such as Mon-Fri, Saturday or "Mon, Wed-Fri", got {got(text)}')
    days = [day for part in text.split(",") for day in _day_range(part.strip())]
    if len(set(days)) < len(days):
        raise ValueError(f"{got(text)} names a day twice: name each day once")
    return tuple(days)


def read_spans(text: str) -> tuple[OpenSpan, ...]:
    """Read spans of a day such as 08:00-17:00; one that ends before it begins runs on into the next day."""
    if text == "all day":
        return (OpenSpan(time(0), time(0)),)
    spans = tuple(_span(part.strip(), text) for part in text.split(","))
    if _overlap(spans):
        raise ValueError(f"the times in {got(text)} overlap: make them follow one another")
    return spans


def read_zone(text: str) -> ZoneInfo:
    """Read a time zone such as America/Chicago."""
    try:
        return ZoneInfo(text)
    except (KeyError, OSError, ValueError):
        guess = did_you_mean(text, available_timezones())
        guess = guess if "did you mean" in guess else ""
        raise ValueError(f"expected a time zone such as America/Chicago, got {got(text)}{guess}") from None


class Unit(StrEnum):
    """What turns are counted in."""

    DAY = "day"
    BUSINESS_DAY = "business day"
    WEEK = "week"
    MONTH = "month"
    WEEK_PART = "week part"


@dataclass(frozen=True, slots=True)
class Every:
    """How long a turn is: so many units, or from one of the weekdays in `parts` to the next."""

    count: int
    unit: Unit
    parts: tuple[int, ...] = ()


def read_every(text: str) -> Every:
    """Read how long a turn is: "week", "3 days", "2 business days", "month", or parts such as "Sun-Wed, Thu-Sat"."""
    if not re.fullmatch(EVERY_PATTERN, text):
        examples = 'week, "3 days", "2 business days", month, or parts of the week such as "Sun-Wed, Thu-Sat"'
        raise ValueError(f"expected how long a turn is, such as {examples}, got {got(text)}")
    if text[0].isupper():
        return Every(1, Unit.WEEK_PART, _parts(text))
    number, _, unit = text.partition(" ") if text[0].isdigit() else ("1", "", text)
    return Every(int(number), Unit(unit.removesuffix("s")))


@dataclass(frozen=True, slots=True)
class Handoff:
    """When a turn passes on: a time of day, and for weeks and months on which day."""

    at: time
    weekday: int | None = None
    place: DayOfMonth | WeekdayOfMonth | None = None


def read_handoff(text: str) -> Handoff:
    """Read a handoff such as 08:00, "Monday 08:00", "first Monday 08:00", "day 15 08:00", "last day 08:00"."""
    if not re.fullmatch(HANDOFF_PATTERN, text):
        examples = '08:00, "Monday 08:00", "first Monday 08:00", "day 15 08:00" or "last day 08:00"'
        raise ValueError(f"expected a handoff such as {examples}, got {got(text)}")
    day, _, at = text.rpartition(" ")
    when, words = read_time(at), day.split(" ")
    if not day:
        return Handoff(when)
    if len(words) == 1:
        return Handoff(when, weekday=_weekday(day))
    if words[0] == "day":
        return Handoff(when, place=DayOfMonth(int(words[1])))
    if day == "last day":
        return Handoff(when, place=DayOfMonth(31))
    return Handoff(when, place=WeekdayOfMonth(_NTH[words[0]], _weekday(words[1])))


class MisfitError(ValueError):
    """Texts that are right alone and do not fit together; `key` names the one to change first."""

    def __init__(self, key: str, message: str) -> None:
        self.key = key
        super().__init__(message)


def cadence(every: Every, handoff: Handoff, starts_on: date, *, hours: BusinessHours | None) -> Cadence:
    """Join how long a turn is, its handoff and the first date. Raises MisfitError when they do not fit together."""
    made = _cadence(every, handoff, starts_on, hours)
    first = made.begins_on(0)
    if first == starts_on:
        return made
    if every.unit is Unit.BUSINESS_DAY:
        raise MisfitError("starts_on", f"{starts_on} is not a business day: begin on {first}")
    nearest = first if first > starts_on else made.begins_on(1)
    weekday = DAY_NAMES[starts_on.weekday()]
    message = f"{starts_on} is a {weekday} and no handoff falls on it: begin on {nearest}"
    raise MisfitError("starts_on", message)


def _cadence(every: Every, handoff: Handoff, starts_on: date, hours: BusinessHours | None) -> Cadence:
    match every.unit:
        case Unit.WEEK:
            weekday = _day(handoff, every)
            return EveryDays(starts_on + timedelta(days=(weekday - starts_on.weekday()) % _WEEK), every.count * _WEEK)
        case Unit.MONTH:
            return EveryMonths(starts_on, every.count, _place(handoff, every))
        case Unit.WEEK_PART:
            _only_time(handoff, every)
            ahead = min((weekday - starts_on.weekday()) % _WEEK for weekday in every.parts)
            return WeekParts(starts_on + timedelta(days=ahead), every.parts)
        case Unit.DAY:
            _only_time(handoff, every)
            return EveryDays(starts_on, every.count)
        case Unit.BUSINESS_DAY:
            _only_time(handoff, every)
            if hours is None:
                raise MisfitError(
                    "every", 'turns of business days need "business_hours" in the schedule: name whose days'
                )
            return BusinessDays(starts_on, every.count, hours)


def _day(handoff: Handoff, every: Every) -> int:
    if handoff.weekday is None:
        raise MisfitError("handoff", _needs(every, "Monday 08:00"))
    return handoff.weekday


def _place(handoff: Handoff, every: Every) -> DayOfMonth | WeekdayOfMonth:
    if handoff.place is None:
        raise MisfitError("handoff", _needs(every, "first Monday 08:00"))
    return handoff.place


def _needs(every: Every, example: str) -> str:
    return f'turns of {_called(every)} need a handoff that names the day, such as "{example}"'


def _only_time(handoff: Handoff, every: Every) -> None:
    if handoff.weekday is not None or handoff.place is not None:
        raise MisfitError("handoff", f'turns of {_called(every)} need a handoff with a time only, such as "08:00"')


def _called(every: Every) -> str:
    return "parts of the week" if every.unit is Unit.WEEK_PART else f"{every.unit}s"


def _day_range(text: str) -> list[int]:
    first, _, last = text.partition("-")
    begin = _weekday(first)
    count = (_weekday(last) - begin) % _WEEK + 1 if last else 1
    return [(begin + step) % _WEEK for step in range(count)]


def _weekday(text: str) -> int:
    return _SHORT_NAMES.index(text[:3])


def _span(text: str, whole: str) -> OpenSpan:
    opens, dash, closes = text.partition("-")
    if not dash:
        raise ValueError(f"expected times such as {_EXAMPLE_SPANS}, got {got(whole)}")
    span = OpenSpan(read_time(opens.strip()), read_time(closes.strip()))
    if span.opens == span.closes:
        raise ValueError(f'{got(text)} ends when it begins: write "all day" for a whole day')
    return span


def _overlap(spans: tuple[OpenSpan, ...]) -> bool:
    minutes = sorted(_minutes(span) for span in spans)
    follows = [*minutes[1:], (minutes[0][0] + 24 * 60, 0)]
    return any(ends > begins for (_, ends), (begins, _) in zip(minutes, follows, strict=True))


def _minutes(span: OpenSpan) -> tuple[int, int]:
    begins = span.opens.hour * 60 + span.opens.minute
    ends = span.closes.hour * 60 + span.closes.minute
    return begins, ends if ends > begins else ends + 24 * 60


def _parts(text: str) -> tuple[int, ...]:
    ranges = [_day_range(part.strip()) for part in text.split(",")]
    days = [day for part in ranges for day in part]
    if sorted(days) != list(range(_WEEK)):
        missing = [_SHORT_NAMES[day] for day in range(_WEEK) if day not in days]
        what = f"leave out {', '.join(missing)}" if missing else "name a day twice"
        raise ValueError(f"the parts in {got(text)} {what}: together they must be the whole week, each day once")
    return tuple(part[0] for part in ranges)
