"""What happened on the desk in a span of days, beside an earlier one; and the keeping of the counts it is made from.

Counts come from the store, what they mean from `cdr`. Refuses to know how figures are shown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from app.cdr.call_sums import CALL_COUNTS, LEGS, PERSON_COUNTS, RUNG_COUNTS, CallSums
from app.cdr.clock_sums import CLOCK_COUNTS
from app.cdr.records import LegOutcome
from app.services import Services
from app.store import DailySums, StoreUnavailable
from oncall import Priority, local_date

# Days counted at one go; the rest have their turn at the next.
_AT_ONCE: Final = 60
# How soon a day is counted again: today, while calls of it may still change, and for good measure ever after.
_TODAY: Final = timedelta(seconds=40)
_LATELY: Final = timedelta(minutes=15)
_EVER: Final = timedelta(days=1)
# Times the next changes of tickets are taken up at one go.
_MOST_TAKEN_UP: Final = 10
_LATELY_DAYS: Final = 3
_WEEK: Final = 7
# As many weeks as keep the days of the week where they are.
YEAR: Final = timedelta(days=364)
_log = structlog.get_logger(__name__)


def keep_figures(services: Services) -> None:
    """Counts the days that have changed or may have, newest first; what fails is done the next time."""
    at, zone = services.clock.now(), desk_zone(services)
    days = services.store.days
    try:
        days.plan(at=at, zone=zone)
        for due in days.due(at=at, limit=_AT_ONCE):
            days.count(due, at=at, zone=zone, again_at=at + _pause(local_date(at, zone=zone) - due.day))
    except StoreUnavailable as fault:
        _log.warning("daily_figures_wait", reason=fault.reason)


def keep_words(services: Services) -> None:
    """Takes up what was written of tickets, so that they are found by its words; what fails is done the next time."""
    at = services.clock.now()
    try:
        for _ in range(_MOST_TAKEN_UP):
            if not services.store.words.keep(at=at):
                return
    except StoreUnavailable as fault:
        _log.warning("ticket_words_wait", reason=fault.reason)


def _pause(age: timedelta) -> timedelta:
    if age <= timedelta(0):
        return _TODAY
    return _LATELY if age.days <= _LATELY_DAYS else _EVER


def desk_zone(services: Services) -> ZoneInfo:
    """The zone of the desk's business hours, by whose days is counted; UTC where there are none."""
    hours = next(iter(services.config.current().roster.hours.values()), None)
    return ZoneInfo("UTC") if hours is None else hours.zone


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both included."""

    first: date
    last: date

    @property
    def days(self) -> tuple[date, ...]:
        """Each of them."""
        return tuple(self.first + timedelta(days=number) for number in range(self.length))

    @property
    def length(self) -> int:
        """How many there are."""
        return (self.last - self.first).days + 1

    def before(self) -> "Span":
        """As many days just before these."""
        return Span(self.first - timedelta(days=self.length), self.first - timedelta(days=1))

    def year_before(self) -> "Span":
        """The same days of the week, 52 weeks before."""
        return Span(self.first - YEAR, self.last - YEAR)


@dataclass(frozen=True, slots=True)
class Phones:
    """Phones that were rung: how many, what came of it, and for how long somebody talked on them."""

    outcomes: Mapping[LegOutcome, int]
    talk_seconds: int = 0

    @property
    def rung(self) -> int:
        """How many rang."""
        return sum(self.outcomes.values())

    def of(self, *outcomes: LegOutcome) -> int:
        """How many ended so."""
        return sum(self.outcomes.get(each, 0) for each in outcomes)

    @property
    def accepted(self) -> int:
        """How many took the call."""
        return self.of(LegOutcome.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Rung:
    """An attempt at reaching somebody, counted from 1; the last stands for all that follow it, too."""

    number: int
    calls: int
    phones: Phones


@dataclass(frozen=True, slots=True)
class PartyLoad:
    """What a person or an outside party had to do; `team` is empty for a party outside."""

    party: str
    team: str
    phones: Phones


@dataclass(frozen=True, slots=True)
class ClockRecord:
    """How the clocks of tickets of a priority were kept."""

    priority: Priority
    resolution_kept: int
    resolution_missed: int
    update_kept: int
    update_missed: int


@dataclass(frozen=True, slots=True)
class Report:
    """A span of days: its calls by day and in all, its rungs, its people and its clocks.

    `counted_at` is when the last day was counted, `missing` how many of the days were not yet.
    """

    span: Span
    days: Mapping[date, CallSums]
    total: CallSums
    rungs: tuple[Rung, ...]
    people: tuple[PartyLoad, ...]
    clocks: tuple[ClockRecord, ...]
    counted_at: datetime | None
    missing: int

    @property
    def hours_of_week(self) -> tuple[tuple[int, ...], ...]:
        """Calls by day of the week, Monday first, and by hour."""
        week = [[0] * 24 for _ in range(_WEEK)]
        for day, sums in self.days.items():
            row = week[day.weekday()]
            for hour, number in enumerate(sums.hours):
                row[hour] += number
        return tuple(map(tuple, week))

    def weekdays(self) -> tuple[int, ...]:
        """How often each day of the week is in the span, Monday first."""
        counts = [self.span.length // _WEEK] * _WEEK
        for number in range(self.span.length % _WEEK):
            counts[(self.span.first.weekday() + number) % _WEEK] += 1
        return tuple(counts)

    def teams(self) -> tuple[PartyLoad, ...]:
        """The load of each team, outside parties by themselves."""
        teams: dict[tuple[str, str], list[Phones]] = {}
        for each in self.people:
            teams.setdefault((each.team or each.party, each.team), []).append(each.phones)
        found = (PartyLoad(name, team, _together(phones)) for (name, team), phones in teams.items())
        return tuple(sorted(found, key=_busiest))


def report(services: Services, span: Span, *, line: str | None = None) -> Report:
    """What was counted of a span of days. Raises StoreUnavailable."""
    return report_of(span, services.store.days.sums(span.first, span.last, line=line))


def report_of(span: Span, sums: DailySums) -> Report:
    """The report that these sums make."""
    return Report(
        span=span,
        days={day: CallSums(dict(zip(CALL_COUNTS, row, strict=True))) for day, row in sorted(sums.days.items())},
        total=CallSums.of(sums.days.values()),
        rungs=tuple(_rungs(sums)),
        people=tuple(sorted(_people(sums), key=_busiest)),
        clocks=tuple(_clocks(sums)),
        counted_at=sums.counted_at,
        missing=sums.missing,
    )


def _rungs(sums: DailySums) -> Iterator[Rung]:
    for number, row in sorted(sums.rungs.items()):
        counts = dict(zip(RUNG_COUNTS, row, strict=True))
        yield Rung(number, counts["calls"], _phones(counts))


def _people(sums: DailySums) -> Iterator[PartyLoad]:
    for (party, team), row in sums.people.items():
        yield PartyLoad(party, team, _phones(dict(zip(PERSON_COUNTS, row, strict=True))))


def _clocks(sums: DailySums) -> Iterator[ClockRecord]:
    """Every priority, so that nothing is missing where nothing was due."""
    for priority in Priority:
        row = sums.clocks.get(priority, (0,) * len(CLOCK_COUNTS))
        yield ClockRecord(priority, **dict(zip(CLOCK_COUNTS, row, strict=True)))


def _phones(counts: Mapping[str, int]) -> Phones:
    return Phones({outcome: counts[name] for outcome, name in LEGS.items()}, counts.get("talk_seconds", 0))


def _together(phones: list[Phones]) -> Phones:
    outcomes = {each: sum(one.outcomes[each] for one in phones) for each in LegOutcome}
    return Phones(outcomes, sum(each.talk_seconds for each in phones))


def _busiest(load: PartyLoad) -> tuple[int, int, str]:
    return -load.phones.accepted, -load.phones.rung, load.party
