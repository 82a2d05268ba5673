"""Describes a time zone for calendar programs (VTIMEZONE, RFC 5545 3.6.5): its offsets over a span of time.

Made here because the library's own descriptions begin summer time an hour late: an onset is told in the local time that
was kept until then, and not in the new one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_STEP = timedelta(hours=12)  # no zone changes twice within it
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _Change:
    """The instant (UTC) from which clocks of a zone show another offset."""

    at: datetime
    before: timedelta
    after: timedelta
    is_summer: bool
    name: str


def described(zone: ZoneInfo, *, starts_at: datetime, ends_at: datetime) -> Any:  # noqa: ANN401 (icalendar's component)
    """Return the VTIMEZONE of a zone, right from one instant to the other."""
    from icalendar import Timezone, TimezoneDaylight, TimezoneStandard  # noqa: PLC0415 (slow to import)

    made = Timezone()
    made.add("TZID", zone.key)
    for change in (_first(zone, starts_at), *_changes(zone, starts_at, ends_at)):
        part = TimezoneDaylight() if change.is_summer else TimezoneStandard()
        part.add("DTSTART", (change.at + change.before).replace(tzinfo=None))
        part.add("TZOFFSETFROM", change.before)
        part.add("TZOFFSETTO", change.after)
        part.add("TZNAME", change.name)
        made.add_component(part)
    return made


def _first(zone: ZoneInfo, at: datetime) -> _Change:
    return _change(zone, at, before=_offset(zone, at))


def _changes(zone: ZoneInfo, starts_at: datetime, ends_at: datetime) -> Iterator[_Change]:
    at = starts_at
    while at < ends_at:
        following = at + _STEP
        before = _offset(zone, at)
        if _offset(zone, following) != before:
            yield _change(zone, _onset(zone, at, following), before=before)
        at = following


def _onset(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Return the first second in (low, high] that has the offset of `high`."""
    offset = _offset(zone, high)
    while high - low > _SECOND:
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        low, high = (low, middle) if _offset(zone, middle) == offset else (middle, high)
    return high


def _change(zone: ZoneInfo, at: datetime, *, before: timedelta) -> _Change:
    local = at.astimezone(zone)
    return _Change(at, before, _offset(zone, at), bool(local.dst()), local.tzname() or "")


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
