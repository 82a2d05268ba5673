"""A second opinion on when the clocks of a ticket are due: the desk's agreement worked out by walking days."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_ZONE = ZoneInfo("America/Chicago")
_HOUR = timedelta(hours=1)
# The federal holidays of the time the worlds play in, copied from the calendar of the Office of Personnel Management.
_HOLIDAYS = frozenset(
    date.fromisoformat(day)
    for day in (
        "2026-09-07", "2026-10-12", "2026-11-11", "2026-11-26", "2026-12-25",
        "2027-01-01", "2027-01-18", "2027-02-15", "2027-05-31", "2027-06-18", "2027-07-05",
    )
)  # fmt: skip
_HALF_DAYS = {date(2026, 12, 24): time(12)}
# Priority: time to the next update, time to the resolution, and whether only open hours count.
AGREED: dict[str, tuple[timedelta | None, timedelta | None, bool]] = {
    "emergency": (1 * _HOUR, 8 * _HOUR, False),
    "high": (4 * _HOUR, 24 * _HOUR, True),
    "medium": (8 * _HOUR, 72 * _HOUR, True),
    "low": (None, None, True),
}


def due(priority: str, *, at: datetime, update: bool) -> datetime | None:
    """When an update, or else the resolution, of a ticket of this priority is due that is counted from `at`."""
    to_update, to_resolution, in_open_hours = AGREED[priority]
    span = to_update if update else to_resolution
    if span is None:
        return None
    return _after_open(at, span) if in_open_hours else at.astimezone(UTC) + span


def _after_open(at: datetime, span: timedelta) -> datetime:
    for opens_at, closes_at in _open_times(at.astimezone(_ZONE).date()):
        begins = max(opens_at, at)
        if begins >= closes_at:
            continue
        if closes_at - begins >= span:
            return begins + span
        span -= closes_at - begins
    raise AssertionError("the desk never opens again")


def _open_times(day: date) -> Iterator[tuple[datetime, datetime]]:
    for ahead in range(400):
        today = day + timedelta(days=ahead)
        if today.weekday() < 5 and today not in _HOLIDAYS:
            closes = _HALF_DAYS.get(today, time(17))
            yield _utc(today, time(8)), _utc(today, closes)


def _utc(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, _ZONE).astimezone(UTC)
