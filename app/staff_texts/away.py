"""Somebody takes themselves off the schedules for a while, or comes back. Never so that nobody is left on call.

Works within one transaction in which nobody else changes quick overrides, so that two people cannot leave at once.
"""

from dataclasses import dataclass
from datetime import datetime

from app.flow.messages import Detail
from app.store import AuditEntry, QuickOverride, TurnTransaction
from oncall import Gap, Override, OverrideKind, Roster

REASON = "away, by text"


@dataclass(frozen=True, slots=True)
class Left:
    """The schedules somebody is off now, and until when; none when they were on none."""

    schedules: tuple[str, ...]
    until: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """The first span in which nobody would be on call."""

    gap: Gap


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
    gap = _opened_gap(roster, known, after, at=at, until=until)
    if gap is not None:
        return Refused(gap)
    for each in wanted:
        made = transaction.overrides.add(each)
        detail: dict[str, Detail] = {"override": made.id, "person": person, "until": until.isoformat()}
        _note(transaction, "override_created", made, at=at, detail=detail)
    return Left(tuple(each.schedule for each in wanted), until)


def come_back(transaction: TurnTransaction, person: str, *, at: datetime) -> tuple[str, ...]:
    """Withdraw what a person has taken themselves off by text; returns the schedules."""
    transaction.overrides.hold()
    mine = [each for each in transaction.overrides.recent(at=at) if _is_own(each, person) and each.ends_at > at]
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


def _opened_gap(
    roster: Roster, before: tuple[Override, ...], after: tuple[Override, ...], *, at: datetime, until: datetime
) -> Gap | None:
    """The first gap there would be that is none yet. A removal may open one in a schedule kept apart from its own."""
    opened: list[Gap] = []
    for name in roster.schedules:
        old = roster.gaps(name, after=at, until=until, quick=before)
        opened += (gap for gap in roster.gaps(name, after=at, until=until, quick=after) if not _is_within(gap, old))
    return min(opened, key=lambda gap: gap.starts_at, default=None)


def _is_within(gap: Gap, others: tuple[Gap, ...]) -> bool:
    return any(each.starts_at <= gap.starts_at and gap.ends_at <= each.ends_at for each in others)


def _is_own(override: QuickOverride, person: str) -> bool:
    is_removal = override.kind is OverrideKind.REMOVE and override.withdrawn_at is None
    return is_removal and override.person == override.author == person


def _note(
    transaction: TurnTransaction, action: str, override: QuickOverride, *, at: datetime, detail: dict[str, Detail]
) -> None:
    subject = f"schedule:{override.schedule}"
    transaction.audit.write(AuditEntry(at=at, actor=override.author, action=action, subject=subject, detail=detail))
