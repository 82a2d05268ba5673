"""Of several clock processes one works and the others stand by; what they say of themselves in the database.

Any job may still run twice: a leader can be replaced while it is at work. So each is a sweep that is safe to repeat,
and this only spares the others the trouble.
"""

from collections.abc import Callable
from typing import Final

import structlog

from app.services import Services
from app.store import Leadership, StoreUnavailable

CLOCK: Final = "clock"
STANDBY: Final = "clock standby"
_log = structlog.get_logger(__name__)

Job = Callable[[Services], object]


class Leader:
    """Whether this clock process is the one that works."""

    def __init__(self, leadership: Leadership) -> None:
        self._leadership = leadership
        self._led: bool | None = None
        self._has_resigned = False

    def leads(self) -> bool:
        """Whether it leads at this moment, which is made sure of; it takes the lead when that is free."""
        leads = not self._has_resigned and self._leadership.holds()
        if leads != self._led:
            self._led = leads
            _log.info("clock_leads" if leads else "clock_stands_by")
        return leads

    def only(self, job: Job) -> Job:
        """The job, done where this process leads, and left to another where it does not."""

        def done_by_the_leader(services: Services) -> None:
            if self.leads():
                job(services)

        return done_by_the_leader

    def beat(self, services: Services) -> None:
        """Say that this process is alive, as the one that works or as one that stands by."""
        try:
            services.store.beat(CLOCK if self.leads() else STANDBY, at=services.clock.now())
        except StoreUnavailable as fault:
            _log.warning("heartbeat_failed", reason=fault.reason)

    def resign(self) -> None:
        """Let another lead at once; this process leads no more."""
        self._has_resigned = True
        self._leadership.release()
