"""Which days somebody wants a report of, and beside which others: read from the address of the page, and written."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from app.reports import Span
from app.web.desk.given_dates import given_date
from app.web.desk.look import address_with

HERE: Final = "/desk/reports"
RANGES: Final = (
    ("today", "Today"),
    ("yesterday", "Yesterday"),
    ("7d", "Last 7 days"),
    ("30d", "Last 30 days"),
    ("90d", "Last 90 days"),
    ("month", "This month"),
    ("last_month", "Last month"),
    ("year", "Last 365 days"),
    ("dates", "Between dates"),
)
USUAL: Final = "30d"
LEVELS: Final = (20, 30, 60, 120)
USUAL_LEVEL: Final = 60
_DAYS: Final = {"today": 1, "7d": 7, "30d": 30, "90d": 90, "year": 365}
_LONGEST_SPAN: Final = timedelta(days=1098)
_LONGEST: Final = 120


class Beside(StrEnum):
    """What a report is compared with."""

    BEFORE = "before"
    YEAR = "year"
    NOTHING = "nothing"


BESIDES: Final = (
    (Beside.BEFORE, "The days before"),
    (Beside.YEAR, "The same weeks last year"),
    (Beside.NOTHING, "Nothing"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportQuery:
    """What the reader chose. Dates are the desk's, both included; `within` is the service level's seconds."""

    span: str = USUAL
    first: date | None = None
    last: date | None = None
    line: str = ""
    beside: Beside = Beside.BEFORE
    within: int = USUAL_LEVEL

    def days(self, today: date) -> Span:
        """The days that are asked for; never later ones than today."""
        match self.span:
            case "yesterday":
                return Span(today - timedelta(days=1), today - timedelta(days=1))
            case "month":
                return Span(today.replace(day=1), today)
            case "last_month":
                last = today.replace(day=1) - timedelta(days=1)
                return Span(last.replace(day=1), last)
            case "dates":
                return self._between(today)
            case _:
                return Span(today - timedelta(days=_DAYS.get(self.span, _DAYS[USUAL]) - 1), today)

    def _between(self, today: date) -> Span:
        first, last = sorted((self.first or self.last or today, self.last or today))
        last = min(last, today)
        return Span(max(min(first, last), last - _LONGEST_SPAN), last)

    def other_days(self, days: Span) -> Span | None:
        """The days to compare with."""
        match self.beside:
            case Beside.BEFORE:
                return days.before()
            case Beside.YEAR:
                return days.year_before()
            case Beside.NOTHING:
                return None

    def address(self, *, path: str = HERE, **more: str | None) -> str:
        """The address of the page that shows this report."""
        chosen = self.span == "dates"
        own = {
            "span": self.span if self.span != USUAL else None,
            "first": self.first.isoformat() if self.first and chosen else None,
            "last": self.last.isoformat() if self.last and chosen else None,
            "line": self.line or None,
            "beside": self.beside if self.beside is not Beside.BEFORE else None,
            "within": str(self.within) if self.within != USUAL_LEVEL else None,
        }
        return address_with(path, {**own, **more})


def report_query(given: Mapping[str, str]) -> ReportQuery:
    """What parameters of an address say; what cannot be read is as usual."""
    span, beside, within = given.get("span", ""), given.get("beside", ""), given.get("within", "")
    query = ReportQuery(
        span=span if span in dict(RANGES) else USUAL,
        first=given_date(given.get("first", "")),
        last=given_date(given.get("last", "")),
        line=given.get("line", "")[:_LONGEST],
        beside=Beside(beside) if beside in set(Beside) else Beside.BEFORE,
        within=int(within) if within in set(map(str, LEVELS)) else USUAL_LEVEL,
    )
    return query if query.span == "dates" else replace(query, first=None, last=None)
