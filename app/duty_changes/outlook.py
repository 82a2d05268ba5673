"""What a change of quick overrides does to the final schedules: who would be on call instead of whom. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from oncall import Override, Roster


@dataclass(frozen=True, slots=True)
class Stretch:
    """A span (UTC, half-open) in which the same people are on call, by name; nobody is a gap."""

    starts_at: datetime
    ends_at: datetime
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A span (UTC, half-open) of a schedule in which others are on call than before."""

    schedule: str
    starts_at: datetime
    ends_at: datetime
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def opens_gap(self) -> bool:
        """Whether somebody was on call and nobody would be."""
        return bool(self.before) and not self.after


def stretches(
    roster: Roster, schedule: str, *, starts_at: datetime, ends_at: datetime, quick: tuple[Override, ...]
) -> tuple[Stretch, ...]:
    """Return the whole span in order of time, each stretch as long as its people stay the same."""
    shifts = roster.shifts(schedule, after=starts_at, until=ends_at, quick=quick)
    edges = {at for each in shifts for at in (each.starts_at, each.ends_at) if starts_at < at < ends_at}
    found: list[Stretch] = []
    for begins, ends in pairwise(sorted({starts_at, ends_at} | edges)):
        people = {each.person for each in shifts if each.starts_at <= begins and ends <= each.ends_at}
        names = tuple(sorted(people))
        if found and found[-1].people == names:
            found[-1] = Stretch(found[-1].starts_at, ends, names)
        else:
            found.append(Stretch(begins, ends, names))
    return tuple(found)


def changes(
    roster: Roster,
    before: tuple[Override, ...],
    after: tuple[Override, ...],
    *,
    starts_at: datetime,
    ends_at: datetime,
) -> tuple[Change, ...]:
    """Return every difference within the span, in any schedule: one may change because of another."""
    span = {"starts_at": starts_at, "ends_at": ends_at}
    found: list[Change] = []
    for name in roster.schedules:
        old = stretches(roster, name, **span, quick=before)
        new = stretches(roster, name, **span, quick=after)
        found += _differing(name, old, new)
    return tuple(sorted(found, key=lambda each: each.starts_at))


def opened_gaps(found: Iterable[Change]) -> tuple[Change, ...]:
    """Return the changes after which nobody would be on call where somebody was."""
    return tuple(each for each in found if each.opens_gap)


def _differing(schedule: str, old: Sequence[Stretch], new: Sequence[Stretch]) -> list[Change]:
    edges = sorted({at for each in (*old, *new) for at in (each.starts_at, each.ends_at)})
    found: list[Change] = []
    for begins, ends in pairwise(edges):
        was, will = _at(old, begins), _at(new, begins)
        if was == will:
            continue
        last = found[-1] if found else None
        if last and (last.ends_at, last.before, last.after) == (begins, was, will):
            found[-1] = Change(schedule, last.starts_at, ends, was, will)
        else:
            found.append(Change(schedule, begins, ends, was, will))
    return found


def _at(track: Sequence[Stretch], at: datetime) -> tuple[str, ...]:
    return next(each.people for each in track if each.starts_at <= at < each.ends_at)
