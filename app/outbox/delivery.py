"""What becomes of an order: done, tried again later, or given up aloud.

Knows leases, patience and delays; refuses to know what an order is about.
"""

import random as randomness
import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from app import clock
from app.flow.messages import Detail, OrderKind
from app.services import Services
from app.store import ClaimedOrder, Lane, StoreUnavailable
from app.telephony.outbound import ProviderError


class NoLongerWanted(Exception):  # noqa: N818 - a state of the world rather than an error
    """The order was not carried out and is not to be any more."""


Handler = Callable[[ClaimedOrder], str | None]
"""Carries an order out; returns what the provider calls what was done, if it has a name.

It may be called again for the same order. Where doing it twice does harm, `uncertain_since` says to look first; such
an order comes even when it is too late. Raises ProviderError, or NoLongerWanted.
"""

GaveUp = Callable[[ClaimedOrder, str], None]
"""Told, before it is recorded, that an order will not be carried out, and why; may be told twice.

May raise StoreUnavailable.
"""

BATCH: Final = 20
# A delivery makes two requests at most, of less than 18 seconds each: what is begun in time ends within the lease.
LEASE_SECONDS: Final = 60.0
_LATEST_START_SECONDS: Final = 20.0
DELAYS: Final = (2.0, 5.0, 15.0, 60.0, 300.0, 900.0)
_JITTER: Final = 0.4
# Lists at the provider lag behind what was done: who looks too soon sees nothing.
_LOOK_NO_SOONER_SECONDS: Final = 5.0
_ELSEWHERE_SECONDS: Final = 60.0
_PATIENCE: Final = 12
_LONG_PATIENCE: Final = 100
# A lost voicemail is worse than a late one; a mail or webhook of yesterday is still of use; pages do not stop.
_PATIENT: Final = frozenset(
    {
        OrderKind.FETCH_RECORDING,
        OrderKind.DELETE_RECORDING,
        OrderKind.MAIL,
        OrderKind.WEBHOOK,
        OrderKind.PAGE,
    }
)

# The texts and calls of a page are told by their keys what they are about, and by their payload whom they go to.
_PAGED: Final = re.compile(r"page:(\d+):")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Delivers orders with the `handlers` of this process. Any number may be at work, on any number of machines.

    `random` gives numbers from 0 to 1 that spread repetitions in time. `gave_up` hears of every order that was refused,
    failed too often, or came too late. `monotonic` counts seconds, for how long a batch has taken.
    """

    services: Services
    handlers: Mapping[OrderKind, Handler]
    random: Callable[[], float] = randomness.random
    gave_up: GaveUp | None = None
    monotonic: Callable[[], float] = clock.monotonic

    def deliver_due(self, now: datetime, *, lane: Lane | None = None, limit: int = BATCH) -> int:
        """Claims at most `limit` orders due `now` and delivers them one after another; returns how many.

        No transaction is open meanwhile. Without a `lane` they are of all lanes, the urgent first. Raises
        StoreUnavailable when nothing can be claimed.
        """
        orders = self.services.store.outbox.claim(now=now, limit=limit, lease_seconds=LEASE_SECONDS, lane=lane)
        begun_at = self.monotonic()
        for order in orders:
            late = self.monotonic() - begun_at > _LATEST_START_SECONDS
            with structlog.contextvars.bound_contextvars(**_about(order)):
                self._take(order, late=late)
        return len(orders)

    def _take(self, order: ClaimedOrder, *, late: bool) -> None:
        try:
            self._hand_back(order) if late else self._deliver(order)
        except StoreUnavailable as fault:
            # What was done is found again when the lease has lapsed; the others are still delivered.
            _log.warning("order_unrecorded", order=order.key, kind=order.kind, reason=fault.reason)

    def _deliver(self, order: ClaimedOrder) -> None:
        handler = self.handlers.get(order.kind)
        if order.uncertain_since is None and is_too_late(order, at=self.services.clock.now()):
            self._drop(order)
        elif order.attempts > _patience(order):
            self._give_up(order, "every attempt broke off")
        elif handler is None:
            self._again(order, seconds=_ELSEWHERE_SECONDS, reason="no process for this kind was found", tried=False)
        else:
            self._attempt(order, handler)

    def _attempt(self, order: ClaimedOrder, handler: Handler) -> None:
        try:
            result = handler(order)
        except ProviderError as fault:
            self._failed(order, fault)
        except NoLongerWanted:
            self._drop(order)
        except StoreUnavailable:
            raise
        except Exception as fault:  # noqa: BLE001 - one broken order must not stop the others; it ends dead, and aloud
            _log.error("order_broke", order=order.key, kind=order.kind, fault=type(fault).__name__, where=_where(fault))
            broken = ProviderError(f"our own fault: {type(fault).__name__}", permanent=False, unknown_outcome=True)
            self._failed(order, broken)
        else:
            self.services.store.outbox.done(order, at=self.services.clock.now(), result=result)
            _log.info("order_done", order=order.key, kind=order.kind, attempts=order.attempts)

    def _failed(self, order: ClaimedOrder, fault: ProviderError) -> None:
        if fault.permanent or order.attempts >= _patience(order):
            self._give_up(order, str(fault))
            return
        seconds = self._delay(order.attempts)
        if fault.unknown_outcome:
            seconds = max(seconds, _LOOK_NO_SOONER_SECONDS)
        self._again(
            order, seconds=max(seconds, fault.retry_after or 0.0), reason=str(fault), tried=fault.unknown_outcome
        )

    def _delay(self, attempts: int) -> float:
        """Seconds until the next attempt, after so many; spread, so that what failed together is not repeated so."""
        return DELAYS[min(attempts, len(DELAYS)) - 1] * (1 + _JITTER * (self.random() - 0.5))

    def _again(self, order: ClaimedOrder, *, seconds: float, reason: str, tried: bool) -> None:
        now = self.services.clock.now()
        # Once uncertain, always uncertain: what a list does not show yet may still turn up.
        uncertain_since = order.uncertain_since or (order.claimed_at if tried else None)
        due_at = now + timedelta(seconds=seconds)
        self.services.store.outbox.again(order, due_at=due_at, reason=reason, uncertain_since=uncertain_since)
        _log.warning("order_again", order=order.key, kind=order.kind, attempts=order.attempts, reason=reason)

    def _hand_back(self, order: ClaimedOrder) -> None:
        self.services.store.outbox.again(
            order, due_at=order.due_at, reason="handed back untried", uncertain_since=order.uncertain_since
        )

    def _give_up(self, order: ClaimedOrder, reason: str) -> None:
        self._tell(order, reason)
        self.services.store.outbox.give_up(order, at=self.services.clock.now(), reason=reason)
        _log.error("order_dead", order=order.key, kind=order.kind, attempts=order.attempts, reason=reason)

    def _tell(self, order: ClaimedOrder, reason: str) -> None:
        if self.gave_up is not None:
            self.gave_up(order, reason)

    def _drop(self, order: ClaimedOrder) -> None:
        self._tell(order, "no longer wanted")
        self.services.store.outbox.done(order, at=self.services.clock.now(), reason="no longer wanted")
        _log.info("order_dropped", order=order.key, kind=order.kind, attempts=order.attempts)


def is_too_late(order: ClaimedOrder, *, at: datetime) -> bool:
    """Whether the order names an instant after which it is not wanted, and that has come."""
    until = order.payload.get("until")
    return isinstance(until, str) and at >= datetime.fromisoformat(until)


def _about(order: ClaimedOrder) -> dict[str, Detail]:
    """Which call and ticket every line about this order concerns, as far as it says so."""
    told = {name: order.payload[name] for name in ("call_sid", "ticket") if order.payload.get(name) is not None}
    paged = _PAGED.match(order.key)
    return {"ticket": int(paged[1]), **told} if paged else told


def _where(fault: Exception) -> str:
    """The place that raised it. Its text is not for logs: it may hold numbers."""
    place = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{place.name}, line {place.lineno} of {Path(place.filename).name}"


def _patience(order: ClaimedOrder) -> int:
    return _LONG_PATIENCE if order.kind in _PATIENT else _PATIENCE
