"""A calendar of months in plain text, seven columns wide, and short names that fit into it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby

import click

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEK = 7
NOBODY = "--"


class Legend:
    """Initials for names, no two alike."""

    def __init__(self, names: Iterable[str]) -> None:
        self._short: dict[str, str] = {}
        for name in sorted(names):
            initials = "".join(part[0].upper() for part in name.replace("-", " ").split())
            taken = set(self._short.values())
            again = (f"{initials}{number}" for number in range(2, len(taken) + 3))
            self._short[name] = next(each for each in (initials, *again) if each not in taken)

    def short(self, names: Sequence[str]) -> str:
        """Return the initials of those who have a time, "--" for nobody."""
        return "+".join(self._short.get(name, name) for name in names) or NOBODY

    def __str__(self) -> str:
        return ", ".join(f"{short} {name}" for name, short in self._short.items())


def calendar(days: Sequence[tuple[date, str, bool]]) -> Iterator[str]:
    """Yield the lines of a calendar of consecutive dates, month by month; the flag marks a date with "!"."""
    width = max((len(told) for _, told, _ in days), default=0) + len("31 ") + len(" !") + len("  ")
    for (year, month), group in groupby(days, key=lambda day: (day[0].year, day[0].month)):
        yield f"  {date(year, month, 1):%B} {year}"
        yield "  " + "".join(name.ljust(width) for name in DAYS).rstrip()
        for week in _weeks(list(group)):
            yield "  " + "".join(_cell(day, width) for day in week).rstrip()
        yield ""


def _weeks(days: list[tuple[date, str, bool]]) -> Iterator[list[tuple[date, str, bool] | None]]:
    by_date = {day[0]: day for day in days}
    monday = days[0][0] - timedelta(days=days[0][0].weekday())
    while monday <= days[-1][0]:
        yield [by_date.get(monday + timedelta(days=number)) for number in range(WEEK)]
        monday += timedelta(days=WEEK)


def _cell(day: tuple[date, str, bool] | None, width: int) -> str:
    if day is None:
        return " " * width
    on, told, is_marked = day
    text = f"{on.day:2} {told}{' !' if is_marked else ''}".ljust(width)
    return click.style(text, fg="red", bold=True) if is_marked else text
