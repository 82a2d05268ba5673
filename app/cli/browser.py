"""Opens a page in the browser of whoever sits at this machine. It never fails: a browser is a comfort."""

import os
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from contextlib import suppress

_PATIENCE_SECONDS = 30.0
_LOOK_SECONDS = 0.2


def open_soon(address: str, *, once: tuple[str, ...]) -> None:
    """Open a page as soon as all of `once` answer, if somebody is there to see it. Returns at once."""
    if _somebody_is_there():
        threading.Thread(target=_open, args=(address, once), daemon=True).start()


def _somebody_is_there() -> bool:
    has_screen = sys.platform in {"darwin", "win32"} or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    return has_screen and sys.stdout.isatty()


def _open(address: str, once: tuple[str, ...]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and not all(map(_answers, once)):
        time.sleep(_LOOK_SECONDS)
    # Browsers are started in many ways, and fail in as many.
    with suppress(Exception):
        webbrowser.open(address)


def _answers(address: str) -> bool:
    """Whether somebody is there, whatever they say."""
    try:
        with urllib.request.urlopen(address, timeout=1):  # noqa: S310 (our own server)
            return True
    except urllib.error.HTTPError as refusal:
        refusal.close()
        return True
    except OSError:
        return False
