"""The guard of duty: says what wanted quick overrides would change, and every reason not to make them. Pure.

Its sentences are for the people at the desk. It changes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app.duty_changes.outlook import Change, Stretch, changes, opened_gaps, stretches
from app.store import QuickOverride
from app.written import Dates
from oncall import Override, OverrideKind, Roster, Schedule, TimeOff

LONGEST: Final = timedelta(days=92)
FURTHEST: Final = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What would change, and why it may not; without refusals it may."""

    changes: tuple[Change, ...] = ()
    refusals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Guard:
    """Judges changes at an instant (UTC, whole seconds), with all quick overrides that are known then."""

    roster: Roster
    recent: tuple[QuickOverride, ...]
    at: datetime
    zone: ZoneInfo

    @property
    def known(self) -> tuple[Override, ...]:
        """The quick overrides as the rules of duty take them."""
        return tuple(each.as_override() for each in self.recent)

    def of_making(self, wanted: Sequence[QuickOverride]) -> Verdict:
        """Judge overrides that are to be made together."""
        faults = tuple(dict.fromkeys(fault for each in wanted for fault in self._faults(each)))
        if faults or not wanted:
            return Verdict(refusals=faults)
        after = self.known + tuple(each.as_override() for each in wanted)
        reasons = [reason for each in wanted for reason in self._without_effect(each, after)]
        found = self._changes(after, wanted)
        gaps = [self.gap_words(each) for each in opened_gaps(found)]
        return Verdict(found, tuple(dict.fromkeys((*reasons, *gaps))))

    def of_cancelling(self, gone: Sequence[QuickOverride]) -> Verdict:
        """Judge the end of overrides, at this instant."""
        numbers = {each.id for each in gone}
        after = tuple(
            (replace(each, withdrawn_at=self.at) if each.id in numbers else each).as_override() for each in self.recent
        )
        found = self._changes(after, gone)
        return Verdict(found, tuple(self.gap_words(each) for each in opened_gaps(found)))

    def gap_words(self, gap: Change) -> str:
        """Say where nobody would be on call."""
        return f"Nobody would be on call as {self.title(gap.schedule)}, {self.span(gap.starts_at, gap.ends_at)}."

    def title(self, schedule: str) -> str:
        """What people call a schedule."""
        return self.roster.schedules[schedule].title

    def span(self, starts_at: datetime, ends_at: datetime) -> str:
        """Two instants as clocks at the desk show them."""
        return Dates(self.zone, self.at.astimezone(self.zone).year).span(starts_at, ends_at)

    def _changes(self, after: tuple[Override, ...], about: Sequence[QuickOverride]) -> tuple[Change, ...]:
        starts_at = max(self.at, min(each.starts_at for each in about))
        ends_at = max(each.ends_at for each in about)
        if ends_at <= starts_at:
            return ()
        return changes(self.roster, self.known, after, starts_at=starts_at, ends_at=ends_at)

    def _faults(self, each: QuickOverride) -> Iterator[str]:
        """Yield what is wrong with an override by itself."""
        if each.schedule not in self.roster.schedules:
            yield f'There is no schedule "{each.schedule}".'
            return
        for name in filter(None, (each.person, each.instead_of)):
            if name not in self.roster.people:
                yield f'Nobody on the staff list is called "{name}".'
                return
        yield from self._faults_of_time(each)
        if each.kind is not OverrideKind.REMOVE:
            yield from self._faults_of_person(each)

    def _faults_of_time(self, each: QuickOverride) -> Iterator[str]:
        if each.starts_at < self.at:
            yield "This begins in the past."
        if each.ends_at <= each.starts_at:
            yield "This ends before it begins."
        elif each.ends_at - each.starts_at > LONGEST:
            yield f"This is longer than {LONGEST.days} days: change the schedule itself."
        if each.starts_at - self.at > FURTHEST:
            yield f"This is more than {FURTHEST.days} days ahead."

    def _faults_of_person(self, each: QuickOverride) -> Iterator[str]:
        if each.person == each.instead_of:
            yield f"{each.person} cannot take over from themselves."
        if not self.roster.people[each.person].phones:
            yield f"{each.person} has no phone number on the staff list, so nobody could ring them."
        for off in self.away(each.person, each.starts_at, each.ends_at):
            yield f"{each.person} is away {self.span(off.starts_at, off.ends_at)}."

    def away(self, person: str, starts_at: datetime, ends_at: datetime) -> Iterator[TimeOff | Override]:
        """Yield what keeps a person away at any time of the span."""
        written = [each for schedule in self.roster.schedules.values() for each in schedule.time_off]
        removed = [each for each in self.known if each.kind is OverrideKind.REMOVE]
        both: list[TimeOff | Override] = [*written, *removed]
        for off in both:
            if off.person == person and max(off.starts_at, starts_at) < min(off.ends_at, ends_at):
                yield off

    def _without_effect(self, each: QuickOverride, after: tuple[Override, ...]) -> Iterator[str]:
        """Yield why an override would not put its person where it says."""
        if each.kind is OverrideKind.REMOVE:
            if any(_covers(one, each) for one in self.known):
                yield f"{each.person} is away then already."
            return
        span = {"starts_at": max(each.starts_at, self.at), "ends_at": each.ends_at}
        before = stretches(self.roster, each.schedule, **span, quick=self.known)
        concerned = [one for one in before if each.instead_of in (None, *one.people)]
        if not concerned:
            yield f"{each.instead_of} is not on call as {self.title(each.schedule)} then."
        elif all(one.people == (each.person,) for one in concerned):
            yield f"{each.person} is on call as {self.title(each.schedule)} then already."
        elif not _put(each, concerned, stretches(self.roster, each.schedule, **span, quick=after)):
            yield self._in_the_way(each)

    def _in_the_way(self, each: QuickOverride) -> str:
        earlier = next((one for one in self.recent if _hands_on(one, each)), None)
        if earlier is not None:
            span = self.span(max(earlier.starts_at, earlier.created_at), earlier.ends_at)
            return f"{earlier.person} stands in for {each.person} {span}: cancel that change first."
        other = self.roster.schedules[each.schedule].never_same_as
        if other is not None:
            return f"{each.person} is on call as {other.title} then, and cannot be both."
        return f"{each.person} would not be on call all that time: another change stands above this one."


def _put(each: QuickOverride, concerned: Sequence[Stretch], after: Sequence[Stretch]) -> bool:
    """Whether the person is on call in all stretches that were concerned, and who was replaced is not."""
    touched = (
        one for old in concerned for one in after if max(one.starts_at, old.starts_at) < min(one.ends_at, old.ends_at)
    )
    return all(each.person in one.people and each.instead_of not in one.people for one in touched)


def _covers(earlier: Override, each: QuickOverride) -> bool:
    same = (earlier.kind, earlier.schedule, earlier.person) == (each.kind, each.schedule, each.person)
    return same and earlier.starts_at <= each.starts_at and each.ends_at <= earlier.ends_at


def _hands_on(earlier: QuickOverride, each: QuickOverride) -> bool:
    """Whether an earlier override hands on to somebody else what this one would give."""
    until = min(earlier.ends_at, earlier.withdrawn_at or earlier.ends_at)
    overlaps = max(earlier.starts_at, each.starts_at) < min(until, each.ends_at)
    is_same = earlier.schedule == each.schedule and earlier.instead_of == each.person
    return overlaps and is_same and earlier.kind is OverrideKind.REPLACE


def zone_of(roster: Roster) -> ZoneInfo:
    """The zone of the desk's business hours; UTC where there are none."""
    hours = next(iter(roster.hours.values()), None)
    return ZoneInfo("UTC") if hours is None else hours.zone


def is_of(schedule: Schedule, person: str) -> bool:
    """Whether a person takes turns in a schedule."""
    return person in schedule.people()
