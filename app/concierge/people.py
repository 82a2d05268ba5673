"""Who is asked for an update: whoever has the ticket, else whoever is on call; and who hears when none came. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.cdr.records import Ticket
from app.paging.ladder import on_duty, policy_in_force, steps_of
from oncall import Attempt, Override, Person, Roster


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who is told, and why. `by_call`: also by a call, where calls are made at all."""

    person: Person
    because: str
    by_call: bool = True


@dataclass(frozen=True, slots=True)
class Staff:
    """The people of a roster at an instant. `quick` are the overrides made outside the configuration."""

    roster: Roster
    at: datetime
    quick: tuple[Override, ...]

    def askable(self, ticket: Ticket) -> tuple[Asked, ...]:
        """Who is to give the ticket's update."""
        name = ticket.assignee
        owner = None if name is None else self.roster.people.get(name)
        if owner is None:
            first = next(iter(self.steps()), ())
            return first or self._on_call("nobody of the staff has the ticket")
        away = self.roster.away(owner.name, at=self.at, quick=self.quick)
        if away is not None:
            return self._on_call(f"{owner.name}, who has the ticket, is away")
        if not owner.phones:
            return self._on_call(f"{owner.name}, who has the ticket, has no phone number")
        has_it = f"has the ticket ({owner.source})"
        if self._is_open or self.roster.on_duty(owner.name, at=self.at, quick=self.quick):
            return (Asked(owner, has_it),)
        others = self._on_call(f"{owner.name}, who has the ticket, is off duty")
        return (Asked(owner, f"{has_it}, off duty", by_call=False), *others)

    def steps(self) -> list[tuple[Asked, ...]]:
        """Whom each step of the policy for overdue updates names now."""
        policy = self._policy()
        if policy is None:
            return []
        return [
            tuple(_once(Asked(self.roster.people[each.person], _why(each)) for each in phones))
            for phones in steps_of(self.roster, policy, at=self.at, quick=self.quick)
        ]

    def supervisors(self) -> tuple[Asked, ...]:
        """Who is told after the last step."""
        rules = self.roster.reminders
        because = f"supervisor for overdue updates ({rules.source})"
        people = self.roster.people.values()
        named = [person for person in people if rules.supervisor == person.name]
        found = named or [person for person in people if rules.supervisor == person.team]
        return tuple(Asked(person, because, by_call=False) for person in found if person.phones)

    def others_than(self, person: str) -> tuple[Asked, ...]:
        """To whom somebody passes a reminder on: whoever is on call, else the first step that names somebody else."""
        candidates: Sequence[tuple[Asked, ...]] = [self._on_call(f"{person} passed it on"), *self.steps()]
        without = (tuple(each for each in some if each.person.name != person) for some in candidates)
        return next((some for some in without if some), ())

    @property
    def _is_open(self) -> bool:
        hours = next(iter(self.roster.hours.values()), None)
        return hours is None or hours.is_open(at=self.at)

    def _policy(self) -> str | None:
        rules = self.roster.reminders
        named = rules.while_open if self._is_open and rules.while_open else rules.policy
        return named or policy_in_force(self.roster, at=self.at)

    def _on_call(self, why: str) -> tuple[Asked, ...]:
        people = on_duty(self.roster, at=self.at, quick=self.quick)
        return tuple(Asked(person, f"on call: {why}") for person in people)


def _why(attempt: Attempt) -> str:
    return f"{attempt.because} ({attempt.source})"


def _once(asked: Iterable[Asked]) -> Iterable[Asked]:
    found: dict[str, Asked] = {}
    for each in asked:
        found.setdefault(each.person.name, each)
    return found.values()
