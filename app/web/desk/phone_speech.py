"""Speaks prompts aloud with espeak-ng, where that is installed on this machine. Keeps the last ones in memory."""

import shutil
import subprocess
from functools import cache, lru_cache

_TIMEOUT_SECONDS = 10
_LONGEST = 1500
_VOICES = {"en": "en-us", "es": "es-419"}


@cache
def _program() -> str | None:
    return shutil.which("espeak-ng")


def can_speak() -> bool:
    """Whether prompts can be spoken here."""
    return _program() is not None


@lru_cache(maxsize=64)
def spoken(text: str, language: str) -> bytes | None:
    """A text as WAV; None where it cannot be spoken."""
    program = _program()
    if program is None or not text:
        return None
    voice = _VOICES.get(language[:2], "en-us")
    try:
        done = subprocess.run(  # noqa: S603 (a program of the system; the text goes by its input)
            [program, "-v", voice, "-s", "165", "--stdin", "--stdout"],
            input=text[:_LONGEST].encode(),
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout or None
