"""Which stretch of the calendar of duty somebody looks at, read from the address of the page and written into one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app.web.desk.given_dates import YEARS, given_date
from app.web.desk.look import address_with
from app.written import NO_YEAR, Dates
from oncall import day_starts_at, local_date

HERE: Final = "/desk/oncall"
VIEWS: Final = (("timeline", "Timeline"), ("week", "Week"), ("month", "Month"))
USUAL: Final = "timeline"
_WEEK: Final = 7
_FORTNIGHT: Final = 14
_ONE_DAY: Final = timedelta(days=1)
_TO: Final = "\N{EN DASH}"
# Years no rota of ours reaches.


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A schedule, a view of it, and a date of the desk that the view holds; `today` is where it begins without one."""

    schedule: str
    view: str
    on: date
    today: date
    zone: ZoneInfo

    @property
    def first(self) -> date:
        """The first date that is drawn, a Monday."""
        on = self.on.replace(day=1) if self.view == "month" else self.on
        return on - timedelta(days=on.weekday())

    @property
    def last(self) -> date:
        """The date after the last one that is drawn, a Monday as well."""
        if self.view == "month":
            end = _next_month(self.on)
            return end + timedelta(days=-end.weekday() % _WEEK)
        return self.first + timedelta(days=_WEEK if self.view == "week" else _FORTNIGHT)

    @property
    def starts_at(self) -> datetime:
        """The first instant (UTC)."""
        return day_starts_at(self.first, zone=self.zone)

    @property
    def ends_at(self) -> datetime:
        """The instant (UTC) at which it is over."""
        return day_starts_at(self.last, zone=self.zone)

    @property
    def title(self) -> str:
        """Such as "December 2026" or "Mon 30 Nov 2026 - Sun 13 Dec 2026"."""
        if self.view == "month":
            return f"{self.on:%B %Y}"
        dates = Dates(self.zone, NO_YEAR if self.first.year != self.last.year else self.first.year)
        return f"{dates.day(self.first)} {_TO} {Dates(self.zone, NO_YEAR).day(self.last - _ONE_DAY)}"

    def days(self) -> Iterator[date]:
        """Yield each date that is drawn."""
        for number in range((self.last - self.first).days):
            yield self.first + timedelta(days=number)

    def is_within(self, on: date) -> bool:
        """Whether a date belongs to the view, and is not only drawn to fill a week."""
        return self.view != "month" or (on.year, on.month) == (self.on.year, self.on.month)

    @property
    def address(self) -> str:
        """The address of the page that shows this."""
        own = {
            "schedule": self.schedule,
            "view": self.view if self.view != USUAL else None,
            "on": self.on.isoformat() if self.on != self.today else None,
        }
        return address_with(HERE, own)

    def shown_as(self, view: str) -> "Period":
        """The same date in another view."""
        return replace(self, view=view)

    def of(self, schedule: str) -> "Period":
        """The same dates of another schedule."""
        return replace(self, schedule=schedule)

    def back(self) -> "Period":
        """What was before."""
        return self._at(self._month_before() if self.view == "month" else self.on - (self.last - self.first))

    def forth(self) -> "Period":
        """What comes after."""
        return self._at(_next_month(self.on) if self.view == "month" else self.on + (self.last - self.first))

    def now(self) -> "Period":
        """The same view of today."""
        return replace(self, on=self.today)

    def _month_before(self) -> date:
        return (self.on.replace(day=1) - _ONE_DAY).replace(day=1)

    def _at(self, on: date) -> "Period":
        return replace(self, on=on if on.year in YEARS else self.on)


def period_of(given: Mapping[str, str], schedules: Mapping[str, object], *, at: datetime, zone: ZoneInfo) -> Period:
    """What the parameters of an address say; what cannot be read is the first schedule, today and the timeline."""
    today = local_date(at, zone=zone)
    schedule, view = given.get("schedule", ""), given.get("view", "")
    return Period(
        schedule=schedule if schedule in schedules else next(iter(schedules)),
        view=view if view in dict(VIEWS) else USUAL,
        on=given_date(given.get("on", "")) or today,
        today=today,
        zone=zone,
    )


def _next_month(on: date) -> date:
    return (on.replace(day=28) + timedelta(days=4)).replace(day=1)
