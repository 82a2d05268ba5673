"""Looks ahead for the next minute in which an emergency would reach nobody on duty, and says when that is.

For figures and alarms; `ivr coverage` tells the causes.
"""

from datetime import timedelta
from typing import Final

import structlog

from app.coverage import Kind, sweep
from app.services import Services
from app.store import Covered, StoreUnavailable

# Far enough to put a gap right without hurry, near enough to be looked at every few minutes.
HORIZON: Final = timedelta(days=30)
_log = structlog.get_logger(__name__)


def look_ahead(services: Services) -> None:
    """Stores, for each line and kind of gap, when the next one begins; what fails is done the next time."""
    at = services.clock.now()
    try:
        quick = services.store.overrides.quick(at=at)
        found = sweep(services.config.current(), starts_at=at, ends_at=at + HORIZON, quick=quick)
        first = {(gap.line, gap.finding.kind): gap.starts_at for gap in reversed(found.gaps)}
        services.store.figures.cover(
            tuple(
                Covered(
                    line=line,
                    kind=kind.value,
                    gap_at=first.get((line, kind)),
                    looked_at=at,
                    looked_until=found.ends_at,
                )
                for line in found.lines
                for kind in Kind
            )
        )
    except StoreUnavailable as fault:
        _log.warning("look_ahead_waits", reason=fault.reason)
