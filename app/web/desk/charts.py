"""Sums behind drawings: columns, lines, parts of a whole and a heat map. No markup, and no idea what is drawn.

Across is told in hundredths of the width, so that a drawing fits any screen; up and down in pixels.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

HEIGHT: Final = 160
HOTTEST: Final = 5
_MOST_TICKS: Final = 4
_MOST_LABELS: Final = 6
_GAP: Final = 0.2
_EDGE: Final = 6


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across with its value."""

    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Label:
    """Words below the axis, and to which side of `x` they stand."""

    x: float
    words: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a column."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """One column, from left to right; `words` say all of it."""

    x: float
    width: float
    segments: tuple[Segment, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns on one scale, which begins at zero."""

    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    labels: tuple[Label, ...]
    height: int = HEIGHT


@dataclass(frozen=True, slots=True)
class Point:
    """A value where there is one."""

    x: float
    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Stroke:
    """A straight line from one value to the next."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Line:
    """Values from 0 to 1; where one is missing, the line is broken."""

    points: tuple[Point, ...]
    strokes: tuple[Stroke, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a whole: where it begins and how wide it is, in hundredths."""

    kind: str
    start: float
    width: float
    number: int


def columns(series: Mapping[str, Sequence[int]], labels: Sequence[str], words: Sequence[str]) -> Columns:
    """Stacked columns: `series` holds, by kind and from the bottom up, a number for each column."""
    stacks = list(zip(*series.values(), strict=True)) if series else []
    top, step = _scale(max(map(sum, stacks), default=0))
    width = 100 / max(len(stacks), 1)
    drawn = tuple(
        Column(
            round((place + _GAP / 2) * width, 3),
            round(width * (1 - _GAP), 3),
            tuple(_stacked(tuple(series), stack, top)),
            words[place],
        )
        for place, stack in enumerate(stacks)
    )
    ticks = tuple(Tick(_up(value / top), f"{value:,}") for value in range(0, top + 1, step))
    return Columns(drawn, ticks, _labels(labels))


def line(values: Sequence[float | None], words: Sequence[str]) -> Line:
    """A line over as many places as there are values, each in the middle of its place."""
    width = 100 / max(len(values), 1)
    places = [
        None if value is None else Point(round((place + 0.5) * width, 3), _up(value), words[place])
        for place, value in enumerate(values)
    ]
    strokes = (Stroke(one.x, one.y, other.x, other.y) for one, other in pairwise(places) if one and other)
    return Line(tuple(filter(None, places)), tuple(strokes))


def percent_ticks() -> tuple[Tick, ...]:
    """Lines across for values from 0 to 1."""
    return tuple(Tick(_up(quarter / 4), f"{quarter * 25}%") for quarter in range(5))


def parts(numbers: Mapping[str, int]) -> tuple[Part, ...]:
    """The parts of a whole, side by side, without those that are nothing."""
    whole = sum(numbers.values())
    return tuple(_parts(numbers, whole)) if whole else ()


def warmth(rows: Sequence[Sequence[float]]) -> tuple[tuple[int, ...], ...]:
    """How warm each cell is, from 0 for nothing to HOTTEST for the most there is."""
    most = max((number for row in rows for number in row), default=0)
    return tuple(tuple(_warm(number, most) for number in row) for row in rows)


def _warm(number: float, most: float) -> int:
    return 0 if number <= 0 else min(HOTTEST, int(number / most * HOTTEST * 0.999) + 1)


def _parts(numbers: Mapping[str, int], whole: int) -> Iterator[Part]:
    before = 0
    for kind, number in numbers.items():
        if number:
            yield Part(kind, round(before / whole * 100, 2), round(number / whole * 100, 2), number)
        before += number


def _stacked(kinds: Sequence[str], stack: Sequence[int], top: int) -> Iterator[Segment]:
    below = 0
    for kind, number in zip(kinds, stack, strict=True):
        if number:
            y = _up((below + number) / top)
            yield Segment(kind, y, round(_up(below / top) - y, 2))
        below += number


def _up(part: float) -> float:
    return round((1 - part) * HEIGHT, 2)


def _scale(most: int) -> tuple[int, int]:
    """A round number not below `most`, and the step of the lines up to it."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor * _MOST_TICKS >= max(most, 1):
                found = step * factor
                return -(-max(most, 1) // found) * found, found
        step *= 10


def _labels(labels: Sequence[str]) -> tuple[Label, ...]:
    every = -(-len(labels) // _MOST_LABELS) if labels else 1
    width = 100 / max(len(labels), 1)
    chosen = ((round((place + 0.5) * width, 3), labels[place]) for place in range(0, len(labels), every))
    return tuple(Label(x, words, _anchor(x)) for x, words in chosen)


def _anchor(x: float) -> str:
    if x < _EDGE:
        return "start"
    return "end" if x > 100 - _EDGE else "middle"
