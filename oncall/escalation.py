"""Whom to ring, one phone after another: the attempts of an escalation policy or a ring group at an instant.

It asks who is on call and never decides it; what an unanswered phone leads to is the caller's flow.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from oncall.answers import Coverage
from oncall.people import Person, RingGroup
from oncall.source import Source


class TargetKind(StrEnum):
    """What a step of an escalation policy names."""

    PERSON = "person"
    RING_GROUP = "ring_group"
    SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """One rung: a person, ring group or schedule, and how long each of their phones rings."""

    target: TargetKind
    name: str
    ring_seconds: int
    source: Source


@dataclass(frozen=True, slots=True)
class EscalationPolicy:
    """Steps to climb in order, `rounds` times over, for `max_wait_seconds` at most (None: no limit)."""

    name: str
    steps: tuple[EscalationStep, ...]
    rounds: int
    max_wait_seconds: int | None
    source: Source


@dataclass(frozen=True, slots=True)
class Attempt:
    """One phone to ring for `ring_seconds`, and the rule that named it. `step` counts from 1."""

    person: str
    team: str
    number: str
    ring_seconds: int
    step: int
    because: str
    source: Source


@dataclass(frozen=True, slots=True)
class Skipped:
    """Somebody or something that is not rung, and why."""

    name: str
    step: int
    because: str
    source: Source


@dataclass(frozen=True, slots=True)
class Plan:
    """The attempts in order, and who was left out."""

    attempts: tuple[Attempt, ...]
    skipped: tuple[Skipped, ...]
    max_wait_seconds: int | None


@dataclass(frozen=True, slots=True)
class _Call:
    """One person a step names, and why."""

    person: str
    because: str
    source: Source


@dataclass(frozen=True, slots=True)
class Climb:
    """What a plan is made from: people, ring groups, and who is on call in a schedule by name."""

    people: Mapping[str, Person]
    ring_groups: Mapping[str, RingGroup]
    on_call: Callable[[str], Coverage]


@dataclass(slots=True)
class _Draft:
    attempts: list[Attempt] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def policy_plan(policy: EscalationPolicy, climb: Climb) -> Plan:
    """Return every phone the policy rings, in order; within one round each person is rung once."""
    draft = _Draft()
    for lap in range(policy.rounds):
        tried: set[str] = set()
        for number, step in enumerate(policy.steps, start=1):
            again = f", round {lap + 1}" if lap else ""
            where = f"step {number} of escalation policy {policy.name}{again}"
            _climb_step(draft, step, climb=climb, number=number, where=where, tried=tried)
    return Plan(tuple(draft.attempts), tuple(draft.skipped), policy.max_wait_seconds)


def ring_group_plan(group: RingGroup, people: Mapping[str, Person]) -> Plan:
    """Return the phones of the group's members, in the order they are listed."""
    draft, tried = _Draft(), set[str]()
    for member in group.members:
        call = _Call(member, f"member of ring group {group.name}", group.source)
        _ring(draft, call, people[member], step=1, ring_seconds=group.ring_seconds, tried=tried)
    return Plan(tuple(draft.attempts), tuple(draft.skipped), None)


def _climb_step(draft: _Draft, step: EscalationStep, *, climb: Climb, number: int, where: str, tried: set[str]) -> None:
    calls, missing = _called(step, climb)
    if missing:
        source = missing[1] or step.source
        draft.skipped.append(Skipped(step.name, number, f"{where}: {missing[0]}", source))
    for call in calls:
        reasoned = _Call(call.person, f"{where}: {call.because}", call.source)
        person = climb.people[call.person]
        _ring(draft, reasoned, person, step=number, ring_seconds=step.ring_seconds, tried=tried)


def _called(step: EscalationStep, climb: Climb) -> tuple[Iterable[_Call], tuple[str, Source | None] | None]:
    """Return whom the step names now, or why it names nobody and where that was decided."""
    match step.target:
        case TargetKind.PERSON:
            return [_Call(step.name, "named there", step.source)], None
        case TargetKind.RING_GROUP:
            return list(_members(climb.ring_groups[step.name])), None
        case TargetKind.SCHEDULE:
            coverage = climb.on_call(step.name)
            calls = [_Call(duty.person, duty.because, duty.source) for duty in coverage.people]
            return calls, None if calls else (coverage.because, coverage.source)


def _members(group: RingGroup) -> Iterator[_Call]:
    for member in group.members:
        yield _Call(member, f"member of ring group {group.name}", group.source)


def _ring(draft: _Draft, call: _Call, person: Person, *, step: int, ring_seconds: int, tried: set[str]) -> None:
    if call.person in tried:
        because = f"{call.because}, but already tried in this round"
        draft.skipped.append(Skipped(call.person, step, because, call.source))
        return
    tried.add(call.person)
    if not person.phones:
        because = f"{call.because}, but {call.person} has no phone number ({person.source})"
        draft.skipped.append(Skipped(call.person, step, because, person.source))
    for number in person.phones:
        draft.attempts.append(Attempt(call.person, person.team, number, ring_seconds, step, call.because, call.source))
