"""The answers a schedule gives: coverage of an instant, shifts, gaps and doubles. Knows no way to find them."""

from dataclasses import dataclass
from datetime import datetime

from oncall.pieces import Duty
from oncall.source import Source


@dataclass(frozen=True, slots=True)
class Coverage:
    """Who is on call at an instant, until which UTC instant that stays so, and why.

    No people is a gap, and `because` says how it came about. `until` is None when no change is foreseeable.
    """

    people: tuple[Duty, ...]
    until: datetime | None
    because: str
    source: Source | None


@dataclass(frozen=True, slots=True)
class Shift:
    """One person's span on call in one schedule, from one UTC instant up to another."""

    schedule: str
    person: str
    starts_at: datetime
    ends_at: datetime
    because: str
    source: Source


@dataclass(frozen=True, slots=True)
class Gap:
    """A span in which a schedule has nobody, and the reason."""

    schedule: str
    starts_at: datetime
    ends_at: datetime
    because: str
    source: Source | None


@dataclass(frozen=True, slots=True)
class Double:
    """A span in which a schedule has several people at once."""

    schedule: str
    starts_at: datetime
    ends_at: datetime
    people: tuple[Duty, ...]
