"""What the facts of a call make of its ticket: priority, requester, first acknowledgement and the line that sums it up.

Pure. What staff have decided since is not changed back by what happened before; a ticket that was there before the call
is not the call's to rewrite.
"""

from dataclasses import replace
from datetime import datetime

from app.cdr.records import Call, CallRecord, Disposition, Leg, LegOutcome, Ticket, TicketStatus
from app.cdr.ticket_clocks import STILL, decided_at, news_at, news_told, prioritised
from app.cdr.ticket_rules import acknowledged
from app.flow.messages import Fact
from oncall import BusinessHours, Priority

NEVER_REACHED_US = "never reached our server"
"""The stage of a call that is known from the provider's list alone."""

BLOCKED = "blocked"
"""The stage of a call from a number on the block list."""

CALLBACK_LEFT = "stays open"
"""How the stage of a call begins whose call-back the service makes no more attempts at."""

MESSAGE_LOST = "after leaving a message that was lost"


def is_joined(record: CallRecord) -> bool:
    """Whether the call came to a ticket that was there before it: what that says is not for this call to rewrite."""
    return record.ticket.created_at < record.call.started_at


def with_priority(record: CallRecord, fact: Fact) -> CallRecord:
    """The call's priority is the ticket's too; one that is joined, or that staff have set before, is only raised."""
    priority, ticket = Priority(str(fact.detail["priority"])), record.ticket
    set_at = decided_at(ticket, "priority")
    only_raised = set_at is not None or is_joined(record)
    if not (_is_older(fact, set_at) or (only_raised and not priority.is_above(ticket.priority))):
        ticket = replace(ticket, priority=priority)
    return replace(record, call=replace(record.call, priority=priority), ticket=ticket)


def with_requester(record: CallRecord, number: str) -> CallRecord:
    """Whoever gave a number to be called at is to be called there."""
    if is_joined(record) or decided_at(record.ticket, "requester") is not None:
        return record
    return replace(record, ticket=replace(record.ticket, requester=number))


def closed_as_blocked(ticket: Ticket, fact: Fact) -> Ticket:
    """The desk has decided about the number already: there is nothing left to be done."""
    if _is_older(fact, decided_at(ticket, "status")):
        return ticket
    return replace(ticket, status=TicketStatus.CLOSED, closed_at=ticket.closed_at or fact.at)


def with_clocks(
    record: CallRecord,
    before: Ticket,
    *,
    raised_at: datetime | None,
    hours: BusinessHours | None,
    keys: set[datetime | None],
) -> CallRecord:
    """The record whose ticket's clocks follow from what happened; `before` is the ticket as it was until then.

    `raised_at` is when its priority was last set, `keys` the instants at which an accept key was pressed on a leg.
    """
    record = _with_acknowledgement(record, hours, keys)
    ticket = record.ticket
    if before.acknowledged_at is not None and raised_at is not None and ticket.priority is not before.priority:
        back = replace(ticket, priority=before.priority)
        # What is told late may have been before the first acknowledgement, from which the clocks run.
        raised_at = max(raised_at, before.acknowledged_at)
        record = replace(record, ticket=prioritised(back, ticket.priority, at=raised_at, hours=hours))
    return _with_conversation(record, hours) if is_joined(record) else record


def _with_conversation(record: CallRecord, hours: BusinessHours | None) -> CallRecord:
    """Who has spoken to one of the staff about their ticket has had news of it."""
    call, ticket = record.call, record.ticket
    last = news_at(ticket)
    if call.disposition is not Disposition.ANSWERED or not call.talk_seconds or call.ended_at is None:
        return record
    if ticket.status in STILL or last is None or call.ended_at <= last:
        return record
    return replace(record, ticket=news_told(ticket, at=call.ended_at, hours=hours))


def _is_older(fact: Fact, decision_at: datetime | None) -> bool:
    return decision_at is not None and fact.at <= decision_at


def _with_acknowledgement(record: CallRecord, hours: BusinessHours | None, keys: set[datetime | None]) -> CallRecord:
    """Taking the call is the first acknowledgement of its ticket; from it the priority's clocks run.

    `keys` are the instants at which an accept key was pressed on a leg.
    """
    ticket, call = record.ticket, record.call
    by_staff = call.disposition is Disposition.ANSWERED
    if by_staff and ticket.status is TicketStatus.NEW and call.answered_at is not None:
        if (reopened_at := decided_at(ticket, "status")) is not None and call.answered_at <= reopened_at:
            return record
        return replace(record, ticket=acknowledged(ticket, by=call.answered_by, at=call.answered_at, hours=hours))
    if ticket.acknowledged_at in keys and any(_took_it_back(ticket, leg) for leg in record.legs):
        # The key was pressed, and then nobody was connected: nobody has spoken to the caller yet.
        blank = replace(
            ticket,
            status=TicketStatus.NEW,
            assignee=None,
            acknowledged_at=None,
            update_due_at=None,
            resolve_due_at=None,
        )
        return _with_acknowledgement(replace(record, ticket=blank), hours, keys)
    return record


def _took_it_back(ticket: Ticket, leg: Leg) -> bool:
    """Whether the ticket was acknowledged by this leg's key alone, and by no one's work on it since."""
    if ticket.status is not TicketStatus.ACKNOWLEDGED or ticket.acknowledged_at is None or leg.ended_at is None:
        return False
    unconnected = leg.outcome in {LegOutcome.CALLER_LEFT, LegOutcome.ANSWERED_NOT_ACCEPTED}
    return unconnected and leg.party == ticket.assignee and leg.started_at <= ticket.acknowledged_at <= leg.ended_at


def replace_subject(record: CallRecord) -> CallRecord:
    """The record with its ticket's subject saying, in one line, what the call was."""
    if is_joined(record) or decided_at(record.ticket, "subject") is not None:
        return record
    subject = subject_of(record.call)
    if subject == record.ticket.subject:
        return record
    return replace(record, ticket=replace(record.ticket, subject=subject))


def subject_of(call: Call) -> str:
    """What the call was, in one line."""
    caller = call.callback_number or call.caller or "a withheld number"
    origin = f"from {caller} on the {call.line} line"
    match call.disposition:
        case _ if call.stage == BLOCKED:
            return f"Blocked call {origin}"
        case Disposition.ANSWERED:
            return f"Call {origin}, taken by {call.answered_by}"
        case Disposition.ANSWERING_SERVICE:
            return f"Call {origin}, taken by {call.answered_by}"
        case Disposition.VOICEMAIL:
            return f"Voicemail {origin}" + (", message lost" if call.stage == MESSAGE_LOST else "")
        case Disposition.CALLBACK:
            given_up = call.stage.startswith(CALLBACK_LEFT)
            return f"Call-back asked for {origin}" + (f", {call.stage}" if given_up else "")
        case Disposition.ABANDONED:
            return f"Missed call {origin}, {_until(call, 'hung up')}"
        case Disposition.FAILED:
            return f"Failed call {origin}, {_until(call, 'broken off')}"
        case Disposition.IN_PROGRESS:
            return f"Call {origin}, {call.stage}"


def _until(call: Call, ending: str) -> str:
    return call.stage if call.stage == NEVER_REACHED_US else f"{ending} {call.stage}"
