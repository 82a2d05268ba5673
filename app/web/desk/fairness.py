"""How evenly duty falls: hours, nights, weekend days and holidays of each person, beside an equal share.

Beside the nights stands how often they were rung at night, which no rota says.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from flask import render_template, request

from app.accounts import EVERY_ROLE
from app.services import Services
from app.web.desk.doors import Page
from app.web.desk.duty_calendar import tones_of
from app.web.desk.duty_forms import who_is_here
from app.web.desk.given_dates import given_date
from app.web.desk.look import zone_of
from oncall import Burden, Evening, burdens, day_starts_at, evens_out, local_date, nights

SPANS: Final = (
    ("90back", "Last 90 days"),
    ("year", "This year"),
    ("90ahead", "Next 90 days"),
    ("dates", "Between dates"),
)
USUAL: Final = "year"
_NINETY: Final = timedelta(days=90)
_ONE_DAY: Final = timedelta(days=1)
_LONGEST: Final = timedelta(days=1100)
_HOUR: Final = 3600


def pages(services: Services) -> tuple[Page, ...]:
    """How evenly duty falls."""
    return (Page(rule="/oncall/fairness", name="fairness", view=_Fairness(services).show, roles=EVERY_ROLE),)


@dataclass(frozen=True, slots=True)
class Share:
    """What one person has: hours, how that compares with an equal share, and the width of the bar in hundredths.

    `rings` is how often a phone of theirs was rung at night, None while the period is yet to come.
    """

    load: Burden
    hours: float
    against: float
    width: float
    rings: int | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everybody of a schedule, between two dates (the last one included).

    `rings_since` is the beginning of the nights whose rings were counted, where there were too many to count them all.
    """

    first: date
    last: date
    shares: tuple[Share, ...]
    equal: float
    mark: float
    evening: Evening | None
    rings_since: datetime | None


@dataclass(frozen=True, slots=True)
class _Fairness:
    """The page over these services."""

    services: Services

    def show(self) -> str:
        roster, given = self.services.config.current().roster, request.args
        schedule = given.get("schedule", "")
        schedule = schedule if schedule in roster.schedules else next(iter(roster.schedules))
        span = given.get("span", "")
        span = span if span in dict(SPANS) else USUAL
        first, last = _dates(span, local_date(self.services.clock.now(), zone=zone_of(self.services)))
        return render_template(
            "oncall_fairness.html",
            sheet=self._sheet(schedule, first, last),
            spans=SPANS,
            span=span,
            schedule=schedule,
            schedules=roster.schedules,
            tones=tones_of(roster),
            who=who_is_here(self.services),
        )

    def _sheet(self, schedule: str, first: date, last: date) -> Sheet:
        zone = zone_of(self.services)
        after, until = day_starts_at(first, zone=zone), day_starts_at(last + _ONE_DAY, zone=zone)
        loads, evening = self._loads(schedule, after, until)
        equal = sum(each.seconds for each in loads) / _HOUR / max(len(loads), 1)
        most = max([equal, *(each.seconds / _HOUR for each in loads)]) or 1
        past = nights(after=after, until=min(until, self.services.clock.now()), zone=zone)
        rung = self.services.store.rings.rung(past)
        shares = tuple(
            Share(
                each,
                hours=each.seconds / _HOUR,
                against=each.seconds / _HOUR - equal,
                width=round(each.seconds / _HOUR / most * 100, 2),
                rings=rung.times.get(each.person, 0) if past else None,
            )
            for each in loads
        )
        return Sheet(first, last, shares, equal, round(equal / most * 100, 2), evening, rung.since)

    def _loads(self, schedule: str, after: datetime, until: datetime) -> tuple[tuple[Burden, ...], Evening | None]:
        roster, now = self.services.config.current().roster, self.services.clock.now()
        # Whatever was in force since the beginning of the period counts.
        quick = self.services.store.overrides.quick(at=min(now, after + _ONE_DAY))
        loads = burdens(roster, schedule, after=after, until=until, quick=quick)
        return loads, evens_out(roster, schedule, loads, at=until)


def _dates(span: str, today: date) -> tuple[date, date]:
    match span:
        case "90back":
            return today - _NINETY, today - _ONE_DAY
        case "90ahead":
            return today, today + _NINETY - _ONE_DAY
        case "dates":
            first = given_date(request.args.get("first", "")) or today.replace(month=1, day=1)
            last = given_date(request.args.get("last", "")) or today
            return first, min(max(first, last), first + _LONGEST)
        case _:
            return today.replace(month=1, day=1), today.replace(month=12, day=31)
