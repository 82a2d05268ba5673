"""Whom to ring, one phone after another: the attempts of an escalation policy or a ring group at an instant.

It asks who is on call and never decides it; what an unanswered phone leads to is the caller's flow.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from oncall.answers import Coverage
from oncall.people import Person, RingGroup, RingStrategy
from oncall.source import Source
from oncall.staff_state import StaffState


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
class Paging:
    """How people are told of an emergency until one of them accepts it: the steps of `policy`, one at a time.

    `while_open` is the policy instead while the desk is open (None: the same). The first page goes out after
    `first_after_seconds`, or at once when nobody is rung any more; the next one every `every_seconds`.
    """

    policy: str
    while_open: str | None
    first_after_seconds: int
    every_seconds: int
    source: Source


@dataclass(frozen=True, slots=True)
class Attempt:
    """One phone to ring for `ring_seconds`, and the rule that named it. `step` counts from 1.

    Attempts of one `batch` above 0 stand next to each other and are meant to ring at once. `even_if_busy`: also
    while the person is talking on another call.
    """

    person: str
    team: str
    number: str
    ring_seconds: int
    step: int
    because: str
    source: Source
    batch: int = 0
    even_if_busy: bool = False


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
    """One person a step names, why, and in which manner."""

    person: str
    because: str
    source: Source
    together: bool = False
    even_if_busy: bool = False

    def reasoned(self, where: str) -> "_Call":
        """The same with where it is decided."""
        return _Call(self.person, f"{where}: {self.because}", self.source, self.together, self.even_if_busy)


@dataclass(frozen=True, slots=True)
class Climb:
    """What a plan is made from: people, ring groups, and who is on call in a schedule by name.

    `language` is the caller's; None where it does not matter.
    """

    people: Mapping[str, Person]
    ring_groups: Mapping[str, RingGroup]
    on_call: Callable[[str], Coverage]
    staff: StaffState
    language: str | None = None


@dataclass(slots=True)
class _Draft:
    attempts: list[Attempt] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    batches: int = 0


def policy_plan(policy: EscalationPolicy, climb: Climb) -> Plan:
    """Return every phone the policy rings, in order; within one round each person is rung once."""
    draft = _Draft()
    for lap in range(policy.rounds):
        tried: set[str] = set()
        for number, step in enumerate(policy.steps, start=1):
            again = f", round {lap + 1}" if lap else ""
            where = f"step {number} of escalation policy {policy.name}{again}"
            calls, missing = _called(step, climb)
            if missing:
                draft.skipped.append(Skipped(step.name, number, f"{where}: {missing[0]}", missing[1] or step.source))
            reasoned = [call.reasoned(where) for call in calls]
            _ring(draft, reasoned, climb.people, step=number, ring_seconds=step.ring_seconds, tried=tried)
    return Plan(tuple(draft.attempts), tuple(draft.skipped), policy.max_wait_seconds)


def ring_group_plan(
    group: RingGroup, people: Mapping[str, Person], staff: StaffState | None = None, *, language: str | None = None
) -> Plan:
    """Return the phones of the group's members in the order its strategy gives, who speaks `language` first."""
    draft = _Draft()
    calls = _members(group, staff or StaffState(), people, language)
    _ring(draft, calls, people, step=1, ring_seconds=group.ring_seconds, tried=set())
    return Plan(tuple(draft.attempts), tuple(draft.skipped), None)


def person_plan(person: Person, *, because: str, ring_seconds: int) -> Plan:
    """Return the phones of one person, in order; `because` says why that person."""
    draft = _Draft()
    calls = [_Call(person.name, because, person.source)]
    _ring(draft, calls, {person.name: person}, step=1, ring_seconds=ring_seconds, tried=set())
    return Plan(tuple(draft.attempts), tuple(draft.skipped), None)


def _called(step: EscalationStep, climb: Climb) -> tuple[list[_Call], tuple[str, Source | None] | None]:
    """Return whom the step names now, or why it names nobody and where that was decided."""
    match step.target:
        case TargetKind.PERSON:
            return [_Call(step.name, "named there", step.source)], None
        case TargetKind.RING_GROUP:
            return _members(climb.ring_groups[step.name], climb.staff, climb.people, climb.language), None
        case TargetKind.SCHEDULE:
            coverage = climb.on_call(step.name)
            calls = [_Call(duty.person, duty.because, duty.source) for duty in coverage.people]
            return calls, None if calls else (coverage.because, coverage.source)


def _members(group: RingGroup, staff: StaffState, people: Mapping[str, Person], language: str | None) -> list[_Call]:
    together = group.strategy is RingStrategy.SIMULTANEOUS
    because = f"member of ring group {group.name}"
    members = staff.ordered(group)
    speakers = {member for member in members if language in people[member].languages}
    if len(speakers) == len(members):
        speakers = set()  # what everybody speaks is no reason
    return [
        _Call(
            member,
            f"{because}, speaks {language}" if member in speakers else because,
            group.source,
            together=together,
            even_if_busy=group.ring_busy,
        )
        for member in sorted(members, key=lambda member: member not in speakers)
    ]


def _ring(
    draft: _Draft,
    calls: list[_Call],
    people: Mapping[str, Person],
    *,
    step: int,
    ring_seconds: int,
    tried: set[str],
) -> None:
    """Add the phones of one step: of those rung at once first all first phones, then all second ones."""
    fresh: list[_Call] = []
    for call in calls:
        if call.person in tried:
            because = f"{call.because}, but already tried in this round"
            draft.skipped.append(Skipped(call.person, step, because, call.source))
            continue
        tried.add(call.person)
        person = people[call.person]
        if person.phones:
            fresh.append(call)
        else:
            because = f"{call.because}, but {call.person} has no phone number ({person.source})"
            draft.skipped.append(Skipped(call.person, step, because, person.source))
    for call, number, batch in _phones(draft, fresh, people):
        team = people[call.person].team
        draft.attempts.append(
            Attempt(
                call.person,
                team,
                number,
                ring_seconds,
                step,
                call.because,
                call.source,
                batch=batch,
                even_if_busy=call.even_if_busy,
            )
        )


def _phones(draft: _Draft, calls: list[_Call], people: Mapping[str, Person]) -> Iterator[tuple[_Call, str, int]]:
    if not any(call.together for call in calls):
        for call in calls:
            yield from ((call, number, 0) for number in people[call.person].phones)
        return
    for place in range(max(len(people[call.person].phones) for call in calls)):
        draft.batches += 1
        for call in calls:
            phones = people[call.person].phones
            if place < len(phones):
                yield call, phones[place], draft.batches
