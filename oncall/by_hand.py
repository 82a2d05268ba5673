"""The desk opened or closed by hand for a while, whatever its business hours say, and what they are taken together.

Steers callers. Clocks that run in business hours go by the calendar alone, so that no promise moves with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from oncall import walltime
from oncall.hours import BusinessHours, HoursState
from oncall.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskOverride:
    """The business hours called `hours` count as open, or as closed, between two UTC instants: `author` said so."""

    hours: str
    is_open: bool
    starts_at: datetime
    ends_at: datetime
    author: str
    reason: str
    source: Source


def override_in_force(hours: BusinessHours, by_hand: Iterable[DeskOverride], *, at: datetime) -> DeskOverride | None:
    """Return what was said of these hours by hand for the instant; the last one said counts."""
    found = [each for each in by_hand if each.hours == hours.name and each.starts_at <= at < each.ends_at]
    return found[-1] if found else None


def hours_state(hours: BusinessHours, by_hand: Iterable[DeskOverride], *, at: datetime) -> HoursState:
    """Say whether the desk is open at the instant, until when, and why; what was said by hand comes first."""
    said = override_in_force(hours, by_hand, at=at)
    calendar = hours.state(at=at)
    if said is None:
        return calendar
    after = hours.state(at=said.ends_at)
    return replace(
        calendar,
        is_open=said.is_open,
        until=after.until if after.is_open == said.is_open else said.ends_at,
        because=_because(hours, said, at),
        source=said.source,
    )


def next_open(hours: BusinessHours, by_hand: Iterable[DeskOverride], *, at: datetime) -> datetime | None:
    """Return the first UTC instant after `at` at which a closed desk opens; None within five years."""
    said = override_in_force(hours, by_hand, at=at)
    if said is None:
        return hours.next_open(at=at)
    return said.ends_at if hours.is_open(at=said.ends_at) else hours.next_open(at=said.ends_at)


def _because(hours: BusinessHours, said: DeskOverride, at: datetime) -> str:
    ends, now = (walltime.local_time(each, zone=hours.zone) for each in (said.ends_at, at))
    day = "" if ends.date() == now.date() else f"{ends:%a} "
    word = "opened" if said.is_open else "closed"
    return f"{word} by hand until {day}{ends:%H:%M} by {said.author}: {said.reason} ({said.source})"
