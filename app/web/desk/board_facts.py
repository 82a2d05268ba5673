"""What a board is drawn from, as it was found at one instant: asked once, however many look at the same moment."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.config.snapshot import Snapshot
from app.services import Services
from app.store import GoingOn
from app.waiting import Waiting, waiting
from app.web.health import Finding, Readiness
from oncall import DeskOverride, Override

SOON: Final = timedelta(minutes=30)
# Streams of one process share what was found so lately.
KEPT: Final = timedelta(seconds=1)
# The parts of the installation change rarely, and asking takes a question for each.
_HEALTH_KEPT: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """How everything stands `at` an instant, whoever looks. `turns` tells by call which wait in line is meant."""

    at: datetime
    snapshot: Snapshot
    going_on: GoingOn
    line: tuple[Waiting, ...]
    turns: Mapping[str, int]
    quick: tuple[Override, ...]
    by_hand: tuple[DeskOverride, ...]
    health: Mapping[str, Finding]


class BoardFacts:
    """Finds the facts; one for each process, used by all its threads. Raises StoreUnavailable."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lock = threading.Lock()
        self._found: Facts | None = None
        self._health: tuple[datetime, Mapping[str, Finding]] | None = None

    def now(self) -> Facts:
        """The facts of this instant."""
        services, at = self._services, self._services.clock.now()
        going_on = services.store.board.going_on(at=at, soon=SOON)
        found = Facts(
            at=at,
            snapshot=services.config.current(),
            going_on=going_on,
            line=waiting(services, at=at) if going_on.places else (),
            turns={place.call_sid: place.turn for place in going_on.places},
            quick=services.store.overrides.last_known(at=at),
            by_hand=services.store.desk.refresh(at=at),
            health=self._healthy(at),
        )
        self._found = found
        return found

    def lately(self) -> Facts:
        """The same, as they were a second ago at most; or as last found, while another thread is asking.

        No thread waits here for another: they are needed for calls.
        """
        found, at = self._found, self._services.clock.now()
        if found is not None and timedelta(0) <= at - found.at < KEPT:
            return found
        if not self._lock.acquire(blocking=found is None):
            return found if found is not None else self.now()
        try:
            return self.now()
        finally:
            self._lock.release()

    def _healthy(self, at: datetime) -> Mapping[str, Finding]:
        kept = self._health
        if kept is None or not timedelta(0) <= at - kept[0] < _HEALTH_KEPT:
            kept = self._health = (at, Readiness(self._services).findings())
        return kept[1]
