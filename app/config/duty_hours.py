"""Turns schedules/hours.yaml into business hours, with every holiday of the calendar by its date.

It knows which days the United States keep (from the library "holidays"); what being closed means is known elsewhere.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

import holidays as calendars

from app.config.duty_models import HolidaysModel, HoursFile, HoursModel
from app.config.duty_report import Page
from app.config.duty_words import read_date, read_days, read_spans, read_zone
from app.config.problems import did_you_mean
from oncall import BusinessHours, DayException, ExceptionKind, OpenSpan

_YEARS = range(2020, 2051)  # the call record begins within them, and no rota is read further ahead
_OBSERVED = " (observed)"

_Dated = dict[date, DayException]


def build_hours(page: Page[HoursFile]) -> Mapping[str, BusinessHours]:
    """Return the business hours of the file by name; those at fault are left out and their faults noted."""
    models = page.content.business_hours if page.content else {}
    made = ((name, _hours(page, name, model)) for name, model in models.items())
    return MappingProxyType({name: hours for name, hours in made if hours is not None})


def _hours(page: Page[HoursFile], name: str, model: HoursModel) -> BusinessHours | None:
    before = len(page.problems)
    week = _week(page, name, model)
    exceptions = _exceptions(page, name, model)
    if len(page.problems) > before:
        return None
    return BusinessHours(
        name=name,
        zone=read_zone(model.zone),
        week=week,
        exceptions=MappingProxyType(exceptions),
        source=page.source("business_hours", name, "open"),
    )


def _week(page: Page[HoursFile], name: str, model: HoursModel) -> tuple[tuple[OpenSpan, ...], ...]:
    week: dict[int, tuple[OpenSpan, ...]] = {}
    for days, spans in model.open.items():
        numbers = read_days(days)
        if week.keys() & set(numbers):
            message = "has a day that another line has too: write each day on one line"
            page.fault(("business_hours", name, "open", days), message)
        week.update(dict.fromkeys(numbers, read_spans(spans)))
    return tuple(week.get(day, ()) for day in range(7))


def _exceptions(page: Page[HoursFile], name: str, model: HoursModel) -> _Dated:
    path = ("business_hours", name)
    holidays = _holidays(page, name, model.holidays)
    written: _Dated = {}
    for on, exception, where in _written(page, name, model):
        if on in written:
            message = f"{on} is also {written[on].name} ({written[on].source}): keep one of them"
            page.fault((*path, *where), message)
        written[on] = exception
    return holidays | written


def _written(
    page: Page[HoursFile], name: str, model: HoursModel
) -> Iterator[tuple[date, DayException, tuple[str, ...]]]:
    for kind, where, names in (
        (ExceptionKind.HOLIDAY, ("holidays", "add"), model.holidays.add),
        (ExceptionKind.CLOSURE, ("closures",), model.closures),
    ):
        for on, title in names.items():
            source = page.source("business_hours", name, *where, on)
            yield read_date(on), DayException(title, kind, (), source), (*where, on)
    for on, half in model.half_days.items():
        source = page.source("business_hours", name, "half_days", on)
        exception = DayException(half.name, ExceptionKind.HALF_DAY, read_spans(half.open), source)
        yield read_date(on), exception, ("half_days", on)


def _holidays(page: Page[HoursFile], name: str, model: HolidaysModel) -> _Dated:
    kept = _us_federal() if model.calendar == "us-federal" else {}
    removed = _removed(page, name, model, kept)
    source = page.source("business_hours", name, "holidays")
    return {
        on: DayException(title, ExceptionKind.HOLIDAY, (), source)
        for on, title in kept.items()
        if title not in removed and on.isoformat() not in removed
    }


def _removed(page: Page[HoursFile], name: str, model: HolidaysModel, kept: Mapping[date, str]) -> frozenset[str]:
    known = set(kept.values())
    dates = {on.isoformat() for on in kept}
    for index, text in enumerate(model.remove):
        if text not in known | dates:
            path = ("business_hours", name, "holidays", "remove", index)
            page.fault(path, f'the calendar has no holiday "{text}"{did_you_mean(text, known)}')
    return frozenset(model.remove)


@lru_cache(maxsize=1)
def _us_federal() -> Mapping[date, str]:
    """Return the federal holidays by date; a day kept because the holiday falls on a weekend has its name."""
    found = calendars.country_holidays("US", years=_YEARS)
    return MappingProxyType({on: " and ".join(found.get_list(on)).replace(_OBSERVED, "") for on in sorted(found)})
