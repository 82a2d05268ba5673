"""Duty is handed over, taken, left for a while, or given back: looked at first, then done, never without the guard.

One transaction each, in which nobody else changes duty.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from app.duty_changes.guard import LONGEST, Guard, Verdict, is_of, zone_of
from app.duty_changes.notices import Notices
from app.flow.messages import Detail
from app.services import Services
from app.store import AuditEntry, DutyRows, QuickOverride
from oncall import OverrideKind, Shift

TAKEN = "taken over at the desk"
HANDED = "handed over at the desk"
ARRANGED = "arranged at the desk"
TIME_OFF = "time off, at the desk"
NOT_YOURS = "You can hand over your own hours, or take somebody else's yourself. For others, ask a supervisor."

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who does it: the name for the log, the person on the staff list they are, and whether they may act for others."""

    name: str
    person: str | None
    oversees: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Handing:
    """`person` takes a schedule over: from one person, or from whoever is on call; from now where no beginning is said.

    Instants are UTC.
    """

    schedule: str
    person: str
    ends_at: datetime
    starts_at: datetime | None = None
    instead_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """`person` is away from now, or from an instant (UTC) on. `stand_ins` says who takes over in a schedule."""

    person: str
    ends_at: datetime
    starts_at: datetime | None = None
    stand_ins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DutyChanges:
    """What one person does to duty. Raises StoreUnavailable."""

    services: Services
    who: Who

    def look(self, wanted: Handing | Leave) -> Verdict:
        """Say what it would change, and why it may not be done; nothing is done."""
        guard = self.guard(self.services.store.overrides.recent(at=self._now()))
        return guard.of_making(self._overrides(guard, wanted)) if self._may(wanted) else Verdict(refusals=(NOT_YOURS,))

    def make(self, wanted: Handing | Leave) -> Verdict:
        """Do it, unless there is a refusal."""
        if not self._may(wanted):
            return Verdict(refusals=(NOT_YOURS,))

        def deed(rows: DutyRows) -> Verdict:
            guard = self.guard(rows.overrides.recent(at=self._now()))
            return self.carry_out(rows, guard, self._overrides(guard, wanted))

        return self._changed(deed)

    def look_at_cancelling(self, number: int) -> Verdict | None:
        """Say what the end of an override, and of those made with it, would change; None when there is none to end."""
        guard = self.guard(self.services.store.overrides.recent(at=self._now()))
        gone = made_together(guard.recent, number, at=guard.at)
        return self._verdict_on_end(guard, gone) if gone else None

    def cancel(self, number: int) -> Verdict | None:
        """End an override, and those made with it, unless there is a refusal."""

        def deed(rows: DutyRows) -> Verdict | None:
            guard = self.guard(rows.overrides.recent(at=self._now()))
            gone = made_together(guard.recent, number, at=guard.at)
            verdict = self._verdict_on_end(guard, gone) if gone else None
            if verdict is not None and not verdict.refusals:
                for each in gone:
                    rows.overrides.withdraw(each.id, at=guard.at)
                    self._note(rows, guard, "override_withdrawn", each)
                Notices(self.services, rows, guard, self.who.name).of_changes(verdict.changes, key=f"{number}:ended")
            return verdict

        return self._changed(deed)

    def guard(self, recent: tuple[QuickOverride, ...]) -> Guard:
        """The guard over what is known now."""
        roster = self.services.config.current().roster
        return Guard(roster, recent, self._now(), zone_of(roster))

    def carry_out(self, rows: DutyRows, guard: Guard, wanted: Sequence[QuickOverride]) -> Verdict:
        """Make overrides within a transaction, all or none."""
        verdict = guard.of_making(wanted)
        if verdict.refusals:
            return verdict
        made = [rows.overrides.add(each) for each in wanted]
        for each in made:
            self._note(rows, guard, "override_created", each)
        if made:
            Notices(self.services, rows, guard, self.who.name).of_changes(verdict.changes, key=f"{made[0].id}:made")
        return verdict

    def _changed(self, deed: Callable[[DutyRows], Answer]) -> Answer:
        answer = self.services.store.swaps.change(deed)
        self.services.store.overrides.forget()
        return answer

    def _now(self) -> datetime:
        # Duty is reckoned in whole seconds.
        return self.services.clock.now().replace(microsecond=0)

    def _may(self, wanted: Handing | Leave) -> bool:
        concerned = {wanted.person} if isinstance(wanted, Leave) else {wanted.person, wanted.instead_of}
        return self.who.oversees or (self.who.person is not None and self.who.person in concerned)

    def _overrides(self, guard: Guard, wanted: Handing | Leave) -> list[QuickOverride]:
        match wanted:
            case Handing():
                return [self._handing(guard, wanted)]
            case Leave():
                return list(self._leave(guard, wanted))

    def _handing(self, guard: Guard, wanted: Handing) -> QuickOverride:
        reasons = {wanted.person: TAKEN, wanted.instead_of: HANDED}
        return QuickOverride(
            id=0,
            schedule=wanted.schedule,
            kind=OverrideKind.REPLACE,
            person=wanted.person,
            instead_of=wanted.instead_of,
            starts_at=wanted.starts_at or guard.at,
            ends_at=wanted.ends_at,
            author=self.who.name,
            reason=reasons.get(self.who.person, ARRANGED),
            # Unrounded: it is the mark of what was made together.
            created_at=self.services.clock.now(),
        )

    def _leave(self, guard: Guard, wanted: Leave) -> Iterator[QuickOverride]:
        """Yield a removal for each schedule the person has to do with, and who stands in where somebody does."""
        starts_at = wanted.starts_at or guard.at
        whole = Handing(schedule="", person=wanted.person, starts_at=starts_at, ends_at=wanted.ends_at)
        off = replace(self._handing(guard, whole), kind=OverrideKind.REMOVE, reason=TIME_OFF)
        for name in guard.roster.schedules:
            if is_of(guard.roster.schedules[name], wanted.person) or hit_by(guard, wanted, name):
                yield replace(off, schedule=name)
            stand_in = wanted.stand_ins.get(name)
            if stand_in:
                yield replace(off, schedule=name, kind=OverrideKind.REPLACE, person=stand_in, instead_of=wanted.person)

    def _verdict_on_end(self, guard: Guard, gone: Sequence[QuickOverride]) -> Verdict:
        if not may_end(gone, self.who):
            return Verdict(refusals=("This change is not about you: ask a supervisor.",))
        return guard.of_cancelling(gone)

    def _note(self, rows: DutyRows, guard: Guard, action: str, override: QuickOverride) -> None:
        detail: dict[str, Detail] = {
            "override": override.id,
            "kind": override.kind.value,
            "person": override.person,
            "from": override.starts_at.isoformat(),
            "until": override.ends_at.isoformat(),
        }
        if override.instead_of is not None:
            detail["instead_of"] = override.instead_of
        subject = f"schedule:{override.schedule}"
        rows.audit.write(AuditEntry(at=guard.at, actor=self.who.name, action=action, subject=subject, detail=detail))


def hit_by(guard: Guard, leave: Leave, schedule: str) -> tuple[Shift, ...]:
    """Return the shifts of the person in a schedule that the leave touches, each whole."""
    starts_at = leave.starts_at or guard.at
    if leave.ends_at - starts_at > LONGEST:  # refused anyway, and long to look through
        return ()
    shifts = guard.roster.shifts(schedule, after=starts_at, until=leave.ends_at, quick=guard.known)
    return tuple(each for each in shifts if each.person == leave.person)


def may_end(together: Iterable[QuickOverride], who: Who) -> bool:
    """Whether somebody may end overrides that were made together: whoever they are about or by, and who oversees."""
    involved = {name for each in together for name in (each.author, each.person, each.instead_of)}
    return who.oversees or (who.person is not None and who.person in involved)


def made_together(recent: Sequence[QuickOverride], number: int, *, at: datetime) -> tuple[QuickOverride, ...]:
    """Return an override with those made in the same breath, as far as they are not over; none for an unknown one."""
    standing = [each for each in recent if each.withdrawn_at is None and each.ends_at > at]
    first = next((each for each in standing if each.id == number), None)
    if first is None:
        return ()
    mark = (first.author, first.created_at, first.reason)
    return tuple(each for each in standing if (each.author, each.created_at, each.reason) == mark)
