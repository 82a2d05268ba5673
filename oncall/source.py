"""Where a person wrote a rule, and the error for rules that cannot be. Knows nothing of files or YAML."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """The file and line a rule was written on, so that every ring can be traced to it."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class InvalidRoster(ValueError):  # noqa: N818 - the name the house rules give it
    """A rule of duty that cannot be followed, in words a person can act on."""
