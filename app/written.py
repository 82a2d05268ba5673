"""Dates, spans and lists as staff read them, such as "Thu 26 Nov 17:00".

It is given instants and a zone, and asks no clock. What callers hear is worded elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

NO_YEAR = 0  # nothing is taken for granted: every date is written with its year

_TO = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Dates:
    """Writes instants as clocks in `zone` show them. The `year` readers take for granted is left out."""

    zone: tzinfo
    year: int

    def day(self, on: date) -> str:
        """Return a date such as "Thu 26 Nov", with its year when that is another one."""
        year = "" if on.year == self.year else f" {on.year}"
        return f"{on:%a} {on.day} {on:%b}{year}"

    def moment(self, at: datetime) -> str:
        """Return an instant such as "Thu 26 Nov 17:00"."""
        local = at.astimezone(self.zone)
        return f"{self.day(local.date())} {_time(local)}"

    def near(self, at: datetime, *, today: date) -> str:
        """Return an instant of today as its time alone, such as "17:00", and any other with its date."""
        local = at.astimezone(self.zone)
        return _time(local.replace(second=0)) if local.date() == today else self.moment(at)

    def span(self, starts_at: datetime, ends_at: datetime) -> str:
        """Return two instants joined by a dash; the date stands once when both fall on it."""
        starts, ends = starts_at.astimezone(self.zone), ends_at.astimezone(self.zone)
        last = _time(ends) if starts.date() == ends.date() else self.moment(ends_at)
        return f"{self.moment(starts_at)} {_TO} {last}"


def _time(local: datetime) -> str:
    # An hour that comes twice in the autumn night is told apart by its zone.
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    seconds = f":{local:%S}" if local.second else ""
    return f"{local:%H:%M}{seconds}{f' {local:%Z}' if twice else ''}"


def listed(names: Sequence[str], *, nothing: str = "nobody") -> str:
    """Return "Ann", "Ann and Ben" or "Ann, Ben and Cara"; `nothing` for none."""
    if not names:
        return nothing
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def counted(number: int, noun: str) -> str:
    """Return "1 night" or "2 nights"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def with_place(because: str, place: object) -> str:
    """Return a reason with the place it was written, unless it names that place already."""
    return because if place is None or str(place) in because else f"{because} ({place})"
