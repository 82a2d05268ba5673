"""What is wrong with a call's way at one instant, and why a rung of a policy is empty. It walks no flow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.flow.nodes import EscalateNode, Node, RingNode
from oncall import EscalationStep, Override, Roster, Source, TargetKind


class Kind(StrEnum):
    """How bad it is."""

    NOBODY = "nobody"
    """The emergency comes to an outside party, a message or its end before any person of ours is rung."""

    DUTY_EMPTY = "duty_empty"
    """People are rung, but nobody is on call in the first schedule of the policy: chance, and not duty."""

    SILENT = "silent"
    """A caller who presses nothing reaches neither a person, nor an outside party, nor a message."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason, and where a human wrote what it comes from."""

    because: str
    source: Source | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong: the reason, its place, the keys that lead there, and who would be rung instead."""

    kind: Kind
    because: str
    source: Source | None
    keys: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Duty:
    """Answers whether somebody stands on a rung at an instant."""

    roster: Roster
    at: datetime
    quick: tuple[Override, ...] = ()

    def vacancy(self, node: Node) -> Cause | None:
        """Return why nobody of the first schedule a policy names can be rung; None where there is no such duty."""
        if not isinstance(node, EscalateNode) or node.policy not in self.roster.policies:
            return None
        for step in self.roster.policies[node.policy].steps:
            if step.target is TargetKind.SCHEDULE:
                return next(self._lacking(step), None)
        return None

    def causes(self, node: Node | None) -> Sequence[Cause]:
        """Return why nobody at all can be rung at a node, each reason once."""
        found: list[Cause] = []
        if isinstance(node, EscalateNode) and node.policy in self.roster.policies:
            for step in self.roster.policies[node.policy].steps:
                found.extend(self._lacking(step))
        elif isinstance(node, RingNode) and node.group in self.roster.ring_groups:
            found.extend(self._without_numbers(self.roster.ring_groups[node.group].members))
        return list(dict.fromkeys(found))

    def _lacking(self, step: EscalationStep) -> Iterator[Cause]:
        """Yield why the step rings nobody; nothing when somebody it names has a number."""
        match step.target:
            case TargetKind.PERSON:
                yield from self._without_numbers([step.name])
            case TargetKind.RING_GROUP:
                yield from self._without_numbers(self.roster.ring_groups[step.name].members)
            case TargetKind.SCHEDULE:
                coverage = self.roster.who_is_on(step.name, at=self.at, quick=self.quick)
                if not coverage.people:
                    yield Cause(coverage.because, coverage.source)
                yield from self._without_numbers([duty.person for duty in coverage.people])

    def _without_numbers(self, names: Sequence[str]) -> list[Cause]:
        people = [self.roster.people[name] for name in names]
        if any(person.phones for person in people):
            return []
        return [Cause(f"{person.name} has no phone number", person.source) for person in people]
