"""Business hours: which weekdays open at other times, and which dates are open or closed differently."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby

from app.difference.changes import Change, Section, Window, compared, turned
from app.written import counted
from oncall import BusinessHours, DayException, OpenSpan, Roster, Source

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def hours_changes(old: Roster, new: Roster, window: Window) -> Iterator[Change]:
    """Yield what changes about business hours: zone and week, then single dates.

    Dates within the period are told one by one; of later ones the first of each kind, with their number.
    """
    yield from compared(old.hours, new.hours, section=Section.HOURS, kind="business hours", differ=_hours, about=_about)
    for name, now in new.hours.items():
        was = old.hours.get(name)
        if was is not None:
            yield from _dates(was, now, window)


def _hours(was: BusinessHours, now: BusinessHours) -> Iterator[str]:
    yield from turned("in the zone", was.zone.key, now.zone.key)
    changed = [(day, _open(was.week[day]), _open(now.week[day])) for day in range(7) if was.week[day] != now.week[day]]
    for (before, after), group in groupby(changed, key=lambda each: each[1:]):
        yield f"{_weekdays([day for day, _, _ in group])} {after} instead of {before}"


def _about(hours: BusinessHours) -> str:
    told = [
        f"{_weekdays([day for day, _ in group])} {spans}"
        for spans, group in groupby(enumerate(map(_open, hours.week)), key=lambda each: each[1])
    ]
    return f": {', '.join(told)}"


def _weekdays(days: Sequence[int]) -> str:
    whole = days[-1] - days[0] + 1 == len(days) > 1
    return f"{_DAYS[days[0]]}-{_DAYS[days[-1]]}" if whole else ", ".join(_DAYS[day] for day in days)


def _dates(was: BusinessHours, now: BusinessHours, window: Window) -> Iterator[Change]:
    dates, first, last = window.dates(now.zone), window.first_on(now.zone), window.last_on(now.zone)
    found = [
        (on, _that_day(was, on), _that_day(now, on))
        for on in sorted(was.exceptions.keys() | now.exceptions.keys())
        if on >= first and _differ(was.exceptions.get(on), now.exceptions.get(on))
    ]
    for on, before, after in found:
        if on <= last:
            yield _date_change(now, was, on=on, text=f"{dates.day(on)}: {after} instead of {before}")
    later = sorted((each for each in found if each[0] > last), key=lambda each: (each[1:], each[0]))
    firsts = [list(group) for _, group in groupby(later, key=lambda each: each[1:])]
    for group in sorted(firsts):
        on, before, after = group[0]
        more = f" (and on {counted(len(group) - 1, 'later date')})" if len(group) > 1 else ""
        yield _date_change(now, was, on=on, text=f"{dates.day(on)}: {after} instead of {before}{more}")


def _date_change(now: BusinessHours, was: BusinessHours, *, on: date, text: str) -> Change:
    detail = {"kind": "date", "name": now.name, "date": on.isoformat()}
    return Change(Section.HOURS, f"{text} (business hours {now.name})", _source(now, was, on), detail=detail)


def _source(now: BusinessHours, was: BusinessHours, on: date) -> Source:
    exception = now.exceptions.get(on) or was.exceptions.get(on)
    return exception.source if exception else now.source


def _differ(was: DayException | None, now: DayException | None) -> bool:
    return _meaning(was) != _meaning(now)


def _meaning(exception: DayException | None) -> object:
    return None if exception is None else (exception.name, exception.kind, exception.open)


def _that_day(hours: BusinessHours, on: date) -> str:
    exception = hours.exceptions.get(on)
    if exception is None:
        return _open(hours.week[on.weekday()])
    return f"closed for {exception.name}" if not exception.open else f"{_open(exception.open)}, {exception.name}"


def _open(spans: Iterable[OpenSpan]) -> str:
    told = ", ".join(map(str, spans))
    return f"open {told}" if told else "closed"
