"""Swaps: somebody asks another to take a turn or a part of it, perhaps for one of theirs, who accepts or declines.

What is accepted becomes overrides, all of them or none. A swap nobody has answered is over when its first turn begins.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from app.duty_changes.changing import DutyChanges
from app.duty_changes.guard import Guard, Verdict
from app.duty_changes.notices import Notices
from app.duty_changes.outlook import stretches
from app.flow.messages import Detail
from app.store import AuditEntry, DutyRows, QuickOverride, Swap, SwapOutcome
from oncall import OverrideKind

KEPT: Final = timedelta(days=31)
_ACTIONS: Final = {
    SwapOutcome.ACCEPTED: "swap_accepted",
    SwapOutcome.DECLINED: "swap_declined",
    SwapOutcome.WITHDRAWN: "swap_withdrawn",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A span (UTC, half-open) of a schedule."""

    schedule: str
    starts_at: datetime
    ends_at: datetime

    def part(self, *, starts_at: datetime | None, ends_at: datetime | None) -> "Turn | None":
        """Return that part of it, up to its own ends where none are said; None when that is not within it."""
        begins, ends = starts_at or self.starts_at, ends_at or self.ends_at
        is_within = self.starts_at <= begins < ends <= self.ends_at
        return replace(self, starts_at=begins, ends_at=ends) if is_within else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """`asked` is to take the asker's turn, or a part of one; the asker takes `in_return`, if that is asked for."""

    asked: str
    turn: Turn
    in_return: Turn | None = None


@dataclass(frozen=True, slots=True)
class Swapping:
    """What one person does to swaps. Raises StoreUnavailable."""

    duty: DutyChanges

    def recent(self) -> tuple[Swap, ...]:
        """The swaps of turns that are to come, or over for no more than a month; the latest first."""
        store = self.duty.services.store
        return store.swaps.recent(since=self.duty.services.clock.now() - KEPT)

    def look(self, swaps: Iterable[Swap]) -> dict[int, Verdict]:
        """Say by number what accepting each would change, and why it cannot be accepted; open ones only."""
        guard = self.duty.guard(self.duty.services.store.overrides.recent(at=self.duty.services.clock.now()))
        return {swap.id: self._verdict(guard, swap) for swap in swaps if is_open(swap, at=guard.at)}

    def ask(self, asking: Asking) -> Verdict:
        """Ask somebody, unless accepting would be refused as things stand."""
        person = self.duty.who.person
        if person is None:
            return Verdict(refusals=("Your account is not somebody on the staff list, so it has no turns.",))

        def deed(rows: DutyRows) -> Verdict:
            guard = self.duty.guard(rows.overrides.recent(at=self.duty.services.clock.now()))
            swap = _swap(asking, person, at=guard.at)
            if any(_is_same(each, swap) for each in rows.swaps(since=guard.at) if is_open(each, at=guard.at)):
                return Verdict(refusals=(f"{swap.asked} has been asked for this already.",))
            verdict = self._verdict(guard, swap)
            if not verdict.refusals:
                made = rows.ask(swap)
                self._note(rows, guard, "swap_asked", made)
                Notices(self.duty.services, rows, guard, person).of_swap(made)
            return verdict

        return self.duty.services.store.swaps.change(deed)

    def answer(self, number: int, outcome: SwapOutcome) -> Verdict | None:
        """Accept, decline or withdraw a swap; None when there is none of this number."""

        def deed(rows: DutyRows) -> Verdict | None:
            swap = rows.swap(number)
            guard = self.duty.guard(rows.overrides.recent(at=self.duty.services.clock.now()))
            if swap is None:
                return None
            refusal = self._not_now(swap, outcome, at=guard.at)
            if refusal:
                return Verdict(refusals=(refusal,))
            return self._answered(rows, guard, swap, outcome)

        verdict = self.duty.services.store.swaps.change(deed)
        self.duty.services.store.overrides.forget()
        return verdict

    def _answered(self, rows: DutyRows, guard: Guard, swap: Swap, outcome: SwapOutcome) -> Verdict:
        verdict = Verdict()
        if outcome is SwapOutcome.ACCEPTED:
            verdict = self._verdict(guard, swap)
            if verdict.refusals:
                return verdict
            self.duty.carry_out(rows, guard, self._overrides(swap, guard.at))
        rows.answer(swap.id, outcome, by=self.duty.who.name, at=guard.at)
        self._note(rows, guard, _ACTIONS[outcome], swap)
        if outcome is SwapOutcome.DECLINED:
            Notices(self.duty.services, rows, guard, self.duty.who.name).of_refusal(swap)
        return verdict

    def _not_now(self, swap: Swap, outcome: SwapOutcome, *, at: datetime) -> str:
        """Why this person cannot answer so now; empty when they can."""
        answers = swap.asker if outcome is SwapOutcome.WITHDRAWN else swap.asked
        if not self.duty.who.oversees and self.duty.who.person != answers:
            return f"This is for {answers} to answer."
        if swap.outcome is not None:
            return f"This swap was {swap.outcome} already."
        return "" if is_open(swap, at=at) else "This swap is over: its turn has begun."

    def _verdict(self, guard: Guard, swap: Swap) -> Verdict:
        verdict = guard.of_making(self._overrides(swap, guard.at))
        if verdict.refusals:
            return verdict
        changed_hands = [_not_whole(guard, swap.asker, swap.schedule, (swap.starts_at, swap.ends_at))]
        if swap.return_schedule and swap.return_starts_at and swap.return_ends_at:
            span = (swap.return_starts_at, swap.return_ends_at)
            changed_hands.append(_not_whole(guard, swap.asked, swap.return_schedule, span))
        return Verdict(verdict.changes, tuple(filter(None, changed_hands)))

    def _overrides(self, swap: Swap, at: datetime) -> Sequence[QuickOverride]:
        given = QuickOverride(
            id=0,
            schedule=swap.schedule,
            kind=OverrideKind.REPLACE,
            person=swap.asked,
            instead_of=swap.asker,
            starts_at=swap.starts_at,
            ends_at=swap.ends_at,
            author=self.duty.who.name,
            reason=f"swap {swap.id}",
            created_at=at,
        )
        if not (swap.return_schedule and swap.return_starts_at and swap.return_ends_at):
            return [given]
        returned = replace(
            given,
            schedule=swap.return_schedule,
            person=swap.asker,
            instead_of=swap.asked,
            starts_at=swap.return_starts_at,
            ends_at=swap.return_ends_at,
        )
        return [given, returned]

    def _note(self, rows: DutyRows, guard: Guard, action: str, swap: Swap) -> None:
        detail: dict[str, Detail] = {
            "asker": swap.asker,
            "asked": swap.asked,
            "schedule": swap.schedule,
            "from": swap.starts_at.isoformat(),
            "until": swap.ends_at.isoformat(),
        }
        actor, subject = self.duty.who.name, f"swap:{swap.id}"
        rows.audit.write(AuditEntry(at=guard.at, actor=actor, action=action, subject=subject, detail=detail))


def is_open(swap: Swap, *, at: datetime) -> bool:
    """Whether a swap can still be answered."""
    return swap.outcome is None and at < min(swap.starts_at, swap.return_starts_at or swap.starts_at)


def _swap(asking: Asking, asker: str, *, at: datetime) -> Swap:
    turn, back = asking.turn, asking.in_return
    return Swap(
        id=0,
        asker=asker,
        asked=asking.asked,
        schedule=turn.schedule,
        starts_at=turn.starts_at,
        ends_at=turn.ends_at,
        return_schedule=back.schedule if back else None,
        return_starts_at=back.starts_at if back else None,
        return_ends_at=back.ends_at if back else None,
        created_at=at,
    )


def _is_same(one: Swap, other: Swap) -> bool:
    return (one.asker, one.asked, one.schedule, one.starts_at, one.ends_at) == (
        other.asker,
        other.asked,
        other.schedule,
        other.starts_at,
        other.ends_at,
    )


def _not_whole(guard: Guard, person: str, schedule: str, span: tuple[datetime, datetime]) -> str:
    """Why a turn is not somebody's to give: they do not have all of it."""
    found = stretches(guard.roster, schedule, starts_at=span[0], ends_at=span[1], quick=guard.known)
    if all(person in each.people for each in found):
        return ""
    return f"{person} does not have all of {guard.title(schedule)}, {guard.span(*span)}, any more."
