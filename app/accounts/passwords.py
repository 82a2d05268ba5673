"""Passwords: which are good enough, and how they are kept (argon2id). Knows nothing of accounts."""

import threading
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST_PASSWORD: Final = 12
_LONGEST: Final = 200
# Three passes over 32 MiB: above what OWASP asks for, and little enough for a small machine.
_PASSES, _KIBIBYTES = 3, 32_768
# One at a time in each process, so that a flood of wrong passwords cannot take all memory.
_ONE = threading.Lock()
_FEWEST_SIGNS: Final = 5


def password_fault(password: str, *, name: str) -> str | None:
    """Why a password is not good enough, as a sentence to its owner; None when it is."""
    if len(password) < SHORTEST_PASSWORD:
        return f"Choose at least {SHORTEST_PASSWORD} characters; a sentence of a few words is easiest to keep in mind."
    if len(password) > _LONGEST:
        return f"Choose at most {_LONGEST} characters."
    if name.casefold() in password.casefold():
        return "Choose one without your name in it."
    if len(set(password)) < _FEWEST_SIGNS:
        return "Choose one with more different characters."
    return None


def hashed(password: str) -> str:
    """The password as it is kept, with its salt and parameters."""
    with _ONE:
        return _hasher().hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Whether it is the password that was kept. It takes as long when none was."""
    from argon2.exceptions import Argon2Error, InvalidHashError  # noqa: PLC0415 (loaded at the first sign-in)

    # A longer one was never accepted, and would only cost time.
    offered = password if len(password) <= _LONGEST else ""
    with _ONE:
        try:
            _hasher().verify(kept or _nobodys(), offered)
        except (Argon2Error, InvalidHashError):
            return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Whether it was kept with other parameters than are usual now."""
    return _hasher().check_needs_rehash(kept)


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # noqa: PLC0415 (loaded at the first sign-in)

    return PasswordHasher(time_cost=_PASSES, memory_cost=_KIBIBYTES, parallelism=1)


@cache
def _nobodys() -> str:
    return _hasher().hash("nobody has this password")
