"""What a process runs on, said by itself every half minute, for those who look whether all run on the same."""

import os
import socket
from datetime import timedelta
from typing import Final

import structlog

from app.services import Services
from app.store import RunningProcess, StoreUnavailable

TOLD_EVERY_SECONDS: Final = 30.0
# Who missed three times is gone.
SILENT_AFTER: Final = timedelta(seconds=100)
_FORGOTTEN_AFTER: Final = timedelta(hours=1)
_log = structlog.get_logger(__name__)


def tell_running(services: Services, kind: str) -> None:
    """Say what this process runs on. Never raises: a database that is away is told elsewhere."""
    config, at = services.config, services.clock.now()
    process = RunningProcess(
        name=f"{socket.gethostname()}:{os.getpid()}",
        kind=kind,
        revision=config.current().revision,
        publication=config.published.number if config.published else None,
        refuses=config.fault is not None,
        seen_at=at,
    )
    try:
        services.store.running.note(process, forget_before=at - _FORGOTTEN_AFTER)
    except StoreUnavailable as fault:
        _log.info("process_not_told", reason=fault.reason)


def running(services: Services) -> tuple[RunningProcess, ...]:
    """The processes that spoke of late. Raises StoreUnavailable."""
    return services.store.running.since(services.clock.now() - SILENT_AFTER)
