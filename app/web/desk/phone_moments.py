"""Moments worth calling at, out of the business hours in force, and the one that was chosen."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.web.desk.given_dates import YEARS
from oncall import BusinessHours, instant, local_date, local_time

_NOON, _MORNING, _NIGHT = time(12), time(10), time(3)
_SATURDAY = 5
_DAYS_AHEAD = 400
_GRACE = timedelta(minutes=1)
# So long a chosen moment still counts as chosen while calls are played at it.
_STILL = timedelta(hours=1)


class Over(Exception):  # noqa: N818 (an answer)
    """The moment cannot be chosen; the text says why."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A moment with a name; `value` is its local time as forms send it, "now" for the present."""

    value: str
    title: str
    when: str


def presets(hours: BusinessHours | None, *, at: datetime, zone: ZoneInfo) -> list[Preset]:
    """The present; the next open noon, night, Saturday and holiday."""
    found = [Preset("now", "Now", "as the clock stands")]
    today = local_date(at, zone=zone)
    days = [today + timedelta(days=each) for each in range(_DAYS_AHEAD)]
    for title, on, clock in _moments(hours, days, zone):
        if instant(on, clock, zone=zone) > at and all(each.title != title for each in found):
            found.append(Preset(f"{on.isoformat()}T{clock:%H:%M}", title, f"{on:%a} {on.day} {on:%b}, {clock:%H:%M}"))
    return found


def _moments(hours: BusinessHours | None, days: list[date], zone: ZoneInfo) -> Iterator[tuple[str, date, time]]:
    noons = {on: instant(on, _NOON, zone=zone) for on in days}
    for on in days[:15]:
        if hours is None or hours.is_open(at=noons[on]):
            yield "A working day", on, _NOON
    for on in days[:2]:
        yield "3 at night", on, _NIGHT
    for on in days[:8]:
        if on.weekday() == _SATURDAY:
            yield "Saturday", on, _MORNING
    for on in days:
        holiday = hours.state(at=noons[on]).holiday if hours else None
        if holiday:
            yield holiday, on, _MORNING
            return


def picked(offered: list[Preset], *, at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """The value of the moment the calls run on from; empty when it is none of these."""
    if abs(at - now) < _GRACE:
        return "now"
    instants = {each.value: chosen(each.value, now=now, zone=zone) for each in offered}
    return next((value for value, begun in instants.items() if begun and begun <= at < begun + _STILL), "")


def chosen(text: str, *, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The instant of a local time such as 2026-11-28T03:00; None for the present. Raises Over."""
    if text in {"", "now"}:
        return None
    try:
        wall = datetime.fromisoformat(text)
    except ValueError as fault:
        raise Over("That is no date and time.") from fault
    if wall.tzinfo is not None or wall.year not in YEARS:
        raise Over("That is no date and time.")
    at = instant(wall.date(), wall.time(), zone=zone)
    if at < now - _GRACE:
        shown = local_time(now, zone=zone)
        raise Over(f"That moment is over: it is {shown:%d %B %Y, %H:%M}. Choose one that is still to come.")
    return at
