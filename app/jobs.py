"""The clock process: sweeps on a timetable. Each is safe to repeat, and the database says what is due."""

import os
import signal
from datetime import UTC, timedelta

import structlog
from apscheduler.schedulers.blocking import BlockingScheduler

from app.calls import Calls
from app.logs import configure_logs
from app.services import Services, wire
from app.settings import read_settings
from app.store import StoreUnavailable

HEARTBEAT_SECONDS = 10
REPLAY_SECONDS = 2
LONGEST_CALL = timedelta(hours=6)
_log = structlog.get_logger(__name__)


def run_clock() -> None:
    """Runs the clock process until it is asked to stop (SIGTERM or SIGINT)."""
    settings = read_settings(os.environ)
    configure_logs(settings.log_format)
    services = wire(settings)
    scheduler = BlockingScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1})
    now = services.clock.now()
    scheduler.add_job(_beat, "interval", [services], seconds=HEARTBEAT_SECONDS, next_run_time=now)
    scheduler.add_job(_replay, "interval", [services], seconds=REPLAY_SECONDS)

    def stop(_signal: int, _frame: object) -> None:
        scheduler.shutdown(wait=False)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    _log.info("clock_started")
    scheduler.start()
    services.store.close()


def _beat(services: Services) -> None:
    try:
        services.store.beat("clock", at=services.clock.now())
    except StoreUnavailable as fault:
        _log.warning("heartbeat_failed", reason=fault.reason)


def _replay(services: Services) -> None:
    try:
        stored = Calls(services).replay()
    except StoreUnavailable as fault:
        _log.warning("replay_waits", reason=fault.reason)
    else:
        if stored:
            _log.info("replayed", entries=stored)
