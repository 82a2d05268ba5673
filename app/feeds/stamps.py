"""Remembers since when things are as they are: a digest and an instant for each, in one small file of this machine.

A calendar program believes the copy of an event with the higher SEQUENCE, and a number that rises when content
changes cannot be read off the content: an edit may be taken back. So the instant at which this machine first saw an
event as it is now is kept. Where the file is lost, everything is new now, which is higher than any instant before;
where two machines serve one feed, each gives a later instant to later content. What comes of an edit is therefore
always higher than what stood before it, wherever it is read.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import structlog

_DIGITS = 16
_log = structlog.get_logger(__name__)

_Kept = dict[str, tuple[str, int]]


class Stamps:
    """The file at `path`. Without it (a disk that cannot be written) the stamps last as long as the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: _Kept = {}

    def of(self, contents: Mapping[str, str], *, at: datetime) -> dict[str, datetime]:
        """Return, for each name, since when its content is what it is; what is not named is forgotten."""
        digests = {name: hashlib.sha256(text.encode()).hexdigest()[:_DIGITS] for name, text in contents.items()}
        try:
            with self._locked():
                self._kept = _brought_up(self._read(), digests, at)
                self._write(self._kept)
        except OSError as fault:
            _log.warning("feed_stamps_not_kept", reason=fault.strerror)
            self._kept = _brought_up(self._kept, digests, at)
        return {name: datetime.fromtimestamp(seconds, UTC) for name, (_, seconds) in self._kept.items()}

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one process of this machine at the file at a time: they would forget each other's stamps."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _read(self) -> _Kept:
        try:
            found = json.loads(self._path.read_text())
            return {str(name): (str(digest), int(seconds)) for name, (digest, seconds) in found.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, AttributeError):
            return {}  # a damaged file is as good as none

    def _write(self, kept: _Kept) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(kept))
        fresh.replace(self._path)


def _brought_up(before: _Kept, digests: Mapping[str, str], at: datetime) -> _Kept:
    now = int(at.timestamp())
    unknown = ("", 0)
    return {
        name: before[name] if before.get(name, unknown)[0] == digest else (digest, now)
        for name, digest in digests.items()
    }
