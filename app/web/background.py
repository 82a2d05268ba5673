"""What a web process does besides answering: it takes edits live, carries out orders, and empties its spool.

The clock process stores the spool too; but where web and clock do not share a disk, only the writer can read it.
"""

import threading
from contextlib import suppress

import structlog

from app.calls import Calls
from app.config.watch import watch
from app.errands import deliveries
from app.outbox import DeliveryThread
from app.running import TOLD_EVERY_SECONDS, tell_running
from app.services import Services
from app.store import DESK_KNOWN_SECONDS, StoreUnavailable
from app.web.metrics import figure_of

CONFIG_POLL_SECONDS = 2.0
REPLAY_SECONDS = 3.0
_log = structlog.get_logger(__name__)


def start(services: Services) -> None:
    """Starts the threads of a web process. They end with it."""
    delivering = DeliveryThread(deliveries(services))
    services.store.outbox.listen(delivering.wake)
    delivering.start()
    watch(services.config, every_seconds=CONFIG_POLL_SECONDS, changed=figure_of(services.config))
    threading.Thread(target=_replay, args=(services,), name="spool-replay", daemon=True).start()
    threading.Thread(target=_tell, args=(services,), name="tell-running", daemon=True).start()
    threading.Thread(target=_learn_of_desk, args=(services,), name="desk-by-hand", daemon=True).start()


def _learn_of_desk(services: Services) -> None:
    """Whether the desk was opened or closed by hand, so that the first webhook of a call need not ask."""
    pause = threading.Event()
    while True:
        # While the database is away, what was last known goes on, until the instant it was said for.
        with suppress(StoreUnavailable):
            services.store.desk.refresh(at=services.clock.now())
        if pause.wait(DESK_KNOWN_SECONDS):
            return


def _replay(services: Services) -> None:
    calls, pause = Calls(services), threading.Event()
    while not pause.wait(REPLAY_SECONDS):
        try:
            stored = calls.records.replay()
        except (StoreUnavailable, OSError) as fault:
            _log.warning("replay_waits", reason=type(fault).__name__)
        else:
            if stored:
                _log.info("replayed", entries=stored)


def _tell(services: Services) -> None:
    pause = threading.Event()
    while True:
        tell_running(services, "web")
        pause.wait(TOLD_EVERY_SECONDS)
