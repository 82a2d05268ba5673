"""Takes good edits of the configuration live by itself, and leaves the last good one in force after a bad edit."""

import threading

import structlog

from app.config.snapshot import ConfigStore

_log = structlog.get_logger(__name__)


def watch(store: ConfigStore, *, every_seconds: float) -> threading.Event:
    """Starts looking at the folder every so many seconds; setting the returned event ends it.

    Contents are compared, not modification times: that also holds on network folders and after a checkout.
    """
    stop = threading.Event()

    def look() -> None:
        seen = store.digest()
        while not stop.wait(every_seconds):
            now = store.digest()
            if now != seen:
                seen = now
                _report(store)

    if store.fault is not None:
        _tell(store)
    threading.Thread(target=look, name="config-watch", daemon=True).start()
    return stop


def _report(store: ConfigStore) -> None:
    store.reload()
    _tell(store)


def _tell(store: ConfigStore) -> None:
    if store.fault is not None:
        problems = store.fault.problems
        kept = store.current().revision
        _log.error("configuration_refused", kept_revision=kept, problems=[str(problem) for problem in problems])
    else:
        _log.info("configuration_live", revision=store.current().revision)
