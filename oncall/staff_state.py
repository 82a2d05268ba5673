"""What is known of the staff's telephones at an instant: who is talking, and who took a call when.

It is told this from outside; where nothing is known, the listed order stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from oncall.people import RingGroup, RingStrategy

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StaffState:
    """`talking`: who is on a call now. `last_taken`: when each last took one, before the call at hand.

    `seed` makes the random strategy the same for every turn of one call.
    """

    talking: frozenset[str] = frozenset()
    last_taken: Mapping[str, datetime] = field(default_factory=dict)
    seed: int = 0

    def ordered(self, group: RingGroup) -> tuple[str, ...]:
        """Return the group's members in the order its strategy rings them."""
        members = group.members
        match group.strategy:
            case RingStrategy.HUNT | RingStrategy.SIMULTANEOUS:
                return members
            case RingStrategy.ROUND_ROBIN:
                return self._after_the_last(members)
            case RingStrategy.LONGEST_IDLE:
                return tuple(sorted(members, key=self._taken_at))
            case RingStrategy.RANDOM:
                # Fairness, not secrecy: anybody may foresee the order.
                return tuple(Random(self.seed).sample(members, len(members)))  # noqa: S311

    def _after_the_last(self, members: tuple[str, ...]) -> tuple[str, ...]:
        last = max(members, key=self._taken_at)
        if self._taken_at(last) == _NEVER:
            return members
        first = (members.index(last) + 1) % len(members)
        return (*members[first:], *members[:first])

    def _taken_at(self, person: str) -> datetime:
        return self.last_taken.get(person, _NEVER)
