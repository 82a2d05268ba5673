"""Everything known about people and duty, by name, in one frozen object: what routing and screens ask."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from oncall import escalation
from oncall.answers import Coverage, Double, Gap, Shift
from oncall.escalation import EscalationPolicy, Paging, Plan
from oncall.hours import BusinessHours
from oncall.layers import TimeOff
from oncall.overrides import Override, OverrideKind
from oncall.people import OutsideParty, Person, RingGroup, Team
from oncall.schedule import Schedule
from oncall.staff_state import StaffState


@dataclass(frozen=True, slots=True, eq=False)
class Roster:
    """People, duty and hours of one revision of the configuration.

    Names are those of that revision: asking for another raises KeyError. `quick` are overrides made outside the
    configuration; those of other schedules than the one asked for, and of people this revision does not know, are left
    aside. Instants are aware, answers UTC.
    """

    revision: str
    people: Mapping[str, Person]
    teams: Mapping[str, Team]
    ring_groups: Mapping[str, RingGroup]
    outside_parties: Mapping[str, OutsideParty]
    hours: Mapping[str, BusinessHours]
    schedules: Mapping[str, Schedule]
    policies: Mapping[str, EscalationPolicy]
    paging: Paging | None = None

    def who_is_on(self, schedule: str, *, at: datetime, quick: tuple[Override, ...] = ()) -> Coverage:
        """Return who is on call in the schedule, until when, and why; nobody is an answer with its reason."""
        return self.schedules[schedule].coverage(at=at, quick=self._usable(quick))

    def who_is_next(self, schedule: str, *, at: datetime, quick: tuple[Override, ...] = ()) -> Shift | None:
        """Return the next shift of somebody who is not on call at `at`; None when none is foreseeable."""
        return self.schedules[schedule].next_shift(at=at, quick=self._usable(quick))

    def ring_group_plan(
        self,
        name: str,
        *,
        at: datetime,
        quick: tuple[Override, ...] = (),
        staff: StaffState | None = None,
        language: str | None = None,
    ) -> Plan:
        """Return the phones to ring for the group, in the order its strategy gives for the `staff` as they are.

        Members who speak the `language` (such as "es") come first; nobody is left out for it.
        """
        del at, quick  # members are the same around the clock
        return escalation.ring_group_plan(self.ring_groups[name], self.people, staff, language=language)

    def policy_plan(
        self,
        name: str,
        *,
        at: datetime,
        quick: tuple[Override, ...] = (),
        staff: StaffState | None = None,
        language: str | None = None,
    ) -> Plan:
        """Return the phones to ring for the escalation policy, in order, and who is left out and why.

        Within a ring group members who speak the `language` come first.
        """
        climb = escalation.Climb(
            self.people,
            self.ring_groups,
            lambda schedule: self.who_is_on(schedule, at=at, quick=quick),
            staff or StaffState(),
            language,
        )
        return escalation.policy_plan(self.policies[name], climb)

    def person_plan(self, name: str, *, because: str, ring_seconds: int) -> Plan:
        """Return the phones of one person; `because` says why that person is rung."""
        return escalation.person_plan(self.people[name], because=because, ring_seconds=ring_seconds)

    def away(self, person: str, *, at: datetime, quick: tuple[Override, ...] = ()) -> TimeOff | Override | None:
        """Return what keeps a person away: time off in any schedule, or a removal they made themselves."""
        off = (each for schedule in self.schedules.values() for each in schedule.time_off)
        own = (each for each in quick if each.kind is OverrideKind.REMOVE and each.author == each.person)
        both: tuple[Iterable[TimeOff | Override], ...] = (off, own)
        return next(
            (each for each in chain(*both) if each.person == person and each.starts_at <= at < each.ends_at), None
        )

    def on_duty(self, person: str, *, at: datetime, quick: tuple[Override, ...] = ()) -> bool:
        """Say whether a person is on call in any schedule."""
        return any(
            duty.person == person
            for schedule in self.schedules
            for duty in self.who_is_on(schedule, at=at, quick=quick).people
        )

    def shifts(
        self, schedule: str, *, after: datetime, until: datetime, quick: tuple[Override, ...] = ()
    ) -> tuple[Shift, ...]:
        """Return the final shifts that touch the span, each whole, in order of time."""
        return self.schedules[schedule].shifts(after=after, until=until, quick=self._usable(quick))

    def gaps(
        self, schedule: str, *, after: datetime, until: datetime, quick: tuple[Override, ...] = ()
    ) -> tuple[Gap, ...]:
        """Return the parts of the span in which nobody is on call, in order of time, and why."""
        return self.schedules[schedule].gaps(after=after, until=until, quick=self._usable(quick))

    def doubles(
        self, schedule: str, *, after: datetime, until: datetime, quick: tuple[Override, ...] = ()
    ) -> tuple[Double, ...]:
        """Return the parts of the span in which several people are on call at once, in order of time."""
        return self.schedules[schedule].doubles(after=after, until=until, quick=self._usable(quick))

    def _usable(self, quick: tuple[Override, ...]) -> tuple[Override, ...]:
        """Return the same ones nearly always: somebody may have been taken out of the configuration meanwhile."""
        for each in quick:
            if each.person not in self.people:
                return tuple(each for each in quick if each.person in self.people)
        return quick
