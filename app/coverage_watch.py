"""Looks ahead for the next minute in which an emergency would reach nobody on duty, and says when that is.

For figures and alarms; `ivr coverage` tells the causes.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import structlog

from app.config.snapshot import Snapshot
from app.coverage import Kind, LineGap, Sweep, sweep
from app.services import Services
from app.store import Covered, StoreUnavailable
from oncall import Override

# Far enough to put a gap right without hurry, near enough to be looked at every few minutes.
HORIZON: Final = timedelta(days=30)
_log = structlog.get_logger(__name__)


def look_ahead(services: Services) -> None:
    """Stores, for each line and kind of gap, when the next one begins; what fails is done the next time."""
    at = services.clock.now()
    try:
        quick = services.store.overrides.quick(at=at)
        services.store.figures.cover(_covered(services.config.current(), quick, at))
    except StoreUnavailable as fault:
        _log.warning("look_ahead_waits", reason=fault.reason)


def _covered(snapshot: Snapshot, quick: tuple[Override, ...], at: datetime) -> tuple[Covered, ...]:
    found = _swept(_Question(snapshot, quick, at.replace(minute=0, second=0, microsecond=0)))
    return tuple(
        Covered(
            line=line,
            kind=kind.value,
            gap_at=_next(found.gaps, line, kind, at),
            looked_at=at,
            looked_until=found.ends_at,
        )
        for line in found.lines
        for kind in Kind
    )


def _next(gaps: tuple[LineGap, ...], line: str, kind: Kind, at: datetime) -> datetime | None:
    """When the first gap of a kind begins that is not over; they come in the order they begin."""
    to_come = (gap for gap in gaps if gap.line == line and gap.finding.kind is kind and gap.ends_at > at)
    return next((max(gap.starts_at, at) for gap in to_come), None)


class _Question:
    """What is asked: the same within the hour for the same configuration and overrides, and then not asked again."""

    def __init__(self, snapshot: Snapshot, quick: tuple[Override, ...], since: datetime) -> None:
        self.snapshot = snapshot
        self.quick = quick
        self.since = since
        self._key = (snapshot.revision, repr(quick), since)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Question) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=2)
def _swept(asked: _Question) -> Sweep:
    return sweep(asked.snapshot, starts_at=asked.since, ends_at=asked.since + HORIZON, quick=asked.quick)
