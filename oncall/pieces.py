"""Stretches of time and who has them: laying one over another, cutting, joining. Knows no rule of duty.

A track is a list of pieces (starts, ends, slot) in whole seconds since 1970, in order and without overlap. A
full track also has no holes between its first and last second.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias, TypeVar

from oncall.source import Source

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Duty:
    """Why a person is on call: the layer or override, with the place it was written.

    `turn` is the number of the turn in the layer's rotation, None for a duty that an override gives.
    """

    person: str
    because: str
    source: Source
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """Who has a piece of time; with nobody, `note` says why. `standby` would follow in order, for a backup."""

    duties: tuple[Duty, ...]
    note: str = ""
    source: Source | None = None
    standby: tuple[Duty, ...] = field(default=(), compare=False)


Track: TypeAlias = list[tuple[int, int, T]]


def filled(track: Iterable[tuple[int, int, T]], empty: T, *, starts: int, ends: int) -> Track[T]:
    """Return the part of the track between two seconds as a full track, `empty` in its holes."""
    full: Track[T] = []
    done = starts
    for begins, finishes, value in track:
        low, high = max(begins, done), min(finishes, ends)
        if low >= high:
            continue
        if low > done:
            full.append((done, low, empty))
        full.append((low, high, value))
        done = high
    if done < ends:
        full.append((done, ends, empty))
    return full


def combined(lower: Track[A], upper: Track[B], choose: Callable[[A, B], T]) -> Track[T]:
    """Walk two full tracks of the same span together and let `choose` decide each common piece."""
    result: Track[T] = []
    if not lower or not upper:
        return result
    one, other = iter(lower), iter(upper)
    done, low_ends, low = next(one)
    _, high_ends, high = next(other)
    while True:
        ends = min(low_ends, high_ends)
        if ends > done:
            result.append((done, ends, choose(low, high)))
            done = ends
        try:
            if low_ends == ends:
                _, low_ends, low = next(one)
            if high_ends == ends:
                _, high_ends, high = next(other)
        except StopIteration:
            return result


def joined(track: Iterable[tuple[int, int, T]]) -> Track[T]:
    """Return the track with touching pieces of equal value made one."""
    result: Track[T] = []
    for starts, ends, value in track:
        if result and result[-1][1] == starts and (result[-1][2] is value or result[-1][2] == value):
            result[-1] = (result[-1][0], ends, value)
        else:
            result.append((starts, ends, value))
    return result


def clipped(track: Track[T], spans: Sequence[tuple[int, int]]) -> Track[T]:
    """Return the parts of the track that lie within the spans, which are in order and do not overlap."""
    result: Track[T] = []
    index = 0
    for starts, ends, value in track:
        while index < len(spans) and spans[index][1] <= starts:
            index += 1
        at = index
        while at < len(spans) and spans[at][0] < ends:
            low, high = max(starts, spans[at][0]), min(ends, spans[at][1])
            if low < high:
                result.append((low, high, value))
            at += 1
    return result


def layered(track: Sequence[tuple[int, int, T]], *, starts: int, ends: int) -> Track[tuple[T, ...]]:
    """Return a full track of all values in force at a time, in the given order, for pieces that may overlap."""
    near = [piece for piece in track if piece[0] < ends and piece[1] > starts]
    cuts = {starts, ends}
    cuts.update(cut for begins, finishes, _ in near for cut in (begins, finishes) if starts < cut < ends)
    marks = sorted(cuts)
    return [
        (low, high, tuple(value for begins, finishes, value in near if begins <= low and high <= finishes))
        for low, high in pairwise(marks)
    ]
