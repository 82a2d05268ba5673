"""A difference in plain English as a page shows it: headings, changes, and the reason and place of each."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a line is."""

    NOTE = "note"
    HEADING = "heading"
    CHANGE = "change"
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class Block:
    """One line."""

    kind: Kind
    words: str


_CHANGE, _REASON = 2, 6


def blocks(text: str) -> tuple[Block, ...]:
    """The lines of a difference. An empty line comes before each heading."""
    found: list[Block] = []
    after_gap = False
    for line in text.splitlines():
        words = line.strip()
        if words:
            found.append(Block(_kind(line, after_gap=after_gap), words))
        after_gap = not words
    return tuple(found)


def changes_in(text: str) -> int:
    """How many changes a difference tells."""
    return sum(each.kind is Kind.CHANGE for each in blocks(text))


def _kind(line: str, *, after_gap: bool) -> Kind:
    indented = len(line) - len(line.lstrip())
    if indented >= _REASON:
        return Kind.REASON
    if indented >= _CHANGE:
        return Kind.CHANGE
    return Kind.HEADING if after_gap else Kind.NOTE
