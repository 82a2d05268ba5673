"""What is published for all machines, as the configuration of a process asks for it. Where it is kept, others know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.config.folder import Files


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One publication of a revision. They are numbered in the order they were made."""

    number: int
    revision: str

    def __str__(self) -> str:
        return f"publication {self.number}"


class PublicationsAway(Exception):  # noqa: N818 (a state of the world rather than an error)
    """What is published cannot be asked for now; that does not mean that nothing is."""


class Publications(Protocol):
    """The publications there are. Every method raises PublicationsAway, and answers within about a second."""

    def newest(self) -> Published | None:
        """Return the one in force; None where the folder of each machine rules."""

    def files(self, published: Published) -> Files:
        """Return its files; with a problem instead of files where they are not as they were published."""

    def since(self, at: datetime) -> Sequence[Published]:
        """Return those that were in force at this instant or came into force after it, newest first."""
