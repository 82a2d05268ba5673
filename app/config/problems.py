"""What is wrong with a configuration, said so that the person who wrote it can put it right."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

_LISTED = 10  # more than that is no help to read


class Severity(StrEnum):
    """An error refuses the whole configuration; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault at one place. `file` is relative to the configuration folder; line and column count from 1."""

    file: str
    line: int
    column: int
    message: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        mark = "warning: " if self.severity is Severity.WARNING else ""
        return f"{self.file}:{self.line}:{self.column}: {mark}{self.message}"


class ConfigError(Exception):
    """A configuration that cannot be used. Carries every problem found in it, in reading order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate most likely meant by a mistyped name, or None when nothing is near."""
    by_folded = {candidate.casefold(): candidate for candidate in sorted(candidates)}
    near = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[near[0]] if near else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """Return how to end a message about an unknown name: a guess, else what there is unless that is long.

    `; did you mean "billing"?` or `; there are: billing, desk`.
    """
    known = sorted(set(candidates))
    near = closest(name, known)
    if near is not None:
        return f'; did you mean "{near}"?'
    if not 0 < len(known) <= _LISTED:
        return ""
    return f"; there {'is' if len(known) == 1 else 'are'}: {', '.join(known)}"
