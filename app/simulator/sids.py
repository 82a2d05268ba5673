"""Identifiers as Twilio makes them, from a seed, so that a call played again is the same call."""

import random


class Sids:
    """Makes identifiers; the same seed makes the same ones in the same order."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 (repeatability is wanted, secrecy is not)

    def new(self, prefix: str) -> str:
        """A 34-character SID: two letters and 32 hexadecimal digits."""
        return f"{prefix}{self._random.getrandbits(128):032x}"

    def token(self) -> str:
        """An idempotency token."""
        digits = f"{self._random.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def delay(self, at_most_seconds: float) -> float:
        """Some delay between nothing and `at_most_seconds`."""
        return self._random.random() * at_most_seconds
