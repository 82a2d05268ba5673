"""Whom a page goes to: one step of the policy after another, and everybody when nobody is on call. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Final

from oncall import Attempt, Override, Person, Roster, TargetKind

DEFAULT_EVERY_SECONDS: Final = 300
_RING_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class Rung:
    """The phones of one page. `unowned` says in plain English why nobody may come of it; None on the first way up."""

    phones: tuple[Attempt, ...]
    unowned: str | None


def rung(roster: Roster, page: int, *, at: datetime, quick: tuple[Override, ...]) -> Rung:
    """The phones of a page, counted from 1; `at` is when it goes out."""
    name = policy_in_force(roster, at=at)
    if name is None:
        because = "there is no escalation policy"
        return Rung(_everybody(roster, set(roster.people), because), because)
    if _is_uncovered(roster, name, at=at, quick=quick):
        because = f"nobody is on call in any schedule of escalation policy {name}"
        return Rung(_everybody(roster, _named_in(roster, name), because), because)
    steps = steps_of(roster, name, at=at, quick=quick)
    if not steps:
        because = f"escalation policy {name} names nobody who can be rung"
        return Rung(_everybody(roster, set(roster.people), because), because)
    climbed, step = divmod(page - 1, len(steps))
    again = f"escalation policy {name} was climbed {climbed} times" if climbed and step == 0 else None
    return Rung(steps[step], again)


def every_seconds(roster: Roster) -> int:
    """Seconds from one page to the next."""
    return DEFAULT_EVERY_SECONDS if roster.paging is None else roster.paging.every_seconds


def on_duty(roster: Roster, *, at: datetime, quick: tuple[Override, ...]) -> tuple[Person, ...]:
    """The people on call in the first schedule; the first rung of the pages when there is none or it has a gap."""
    schedule = next(iter(roster.schedules), None)
    coverage = roster.who_is_on(schedule, at=at, quick=quick).people if schedule else ()
    names = [duty.person for duty in coverage] or [each.person for each in rung(roster, 1, at=at, quick=quick).phones]
    return tuple(roster.people[name] for name in dict.fromkeys(names) if roster.people[name].phones)


def policy_in_force(roster: Roster, *, at: datetime) -> str | None:
    """The policy whose steps are paged at an instant."""
    paging = roster.paging
    if paging is None:
        return next(iter(roster.policies), None)
    hours = next(iter(roster.hours.values()), None)
    is_open = hours is not None and hours.is_open(at=at)
    return paging.while_open if is_open and paging.while_open else paging.policy


def _is_uncovered(roster: Roster, policy: str, *, at: datetime, quick: tuple[Override, ...]) -> bool:
    """Whether the policy relies on schedules, and none of them has anybody."""
    schedules = [step.name for step in roster.policies[policy].steps if step.target is TargetKind.SCHEDULE]
    return bool(schedules) and not any(roster.who_is_on(name, at=at, quick=quick).people for name in schedules)


def steps_of(roster: Roster, policy: str, *, at: datetime, quick: tuple[Override, ...]) -> list[tuple[Attempt, ...]]:
    """The phones of each step of a policy that has any, as it is climbed for the first time at `at`."""
    plan = roster.policy_plan(policy, at=at, quick=quick)
    return [tuple(phones) for _, phones in groupby(_first_round(plan.attempts), key=attrgetter("step"))]


def _first_round(attempts: tuple[Attempt, ...]) -> Iterator[Attempt]:
    seen: set[tuple[str, str]] = set()
    for attempt in attempts:
        if (attempt.person, attempt.number) in seen:
            return
        seen.add((attempt.person, attempt.number))
        yield attempt


def _named_in(roster: Roster, policy: str) -> set[str]:
    names: set[str] = set()
    for step in roster.policies[policy].steps:
        match step.target:
            case TargetKind.PERSON:
                names.add(step.name)
            case TargetKind.RING_GROUP:
                names.update(roster.ring_groups[step.name].members)
            case TargetKind.SCHEDULE:
                names.update(roster.schedules[step.name].people())
    return names


def _everybody(roster: Roster, names: set[str], because: str) -> tuple[Attempt, ...]:
    return tuple(
        Attempt(person.name, person.team, number, _RING_SECONDS, 1, f"everybody is paged: {because}", person.source)
        for person in roster.people.values()
        if person.name in names
        for number in person.phones
    )
