"""Dated changes by a supervisor to who is on call, and the rules by which several at one time add up.

1. One that replaces everybody: the one written last counts, the earlier ones do not.
2. One that replaces a named person follows on: A to B and B to C gives C. For the same person the one written
   last counts. A chain that comes back to somebody it has passed stops before them (A to B, B to A gives B for A).
3. One that adds puts a person beside the others.
4. One that removes takes a person away, unless one written later put them there.

Quick overrides are applied the same way on the result of the written ones, so they stand above them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from oncall import walltime
from oncall.pieces import Duty, Slot, Track, combined, layered
from oncall.source import Source


class OverrideKind(StrEnum):
    """What an override does to those on call."""

    REPLACE = "replace"
    ADD = "add"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Override:
    """A dated change to one schedule between two UTC instants, written by `author` with a `reason`.

    replace: `person` instead of `instead_of`, or instead of everybody when that is None. add: `person` as well.
    remove: `person` no longer.
    """

    schedule: str
    starts_at: datetime
    ends_at: datetime
    kind: OverrideKind
    person: str
    instead_of: str | None
    author: str
    reason: str
    source: Source

    @property
    def because(self) -> str:
        return f"override by {self.author} ({self.source})"


_Placed = tuple[Duty, int]  # a duty, and the place in the file of the override that gave it (-1: none)


def override_track(overrides: Iterable[Override]) -> list[tuple[int, int, Override]]:
    """Return the overrides in written order as pieces of time; one that ends before it starts has no effect."""
    spans = ((int(walltime.to_epoch(each.starts_at)), int(walltime.to_epoch(each.ends_at)), each) for each in overrides)
    return [piece for piece in spans if piece[0] < piece[1]]


def with_overrides(
    track: Track[Slot], overrides: Sequence[tuple[int, int, Override]], *, starts: int, ends: int
) -> Track[Slot]:
    """Return a full track with the overrides applied."""
    if not any(low < ends and high > starts for low, high, _ in overrides):
        return track
    return combined(track, layered(overrides, starts=starts, ends=ends), overridden)


def overridden(slot: Slot, overrides: tuple[Override, ...]) -> Slot:
    """Apply overrides in force at the same time, in written order, to those on call."""
    if not overrides:
        return slot
    replaced = _after_replacements(_start(slot, overrides), overrides)
    kept = _after_removals(replaced, overrides)
    if kept:
        return Slot(tuple(duty for duty, _ in kept), standby=slot.standby)
    if not replaced:
        return slot
    return _emptied({duty.person for duty, _ in replaced}, slot, overrides)


def _emptied(people: set[str], slot: Slot, overrides: tuple[Override, ...]) -> Slot:
    removals = [each for each in overrides if each.kind is OverrideKind.REMOVE and each.person in people]
    note = " and ".join(_taken_off(each) for each in removals)
    return Slot((), note, removals[-1].source, slot.standby)


def _taken_off(removal: Override) -> str:
    if removal.author != removal.person:
        return f"{removal.person} was taken off by {removal.because}"
    return f"{removal.person} took themselves off ({'; '.join(filter(None, (removal.reason, str(removal.source))))})"


def _start(slot: Slot, overrides: tuple[Override, ...]) -> list[_Placed]:
    placed: list[_Placed] = [(duty, -1) for duty in slot.duties]
    for order, each in enumerate(overrides):
        if each.kind is OverrideKind.REPLACE and each.instead_of is None:
            placed = [(_duty(each), order)]
    placed += [(_duty(each), order) for order, each in enumerate(overrides) if each.kind is OverrideKind.ADD]
    return _once(placed)


def _after_replacements(placed: list[_Placed], overrides: tuple[Override, ...]) -> list[_Placed]:
    successors = {
        each.instead_of: (each, order)
        for order, each in enumerate(overrides)
        if each.kind is OverrideKind.REPLACE and each.instead_of is not None
    }
    return _once([_followed(each, successors) for each in placed])


def _followed(placed: _Placed, successors: dict[str, tuple[Override, int]]) -> _Placed:
    passed = {placed[0].person}
    while placed[0].person in successors:
        each, order = successors[placed[0].person]
        if each.person in passed:
            break
        passed.add(each.person)
        placed = (_duty(each), order)
    return placed


def _after_removals(placed: list[_Placed], overrides: tuple[Override, ...]) -> list[_Placed]:
    removed = {each.person: order for order, each in enumerate(overrides) if each.kind is OverrideKind.REMOVE}
    return [each for each in placed if removed.get(each[0].person, -2) < each[1]]


def _once(placed: list[_Placed]) -> list[_Placed]:
    """Keep each person once, in order; the override written last is the one that counts for removals."""
    kept: dict[str, _Placed] = {}
    for duty, order in placed:
        first, known = kept.get(duty.person, (duty, order))
        kept[duty.person] = (first, max(order, known))
    return list(kept.values())


def _duty(override: Override) -> Duty:
    return Duty(override.person, override.because, override.source)
