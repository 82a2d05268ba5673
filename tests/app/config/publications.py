"""Publications for tests: a list in memory that can go away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.config.folder import Files
from app.config.published import PublicationsAway, Published


@dataclass
class FakePublications:
    """What is published, oldest first; None gives the folders back. `asked` counts how often files were fetched."""

    entries: list[tuple[datetime, Files | None]] = field(default_factory=list)
    is_away: bool = False
    files_are_away: bool = False
    asked: int = 0

    def publish(self, contents: Mapping[str, bytes], *, at: datetime) -> Published:
        files = Files(contents)
        self.entries.append((at, files))
        return Published(number=len(self.entries), revision=files.revision)

    def stop(self, *, at: datetime) -> None:
        self.entries.append((at, None))

    def newest(self) -> Published | None:
        self._reached()
        found = self._all()
        return found[-1][1] if found else None

    def files(self, published: Published) -> Files:
        self._reached()
        if self.files_are_away:
            raise PublicationsAway("too slow")
        self.asked += 1
        files = self.entries[published.number - 1][1]
        assert files is not None
        return files

    def since(self, at: datetime) -> Sequence[Published]:
        self._reached()
        found: list[Published] = []
        for published_at, published in reversed(self._all()):
            if published is not None:
                found.append(published)
            if published_at <= at:
                break
        return found

    def _all(self) -> list[tuple[datetime, Published | None]]:
        return [
            (at, Published(number=number, revision=files.revision) if files else None)
            for number, (at, files) in enumerate(self.entries, 1)
        ]

    def _reached(self) -> None:
        if self.is_away:
            raise PublicationsAway("cannot connect")
