"""Forgets orders that have been over for long. What was given up stays until a person has dealt with it."""

from datetime import timedelta
from typing import Final

import structlog

from app.services import Services
from app.store import StoreUnavailable

# Long enough that nothing which could order the same again comes so late, a spool that was found in a drawer included.
KEPT: Final = timedelta(days=30)
# Small enough that no webhook waits for the sweep to let go of the database.
_BATCH: Final = 200
_MOST_BATCHES: Final = 25
_log = structlog.get_logger(__name__)


def sweep_orders(services: Services) -> None:
    """The clock's part: forget what was over a month ago, a few rows at a time; what is left is done the next time."""
    before = services.clock.now() - KEPT
    try:
        for _ in range(_MOST_BATCHES):
            if services.store.orders.sweep(before=before, limit=_BATCH) < _BATCH:
                return
    except StoreUnavailable as fault:
        _log.warning("sweep_waits", reason=fault.reason)
