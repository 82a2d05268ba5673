"""The kinds of one-time links, and how long each is good for."""

from datetime import timedelta
from enum import StrEnum


class LinkKind(StrEnum):
    """`setup`: its owner chooses a password. `sign_in`: whoever opens it first is in."""

    SETUP = "setup"
    SIGN_IN = "sign_in"

    @property
    def good_for(self) -> timedelta:
        """How long such a link can be used."""
        return timedelta(hours=72) if self is LinkKind.SETUP else timedelta(hours=1)
