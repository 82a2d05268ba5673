"""What the API answers with: the public shapes of calls, legs, tickets, duty and routes, made from records.

Field names are promised to the outside: they may be added to, never renamed. Instants are UTC.
"""

from typing import TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue

from app.cdr import records
from app.cdr.records import CallRecord, Channel, Disposition, LegOutcome, TicketStatus
from app.route_preview import Step
from app.store import Page, TicketFile
from oncall import Coverage, Priority, Roster

DocumentT = TypeVar("DocumentT", bound=BaseModel)


class Document(BaseModel):
    """What every document is built on."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, from_attributes=True, use_attribute_docstrings=True
    )


class Leg(Document):
    """One attempt to reach a person or party."""

    leg_sid: str | None
    """The provider's name for the leg; null until it is known."""
    party: str
    """Who was rung: a member of staff, or an outside party."""
    team: str
    """The team of that person; empty for an outside party."""
    number: str
    """The phone that was rung, E.164."""
    started_at: AwareDatetime
    answered_at: AwareDatetime | None
    """When something picked up: a person or a voicemail."""
    accepted_at: AwareDatetime | None
    """When the caller was taken: the accept key, or for an outside party the bridge."""
    ended_at: AwareDatetime | None
    outcome: LegOutcome
    because: str
    """The rule that had this phone rung."""
    source: str
    """Where that rule is written, "file:line"."""


class TimelineEntry(Document):
    """One thing that happened on a call."""

    at: AwareDatetime
    fact: str
    """What happened, in the past tense, as in `keys_pressed`."""
    because: str
    """Why."""
    detail: dict[str, JsonValue]
    """Its particulars; `source` is the "file:line" that decided it."""


class CallEntry(Document):
    """A call with its legs, as it stands in a list."""

    call_sid: str
    line: str
    caller: str
    """E.164; empty when the number was withheld or unusable."""
    dialled: str
    started_at: AwareDatetime
    answered_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    wait_seconds: int | None
    """From the first ring until somebody took the call, or until it ended."""
    talk_seconds: int | None
    disposition: Disposition
    answered_by: str | None
    priority: Priority
    ticket: int | None
    config_revision: str
    legs: list[Leg]


class Call(CallEntry):
    """A call with its legs and everything that happened on it."""

    timeline: list[TimelineEntry]


class CallPage(Document):
    """Calls, newest first."""

    items: list[CallEntry]
    next: str | None
    """The `cursor` of the next page; null at the end."""


class TicketUpdate(Document):
    """An entry in a ticket's history."""

    at: AwareDatetime
    author: str
    kind: str
    text: str
    because: str
    """Why, or the way it was made known."""
    detail: dict[str, JsonValue]
    """What it changed: by the field's name, what it was before."""


class AgreedUpdates(Document):
    """How often the requester was promised to hear of a ticket."""

    every_seconds: int | None
    """Null: at no particular time."""
    in_business_hours: bool


class AgreedResolution(Document):
    """When a ticket was promised to be resolved."""

    due_at: AwareDatetime | None
    """Null: at no particular time."""


class Ticket(Document):
    """A piece of work somebody owns, with the SIDs of its calls and its history."""

    number: int
    channel: Channel
    priority: Priority
    status: TicketStatus
    subject: str
    requester: str
    assignee: str | None
    created_at: AwareDatetime
    acknowledged_at: AwareDatetime | None
    update_due_at: AwareDatetime | None
    resolve_due_at: AwareDatetime | None
    resolved_at: AwareDatetime | None
    closed_at: AwareDatetime | None
    closes_at: AwareDatetime | None
    """When it closes by itself unless the requester answers; null while that is not so."""
    agreed_updates: AgreedUpdates | None
    """What was negotiated instead of what the priority says; null when nothing was."""
    agreed_resolution: AgreedResolution | None
    """Likewise."""
    merged_into: int | None
    """The ticket that this one went up in."""
    related: list[int]
    """Tickets about the same matter."""
    version: str
    """What this state of the ticket is called: another one after every change. Also its ETag."""
    calls: list[str]
    updates: list[TicketUpdate]


class TicketPage(Document):
    """Tickets, newest first."""

    items: list[Ticket]
    next: str | None
    """The `cursor` of the next page; null at the end."""


class PersonOnCall(Document):
    """Somebody on call, and the phone that is rung first."""

    name: str
    team: str
    phone: str | None


class OnCall(Document):
    """Who is on call at an instant; nobody is an answer, and `because` says how it came about."""

    at: AwareDatetime
    schedule: str | None
    people: list[PersonOnCall]
    until: AwareDatetime | None
    """When this changes next; null when no change is foreseeable."""
    because: str


class RouteStep(Document):
    """One thing a call would do."""

    at: AwareDatetime
    does: str
    because: str
    source: str | None
    """The "file:line" that decided it."""


class Route(Document):
    """What a call to a line at an instant would do if nobody of the staff took it."""

    line: str
    at: AwareDatetime
    revision: str
    steps: list[RouteStep]


def call_page(page: Page[CallRecord]) -> CallPage:
    """A page of calls."""
    return CallPage(items=[CallEntry.model_validate(_call_fields(record)) for record in page.items], next=page.next)


def call(record: CallRecord, timeline: tuple[records.TimelineEntry, ...]) -> Call:
    """One call with its timeline."""
    entries = [_of(TimelineEntry, entry) for entry in timeline]
    return Call.model_validate({**_call_fields(record), "timeline": entries})


def ticket_page(page: Page[TicketFile]) -> TicketPage:
    """A page of tickets."""
    return TicketPage(items=[ticket(file) for file in page.items], next=page.next)


def ticket(file: TicketFile) -> Ticket:
    """One ticket."""
    own: dict[str, object] = {
        name: getattr(file.ticket, name) for name in Ticket.model_fields if hasattr(file.ticket, name)
    }
    life = file.ticket.life or records.TicketLife()
    updates, target = life.updates, life.target
    return Ticket.model_validate(
        {
            **own,
            "closes_at": life.closes_at,
            "agreed_updates": updates
            and AgreedUpdates(every_seconds=updates.seconds, in_business_hours=updates.business),
            "agreed_resolution": target and AgreedResolution(due_at=target.due_at),
            "merged_into": life.merged_into,
            "related": list(file.related),
            "version": file.version,
            "calls": list(file.calls),
            "updates": [_of(TicketUpdate, update) for update in file.updates],
        }
    )


def people_on_call(coverage: Coverage, roster: Roster) -> list[PersonOnCall]:
    """The people of a coverage, with team and phone."""
    people = [roster.people[duty.person] for duty in coverage.people]
    return [
        PersonOnCall(name=person.name, team=person.team, phone=next(iter(person.phones), None)) for person in people
    ]


def route_steps(steps: list[Step]) -> list[RouteStep]:
    """The steps of a preview."""
    return [_of(RouteStep, step) for step in steps]


def _call_fields(record: CallRecord) -> dict[str, object]:
    own: dict[str, object] = {name: getattr(record.call, name) for name in CallEntry.model_fields if name != "legs"}
    return {**own, "legs": [_of(Leg, leg) for leg in record.legs]}


def _of(document: type[DocumentT], thing: object) -> DocumentT:
    return document.model_validate(thing)
