"""What a web process does besides answering: it takes edits live, carries out orders, and empties its spool.

The clock process stores the spool too; but where web and clock do not share a disk, only the writer can read it.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from app import clock
from app.config.watch import watch
from app.errands import deliveries, replay
from app.outbox import DeliveryThread
from app.running import TOLD_EVERY_SECONDS, tell_running
from app.services import Services
from app.store import DESK_KNOWN_SECONDS, StoreUnavailable
from app.web.metrics import figure_of

CONFIG_POLL_SECONDS = 2.0
REPLAY_SECONDS = 3.0
BROKE_TOLD_EVERY_SECONDS: Final = 300.0
_log = structlog.get_logger(__name__)


class Pause(Protocol):
    """What a chore sleeps on."""

    def wait(self, timeout: float) -> bool:
        """Sleep so many seconds; whether the chore is to end."""


@dataclass(slots=True)
class Chore:
    """Something a web process does again and again until it ends, whatever becomes of it.

    A fault of ours is logged when it first comes, and every five minutes while it goes on.
    """

    name: str
    work: Callable[[], None]
    every_seconds: float
    monotonic: Callable[[], float] = clock.monotonic
    _told_at: float | None = None

    def go_on(self, pause: Pause) -> None:
        """Do it now, and every so many seconds, until the pause says to end."""
        while True:
            self.once()
            if pause.wait(self.every_seconds):
                return

    def once(self) -> None:
        """Do it. Never raises."""
        try:
            self.work()
        except Exception as fault:  # noqa: BLE001 - a chore that ends would be missed for as long as the process lives
            self._tell(fault)
        else:
            self._told_at = None

    def _tell(self, fault: Exception) -> None:
        at = self.monotonic()
        if self._told_at is None or at - self._told_at >= BROKE_TOLD_EVERY_SECONDS:
            self._told_at = at
            _log.error("chore_broke", chore=self.name, fault=type(fault).__name__)


def start(services: Services) -> None:
    """Starts the threads of a web process. They end with it."""
    delivering = DeliveryThread(deliveries(services))
    services.store.outbox.listen(delivering.wake)
    delivering.start()
    watch(services.config, every_seconds=CONFIG_POLL_SECONDS, changed=figure_of(services.config))
    for chore in chores(services):
        threading.Thread(target=chore.go_on, args=(threading.Event(),), name=chore.name, daemon=True).start()


def chores(services: Services) -> tuple[Chore, ...]:
    """What is done again and again, each in a thread of its own."""
    return (
        Chore("spool-replay", lambda: replay(services), REPLAY_SECONDS),
        Chore("tell-running", lambda: tell_running(services, "web"), TOLD_EVERY_SECONDS),
        Chore("desk-by-hand", lambda: learn_of_desk(services), DESK_KNOWN_SECONDS),
    )


def learn_of_desk(services: Services) -> None:
    """Whether the desk was opened or closed by hand, so that the first webhook of a call need not ask."""
    # While the database is away, what was last known goes on, until the instant it was said for.
    with suppress(StoreUnavailable):
        services.store.desk.refresh(at=services.clock.now())
