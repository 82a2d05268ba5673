"""How much each person has carried: hours, nights, weekend days and holidays, and whose turn would even it out.

It asks the final schedule for shifts and counts them; it changes no rota.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from oncall import walltime
from oncall.hours import ExceptionKind
from oncall.overrides import Override
from oncall.roster import Roster
from oncall.schedule import Schedule

NIGHT_BEGINS = time(22)
NIGHT_ENDS = time(6)

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5


class Measure(StrEnum):
    """What is compared between people, in the order in which it counts."""

    NIGHTS = "nights"
    HOLIDAYS = "holidays"
    WEEKEND_DAYS = "weekend days"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class Burden:
    """What one person has on call in one schedule during a period.

    `nights` are the dates on whose evening a night begins of which the person has any part between 22:00 and 06:00
    local time. `weekend_days` and `holidays` (with their names) are local dates of which the person has any part;
    one that is handed over counts for both. `seconds` are elapsed seconds, clock changes included.
    """

    person: str
    seconds: int = 0
    nights: tuple[date, ...] = ()
    weekend_days: tuple[date, ...] = ()
    holidays: tuple[tuple[date, str], ...] = ()

    def amount(self, measure: Measure) -> int:
        """Return how much of one measure; hours are counted in seconds."""
        match measure:
            case Measure.NIGHTS:
                return len(self.nights)
            case Measure.HOLIDAYS:
                return len(self.holidays)
            case Measure.WEEKEND_DAYS:
                return len(self.weekend_days)
            case Measure.HOURS:
                return self.seconds


@dataclass(frozen=True, slots=True)
class Evening:
    """Who should have the next turn so that things become even, and of what that person has had the fewest."""

    person: str
    measure: Measure


@dataclass(slots=True)
class _Count:
    seconds: int = 0
    nights: set[date] = field(default_factory=set)
    weekend_days: set[date] = field(default_factory=set)
    holidays: dict[date, str] = field(default_factory=dict)

    def burden(self, person: str) -> Burden:
        holidays = tuple(sorted(self.holidays.items()))
        return Burden(person, self.seconds, tuple(sorted(self.nights)), tuple(sorted(self.weekend_days)), holidays)


def burdens(
    roster: Roster, schedule: str, *, after: datetime, until: datetime, quick: tuple[Override, ...] = ()
) -> tuple[Burden, ...]:
    """Return what everybody of the schedule has between two instants, sorted by name; some may have nothing.

    Shifts are cut at both ends of the period. Raises KeyError for a schedule that does not exist.
    """
    rota = roster.schedules[schedule]
    counts = {person: _Count() for person in rota.people()}
    for shift in roster.shifts(schedule, after=after, until=until, quick=quick):
        count = counts.setdefault(shift.person, _Count())
        _add(count, rota, int(max(shift.starts_at, after).timestamp()), int(min(shift.ends_at, until).timestamp()))
    return tuple(counts[person].burden(person) for person in sorted(counts))


def evens_out(roster: Roster, schedule: str, loads: Sequence[Burden], *, at: datetime) -> Evening | None:
    """Return whose turn after `at` would even the burdens out; None when they are even already.

    Only people who belong to a layer of the schedule on that date are proposed. Nights count first, then holidays,
    weekend days and hours; among equals the one first in the rota is named.
    """
    members = list(dict.fromkeys(_members(roster.schedules[schedule], at)))
    known = {load.person: load for load in loads}
    compared = [known.get(person, Burden(person)) for person in members]
    for number, measure in enumerate(Measure):
        if len({load.amount(measure) for load in compared}) > 1:
            later = list(Measure)[number:]
            fewest = min(compared, key=lambda load: [load.amount(each) for each in later])
            return Evening(fewest.person, measure)
    return None


def nights(*, after: datetime, until: datetime, zone: ZoneInfo) -> tuple[tuple[datetime, datetime], ...]:
    """Return each night (22:00 to 06:00 in the zone) between two instants (UTC), in order, cut where they cut it."""
    found = []
    on = walltime.local_date(after, zone=zone) - _ONE_DAY
    last = walltime.local_date(until, zone=zone)
    while on <= last:
        begins = max(after, walltime.instant(on, NIGHT_BEGINS, zone=zone))
        on += _ONE_DAY
        ends = min(until, walltime.instant(on, NIGHT_ENDS, zone=zone))
        if begins < ends:
            found.append((begins, ends))
    return tuple(found)


def _members(rota: Schedule, at: datetime) -> Iterator[str]:
    on = walltime.local_date(at, zone=rota.zone)
    for layer in rota.layers:
        for turn in layer.rotation.turns:
            if turn.belongs_on(on):
                yield from turn.people


def _add(count: _Count, rota: Schedule, starts: int, ends: int) -> None:
    count.seconds += ends - starts
    first, *days = walltime.dates_touching(starts, ends - 1, zone=rota.zone)
    for on in (first, *days):
        begins = walltime.epoch(on, NIGHT_BEGINS, zone=rota.zone)
        finishes = walltime.epoch(on + _ONE_DAY, NIGHT_ENDS, zone=rota.zone)
        if starts < finishes and begins < ends:
            count.nights.add(on)
    for on in days:  # without the day before, of which only the night reaches into the shift
        if on.weekday() >= _SATURDAY:
            count.weekend_days.add(on)
        exception = rota.hours.exceptions.get(on) if rota.hours else None
        if exception is not None and exception.kind is ExceptionKind.HOLIDAY:
            count.holidays[on] = exception.name
