"""Hands what is published in the database to the configuration, which knows no database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from app.config.folder import Files
from app.config.problems import Problem
from app.config.published import PublicationsAway, Published
from app.store import Publications, StoreUnavailable

_LOOKED_THROUGH = 50


@dataclass(frozen=True, slots=True)
class PublishedConfigurations:
    """The publications of a store, as `app.config` asks for them."""

    stored: Publications

    def newest(self) -> Published | None:
        """Return what is in force; None where the folder of each machine rules. Raises PublicationsAway."""
        with _away():
            found = self.stored.in_force()
        return None if found is None else Published(number=found[0], revision=found[1])

    def files(self, published: Published) -> Files:
        """Return its files, or a problem where they are not as they were published. Raises PublicationsAway."""
        with _away():
            files = Files(self.stored.files(published.revision))
        if files.revision == published.revision:
            return files
        damaged = f"revision {published.revision} is not in the database as it was published: publish it again"
        return Files({}, (Problem(str(published), 1, 1, damaged),))

    def since(self, at: datetime) -> Sequence[Published]:
        """Return those in force at this instant or since, newest first. Raises PublicationsAway."""
        with _away():
            found = self.stored.page(_LOOKED_THROUGH)
        wanted: list[Published] = []
        for each in found:
            if each.revision is not None:
                wanted.append(Published(number=each.number, revision=each.revision))
            if each.at <= at:
                break
        return wanted


@contextmanager
def _away() -> Iterator[None]:
    try:
        yield
    except StoreUnavailable as fault:
        raise PublicationsAway(fault.reason) from fault
