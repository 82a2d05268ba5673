"""People at the ends of the line, and the keys they press.

They know only what a telephone tells them (it rings, a prompt starts, the beep), never the service.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from app.simulator.signals import Key, Signal

_AFTER_THE_PROMPT_SECONDS = 0.5
BETWEEN_KEYS_SECONDS = 0.4
_W_SECONDS = 1.0
SILENT = "-"


class Moment(StrEnum):
    """A moment of a call at which a party may decide to do something."""

    DIALLED = "before-answer"
    MENU = "menu"
    RINGING = "ringing"
    RECORDING = "recording"
    WAITING = "waiting"
    TALKING = "talking"
    PICKED_UP = "picked-up"


Reactions = Sequence[tuple[float, Signal]]


class Party(Protocol):
    """Whoever is at the end of a leg."""

    def reactions(self, moment: Moment, *, prompt_seconds: float = 0.0) -> Reactions:
        """What the party does from this moment on: seconds from now, and the signal."""
        ...


def parse_keys(text: str) -> tuple[str, ...]:
    """Read what a caller presses, one entry per prompt: "1,2" or "12"; `-` says nothing at that prompt.

    A `w` before a key waits one second more. "8165550117#,1" keys a whole number at the first prompt.
    """
    if "," in text:
        return tuple(entry.strip() or SILENT for entry in text.split(","))
    entries, waits = [], ""
    for character in text:
        if character == "w":
            waits += character
            continue
        entries.append(waits + character)
        waits = ""
    return tuple(entries)


class KeyPad:
    """Deals out the scripted keys, one entry per prompt."""

    def __init__(self, keys: Sequence[str], *, after_seconds: float | None) -> None:
        self._keys = keys
        self._after_seconds = after_seconds
        self._used = 0

    def next_keys(self, prompt_seconds: float) -> Reactions:
        if self._used >= len(self._keys):
            return ()
        entry = self._keys[self._used]
        self._used += 1
        if entry == SILENT:
            return ()
        after = self._after_seconds
        return _strokes(entry, prompt_seconds + _AFTER_THE_PROMPT_SECONDS if after is None else after)


def _strokes(entry: str, after: float) -> Reactions:
    strokes: list[tuple[float, Signal]] = []
    for character in entry:
        if character == "w":
            after += _W_SECONDS
            continue
        strokes.append((after, Key(character)))
        after += BETWEEN_KEYS_SECONDS
    return strokes
