"""Reads facts into a call record: legs and their outcomes, the call's disposition, the ticket's subject and clocks.

Pure and incremental: facts may arrive late, twice or out of order, and the record still says what happened.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from app.cdr.records import (
    Call,
    CallRecord,
    Channel,
    Disposition,
    Leg,
    LegOutcome,
    Ticket,
    TicketStatus,
)
from app.flow.messages import DialStatus, Fact, FactKind
from oncall import BusinessHours, Priority, resolve_due_at, update_due_at

_OUTCOME_OF_STATUS = {
    DialStatus.COMPLETED: LegOutcome.ANSWERED_NOT_ACCEPTED,
    DialStatus.BUSY: LegOutcome.BUSY,
    DialStatus.NO_ANSWER: LegOutcome.NO_ANSWER,
    DialStatus.FAILED: LegOutcome.FAILED,
    DialStatus.CANCELLED: LegOutcome.CANCELLED,
}


def opened(
    *, call_sid: str, line: str, caller: str, dialled: str, at: datetime, revision: str, priority: Priority
) -> CallRecord:
    """The record of a call at its first webhook: in progress, with a new ticket that has no number yet."""
    call = Call(
        call_sid=call_sid,
        line=line,
        caller=caller,
        dialled=dialled,
        started_at=at,
        config_revision=revision,
        priority=priority,
    )
    ticket = Ticket(
        number=None,
        channel=Channel.PHONE,
        priority=priority,
        status=TicketStatus.NEW,
        subject="",
        requester=caller,
        created_at=at,
    )
    return replace_subject(CallRecord(call=call, ticket=ticket))


def apply(record: CallRecord, facts: Iterable[Fact], *, hours: BusinessHours | None) -> CallRecord:
    """The record after these facts. `hours` are the desk's, for the clocks that run in business hours."""
    for fact in facts:
        step = _STEPS.get(fact.kind)
        if step is not None:
            record = step(record, fact)
    return replace_subject(_with_ticket_clocks(_with_summary(record), hours))


# Facts about the call itself.


def _call_ended(record: CallRecord, fact: Fact) -> CallRecord:
    failed = fact.detail.get("status") == DialStatus.FAILED
    call = record.call
    disposition = Disposition.FAILED if failed else call.disposition
    return replace(record, call=replace(call, ended_at=call.ended_at or fact.at, disposition=disposition))


def _caller_left(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(record, call=replace(record.call, ended_at=record.call.ended_at or fact.at))


def _priority_set(record: CallRecord, fact: Fact) -> CallRecord:
    priority = Priority(str(fact.detail["priority"]))
    ticket = record.ticket
    return replace(record, call=replace(record.call, priority=priority), ticket=replace(ticket, priority=priority))


def _tags_added(record: CallRecord, fact: Fact) -> CallRecord:
    added = fact.detail["tags"]
    tags = dict.fromkeys((*record.call.tags, *map(str, added if isinstance(added, list) else [])))
    return replace(record, call=replace(record.call, tags=tuple(tags)))


def _digits_collected(record: CallRecord, fact: Fact) -> CallRecord:
    number = fact.detail.get("callback_number")
    if number is None:
        return record
    return replace(
        record,
        call=replace(record.call, callback_number=str(number)),
        ticket=replace(record.ticket, requester=str(number)),
    )


def _at_stage(words: str) -> Callable[[CallRecord, Fact], CallRecord]:
    def step(record: CallRecord, _fact: Fact) -> CallRecord:
        return replace(record, call=replace(record.call, stage=words))

    return step


def _recording_ended(record: CallRecord, fact: Fact) -> CallRecord:
    if not fact.detail.get("left"):
        return record
    call = record.call
    return replace(record, call=replace(call, stage="after leaving a message", disposition=Disposition.VOICEMAIL))


# Facts about legs.


def _leg_dialled(record: CallRecord, fact: Fact) -> CallRecord:
    detail = fact.detail
    turn, party = int(str(detail["leg"])), str(detail["party"])
    if any(leg.turn == turn for leg in record.legs):
        return record
    leg = Leg(
        call_sid=record.call.call_sid,
        turn=turn,
        party=party,
        team=str(detail["team"]),
        number=str(detail["number"]),
        started_at=fact.at,
        because=fact.because,
        source=str(fact.source or ""),
        screened=bool(detail["screened"]),
    )
    return replace(record, legs=(*record.legs, leg), call=replace(record.call, stage=f"while {party} was rung"))


def _on_leg(change: Callable[[Leg, Fact], Leg]) -> Callable[[CallRecord, Fact], CallRecord]:
    def step(record: CallRecord, fact: Fact) -> CallRecord:
        turn = int(str(fact.detail["leg"]))
        return replace(record, legs=tuple(change(leg, fact) if leg.turn == turn else leg for leg in record.legs))

    return step


def _identified(leg: Leg, fact: Fact) -> Leg:
    sid = fact.detail.get("leg_sid")
    return leg if leg.leg_sid or not sid else replace(leg, leg_sid=str(sid))


def _leg_rang(leg: Leg, fact: Fact) -> Leg:
    return _identified(leg, fact)


def _leg_answered(leg: Leg, fact: Fact) -> Leg:
    return replace(_identified(leg, fact), answered_at=leg.answered_at or fact.at)


def _leg_accepted(leg: Leg, fact: Fact) -> Leg:
    leg = _leg_answered(leg, fact)
    if leg.outcome in {LegOutcome.RINGING, LegOutcome.ANSWERED_NOT_ACCEPTED}:
        return replace(leg, accepted_at=fact.at, outcome=LegOutcome.ACCEPTED)
    return leg


def _leg_declined(leg: Leg, fact: Fact) -> Leg:
    leg = _leg_answered(leg, fact)
    if leg.outcome in {LegOutcome.RINGING, LegOutcome.ANSWERED_NOT_ACCEPTED}:
        return replace(leg, outcome=LegOutcome.DECLINED)
    return leg


def _leg_ended(leg: Leg, fact: Fact) -> Leg:
    leg = replace(_identified(leg, fact), ended_at=leg.ended_at or fact.at)
    status = DialStatus(str(fact.detail["status"]))
    if leg.outcome is not LegOutcome.RINGING or (status is DialStatus.COMPLETED and not leg.screened):
        return leg
    return replace(leg, outcome=_OUTCOME_OF_STATUS[status])


def _dial_ended(leg: Leg, fact: Fact) -> Leg:
    """The caller's side has the last word on whether two people were connected."""
    status, bridged = DialStatus(str(fact.detail["status"])), fact.detail.get("bridged")
    leg = replace(_identified(leg, fact), ended_at=leg.ended_at or fact.at)
    if leg.screened:
        connected = leg.outcome is LegOutcome.ACCEPTED and bridged is not False
    else:
        connected = bridged is True or (bridged is None and status is DialStatus.COMPLETED)
    if connected:
        accepted_at = leg.accepted_at or leg.answered_at or leg.started_at
        return replace(leg, outcome=LegOutcome.ACCEPTED, accepted_at=accepted_at)
    if leg.outcome is LegOutcome.DECLINED:
        return leg
    if fact.detail.get("caller_left"):
        return replace(leg, outcome=LegOutcome.CALLER_LEFT, accepted_at=None)
    return replace(leg, outcome=_OUTCOME_OF_STATUS[status], accepted_at=None)


_STEPS: dict[FactKind, Callable[[CallRecord, Fact], CallRecord]] = {
    FactKind.CALL_ENDED: _call_ended,
    FactKind.CALLER_LEFT: _caller_left,
    FactKind.PRIORITY_SET: _priority_set,
    FactKind.TAGS_ADDED: _tags_added,
    FactKind.DIGITS_COLLECTED: _digits_collected,
    FactKind.MENU_OFFERED: _at_stage("in the menu"),
    FactKind.RECORDING_STARTED: _at_stage("before leaving a message"),
    FactKind.RECORDING_ENDED: _recording_ended,
    FactKind.LEG_DIALLED: _leg_dialled,
    FactKind.LEG_RANG: _on_leg(_leg_rang),
    FactKind.LEG_ANSWERED: _on_leg(_leg_answered),
    FactKind.LEG_ACCEPTED: _on_leg(_leg_accepted),
    FactKind.LEG_DECLINED: _on_leg(_leg_declined),
    FactKind.LEG_ENDED: _on_leg(_leg_ended),
    FactKind.DIAL_ENDED: _on_leg(_dial_ended),
}


# What follows from all of them together.


def _with_summary(record: CallRecord) -> CallRecord:
    call = record.call
    taken = next((leg for leg in record.legs if leg.outcome is LegOutcome.ACCEPTED), None)
    answered_at = None if taken is None else taken.accepted_at
    ended_at = call.ended_at
    waited_until = answered_at or ended_at
    talked_until = None if taken is None else taken.ended_at or ended_at
    return replace(
        record,
        call=replace(
            call,
            answered_at=answered_at,
            answered_by=None if taken is None else taken.party,
            wait_seconds=None if waited_until is None else _seconds(call.started_at, waited_until),
            talk_seconds=_seconds(answered_at, talked_until) if answered_at and talked_until else None,
            disposition=_disposition(call, taken),
        ),
    )


def _disposition(call: Call, taken: Leg | None) -> Disposition:
    if taken is not None:
        return Disposition.ANSWERED if taken.screened else Disposition.ANSWERING_SERVICE
    if call.disposition in {Disposition.VOICEMAIL, Disposition.CALLBACK, Disposition.FAILED}:
        return call.disposition
    return Disposition.IN_PROGRESS if call.ended_at is None else Disposition.ABANDONED


def _seconds(starts_at: datetime, ends_at: datetime) -> int:
    return max(0, round((ends_at - starts_at).total_seconds()))


def _with_ticket_clocks(record: CallRecord, hours: BusinessHours | None) -> CallRecord:
    """Taking the call is the first acknowledgement of its ticket; from it the priority's clocks run."""
    ticket, call = record.ticket, record.call
    by_staff = call.disposition is Disposition.ANSWERED
    if by_staff and ticket.status is TicketStatus.NEW and call.answered_at is not None:
        return replace(record, ticket=_acknowledged(ticket, by=call.answered_by, at=call.answered_at, hours=hours))
    provisional = ticket.status is TicketStatus.ACKNOWLEDGED and any(
        leg.party == ticket.assignee and leg.outcome is LegOutcome.CALLER_LEFT for leg in record.legs
    )
    if provisional and not by_staff:
        # The key was pressed in the instant the caller hung up: nobody has spoken to them yet.
        return replace(
            record,
            ticket=replace(
                ticket,
                status=TicketStatus.NEW,
                assignee=None,
                acknowledged_at=None,
                update_due_at=None,
                resolve_due_at=None,
            ),
        )
    return record


def _acknowledged(ticket: Ticket, *, by: str | None, at: datetime, hours: BusinessHours | None) -> Ticket:
    return replace(
        ticket,
        status=TicketStatus.ACKNOWLEDGED,
        assignee=by,
        acknowledged_at=at,
        update_due_at=update_due_at(ticket.priority, at=at, hours=hours) if hours else None,
        resolve_due_at=resolve_due_at(ticket.priority, acknowledged_at=at, hours=hours) if hours else None,
    )


def replace_subject(record: CallRecord) -> CallRecord:
    """The record with its ticket's subject saying, in one line, what the call was."""
    call = record.call
    caller = call.callback_number or call.caller or "a withheld number"
    origin = f"from {caller} on the {call.line} line"
    match call.disposition:
        case Disposition.ANSWERED:
            subject = f"Call {origin}, taken by {call.answered_by}"
        case Disposition.ANSWERING_SERVICE:
            subject = f"Call {origin}, taken by {call.answered_by}"
        case Disposition.VOICEMAIL:
            subject = f"Voicemail {origin}"
        case Disposition.CALLBACK:
            subject = f"Call-back asked for {origin}"
        case Disposition.ABANDONED:
            subject = f"Missed call {origin}, hung up {call.stage}"
        case Disposition.FAILED:
            subject = f"Failed call {origin}, broken off {call.stage}"
        case Disposition.IN_PROGRESS:
            subject = f"Call {origin}, {call.stage}"
    if subject == record.ticket.subject:
        return record
    return replace(record, ticket=replace(record.ticket, subject=subject))
