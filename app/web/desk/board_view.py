"""What the board says, section by section, as of one instant: words, instants and levels, no markup.

Spans are told as instants, so that a section that stands still stays the same while clocks on the board run on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.cdr.records import Ticket
from app.store import PlaceKind, next_due
from app.web.desk.board_facts import Facts
from app.web.health import Finding
from oncall import BusinessHours, DeskOverride, HoursState, Priority, Roster, hours_state, override_in_force

# Somebody who has waited for so long is about to give up.
LONG_WAIT: Final = timedelta(minutes=3)
MOST_TICKETS: Final = 8
MOST_ALARMS: Final = 5


class Level(StrEnum):
    """How much something asks for attention."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class DeskNow:
    """Open or closed, until when, why, and what was said by hand, if anything was."""

    state: HoursState
    by_hand: DeskOverride | None

    @property
    def number(self) -> int:
        return 0 if self.by_hand is None else self.by_hand.source.line


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who has a duty now, until when and why; and who has it next, from when on."""

    title: str
    people: tuple[str, ...]
    until: datetime | None
    because: str
    next_person: str | None
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that burns, or may soon; `to` is where to see to it."""

    level: Level
    words: str
    to: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class DueTicket:
    """A ticket with a clock that runs out: which, and when."""

    number: int
    priority: Priority
    assignee: str | None
    at: datetime
    what: str
    over: bool


@dataclass(frozen=True, slots=True)
class DueTickets:
    """The tickets due first, and how many there are."""

    shown: tuple[DueTicket, ...]
    overdue: int
    soon: int


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member of staff: talking, ringing, away or free; `since` when they talk, `until` while they are away."""

    name: str
    team: str
    state: str
    on_call: bool
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Vital:
    """One part of the installation, and a sentence about it."""

    title: str
    level: Level
    words: str


@dataclass(frozen=True, slots=True)
class Now:
    """What the eye meets first."""

    desk: DeskNow | None
    on_call: tuple[OnCall, ...]
    alarms: tuple[Alarm, ...]
    more_alarms: int

    @property
    def level(self) -> Level:
        levels = {alarm.level for alarm in self.alarms}
        return next((each for each in (Level.BAD, Level.WARN) if each in levels), Level.GOOD)


_VITALS: Final = {
    "database": "Database",
    "migrations": "Schema",
    "clock": "Clock process",
    "outbox": "Orders",
    "coverage": "Coverage",
    "configuration": "Configuration",
    "spool": "Spool",
}


def vitals(health: Mapping[str, Finding]) -> tuple[Vital, ...]:
    """The parts of the installation."""
    return tuple(
        Vital(_VITALS.get(name, name.capitalize()), _level(each), each.detail if _is_told(each) else "")
        for name, each in health.items()
    )


def now(facts: Facts) -> Now:
    """Whether the desk is open, who is on call, and what burns."""
    on_call = tuple(_on_call(facts, name) for name in facts.snapshot.roster.schedules)
    alarms = tuple(sorted(_alarms(facts, on_call), key=lambda alarm: alarm.level is not Level.BAD))
    return Now(desk_now(facts), on_call, alarms[:MOST_ALARMS], max(0, len(alarms) - MOST_ALARMS))


def desk_now(facts: Facts) -> DeskNow | None:
    """How the desk stands; None where no business hours are kept."""
    hours = desk_hours(facts.snapshot.roster)
    if hours is None:
        return None
    state = hours_state(hours, facts.by_hand, at=facts.at)
    return DeskNow(state, override_in_force(hours, facts.by_hand, at=facts.at))


def desk_hours(roster: Roster) -> BusinessHours | None:
    """The desk's hours are the first ones."""
    return next(iter(roster.hours.values()), None)


def due_now(facts: Facts) -> DueTickets:
    """The tickets whose clocks run out."""
    rows = [_due(each, facts.at) for each in facts.going_on.due]
    overdue = sum(row.over for row in rows)
    return DueTickets(tuple(rows[:MOST_TICKETS]), overdue, len(rows) - overdue)


def staff_now(facts: Facts) -> tuple[Colleague, ...]:
    """Everybody, those on call first, then as they stand in staff.yaml."""
    found = [_colleague(facts, name) for name in facts.snapshot.roster.people]
    return tuple(sorted(found, key=lambda each: (not each.on_call, each.state == "away")))


def _level(finding: Finding) -> Level:
    if not finding.ok:
        return Level.BAD
    return Level.WARN if finding.detail.startswith("warning") else Level.GOOD


def _is_told(finding: Finding) -> bool:
    # What is well may be told in other words every second: ages, sizes.
    return _level(finding) is not Level.GOOD


def _on_call(facts: Facts, schedule: str) -> OnCall:
    roster = facts.snapshot.roster
    coverage = roster.who_is_on(schedule, at=facts.at, quick=facts.quick)
    following = roster.who_is_next(schedule, at=facts.at, quick=facts.quick)
    reasons = dict.fromkeys(f"{duty.because} ({duty.source})" for duty in coverage.people)
    return OnCall(
        title=roster.schedules[schedule].title or schedule,
        people=tuple(duty.person for duty in coverage.people),
        until=coverage.until,
        because="; ".join(reasons) or coverage.because,
        next_person=following.person if following else None,
        next_at=following.starts_at if following else None,
    )


def _alarms(facts: Facts, on_call: tuple[OnCall, ...]) -> Iterator[Alarm]:
    for ticket in facts.going_on.unowned:
        words = f"Emergency {ticket.number}: nobody has accepted it"
        yield Alarm(Level.BAD, words, f"/desk/tickets/{ticket.number}", ticket.created_at)
    for duty in on_call:
        if not duty.people:
            yield Alarm(Level.BAD, f"Nobody is on call: {duty.title}")
    waiting = [each for each in facts.line if each.kind is PlaceKind.WAITING]
    if waiting:
        first = min(each.entered_at for each in waiting)
        urgent = any(each.priority is Priority.EMERGENCY for each in waiting) or facts.at - first >= LONG_WAIT
        words = "1 caller waits in line" if len(waiting) == 1 else f"{len(waiting)} callers wait in line"
        yield Alarm(Level.BAD if urgent else Level.WARN, words, since=first)
    due = due_now(facts)
    if due.overdue:
        words = "1 ticket is overdue" if due.overdue == 1 else f"{due.overdue} tickets are overdue"
        yield Alarm(Level.BAD, words, "/desk/tickets?shown=overdue")
    for vital in vitals(facts.health):
        if vital.level is not Level.GOOD:
            yield Alarm(vital.level, f"{vital.title}: see below")
    if due.soon:
        words = "1 ticket is due" if due.soon == 1 else f"{due.soon} tickets are due"
        yield Alarm(Level.WARN, f"{words} within half an hour")


def _due(ticket: Ticket, at: datetime) -> DueTicket:
    first = next_due(ticket)
    what = "update" if first == ticket.update_due_at else "resolution"
    return DueTicket(ticket.number or 0, ticket.priority, ticket.assignee, first, what, first <= at)


def _colleague(facts: Facts, name: str) -> Colleague:
    roster, going_on = facts.snapshot.roster, facts.going_on
    off = roster.away(name, at=facts.at, quick=facts.quick)
    on_call = roster.on_duty(name, at=facts.at, quick=facts.quick)
    team = roster.teams[roster.people[name].team].title
    if name in going_on.talking:
        return Colleague(name, team, "talking", on_call, since=going_on.talking[name])
    if name in going_on.ringing or any(each.person == name for each in going_on.offers):
        return Colleague(name, team, "ringing", on_call)
    if off is not None:
        return Colleague(name, team, "away", on_call, until=off.ends_at)
    return Colleague(name, team, "free", on_call)
