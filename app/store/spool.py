"""A local file for what could not be stored: appended to and flushed to the disk, replayed in order later.

One record a line: length, checksum, JSON. A line that a crash cut short is set aside and reported; those around
it are good. Knows no database, and not what a fact means for a call.
"""

import fcntl
import json
import logging
import os
from binascii import crc32
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from app.cdr.derive import opened
from app.cdr.records import CallRecord
from app.flow.messages import Fact, FactKind
from app.store.outage import StoreUnavailable
from app.store.rows import compact_json, fact_row, source_of
from oncall import Priority

Write = Callable[[int, bytes], int]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is needed to open a call that the database never saw."""

    line: str
    caller: str
    dialled: str
    started_at: datetime
    revision: str
    priority: Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolEntry:
    """One turn that was answered, or one fact that was told, while the database could not be reached."""

    call_sid: str
    turn: int
    facts: tuple[Fact, ...]
    reply: str | None = None
    opened_by: Opening | None = None

    @classmethod
    def of(
        cls, *, call_sid: str, turn: int, facts: Sequence[Fact], opening: CallRecord | None, reply: str | None
    ) -> Self:
        """An entry; `opening` is the record the call would have begun with, when we know enough to begin one."""
        return cls(
            call_sid=call_sid,
            turn=turn,
            facts=tuple(facts),
            reply=reply,
            opened_by=None if opening is None else _opening_of(opening),
        )

    @property
    def revision(self) -> str:
        """The revision of the configuration the call began with; empty when not known."""
        return "" if self.opened_by is None else self.opened_by.revision

    def opening(self) -> CallRecord | None:
        """The record to open the call with, its ticket not yet numbered; None when we do not know enough."""
        begun = self.opened_by
        if begun is None:
            return None
        return opened(
            call_sid=self.call_sid,
            line=begun.line,
            caller=begun.caller,
            dialled=begun.dialled,
            at=begun.started_at,
            revision=begun.revision,
            priority=begun.priority,
        )


class Spool:
    """The file at `path`. Any number of processes may append; one at a time replays.

    Methods raise OSError when the disk itself fails. `write` writes to an open file, and says how many bytes it took.
    """

    def __init__(self, path: Path, *, write: Write = os.write) -> None:
        self._path = path
        self._write = write
        self._taken = path.with_name(path.name + ".taken")
        self._corrupt = path.with_name(path.name + ".corrupt")
        self._replaying = path.with_name(path.name + ".lock")

    def append(self, entry: SpoolEntry) -> None:
        """Add an entry; it is on the disk when this returns, and if this raises it left nothing behind."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if _appended(self._path, _line_of(entry), self._write):
            _flush_folder(self._path.parent)

    def size(self) -> int:
        """How many bytes wait to be stored."""
        return sum(_size_of(path) for path in (self._taken, self._path))

    def set_aside(self) -> int:
        """How many bytes were damaged and set aside, for a person to look at."""
        return _size_of(self._corrupt)

    def read(self) -> Iterator[SpoolEntry]:
        """All whole entries, oldest first, changing nothing."""
        for path in (self._taken, self._path):
            for line in _lines(path):
                if (entry := _entry_of(line)) is not None:
                    yield entry

    def replay(self, store: Callable[[SpoolEntry], bool]) -> int:
        """Hand each entry to `store`, oldest first; returns how many it stored.

        Where it gives False the entry stays for another time, and so does one at which it raises by a mistake of ours:
        that keeps none of the others. Where it raises StoreUnavailable, that entry and those behind it stay, and it is
        passed on. Killed in the middle, all stay: an entry may be handed over twice. Does nothing while another process
        replays.
        """
        if not self.size():
            return 0
        with _lock_if_free(self._replaying) as ours:
            if not ours:
                return 0
            self._take()
            return self._replay_taken(store)

    def _take(self) -> None:
        """Move what was written out of the way of writers, behind what an earlier replay left."""
        if not _size_of(self._path):
            return
        with _locked_for_append(self._path):
            if self._taken.exists():
                # Cut off between the two steps, entries are there twice, which does no harm.
                self._put_behind(self._path.read_bytes())
                self._path.unlink()
            else:
                self._path.rename(self._taken)
        _flush_folder(self._path.parent)

    def _put_behind(self, lines: bytes) -> None:
        _appended(self._taken, lines, self._write)

    def _replay_taken(self, store: Callable[[SpoolEntry], bool]) -> int:
        stored = 0
        waiting: list[bytes] = []
        damaged: list[bytes] = []
        outage: StoreUnavailable | None = None
        for line in _lines(self._taken):
            if outage is not None:  # nothing behind it is stored now: it is looked at another time
                waiting.append(line)
                continue
            entry = _entry_of(line)
            if entry is None:
                damaged.append(line)
                continue
            try:
                is_stored = _is_stored(entry, store)
            except StoreUnavailable as fault:
                outage, is_stored = fault, False
            stored += is_stored
            if not is_stored:
                waiting.append(line)
        if damaged:
            self._set_aside(damaged)
        if stored or damaged:
            self._keep_only(waiting)
        if outage is not None:
            raise outage
        return stored

    def _set_aside(self, lines: Sequence[bytes]) -> None:
        whole = b"".join(line if line.endswith(b"\n") else line + b"\n" for line in lines)
        _appended(self._corrupt, whole, self._write)
        # No content: it may hold a caller's number.
        _log.error("%d damaged entries of the spool were set aside in %s", len(lines), self._corrupt.name)

    def _keep_only(self, lines: Sequence[bytes]) -> None:
        if not lines:
            self._taken.unlink(missing_ok=True)
            return
        draft = self._taken.with_name(self._taken.name + ".draft")
        with _locked_for_append(draft) as file:
            os.ftruncate(file, 0)
            _write_all(file, b"".join(lines), self._write)
            os.fsync(file)
        draft.replace(self._taken)
        _flush_folder(self._taken.parent)


def _is_stored(entry: SpoolEntry, store: Callable[[SpoolEntry], bool]) -> bool:
    try:
        return store(entry)
    except StoreUnavailable:
        raise
    except Exception:  # noqa: BLE001 - one entry must not keep the others; it is logged, and stays
        # No content: it may hold a caller's number.
        _log.exception("an entry of the spool for call %s cannot be stored yet", entry.call_sid)
        return False


def fact_to_json(fact: Fact) -> dict[str, Any]:
    """A fact as JSON can hold it."""
    return {**fact_row(fact), "at": fact.at.isoformat()}


def fact_from_json(data: Mapping[str, Any]) -> Fact:
    """What `fact_to_json` was given. Raises KeyError, TypeError or ValueError for anything else."""
    return Fact(
        kind=FactKind(data["kind"]),
        key=data["key"],
        at=datetime.fromisoformat(data["at"]),
        because=data["because"],
        source=source_of(data["source"]),
        detail=dict(data["detail"]),
    )


def _opening_of(record: CallRecord) -> Opening:
    call = record.call
    return Opening(
        line=call.line,
        caller=call.caller,
        dialled=call.dialled,
        started_at=call.started_at,
        revision=call.config_revision,
        priority=call.priority,
    )


def _line_of(entry: SpoolEntry) -> bytes:
    begun = entry.opened_by
    data = {
        "call_sid": entry.call_sid,
        "turn": entry.turn,
        "facts": [fact_to_json(fact) for fact in entry.facts],
        "reply": entry.reply,
        "opening": None
        if begun is None
        else {
            "line": begun.line,
            "caller": begun.caller,
            "dialled": begun.dialled,
            "started_at": begun.started_at.isoformat(),
            "revision": begun.revision,
            "priority": begun.priority,
        },
    }
    text = compact_json(data).encode("ascii")
    return b"%08x %08x %s\n" % (len(text), crc32(text), text)


def _entry_of(line: bytes) -> SpoolEntry | None:
    """The entry on a line; None when the line is not as it was written."""
    head, text = line[:18], line[18:-1]
    if not line.endswith(b"\n") or head != b"%08x %08x " % (len(text), crc32(text)):
        return None
    try:
        data = json.loads(text)
        begun = data["opening"]
        return SpoolEntry(
            call_sid=data["call_sid"],
            turn=data["turn"],
            facts=tuple(fact_from_json(fact) for fact in data["facts"]),
            reply=data["reply"],
            opened_by=None if begun is None else _opening_from(begun),
        )
    except (ValueError, KeyError, TypeError):  # whole, but of a version we do not know
        return None


def _opening_from(data: Mapping[str, Any]) -> Opening:
    started_at = datetime.fromisoformat(data["started_at"])
    return Opening(**{**data, "started_at": started_at, "priority": Priority(data["priority"])})


def _appended(path: Path, lines: bytes, write: Write) -> bool:
    """Add whole lines, on the disk when this returns; if it raises it left nothing behind. Whether the file was empty.

    A crash may have left half a line at the end: that is ended first, so that it spoils nothing but itself.
    """
    with _locked_for_append(path) as file:
        begins_at = os.lseek(file, 0, os.SEEK_END)
        is_whole = begins_at == 0 or os.pread(file, 1, begins_at - 1) == b"\n"
        try:
            _write_all(file, lines if is_whole else b"\n" + lines, write)
            os.fsync(file)
        except OSError:
            os.ftruncate(file, begins_at)
            raise
    return begins_at == 0


@contextmanager
def _locked_for_append(path: Path) -> Iterator[int]:
    """The file open for appending and locked: the one that bears the name now, not one just moved away."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_still(path, file):
                yield file
                return
        finally:
            os.close(file)


def _is_still(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False


@contextmanager
def _lock_if_free(path: Path) -> Iterator[bool]:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(file)


def _lines(path: Path) -> Iterator[bytes]:
    with suppress(FileNotFoundError), path.open("rb") as file:
        yield from file


def _write_all(file: int, data: bytes, write: Write) -> None:
    while data:
        data = data[write(file, data) :]


def _flush_folder(folder: Path) -> None:
    """Make a new or changed name in the folder survive a power cut."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
