"""Calls, legs and tickets as everybody outside the store sees them: frozen, with instants in UTC.

Field names and closed sets are those of the public API.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.flow.messages import Detail
from oncall import Pause, Priority

FIRST_STAGE = "before the menu"


class Disposition(StrEnum):
    """How the system saw a call end."""

    IN_PROGRESS = "in_progress"
    ANSWERED = "answered"
    ANSWERING_SERVICE = "answering_service"
    VOICEMAIL = "voicemail"
    CALLBACK = "callback"
    ABANDONED = "abandoned"
    FAILED = "failed"


class LegOutcome(StrEnum):
    """How one attempt to reach somebody came out."""

    RINGING = "ringing"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    ANSWERED_NOT_ACCEPTED = "answered_not_accepted"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CALLER_LEFT = "caller_left"


class TicketStatus(StrEnum):
    """Where a ticket is in its life; `waiting` is for the requester."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Channel(StrEnum):
    """The way a ticket came in."""

    PHONE = "phone"
    EMAIL = "email"
    PORTAL = "portal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One caller's visit, from first ring to hang-up. `caller` is E.164 or empty when withheld or unusable.

    `stage` is the plain-English place the call last was ("in the menu"), for subjects and screens.
    """

    call_sid: str
    line: str
    caller: str
    dialled: str
    started_at: datetime
    config_revision: str
    priority: Priority
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    wait_seconds: int | None = None
    talk_seconds: int | None = None
    disposition: Disposition = Disposition.IN_PROGRESS
    answered_by: str | None = None
    ticket: int | None = None
    stage: str = FIRST_STAGE
    callback_number: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One attempt to reach a person or party, known by the turn that dialled it until its SID is seen."""

    call_sid: str
    turn: int
    party: str
    team: str
    number: str
    started_at: datetime
    because: str
    source: str
    screened: bool
    leg_sid: str | None = None
    answered_at: datetime | None = None
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: LegOutcome = LegOutcome.RINGING


@dataclass(frozen=True, slots=True)
class UpdateRule:
    """How often the requester hears of a ticket: in business or in clock seconds. None: as results become available."""

    seconds: int | None
    business: bool


@dataclass(frozen=True, slots=True)
class Target:
    """When a ticket was agreed to be resolved; None: at no particular time."""

    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Promise:
    """News promised to the requester within so many seconds, business or clock ones, counted from an instant."""

    from_at: datetime
    seconds: int
    business: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketLife:
    """What a ticket's clocks count from, what was agreed on instead, and what staff have decided.

    `told_at` is when the requester last had news, `promises` are those since; None: since the first acknowledgement.
    `stops` are the spans in which the clocks stood still. `decided` says since when a field is what staff made it:
    calls do not change it back. `closes_at` is when the ticket closes by itself unless the requester answers, once
    `noticed`.
    """

    told_at: datetime | None = None
    promises: tuple[Promise, ...] | None = None
    stops: tuple[Pause, ...] = ()
    updates: UpdateRule | None = None
    target: Target | None = None
    decided: Mapping[str, datetime] = field(default_factory=dict)
    closes_at: datetime | None = None
    noticed: bool = False
    merged_into: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A piece of work somebody owns. `number` is None only before the store has given it one.

    `step_at` is when something is to happen to it by itself. `life` is None while nothing out of the ordinary happened.
    """

    number: int | None
    channel: Channel
    priority: Priority
    status: TicketStatus
    subject: str
    requester: str
    created_at: datetime
    assignee: str | None = None
    acknowledged_at: datetime | None = None
    update_due_at: datetime | None = None
    resolve_due_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    step_at: datetime | None = None
    life: TicketLife | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """A call with its legs (in the order they were dialled) and its ticket."""

    call: Call
    legs: tuple[Leg, ...] = ()
    ticket: Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """A fact as it is shown: when, what, why, and its particulars."""

    at: datetime
    fact: str
    because: str
    detail: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketUpdate:
    """An entry in a ticket's history: who, when, what kind of change, its text, and why.

    `detail` holds what it changed: by the field's name, what it was before.
    """

    at: datetime
    author: str
    kind: str
    text: str
    because: str = ""
    detail: Mapping[str, Detail] = field(default_factory=dict)
