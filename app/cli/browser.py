"""Opens a page in the browser of whoever sits at this machine. It never fails: a browser is a comfort."""

import os
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

_PATIENCE_SECONDS = 30.0
_LOOK_SECONDS = 0.2


class Output(Protocol):
    """Where a command writes."""

    def isatty(self) -> bool:
        """Whether somebody reads it at a terminal."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Where whoever started the command may sit, and how a page is shown to them."""

    output: Output
    platform: str = sys.platform
    show: Callable[[str], object] = webbrowser.open

    def is_taken(self) -> bool:
        """Whether somebody is there, with a screen."""
        has_screen = self.platform in {"darwin", "win32"} or bool(
            os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
        )
        return has_screen and self.output.isatty()


def open_soon(address: str, *, once: tuple[str, ...], seat: Seat | None = None) -> None:
    """Open a page as soon as all of `once` answer, if somebody is there to see it. Returns at once."""
    seat = seat or Seat(sys.stdout)
    if seat.is_taken():
        threading.Thread(target=_open, args=(address, once, seat.show), daemon=True).start()


def _open(address: str, once: tuple[str, ...], show: Callable[[str], object]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and not all(map(_answers, once)):
        time.sleep(_LOOK_SECONDS)
    # Browsers are started in many ways, and fail in as many.
    with suppress(Exception):
        show(address)


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
