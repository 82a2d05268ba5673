"""Which configuration is in force in this process: what is published or, where nothing is, the folder.

It takes good files live and keeps the last good ones after bad ones. It knows nothing of what is in them.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from app.config.folder import Files, read_folder
from app.config.last_good import Copy, LastGood
from app.config.problems import ConfigError, Problem
from app.config.published import Publications, PublicationsAway, Published
from app.config.snapshot import Snapshot, build

KEPT_REVISIONS = 5
COPY = "the last good copy"
# No call lasts longer; what was in force before is of no use to any.
_LONGEST_CALL = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why what should be in force is not: since when (UTC) it is bad, and every problem in it.

    `published` tells which publication is refused; None: the files of the folder.
    """

    since_at: datetime
    problems: tuple[Problem, ...]
    published: Published | None = None

    def __str__(self) -> str:
        refused = f"{self.published} is" if self.published else "the files are"
        return f"{refused} refused since {self.since_at:%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True, slots=True)
class _Offer:
    """Files that may come into force, and the publication they belong to; None: they are the folder's."""

    files: Files
    published: Published | None
    name: str

    @property
    def mark(self) -> object:
        """What tells it from every other: contents of a folder, not its times, and the number of a publication."""
        return self.published or self.files.revision


class ConfigStore:
    """The configuration in force, for one process. Readers call `current` once for each event and keep the answer.

    A new one is built aside as a whole, and then one reference is bound anew: nobody ever sees half of an edit.
    After bad files the last good snapshot stays, and `fault` tells why and since when.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], datetime],
        keep: int = KEPT_REVISIONS,
        last_good: LastGood | None = None,
        publications: Publications | None = None,
    ) -> None:
        """Load what is published, else the folder; where it is bad, the machine's `last_good` copy.

        While nobody can be asked what is published, the copy of what was counts. A process that is started in the
        middle of a bad edit or of an outage thereby goes on answering calls. Raises ConfigError when nothing good
        can be had.
        """
        self._folder, self._clock, self._keep, self._last_good = folder, clock, keep, last_good
        self._publications = publications
        self._lock = threading.Lock()
        self._fault: Fault | None = None
        self._rules: Published | None = None
        self._published: Published | None = None
        # What was last looked at, good or bad. Compared with that, and not with what is there when the watch
        # begins, no edit is ever missed.
        self._seen: object = None
        self._current = self._first()
        self._kept: Mapping[str, Snapshot] = {self._current.revision: self._current}

    # For readers.

    @property
    def fault(self) -> Fault | None:
        """Why what should be in force is not; None while it is."""
        return self._fault

    @property
    def published(self) -> Published | None:
        """The publication in force; None while the folder of this machine is."""
        return self._published

    def current(self) -> Snapshot:
        """Return the snapshot in force."""
        return self._current

    def revision(self, name: str) -> Snapshot | None:
        """Return a revision while it is kept: the one in force and the last few before it."""
        return self._kept.get(name)

    # For the watch.

    def look(self, *, again: bool = False) -> bool:
        """Take what is new into force if it is good; return whether there was anything new, good or bad.

        With `again`, what was looked at before counts as new.
        """
        with self._lock:
            published = self._newest()
            if published is not None and published == self._seen and not again:
                return False
            try:
                offer = self._offer(published)
            except PublicationsAway:
                return False
            if offer.mark == self._seen and not again:
                return False
            self._consider(offer)
            return True

    def reload(self) -> list[Problem]:
        """Look again at what should be in force, and return what was found; errors mean that it is not."""
        self.look(again=True)
        return list(self._fault.problems if self._fault else self._current.warnings)

    def fetch_earlier(self) -> None:
        """Build the publications of the last hours, for calls that began on them before this process did.

        Raises PublicationsAway.
        """
        if self._publications is None:
            return
        for published in self._publications.since(self._clock() - _LONGEST_CALL)[: self._keep]:
            if published.revision not in self._kept:
                self._keep_earlier(published, self._publications.files(published))

    def _keep_earlier(self, published: Published, files: Files) -> None:
        with suppress(ConfigError):  # a program that could not read it has no call on it
            snapshot = build(files, loaded_from=str(published))
            with self._lock:
                if len(self._kept) < self._keep:
                    self._kept = {snapshot.revision: snapshot, **self._kept}

    # At the start.

    def _first(self) -> Snapshot:
        at = self._clock()
        copy = self._last_good.read() if self._last_good else None
        self._rules = copy.published if copy else None
        refused: ConfigError | None = None
        for offer in self._offers(copy):
            try:
                snapshot = self._built(offer, at=at)
            except ConfigError as error:
                if refused is None:
                    refused, self._seen = error, offer.mark
                    self._fault = Fault(since_at=at, problems=error.problems, published=offer.published)
                continue
            if refused is None:
                self._seen = offer.mark
            return snapshot
        raise refused or ConfigError([Problem(str(self._folder), 1, 1, "there is no configuration")])

    def _offers(self, copy: Copy | None) -> Iterator[_Offer]:
        """Yield what should be in force, then what may stand in for it."""
        published = self._newest()
        with suppress(PublicationsAway):
            yield self._offer(published)
        if copy is not None:
            yield _Offer(copy.files, copy.published, COPY)
        if published is not None:
            yield self._offer(None)

    # Looking.

    def _newest(self) -> Published | None:
        """Return which publication rules, None for the folder. While nobody can tell, it is as it was."""
        if self._publications is not None:
            with suppress(PublicationsAway):
                self._rules = self._publications.newest()
        return self._rules

    def _offer(self, published: Published | None) -> _Offer:
        if published is None or self._publications is None:
            return _Offer(read_folder(self._folder), None, str(self._folder))
        return _Offer(self._publications.files(published), published, str(published))

    def _built(self, offer: _Offer, *, at: datetime) -> Snapshot:
        """Build what is offered, and keep a copy of it. Raises ConfigError."""
        snapshot = build(offer.files, loaded_from=offer.name, at=at)
        self._published = offer.published
        if self._last_good is not None and offer.name != COPY:
            # Without a copy the service still runs; it only could not start again on a bad edit.
            with suppress(OSError):
                self._last_good.keep(offer.files, offer.published)
        return snapshot

    def _consider(self, offer: _Offer) -> None:
        at, self._seen = self._clock(), offer.mark
        try:
            snapshot = self._built(offer, at=at)
        except ConfigError as error:
            before = self._fault
            since_at = before.since_at if before and before.published == offer.published else at
            self._fault = Fault(since_at=since_at, problems=error.problems, published=offer.published)
        else:
            self._take(snapshot)

    def _take(self, snapshot: Snapshot) -> None:
        others = [each for name, each in self._kept.items() if name != snapshot.revision]
        kept = [*others, snapshot][-self._keep :]
        # New objects, bound whole: readers in other threads hold no lock.
        self._kept = {each.revision: each for each in kept}
        self._current = snapshot
        self._fault = None
