"""Local wall-clock times to instants and back. Every daylight-saving rule lives here and nowhere else.

The rules:

1. A local time that is skipped (clocks go forward over it) means the first moment that exists after it:
   02:30 on the spring night in Chicago is 03:00.
2. A local time that comes twice (clocks go back over it) means the first of the two.
3. A span of local time runs from the instant of its beginning up to, and without, the instant of its end. A
   night shift is therefore an hour shorter in spring and an hour longer in autumn, and the next one begins when
   the last one ends: no gap, no double.
4. A whole day is local midnight to the next local midnight by rules 1 and 2, so a zone that skips midnight
   begins that day at the first moment that exists.

Elapsed time is counted between instants, in seconds since 1970 (UTC); local times are never subtracted.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY_SECONDS = 86_400
MIDNIGHT = time(0)

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_ONE_DAY = timedelta(days=1)


def instant(on: date, at: time, *, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which clocks in `zone` first show `at` (or pass it) on the date `on`."""
    return from_epoch(epoch(on, at, zone=zone))


def epoch(on: date, at: time, *, zone: ZoneInfo) -> int:
    """Return the same as `instant`, in whole seconds since 1970 (UTC)."""
    wall = (on.toordinal() - _EPOCH_ORDINAL) * DAY_SECONDS + at.hour * 3600 + at.minute * 60 + at.second
    offset = _steady_offset(on, zone)
    if offset is not None:
        return wall - offset
    return _first_moment(datetime.combine(on, at), wall, zone)


def day_starts_at(on: date, *, zone: ZoneInfo) -> datetime:
    """Return the first UTC instant of the local date."""
    return instant(on, MIDNIGHT, zone=zone)


def local_date(at: datetime, *, zone: ZoneInfo) -> date:
    """Return the date that calendars in `zone` show at the instant."""
    return at.astimezone(zone).date()


def local_time(at: datetime, *, zone: ZoneInfo) -> datetime:
    """Return the instant as clocks in `zone` show it: for display and for reading its date, not for sums."""
    return at.astimezone(zone)


def from_epoch(seconds: int) -> datetime:
    """Return the UTC instant of whole seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def to_epoch(at: datetime) -> float:
    """Return seconds since 1970 of an aware instant; an instant without a zone is refused with ValueError."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone, so it is not an instant")
    return at.timestamp()


def dates_touching(starts: int, ends: int, *, zone: ZoneInfo) -> Iterator[date]:
    """Yield each local date of the span, and the one before it: its night may reach into the span."""
    on = local_date(from_epoch(starts), zone=zone) - _ONE_DAY
    last = local_date(from_epoch(ends), zone=zone)
    while on <= last:
        yield on
        on += _ONE_DAY


@lru_cache(maxsize=16_384)
def _steady_offset(on: date, zone: ZoneInfo) -> int | None:
    """Return the zone's offset in seconds when it stays the same from midnight to midnight, else None."""
    begins = datetime.combine(on, MIDNIGHT, zone)
    ends = datetime.combine(on + _ONE_DAY, MIDNIGHT, zone)
    offset = begins.utcoffset()
    others = (begins.replace(fold=1).utcoffset(), ends.utcoffset(), ends.replace(fold=1).utcoffset())
    if offset is None or any(other != offset for other in others):
        return None
    return round(offset.total_seconds())


def _first_moment(wall: datetime, wall_seconds: int, zone: ZoneInfo) -> int:
    before = _offset_seconds(wall.replace(tzinfo=zone, fold=0))
    after = _offset_seconds(wall.replace(tzinfo=zone, fold=1))
    if after <= before:  # exists once, or twice: fold 0 is the first of the two
        return wall_seconds - before
    return _transition(wall_seconds - after, wall_seconds - before, zone)


def _transition(low: int, high: int, zone: ZoneInfo) -> int:
    """Return the second in (low, high] at which the zone's clocks jump forward."""
    offset = _offset_at(high, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_at(middle, zone) == offset:
            high = middle
        else:
            low = middle
    return high


def _offset_at(seconds: int, zone: ZoneInfo) -> int:
    return _offset_seconds(from_epoch(seconds).astimezone(zone))


def _offset_seconds(local: datetime) -> int:
    return round((local.utcoffset() or timedelta()).total_seconds())
