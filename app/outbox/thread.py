"""Threads that deliver: at once when they are woken, else every few seconds. Knows nothing of any order."""

import os
import threading
from typing import Final

import structlog

from app.outbox.delivery import BATCH, Deliveries
from app.store import Lane, StoreUnavailable

# Phones of one rung are to ring together, and none waits behind another that the provider is slow about. Every other
# lane has one thread of its own, so that a dead mail server keeps nobody waiting.
_URGENT_THREADS: Final = 4

_log = structlog.get_logger(__name__)


class DeliveryThread:
    """Delivers in the background of one process. Nothing runs until it is started or first woken.

    Made before a fork and woken after it, it runs in the child.
    """

    def __init__(self, deliveries: Deliveries, *, every_seconds: float = 5.0) -> None:
        self._deliveries = deliveries
        self._every = every_seconds
        self._lock = threading.Lock()
        self._process: int | None = None
        self._stopping = threading.Event()
        self._workers: list[tuple[threading.Thread, threading.Event]] = []

    def start(self) -> None:
        """Begin to deliver, unless it has begun or was stopped."""
        with self._lock:
            if self._process == os.getpid() or self._stopping.is_set():
                return
            self._process = os.getpid()
            lanes = [lane for lane in Lane for _ in range(_URGENT_THREADS if lane is Lane.URGENT else 1)]
            self._workers = [self._worker(lane) for lane in lanes]
            for thread, _ in self._workers:
                thread.start()

    def wake(self) -> None:
        """There are orders: look now. Returns at once."""
        self.start()
        for _, alarm in self._workers:
            alarm.set()

    def stop(self, timeout_seconds: float = 10.0) -> None:
        """Begin no further delivery, and wait so long at most for those that are under way."""
        self._stopping.set()
        for _, alarm in self._workers:
            alarm.set()
        for thread, _ in self._workers:
            thread.join(timeout_seconds)

    def _worker(self, lane: Lane) -> tuple[threading.Thread, threading.Event]:
        alarm = threading.Event()
        return threading.Thread(target=self._run, args=(alarm, lane), name=f"deliver-{lane}", daemon=True), alarm

    def _run(self, alarm: threading.Event, lane: Lane) -> None:
        while not self._stopping.is_set():
            while self._deliver(lane):
                pass
            alarm.wait(self._every)
            # Before looking, so that what is ordered while we look is not slept through.
            alarm.clear()

    def _deliver(self, lane: Lane) -> bool:
        """Whether there may be more to deliver."""
        if self._stopping.is_set():
            return False
        now = self._deliveries.services.clock.now()
        try:
            # One at a time where somebody waits: the others are for the other threads.
            limit = 1 if lane is Lane.URGENT else BATCH
            return self._deliveries.deliver_due(now, lane=lane, limit=limit) > 0
        except StoreUnavailable as fault:
            _log.warning("deliveries_wait", reason=fault.reason)
        except Exception as fault:  # noqa: BLE001 - the loop outlives any fault of ours
            _log.error("deliveries_broke", fault=type(fault).__name__)
        return False
