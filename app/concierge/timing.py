"""When something is to be done about an update that is due: pure, from the ticket, the rules and the instant alone.

Emergencies count by the clock. All others count seconds in which the desk is open, and are left alone while it is not.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.cdr.records import Ticket
from app.cdr.ticket_clocks import rule_of
from app.cdr.ticket_rules import CLOSED, is_unowned_emergency
from oncall import BusinessHours, Priority, Reminders

# Whoever has just given an update is not asked for the next one at once, however short the interval agreed on is.
_TEXT_SHARE: Final = 2
_CALL_SHARE: Final = 4
_LAST_WORD: Final = timedelta(days=1)


class Deed(StrEnum):
    """What is done: a text or a call before the update is due; afterwards word to one after another."""

    TEXT = "text"
    CALL = "call"
    OWNER = "owner"
    STEP = "step"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class Stage:
    """What is to be done now. `step` counts the policy's steps from 1; `lap` how often it was climbed before.

    Wanted until `until`, an instant in UTC.
    """

    deed: Deed
    until: datetime
    step: int = 0
    lap: int = 0

    @property
    def name(self) -> str:
        """What the stage is called among those of one due update."""
        return f"{self.deed}-{self.lap}-{self.step}"


@dataclass(frozen=True, slots=True)
class Counting:
    """How the time of a ticket is counted: by the clock, or while the desk is open."""

    hours: BusinessHours | None

    @classmethod
    def of(cls, ticket: Ticket, hours: BusinessHours | None) -> "Counting":
        """The way a ticket's time is counted; without `hours` by the clock."""
        return cls(None if ticket.priority is Priority.EMERGENCY else hours)

    def is_quiet(self, at: datetime) -> bool:
        """Whether nobody is disturbed at the instant."""
        return self.hours is not None and not self.hours.is_open(at=at)

    def between(self, starts_at: datetime, ends_at: datetime) -> float:
        """Seconds counted in a span; 0 for one that ends first."""
        if self.hours is None:
            return max(0.0, (ends_at - starts_at).total_seconds())
        return float(self.hours.open_seconds_between(starts_at=starts_at, ends_at=ends_at))

    def after(self, at: datetime, seconds: int) -> datetime:
        """The instant at which so many have been counted since another."""
        if self.hours is None:
            return at + timedelta(seconds=seconds)
        return self.hours.add_open_seconds(at=at, seconds=seconds)

    def while_awake(self, at: datetime, until: datetime) -> datetime:
        """`until`, or when the desk closes if that is sooner: nothing that is late by then goes out in the night."""
        closes_at = None if self.hours is None else self.hours.next_change(at=at)
        return until if closes_at is None else min(until, closes_at)


def horizon(rules: Reminders, *, at: datetime, hours: BusinessHours | None) -> datetime:
    """The instant before which an update must be due for anything to be done about it `at`."""
    seconds = max([0, *rules.text_before_seconds.values(), *rules.call_before_seconds.values()]) + 1
    by_the_clock, in_hours = Counting(None).after(at, seconds), Counting(hours).after(at, seconds)
    return max(by_the_clock, in_hours)


def stage_of(
    ticket: Ticket,
    rules: Reminders,
    *,
    at: datetime,
    hours: BusinessHours | None,
    overdue_at: datetime | None,
    steps: int,
) -> Stage | None:
    """What is to be done about the ticket's update `at`; None when nothing is.

    `overdue_at` is when it was noticed that the update is overdue, None before that; `steps` how many steps the policy
    has now. What was missed is not made up for: only what is due now is done.
    """
    due_at, counting = ticket.update_due_at, Counting.of(ticket, hours)
    if due_at is None or ticket.status in CLOSED or is_unowned_emergency(ticket) or counting.is_quiet(at):
        return None
    if at >= due_at:
        return _overdue(ticket, rules, counting, at=at, since=overdue_at or at, steps=steps)
    left, until = counting.between(at, due_at), counting.while_awake(at, due_at)
    if left <= _lead(ticket, rules.call_before_seconds.get(ticket.priority, 0), _CALL_SHARE):
        return Stage(Deed.CALL, until)
    if left <= _lead(ticket, rules.text_before_seconds.get(ticket.priority, 0), _TEXT_SHARE):
        return Stage(Deed.TEXT, until)
    return None


def _lead(ticket: Ticket, seconds: int, share: int) -> float:
    interval = rule_of(ticket).seconds
    # Zero is never: then not even the last second before counts.
    return (seconds if interval is None else min(seconds, interval / share)) or -1


def _overdue(
    ticket: Ticket, rules: Reminders, counting: Counting, *, at: datetime, since: datetime, steps: int
) -> Stage:
    """First whoever has it, then the steps, then the supervisor; for emergencies round after round."""
    turns, every = int(counting.between(since, at) // rules.every_seconds), rules.every_seconds
    last = steps + 1
    lap, place = divmod(turns, last + 1) if ticket.priority is Priority.EMERGENCY else (0, min(turns, last))
    goes_on = place < last or ticket.priority is Priority.EMERGENCY
    until = counting.after(since, (turns + 1) * every) if goes_on else at + _LAST_WORD
    until = counting.while_awake(at, until)
    if place == 0:
        return Stage(Deed.OWNER, until, lap=lap)
    return Stage(Deed.SUPERVISOR, until, lap=lap) if place == last else Stage(Deed.STEP, until, step=place, lap=lap)
