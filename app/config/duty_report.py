"""Collects what is wrong in one file of schedules/ while it is turned into duty. Knows no rule of duty."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from app.config.duty_models import (
    EscalationFile,
    HoursFile,
    OnCallFile,
    StaffFile,
)
from app.config.problems import ConfigError, Problem, did_you_mean
from app.config.source import Document, Path
from app.config.validation import dotted, validate
from oncall import Source

FileT = TypeVar("FileT", StaffFile, HoursFile, OnCallFile, EscalationFile)


@dataclass(slots=True)
class Page(Generic[FileT]):
    """One file: its text with places, its contents when its form is right, and what is wrong with it."""

    document: Document
    content: FileT | None
    problems: list[Problem] = field(default_factory=list)

    def source(self, *path: str | int) -> Source:
        """Return where the part at the path was written."""
        return self.document.source(path)

    def fault(self, path: Path, message: str) -> None:
        """Note a fault at the place of the path."""
        self.problems.append(self.document.problem(path, f"{dotted(path)}: {message}"))

    def must_exist(self, path: Path, name: str | None, kind: str, known: Iterable[str]) -> bool:
        """Note a fault unless the name is one of the known; a name that was not written is none."""
        candidates = set(known)
        if name is None or name in candidates:
            return name is not None
        self.fault(path, f'there is no {kind} "{name}"{did_you_mean(name, candidates)}')
        return False

    def names(self, key: str) -> frozenset[str]:
        """Return the names defined under a key of the file, in order or not."""
        found = self.document.tree.get(key)
        return frozenset(found) if isinstance(found, dict) else frozenset()


def read_page(document: Document, model: type[FileT]) -> Page[FileT]:
    """Return the file held against its model; faults of form are in its problems."""
    try:
        return Page(document, validate(document, model))
    except ConfigError as error:
        return Page(document, None, list(error.problems))
