"""Somebody takes themselves off the schedules for a while, or comes back. Never so that nobody is left on call.

Works within one transaction in which nobody else changes quick overrides, so that two people cannot leave at once.
"""

from dataclasses import dataclass
from datetime import datetime

from app.duty_changes import Change, changes, made_together, opened_gaps
from app.flow.messages import Detail
from app.store import AuditEntry, QuickOverride, TurnTransaction
from oncall import OverrideKind, Roster

REASON = "away, by text"


@dataclass(frozen=True, slots=True)
class Left:
    """The schedules somebody is off now, and until when; none when they were on none."""

    schedules: tuple[str, ...]
    until: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """The first span in which nobody would be on call."""

    gap: Change


def leave(
    transaction: TurnTransaction, roster: Roster, person: str, *, until: datetime, at: datetime
) -> Left | Refused:
    """Take a person off the schedules they are on between two instants (UTC), unless that opens a gap in any."""
    transaction.overrides.hold()
    known = tuple(each.as_override() for each in transaction.overrides.recent(at=at))
    wanted = [
        _removal(name, person, until=until, at=at)
        for name in roster.schedules
        if any(shift.person == person for shift in roster.shifts(name, after=at, until=until, quick=known))
    ]
    after = known + tuple(each.as_override() for each in wanted)
    gaps = opened_gaps(changes(roster, known, after, starts_at=at.replace(microsecond=0), ends_at=until))
    if gaps:
        return Refused(gaps[0])
    for each in wanted:
        made = transaction.overrides.add(each)
        detail: dict[str, Detail] = {"override": made.id, "person": person, "until": until.isoformat()}
        _note(transaction, "override_created", made, at=at, detail=detail)
    return Left(tuple(each.schedule for each in wanted), until)


def come_back(transaction: TurnTransaction, person: str, *, at: datetime) -> tuple[str, ...]:
    """Withdraw what a person has taken themselves off now, and who stands in for them; returns the schedules.

    Time off that is still to come stays.
    """
    transaction.overrides.hold()
    recent = transaction.overrides.recent(at=at)
    off = [each for each in recent if _is_own(each, person) and each.starts_at <= at < each.ends_at]
    mine = {each.id: each for one in off for each in made_together(recent, one.id, at=at)}.values()
    for each in mine:
        transaction.overrides.withdraw(each.id, at=at)
        _note(transaction, "override_withdrawn", each, at=at, detail={"override": each.id, "person": person})
    return tuple(dict.fromkeys(each.schedule for each in mine))


def _removal(schedule: str, person: str, *, until: datetime, at: datetime) -> QuickOverride:
    return QuickOverride(
        id=0,
        schedule=schedule,
        kind=OverrideKind.REMOVE,
        person=person,
        starts_at=at,
        ends_at=until,
        author=person,
        reason=REASON,
        created_at=at,
    )


def _is_own(override: QuickOverride, person: str) -> bool:
    is_removal = override.kind is OverrideKind.REMOVE and override.withdrawn_at is None
    return is_removal and override.person == override.author == person


def _note(
    transaction: TurnTransaction, action: str, override: QuickOverride, *, at: datetime, detail: dict[str, Detail]
) -> None:
    subject = f"schedule:{override.schedule}"
    transaction.audit.write(AuditEntry(at=at, actor=override.author, action=action, subject=subject, detail=detail))
