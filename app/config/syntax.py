"""Puts the YAML parser's complaints into words for people who do not program. Knows no file and no schema."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import yaml
from yaml.reader import ReaderError


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a text; line and column count from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


class Mark(Protocol):
    """A position as either of the two parsers gives it; line and column count from 0."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Complaint:
    """What the parser could not read, where it noticed, and what to do."""

    place: Place
    message: str


@dataclass(frozen=True, slots=True)
class _Found:
    """The parser's own words: what it was doing since where, and what it met."""

    doing: str
    met: str
    opened: Place | None

    @property
    def character(self) -> str:
        found = re.search(r"'(.+?)'", self.met)
        return found.group(1) if found else ""

    def since(self) -> str:
        return f" opened at {self.opened}" if self.opened else ""


def place_of(mark: Mark | None) -> Place:
    """Turn the parser's mark into a place."""
    return Place(1, 1) if mark is None else Place(mark.line + 1, mark.column + 1)


def complaint(error: yaml.YAMLError, text: str, *, inside: Place | None) -> Complaint:
    """Say in plain words what is wrong with `text`; the place is where the parser noticed.

    `inside` is where the innermost unfinished mapping or list begins.
    """
    if isinstance(error, ReaderError):
        return _unreadable_character(error, text)
    if not isinstance(error, yaml.MarkedYAMLError):
        return Complaint(Place(1, 1), f"cannot be read as YAML: {error}")
    opened = place_of(error.context_mark) if error.context_mark else None
    if "node content" in (error.problem or ""):
        opened = inside
    found = _Found(doing=error.context or "", met=error.problem or "", opened=opened)
    # An unclosed bracket or quote is noticed at the end of the text; the person looks for where it begins.
    for pattern, word in _WORDINGS:
        if re.search(pattern, f"{found.doing} / {found.met}"):
            return Complaint(place_of(error.problem_mark), word(found))
    return Complaint(place_of(error.problem_mark), f"cannot be read as YAML: {found.met}")


def _unreadable_character(error: ReaderError, text: str) -> Complaint:
    before = text[: error.position]
    place = Place(before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1)
    code = ord(error.character) if isinstance(error.character, str) else error.character
    return Complaint(place, f"an invisible control character (U+{code:04X}) stands here: delete it")


def _bracket(opening: str, closing: str) -> Callable[[_Found], str]:
    def word(found: _Found) -> str:
        return f'expected "," or "{closing}" here: the "{opening}"{found.since()} is not closed'

    return word


def _special(found: _Found) -> str:
    return f'a text cannot begin with "{found.character}" unless it stands in quotes: write "{found.character}…"'


_WORDINGS: tuple[tuple[str, Callable[[_Found], str]], ...] = (
    (
        r"<document start>",
        lambda _: 'nothing may follow the end of the document ("..."): keep one document in a file',
    ),
    (r"flow sequence", _bracket("[", "]")),
    (r"flow mapping", _bracket("{", "}")),
    (
        r"quoted scalar / found unexpected (end of stream|document separator)",
        lambda found: f"the text in quotes{found.since()} never ends: add the closing quote",
    ),
    (
        r"unknown escape character|escape sequence of",
        lambda _: 'a backslash has a special meaning in double quotes: write "\\\\" or use single quotes',
    ),
    (
        r"mapping values are not allowed",
        lambda _: (
            'a ":" is not expected here: put a text that holds ": " in quotes,'
            " or check that the line above ends as it should and has the right indentation"
        ),
    ),
    (
        r"sequence entries are not allowed",
        lambda _: 'a list cannot begin here: put "- " on a line of its own, or put the text in quotes',
    ),
    (r"scanning a simple key", lambda _: 'this line has no ":" after its key: write "key: value"'),
    (
        r"scanning an (alias|anchor)",
        lambda _: 'a "*" or "&" must stand in quotes: write "*" for the star key',
    ),
    (
        r"but found '-'",
        lambda _: 'a list item ("- ") stands among "key: value" lines: indent it under its key',
    ),
    (
        r"block collection",
        lambda _: 'expected another list item ("- ") here: check the indentation of this line',
    ),
    (r"block mapping / .*found '}'", lambda _: 'there is a "}" too many'),
    (r"block mapping / .*found ']'", lambda _: 'there is a "]" too many'),
    (
        r"node content, but found '<stream end>'",
        lambda found: f"the file ends here, but the bracket or brace{found.since()} is not closed",
    ),
    (r"node content, but found", lambda found: f'a value is expected here, not "{found.character}"'),
    (
        r"block mapping / .*<scalar>",
        lambda _: (
            "expected a key of the same mapping here: check the indentation of this line,"
            " and that quotes enclose the whole text"
        ),
    ),
    (
        r"block mapping",
        lambda _: "the indentation does not fit: a key must begin in the same column as its neighbours",
    ),
    (r"cannot start any token", _special),
)
