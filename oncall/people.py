"""The people a call can reach: staff, their teams, ring groups and outside parties. Refuses to know time."""

from dataclasses import dataclass, field
from enum import StrEnum

from oncall.source import Source


class RingStrategy(StrEnum):
    """In which manner the members of a ring group are rung."""

    HUNT = "hunt"
    SIMULTANEOUS = "simultaneous"
    ROUND_ROBIN = "round_robin"
    LONGEST_IDLE = "longest_idle"
    RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone on the staff. `phones` are E.164, tried in order; `zone` is for showing times to them only."""

    name: str
    team: str
    phones: tuple[str, ...]
    languages: tuple[str, ...] = ("en",)
    zone: str | None = None
    source: Source = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class Team:
    """A named part of the staff."""

    name: str
    title: str
    source: Source


@dataclass(frozen=True, slots=True)
class RingGroup:
    """People rung together or in turn; `ring_seconds` is how long each phone rings.

    `ring_busy`: members are rung also while they talk on another call.
    """

    name: str
    members: tuple[str, ...]
    strategy: RingStrategy = RingStrategy.HUNT
    ring_seconds: int = 20
    ring_busy: bool = False
    source: Source = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class OutsideParty:
    """A company with a number of its own. It presses no key: once bridged, the call is answered."""

    name: str
    title: str
    number: str
    ring_seconds: int = 45
    source: Source = field(kw_only=True)
