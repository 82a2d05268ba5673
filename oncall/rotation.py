"""The repeating order of a layer: on which dates turns begin and whose turn each is.

Turns are counted on calendar dates, never in seconds, so no clock change can move a handoff. It does not know
instants: the layer turns its dates and handoff time into spans.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Protocol

from oncall.hours import BusinessHours
from oncall.source import InvalidRoster, Source

LAST = -1  # the last such weekday of a month

_ONE_DAY = timedelta(days=1)
_WEEK = 7


class Cadence(Protocol):
    """How often a turn begins. Turn 0 begins on the first handoff; turns before it have negative numbers."""

    def begins_on(self, turn: int) -> date:
        """Return the date of the handoff that begins the turn."""
        ...

    def turn_of(self, on: date) -> int:
        """Return the number of the turn whose first date is the latest not after `on`."""
        ...


@dataclass(frozen=True, slots=True)
class EveryDays:
    """A turn of so many days; a week is seven."""

    first: date
    days: int

    def begins_on(self, turn: int) -> date:
        return self.first + timedelta(days=turn * self.days)

    def turn_of(self, on: date) -> int:
        return (on - self.first).days // self.days


@dataclass(frozen=True, slots=True)
class WeekParts:
    """Uneven parts of each week: a turn begins on each of the weekdays given (Monday is 0).

    `first` is the date of the first turn and falls on one of them.
    """

    first: date
    weekdays: tuple[int, ...]

    def begins_on(self, turn: int) -> date:
        weeks, part = divmod(turn, len(self.weekdays))
        return self.first + timedelta(days=weeks * _WEEK + self._offsets()[part])

    def turn_of(self, on: date) -> int:
        weeks, day = divmod((on - self.first).days, _WEEK)
        return weeks * len(self.weekdays) + bisect_right(self._offsets(), day) - 1

    def _offsets(self) -> list[int]:
        return sorted((weekday - self.first.weekday()) % _WEEK for weekday in self.weekdays)


@dataclass(frozen=True, slots=True)
class DayOfMonth:
    """The same day of each month; in a shorter month its last day. 31 therefore is "the last day"."""

    day: int

    def date_in(self, year: int, month: int) -> date:
        return min(date(year, month, 1) + timedelta(days=self.day - 1), _last_of(year, month))


@dataclass(frozen=True, slots=True)
class WeekdayOfMonth:
    """The first to fourth, or LAST, such weekday of each month (Monday is 0)."""

    nth: int
    weekday: int

    def date_in(self, year: int, month: int) -> date:
        if self.nth == LAST:
            last = _last_of(year, month)
            return last - timedelta(days=(last.weekday() - self.weekday) % _WEEK)
        first = date(year, month, 1)
        return first + timedelta(days=(self.weekday - first.weekday()) % _WEEK + (self.nth - 1) * _WEEK)


@dataclass(frozen=True, slots=True)
class EveryMonths:
    """A turn of so many months, counted from the month of `first`; each handoff is placed in its own month.

    Because no date is derived from the one before, a handoff on the 31st returns to the 31st after February.
    """

    first: date
    months: int
    place: DayOfMonth | WeekdayOfMonth

    def begins_on(self, turn: int) -> date:
        years, month = divmod(self.first.month - 1 + turn * self.months, 12)
        return self.place.date_in(self.first.year + years, month + 1)

    def turn_of(self, on: date) -> int:
        months = (on.year - self.first.year) * 12 + on.month - self.first.month
        turn = months // self.months
        return turn if self.begins_on(turn) <= on else turn - 1


@dataclass(frozen=True, slots=True, eq=False)
class BusinessDays:
    """A turn of so many business days. Weekends and holidays use up no turn: a turn runs on through them."""

    first: date
    days: int
    hours: BusinessHours
    _years: dict[int, tuple[int, tuple[date, ...]]] = field(default_factory=dict, init=False, repr=False)

    def begins_on(self, turn: int) -> date:
        if turn < 0:  # before the first turn only the order matters, not the date
            return self.first + timedelta(days=turn)
        wanted = turn * self.days
        year = self.first.year
        while True:
            before, dates = self._year(year)
            if wanted < before + len(dates):
                return dates[wanted - before]
            year += 1

    def turn_of(self, on: date) -> int:
        if on < self.first:
            return -1
        before, dates = self._year(on.year)
        return (before + bisect_right(dates, on) - 1) // self.days

    def _year(self, year: int) -> tuple[int, tuple[date, ...]]:
        """Return how many business days lie between `first` and the year, and those of the year."""
        known = self._years.get(year)
        if known is None:
            before = 0
            if year > self.first.year:
                earlier, dates = self._year(year - 1)
                before = earlier + len(dates)
            known = self._years[year] = (before, tuple(self._dates_in(year)))
        return known

    def _dates_in(self, year: int) -> Iterator[date]:
        on = max(self.first, date(year, 1, 1))
        while on.year == year:
            if self.hours.is_business_day(on):
                yield on
            on += _ONE_DAY


@dataclass(frozen=True, slots=True)
class Turn:
    """One place in the order: who serves (several at once are allowed) and between which dates they belong to it.

    `from_on` is the first date and `until_on` the last date on which a turn of theirs may begin; a turn that has
    begun is served to its end.
    """

    people: tuple[str, ...]
    source: Source
    from_on: date | None = None
    until_on: date | None = None

    def belongs_on(self, on: date) -> bool:
        return (self.from_on is None or self.from_on <= on) and (self.until_on is None or on <= self.until_on)


@dataclass(frozen=True, slots=True)
class _Deal:
    """From turn `since` on, `places` of the order are served in turn, beginning with the first listed here."""

    since: int
    places: tuple[int, ...]

    def place(self, turn: int) -> int | None:
        return self.places[(turn - self.since) % len(self.places)] if self.places else None

    def order(self, turn: int) -> tuple[int, ...]:
        begin = (turn - self.since) % len(self.places) if self.places else 0
        return self.places[begin:] + self.places[:begin]


@dataclass(frozen=True, slots=True, eq=False)
class Rotation:
    """Who serves in which turn.

    When somebody joins or leaves on a date, turns that began before it stay as they were dealt, and the order
    goes on after the one who served last. Raises InvalidRoster for an order without anybody in it.
    """

    cadence: Cadence
    handoff: time
    turns: tuple[Turn, ...]
    _deals: tuple[_Deal, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.turns or not all(turn.people for turn in self.turns):
            raise InvalidRoster("a rotation needs at least one person in every turn")
        object.__setattr__(self, "_deals", tuple(self._dealt()))

    @property
    def first(self) -> date:
        return self.cadence.begins_on(0)

    def serving(self, turn: int) -> Turn | None:
        """Return whose turn the numbered one is; None before the first turn and while nobody belongs."""
        place = self._deal(turn).place(turn) if turn >= 0 else None
        return None if place is None else self.turns[place]

    def order_from(self, turn: int) -> tuple[Turn, ...]:
        """Return the order at that turn: the one who serves, then those who follow, each once."""
        places = self._deal(turn).order(turn) if turn >= 0 else ()
        return tuple(self.turns[place] for place in places)

    def _deal(self, turn: int) -> _Deal:
        return self._deals[bisect_right(self._deals, turn, key=_since) - 1]

    def _dealt(self) -> Iterator[_Deal]:
        """Yield one deal for each stretch of turns between two changes of membership."""
        previous: _Deal | None = None
        last_served = -1
        for since in self._changes():
            if previous and previous.places:
                last_served = previous.place(since - 1) or 0
            on = self.cadence.begins_on(since)
            members = [place for place, turn in enumerate(self.turns) if turn.belongs_on(on)]
            after = bisect_left(members, last_served + 1)
            previous = _Deal(since, tuple(members[after:] + members[:after]))
            yield previous

    def _changes(self) -> list[int]:
        """Return turn 0 and the first turns that begin on or after a date on which membership changes."""
        dates = {turn.from_on for turn in self.turns if turn.from_on}
        dates |= {turn.until_on + _ONE_DAY for turn in self.turns if turn.until_on}
        return sorted({0} | {self._first_turn_from(on) for on in dates if on > self.first})

    def _first_turn_from(self, on: date) -> int:
        turn = self.cadence.turn_of(on)
        return turn if self.cadence.begins_on(turn) >= on else turn + 1


def _since(deal: _Deal) -> int:
    return deal.since


def _last_of(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - _ONE_DAY
