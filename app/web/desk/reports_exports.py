"""The figures of a report as tables for spreadsheets. A figure of nothing is an empty cell there, not a zero."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from app.cdr.call_sums import CallSums
from app.cdr.records import Disposition
from app.reports import Phones, Report
from app.web.desk.reports_view import RANG, WEEKDAYS, taken_share
from app.web.desk.spreadsheets import MARK, csv_lines

Row = tuple[object, ...]


def exported(found: Report, table: str, *, within: int) -> str:
    """One of TABLES, with the mark that tells spreadsheets how it is encoded."""
    return MARK + csv_lines(TABLES[table](found, within))


def _days(found: Report, within: int) -> Iterator[Row]:
    yield (
        "day",
        "calls",
        *(f"{each}" for each in Disposition),
        "given_up_at_once",
        "blocked_besides",
        "counted",
        "answered_total",
        "answer_rate",
        f"answered_within_{within}_s",
        "service_level",
        "speed_of_answer_seconds",
        "abandoned_counted",
        "abandonment",
        "talk_seconds",
    )
    for day in found.span.days:
        yield (day.isoformat(), *_sums(found.days.get(day, CallSums()), within))
    yield ("total", *_sums(found.total, within))


def _sums(sums: CallSums, within: int) -> Row:
    return (
        sums.calls,
        *(sums.ended(each) for each in Disposition),
        sums.short,
        sums.turned_away,
        sums.counted,
        sums.answered,
        _ratio(sums.answer_rate),
        sums.answered_within(within),
        _ratio(sums.service_level(within)),
        _ratio(sums.speed_of_answer),
        sums.abandoned,
        _ratio(sums.abandonment),
        sums.talk_seconds,
    )


def _hours(found: Report, _within: int) -> Iterator[Row]:
    yield ("weekday", "days_in_the_span", *(f"{hour:02}:00" for hour in range(24)))
    for name, often, row in zip(WEEKDAYS, found.weekdays(), found.hours_of_week, strict=True):
        yield (name, often, *row)


def _rungs(found: Report, _within: int) -> Iterator[Row]:
    yield ("attempt", "calls", "phones_rung", *_names())
    for rung in found.rungs:
        yield (rung.number, rung.calls, rung.phones.rung, *_came(rung.phones))


def _people(found: Report, _within: int) -> Iterator[Row]:
    yield ("name", "team", "phones_rung", *_names(), "taken_share", "talk_seconds")
    for each in found.people:
        phones = each.phones
        shared = _ratio(taken_share(phones))
        yield (each.party, each.team, phones.rung, *_came(phones), shared, phones.talk_seconds)


def _clocks(found: Report, _within: int) -> Iterator[Row]:
    yield ("priority", "resolution_kept", "resolution_missed", "update_kept", "update_missed")
    for each in found.clocks:
        kept = each.resolution_kept, each.resolution_missed, each.update_kept, each.update_missed
        yield (each.priority, *kept)


TABLES: Final[Mapping[str, Callable[[Report, int], Iterator[Row]]]] = MappingProxyType(
    {"days": _days, "hours": _hours, "attempts": _rungs, "people": _people, "clocks": _clocks}
)


def _names() -> tuple[str, ...]:
    return tuple(words.lower().replace(",", "").replace(" ", "_") for _, words, _ in RANG)


def _came(phones: Phones) -> tuple[int, ...]:
    return tuple(phones.of(*outcomes) for _, _, outcomes in RANG)


def _ratio(found: float | None) -> object:
    return None if found is None else round(found, 4)
