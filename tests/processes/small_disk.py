"""A file system of a few megabytes that a test may fill up or write-protect. Needs a superuser; else the test is
skipped.
"""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

_PIECES = (1 << 20, 1 << 12, 1)


@dataclass(frozen=True)
class SmallDisk:
    """A disk, mounted at `folder`."""

    folder: Path

    def free(self) -> int:
        """How many bytes it still takes."""
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    @contextmanager
    def filled(self) -> Iterator[None]:
        """Nothing more fits on it."""
        stuffing = self.folder / "stuffing"
        file = os.open(stuffing, os.O_WRONLY | os.O_CREAT)
        try:
            for size in _PIECES:
                with suppress(OSError):
                    while True:
                        os.write(file, b"\0" * size)
            yield
        finally:
            os.close(file)
            stuffing.unlink()

    @contextmanager
    def write_protected(self) -> Iterator[None]:
        """Nothing on it can be changed. Nobody may have a file open for writing when this begins."""
        mount("-o", "remount,ro", str(self.folder))
        try:
            yield
        finally:
            mount("-o", "remount,rw", str(self.folder))


@contextmanager
def small_disk(folder: Path, *, megabytes: int = 16) -> Iterator[SmallDisk]:
    """A file system in memory, mounted at a new `folder`."""
    folder.mkdir(parents=True)
    try:
        mount("-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder))
    except OSError as fault:
        pytest.skip(f"a small disk needs the right to mount one: {fault.strerror}")
    try:
        yield SmallDisk(folder)
    finally:
        # Whoever still has a file open keeps it; the name is free.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607 (the system's own command)


def mount(*arguments: str) -> None:
    """Raises OSError where it is not permitted."""
    command = ["mount", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (the system's own command)
    if done.returncode:
        raise OSError(errno.EPERM, done.stderr.strip())
