"""When the desk is open: weekly hours, holidays, half days and closures in one zone, and sums in open time.

It is given every dated exception by date; it does not know which days any country keeps.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from oncall import walltime
from oncall.source import InvalidRoster, Source

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_CHUNK_SECONDS = 30 * walltime.DAY_SECONDS
_LOOK_AHEAD_CHUNKS = 60
_KEPT_CHUNKS = 512
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """Open from one local time to another; closing at or before opening means on the next day.

    Midnight as closing time is the end of the day, so 00:00 to 00:00 is the whole day.
    """

    opens: time
    closes: time

    @property
    def crosses_midnight(self) -> bool:
        return walltime.MIDNIGHT < self.closes <= self.opens

    def __str__(self) -> str:
        if self.opens == self.closes == walltime.MIDNIGHT:
            return "all day"
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}"


class ExceptionKind(StrEnum):
    """Why a date differs from its week."""

    HOLIDAY = "holiday"
    HALF_DAY = "half_day"
    CLOSURE = "closure"


@dataclass(frozen=True, slots=True)
class DayException:
    """A dated exception: `open` replaces the hours of that date, and nothing in it means closed all day."""

    name: str
    kind: ExceptionKind
    open: tuple[OpenSpan, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class HoursState:
    """Open or closed at one instant. `holiday` names the dated exception in force on that local date.

    `until` is the UTC instant of the next change, None when none is foreseeable.
    """

    is_open: bool
    until: datetime | None
    holiday: str | None
    because: str
    source: Source


@dataclass(frozen=True, slots=True)
class _OpenTimes:
    """Open spans within one chunk of time, as parallel seconds since 1970; spans that touch are one."""

    opens: tuple[int, ...]
    closes: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class BusinessHours:
    """Weekly hours with dated exceptions, in one zone.

    `week` holds the spans of each weekday, Monday first; a span belongs to the day it begins on. A dated
    exception decides its whole local date: hours that run in from the evening before end at its midnight.
    Raises InvalidRoster when the week has no hours at all, because no clock could then ever run out.
    """

    name: str
    zone: ZoneInfo
    week: tuple[tuple[OpenSpan, ...], ...]
    exceptions: Mapping[date, DayException]
    source: Source
    _chunks: dict[int, _OpenTimes] = field(default_factory=dict, init=False, repr=False)
    _told: dict[date, tuple[datetime, HoursState]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if not any(self.week):
            raise InvalidRoster(f"business hours {self.name} are never open: give at least one day hours")

    def state(self, *, at: datetime) -> HoursState:
        """Say whether the desk is open at the instant, until when, and why."""
        on = walltime.local_date(at, zone=self.zone)
        since, told = self._told.get(on, (at, None))
        if told is None or told.until is None or not since <= at < told.until:
            told = self._state(on, at)
            if len(self._told) > _KEPT_CHUNKS:  # a bound on memory
                self._told.clear()
            self._told[on] = (at, told)
        return told

    def _state(self, on: date, at: datetime) -> HoursState:
        exception = self.exceptions.get(on)
        is_open = self.is_open(at=at)
        return HoursState(
            is_open=is_open,
            until=self.next_change(at=at),
            holiday=exception.name if exception else None,
            because=self._because(on, is_open=is_open),
            source=exception.source if exception else self.source,
        )

    def is_open(self, *, at: datetime) -> bool:
        """Say whether the desk is open at the instant; opening time counts as open, closing time as closed."""
        seconds = walltime.to_epoch(at)
        times = self._times(int(seconds // _CHUNK_SECONDS))
        index = bisect_right(times.opens, seconds) - 1
        return index >= 0 and seconds < times.closes[index]

    def next_open(self, *, at: datetime) -> datetime | None:
        """Return the first UTC instant after `at` at which a closed desk opens; None within five years."""
        state = self.state(at=at)
        if not state.is_open:
            return state.until
        seconds = walltime.to_epoch(at)
        return next((walltime.from_epoch(opens) for opens, _ in self._spans(seconds) if opens > seconds), None)

    def next_change(self, *, at: datetime) -> datetime | None:
        """Return the first UTC instant after `at` at which the desk opens or closes; None within five years."""
        seconds = walltime.to_epoch(at)
        for opens, closes in self._spans(seconds):
            if opens > seconds:
                return walltime.from_epoch(opens)
            if closes < self._horizon(seconds):
                return walltime.from_epoch(closes)
        return None

    def add_open_seconds(self, *, at: datetime, seconds: int) -> datetime:
        """Return the UTC instant at which the desk has been open for `seconds` since `at`.

        Exact in elapsed time, clock changes included. Time that runs out with the day is due at closing time.
        Raises InvalidRoster when the desk does not open for that long in five years.
        """
        begins = walltime.to_epoch(at)
        left: float = seconds
        if left <= 0:
            return walltime.from_epoch(int(begins))
        for opens, closes in self._spans(begins):
            counts_from = max(opens, begins)
            if closes - counts_from >= left:
                return walltime.from_epoch(int(counts_from + left))
            left -= closes - counts_from
        raise InvalidRoster(f"business hours {self.name} are not open for {seconds} seconds within five years")

    def open_seconds_between(self, *, starts_at: datetime, ends_at: datetime) -> int:
        """Return for how many elapsed seconds of the span the desk is open; 0 for a span that ends first."""
        begins, ends = walltime.to_epoch(starts_at), walltime.to_epoch(ends_at)
        total = 0.0
        for opens, closes in self._spans(begins, until=ends):
            if opens >= ends:
                break
            total += min(closes, ends) - max(opens, begins)
        return int(total)

    def is_business_day(self, on: date) -> bool:
        """Say whether the desk opens at all on the local date; a half day is a business day."""
        return bool(self.open_on(on))

    def closed_all_day(self, on: date) -> DayException | None:
        """Return the holiday or closure that shuts the desk for the whole local date, if there is one."""
        exception = self.exceptions.get(on)
        return exception if exception and not exception.open else None

    def open_on(self, on: date) -> tuple[OpenSpan, ...]:
        """Return the spans that begin on the local date."""
        exception = self.exceptions.get(on)
        return exception.open if exception else self.week[on.weekday()]

    def _because(self, on: date, *, is_open: bool) -> str:
        exception = self.exceptions.get(on)
        spans = ", ".join(str(span) for span in self.open_on(on))
        if exception and not exception.open:
            return f"closed for {exception.name} ({exception.source})"
        if exception:
            return f"open {spans} only, {exception.name} ({exception.source})"
        hours = f"{DAY_NAMES[on.weekday()]} {spans or 'closed'}"
        return f"{'within' if is_open else 'outside'} business hours, {hours} ({self.source})"

    def _horizon(self, seconds: float) -> int:
        return (int(seconds // _CHUNK_SECONDS) + _LOOK_AHEAD_CHUNKS) * _CHUNK_SECONDS

    def _spans(self, seconds: float, *, until: float | None = None) -> Iterator[tuple[int, int]]:
        """Yield open spans that end after `seconds`, in order, whole across chunks, to the horizon."""
        first = int(seconds // _CHUNK_SECONDS)
        horizon = self._horizon(seconds) if until is None else int(until) + _CHUNK_SECONDS
        held: tuple[int, int] | None = None
        for chunk in range(first, -(-horizon // _CHUNK_SECONDS)):
            times = self._times(chunk)
            for opens, closes in zip(times.opens, times.closes, strict=True):
                if held and held[1] == opens:
                    held = (held[0], closes)
                    continue
                if held and held[1] > seconds:
                    yield held
                held = (opens, closes)
        if held and held[1] > seconds:
            yield held

    def _times(self, chunk: int) -> _OpenTimes:
        times = self._chunks.get(chunk)
        if times is None:
            if len(self._chunks) > _KEPT_CHUNKS:  # a bound on memory; a rebuilt chunk costs little
                self._chunks.clear()
            times = self._chunks[chunk] = self._compile(chunk)
        return times

    def _compile(self, chunk: int) -> _OpenTimes:
        starts, ends = chunk * _CHUNK_SECONDS, (chunk + 1) * _CHUNK_SECONDS
        opens: list[int] = []
        closes: list[int] = []
        for begins, finishes in sorted(self._dated_spans(starts, ends)):
            low, high = max(begins, starts), min(finishes, ends)
            if low >= high:
                continue
            if closes and low <= closes[-1]:
                closes[-1] = max(closes[-1], high)
            else:
                opens.append(low)
                closes.append(high)
        return _OpenTimes(tuple(opens), tuple(closes))

    def _dated_spans(self, starts: int, ends: int) -> Iterator[tuple[int, int]]:
        for on in walltime.dates_touching(starts, ends, zone=self.zone):
            for span in self.open_on(on):
                yield walltime.epoch(on, span.opens, zone=self.zone), self._closing(on, span)

    def _closing(self, on: date, span: OpenSpan) -> int:
        if span.closes > span.opens:
            return walltime.epoch(on, span.closes, zone=self.zone)
        if span.crosses_midnight and on + _ONE_DAY not in self.exceptions:
            return walltime.epoch(on + _ONE_DAY, span.closes, zone=self.zone)
        return walltime.epoch(on + _ONE_DAY, walltime.MIDNIGHT, zone=self.zone)
