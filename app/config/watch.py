"""Takes good edits and publications live by itself, and leaves what is in force as it is after bad ones."""

import threading
from collections.abc import Callable

import structlog

from app.config.in_force import ConfigStore
from app.config.published import PublicationsAway

_log = structlog.get_logger(__name__)


def watch(store: ConfigStore, *, every_seconds: float, changed: Callable[[], None] = lambda: None) -> threading.Event:
    """Starts looking for what is new every so many seconds; setting the returned event ends it.

    What is found to be new, good or bad, is logged, and `changed` is called after it and once at the start. Contents
    are compared, not modification times: that also holds on network folders and after a checkout.
    """
    stop = threading.Event()

    def tell() -> None:
        try:
            changed()
        except Exception as fault:  # noqa: BLE001 - as in look_once
            _log.error("configuration_watch_failed", fault=type(fault).__name__)

    def run() -> None:
        tell()
        is_complete = False
        while True:
            if look_once(store):
                tell()
            is_complete = is_complete or _complete(store)
            if stop.wait(every_seconds):
                return

    if store.fault is not None:
        _tell(store)
    threading.Thread(target=run, name="config-watch", daemon=True).start()
    return stop


def look_once(store: ConfigStore) -> bool:
    """Take what is new into force and log it; return whether there was anything new. Never raises."""
    try:
        is_new = store.look()
    except Exception as fault:  # noqa: BLE001 - a watch that ends would leave this process behind for good
        _log.error("configuration_watch_failed", fault=type(fault).__name__)
        return False
    if is_new:
        _tell(store)
    return is_new


def _complete(store: ConfigStore) -> bool:
    try:
        store.fetch_earlier()
    except PublicationsAway:
        return False
    except Exception as fault:  # noqa: BLE001 - likewise
        _log.error("configuration_watch_failed", fault=type(fault).__name__)
    return True


def _tell(store: ConfigStore) -> None:
    revision, fault = store.current().revision, store.fault
    if fault is not None:
        problems = [str(problem) for problem in fault.problems]
        _log.error("configuration_refused", kept_revision=revision, refused=str(fault), problems=problems)
    else:
        _log.info("configuration_live", revision=revision, source=str(store.published or "folder"))
