"""Reads facts into a call record: legs and their outcomes, the call's disposition, the ticket's subject and clocks.

Pure and incremental: facts may arrive late, twice or out of order, and the record still says what happened.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from app.cdr.records import (
    FIRST_STAGE,
    Call,
    CallRecord,
    Channel,
    Disposition,
    Leg,
    LegOutcome,
    Ticket,
    TicketStatus,
)
from app.cdr.ticket_rules import acknowledged
from app.cdr.ticket_rules import taken as owned_by
from app.flow.messages import CALLER_HUNG_UP, DialStatus, Fact, FactKind, HoldResult, turn_of
from app.flow.recording import SHORTEST_MESSAGE_SECONDS
from oncall import BusinessHours, Priority, resolve_due_at, update_due_at

NEVER_REACHED_US = "never reached our server"
"""The stage of a call that is known from the provider's list alone."""

BLOCKED = "blocked"
"""The stage of a call from a number on the block list."""

CALLBACK_LEFT = "stays open"
"""How the stage of a call begins whose call-back the service makes no more attempts at."""

MESSAGE_LOST = "after leaving a message that was lost"
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
        subject=_subject(call),
        requester=caller,
        created_at=at,
    )
    return CallRecord(call=call, ticket=ticket)


def apply(record: CallRecord, facts: Iterable[Fact], *, hours: BusinessHours | None) -> CallRecord:
    """The record after these facts. `hours` are the desk's, for the clocks that run in business hours."""
    keys, priority = {leg.accepted_at for leg in record.legs}, record.ticket.priority
    for fact in facts:
        step = _STEPS.get(fact.kind)
        if step is not None:
            record = step(record, fact)
        if fact.kind is FactKind.LEG_ACCEPTED:
            keys.add(fact.at)
        if fact.kind is FactKind.CALLBACK_TRIED and record.ticket.assignee is None:
            owned = owned_by(record.ticket, by=str(fact.detail["party"]), at=fact.at, hours=hours)
            record = replace(record, ticket=owned)
    record = _with_ticket_clocks(_with_summary(record), hours, keys)
    if _is_joined(record) and record.ticket.priority.is_above(priority):
        record = replace(record, ticket=_hurried(record.ticket, at=record.call.started_at, hours=hours))
    return replace_subject(record)


# Facts about the call itself.


def _call_arrived(record: CallRecord, _fact: Fact) -> CallRecord:
    """A call that was found in the provider's list before what we knew of it was stored."""
    call = record.call
    return replace(record, call=replace(call, stage=FIRST_STAGE)) if call.stage == NEVER_REACHED_US else record


def _call_found(record: CallRecord, _fact: Fact) -> CallRecord:
    call = record.call
    return replace(record, call=replace(call, stage=NEVER_REACHED_US)) if call.stage == FIRST_STAGE else record


def _call_ended(record: CallRecord, fact: Fact) -> CallRecord:
    failed = fact.detail.get("status") == DialStatus.FAILED
    call = record.call
    disposition = Disposition.FAILED if failed else call.disposition
    return replace(
        record,
        call=replace(call, ended_at=call.ended_at or fact.at, disposition=disposition),
        legs=tuple(leg if _lost_to_another(leg, record) else _left_behind(leg, fact) for leg in record.legs),
    )


def _lost_to_another(leg: Leg, record: CallRecord) -> bool:
    """Whether this phone was called off because one that rang with it had taken the call."""
    return leg.outcome is LegOutcome.CANCELLED and any(
        turn_of(each.turn) == turn_of(leg.turn) and each.outcome is LegOutcome.ACCEPTED for each in record.legs
    )


def _left_behind(leg: Leg, fact: Fact) -> Leg:
    """A leg whose end the caller's side may never report: nobody but the caller cancels a ring."""
    if leg.outcome not in {LegOutcome.RINGING, LegOutcome.CANCELLED}:
        return leg
    leg = replace(leg, ended_at=leg.ended_at or fact.at)
    if leg.answered_at is not None and not leg.screened:
        return replace(leg, outcome=LegOutcome.ACCEPTED, accepted_at=leg.answered_at)
    return replace(leg, outcome=LegOutcome.CALLER_LEFT)


def _caller_left(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(record, call=replace(record.call, ended_at=record.call.ended_at or fact.at))


def _priority_set(record: CallRecord, fact: Fact) -> CallRecord:
    priority = Priority(str(fact.detail["priority"]))
    ticket = record.ticket
    if _is_joined(record) and not priority.is_above(ticket.priority):
        return replace(record, call=replace(record.call, priority=priority))
    return replace(record, call=replace(record.call, priority=priority), ticket=replace(ticket, priority=priority))


def _tags_added(record: CallRecord, fact: Fact) -> CallRecord:
    added = fact.detail["tags"]
    tags = dict.fromkeys((*record.call.tags, *map(str, added if isinstance(added, list) else [])))
    return replace(record, call=replace(record.call, tags=tuple(tags)))


def _is_joined(record: CallRecord) -> bool:
    """Whether the call came to a ticket that was there before it: what that says is not for this call to rewrite."""
    return record.ticket.created_at < record.call.started_at


def _hurried(ticket: Ticket, *, at: datetime, hours: BusinessHours | None) -> Ticket:
    """The ticket whose priority was raised `at`: clocks that run already are due no later than the new one says."""
    if ticket.acknowledged_at is None or hours is None:
        return ticket
    update, resolve = ticket.update_due_at, ticket.resolve_due_at
    sooner_update = update_due_at(ticket.priority, at=at, hours=hours)
    sooner_resolve = resolve_due_at(ticket.priority, acknowledged_at=ticket.acknowledged_at, hours=hours)
    return replace(
        ticket,
        update_due_at=min(update, sooner_update) if update and sooner_update else update,
        resolve_due_at=min(resolve, sooner_resolve) if resolve and sooner_resolve else sooner_resolve,
    )


def _caller_blocked(record: CallRecord, fact: Fact) -> CallRecord:
    """The desk has decided about the number already: there is nothing left to be done."""
    ticket = replace(record.ticket, status=TicketStatus.CLOSED, closed_at=record.ticket.closed_at or fact.at)
    return replace(record, ticket=ticket, call=replace(record.call, stage=BLOCKED))


def _digits_collected(record: CallRecord, fact: Fact) -> CallRecord:
    number = fact.detail.get("callback_number")
    if number is None:
        return record
    return replace(
        record,
        call=replace(record.call, callback_number=str(number)),
        ticket=record.ticket if _is_joined(record) else replace(record.ticket, requester=str(number)),
    )


def _callback_asked(record: CallRecord, fact: Fact) -> CallRecord:
    asked = _digits_collected(record, fact)
    return replace(asked, call=replace(asked.call, disposition=Disposition.CALLBACK))


def _callback_given_up(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(record, call=replace(record.call, stage=f"{CALLBACK_LEFT}: {fact.because}"))


def _at_stage(words: str) -> Callable[[CallRecord, Fact], CallRecord]:
    def step(record: CallRecord, _fact: Fact) -> CallRecord:
        return replace(record, call=replace(record.call, stage=words))

    return step


def _recording_ended(record: CallRecord, fact: Fact) -> CallRecord:
    if not fact.detail.get("left"):
        return record
    call = record.call
    return replace(record, call=replace(call, stage="after leaving a message", disposition=Disposition.VOICEMAIL))


def _recording_stored(record: CallRecord, fact: Fact) -> CallRecord:
    """The recording itself has the last word on whether there is a message: the caller's side only knows its length."""
    call, status = record.call, fact.detail.get("status")
    if holds_message(fact):
        return _recording_ended(record, replace(fact, detail={"left": True}))
    # Recorded again, the first message stands whatever came of the second.
    if call.disposition is not Disposition.VOICEMAIL or fact.detail.get("again"):
        return record
    if status == "failed":
        return _message_lost(record, fact)
    stage = "before leaving a message"
    return replace(record, call=replace(call, stage=stage, disposition=Disposition.IN_PROGRESS))


def holds_message(fact: Fact) -> bool:
    """Whether a stored recording is there and long enough to hold a word; one of unknown length is."""
    seconds = fact.detail.get("seconds")
    too_short = isinstance(seconds, int) and seconds <= SHORTEST_MESSAGE_SECONDS
    return fact.detail.get("status") == "completed" and not too_short


def _message_kept(record: CallRecord, fact: Fact) -> CallRecord:
    return _recording_ended(record, replace(fact, detail={"left": True}))


def _message_lost(record: CallRecord, _fact: Fact) -> CallRecord:
    return replace(record, call=replace(record.call, stage=MESSAGE_LOST, disposition=Disposition.VOICEMAIL))


# Facts about legs.


def _leg_dialled(record: CallRecord, fact: Fact) -> CallRecord:
    detail = fact.detail
    turn, party = int(str(detail["leg"])), str(detail["party"])
    if any(leg.turn == turn and leg.number == detail["number"] for leg in record.legs):
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
        turn, number = int(str(fact.detail["leg"])), fact.detail.get("number")
        return replace(
            record,
            legs=tuple(
                change(leg, fact) if leg.turn == turn and number in {None, leg.number} else leg for leg in record.legs
            ),
        )

    return step


def _identified(leg: Leg, fact: Fact) -> Leg:
    sid = fact.detail.get("leg_sid")
    return leg if leg.leg_sid or not sid else replace(leg, leg_sid=str(sid))


def _leg_rang(leg: Leg, fact: Fact) -> Leg:
    return _identified(leg, fact)


def _leg_answered(leg: Leg, fact: Fact) -> Leg:
    leg = replace(_identified(leg, fact), answered_at=leg.answered_at or fact.at)
    if leg.outcome is LegOutcome.ACCEPTED and not leg.screened:
        return replace(leg, accepted_at=leg.answered_at)  # told late: until now only the dialling was known
    return leg


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


def _leg_too_late(leg: Leg, fact: Fact) -> Leg:
    leg = _leg_answered(leg, fact)
    return leg if leg.outcome is LegOutcome.ACCEPTED else replace(leg, outcome=LegOutcome.CANCELLED)


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
        untold = bridged is None and status is not DialStatus.CANCELLED
        connected = leg.outcome is LegOutcome.ACCEPTED and (bridged is True or untold)
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


def _hold_ended(record: CallRecord, fact: Fact) -> CallRecord:
    """Whoever pressed the key and was not connected has not taken the call; other phones stop ringing."""
    turn, result = int(str(fact.detail["leg"])), fact.detail.get("result")
    connected = result == HoldResult.CONNECTED
    left = fact.because == CALLER_HUNG_UP and not connected

    def after(leg: Leg) -> Leg:
        if turn_of(leg.turn) != turn:
            return leg
        if leg.outcome is LegOutcome.ACCEPTED and connected:
            return replace(leg, ended_at=leg.ended_at or fact.at)
        if leg.outcome in {LegOutcome.ACCEPTED, LegOutcome.RINGING} and left:
            return replace(leg, outcome=LegOutcome.CALLER_LEFT, accepted_at=None, ended_at=leg.ended_at or fact.at)
        if leg.outcome is LegOutcome.ACCEPTED:
            return replace(leg, outcome=LegOutcome.ANSWERED_NOT_ACCEPTED, accepted_at=None)
        if leg.outcome is LegOutcome.RINGING and leg.leg_sid is None:
            return replace(leg, outcome=LegOutcome.FAILED, ended_at=leg.ended_at or fact.at)
        return leg

    return _losers_cancelled(replace(record, legs=tuple(map(after, record.legs))), turn)


def _losers_cancelled(record: CallRecord, turn: int) -> CallRecord:
    """Of phones that rang at once, those that still ring when one has taken the call are called off."""
    rang = [leg for leg in record.legs if turn_of(leg.turn) == turn]
    winner = next((leg for leg in rang if leg.outcome is LegOutcome.ACCEPTED), None)
    if winner is None or winner.accepted_at is None:
        return record
    lost = {LegOutcome.RINGING, LegOutcome.NO_ANSWER, LegOutcome.ANSWERED_NOT_ACCEPTED}
    return replace(
        record,
        legs=tuple(
            replace(leg, outcome=LegOutcome.CANCELLED)
            if leg in rang and leg.outcome in lost and leg.ended_at and leg.ended_at >= winner.accepted_at
            else leg
            for leg in record.legs
        ),
    )


_STEPS: dict[FactKind, Callable[[CallRecord, Fact], CallRecord]] = {
    FactKind.CALL_ARRIVED: _call_arrived,
    FactKind.CALL_FOUND: _call_found,
    FactKind.CALL_ENDED: _call_ended,
    FactKind.CALLER_LEFT: _caller_left,
    FactKind.CALLER_BLOCKED: _caller_blocked,
    FactKind.PRIORITY_SET: _priority_set,
    FactKind.TAGS_ADDED: _tags_added,
    FactKind.DIGITS_COLLECTED: _digits_collected,
    FactKind.MENU_OFFERED: _at_stage("in the menu"),
    FactKind.RECORDING_STARTED: _at_stage("before leaving a message"),
    FactKind.RECORDING_ENDED: _recording_ended,
    FactKind.RECORDING_STORED: _recording_stored,
    FactKind.MESSAGE_KEPT: _message_kept,
    FactKind.MESSAGE_LOST: _message_lost,
    FactKind.LEG_DIALLED: _leg_dialled,
    FactKind.LEG_RANG: _on_leg(_leg_rang),
    FactKind.LEG_ANSWERED: _on_leg(_leg_answered),
    FactKind.LEG_ACCEPTED: _on_leg(_leg_accepted),
    FactKind.LEG_DECLINED: _on_leg(_leg_declined),
    FactKind.LEG_TOO_LATE: _on_leg(_leg_too_late),
    FactKind.LEG_ENDED: _on_leg(_leg_ended),
    FactKind.DIAL_ENDED: _on_leg(_dial_ended),
    FactKind.HOLD_ENDED: _hold_ended,
    FactKind.QUEUE_JOINED: _at_stage("in line"),
    FactKind.CALLBACK_ASKED: _callback_asked,
    FactKind.CALLBACK_TRIED: _at_stage("while being called back"),
    FactKind.CALLBACK_UNANSWERED: _at_stage("when nobody answered"),
    FactKind.CALLBACK_GIVEN_UP: _callback_given_up,
}


# What follows from all of them together.


def _with_summary(record: CallRecord) -> CallRecord:
    call = record.call
    if not record.legs and call.ended_at is None and call.answered_at is None:
        return record  # nobody has been reached, and the caller is still there
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


def _with_ticket_clocks(record: CallRecord, hours: BusinessHours | None, keys: set[datetime | None]) -> CallRecord:
    """Taking the call is the first acknowledgement of its ticket; from it the priority's clocks run.

    `keys` are the instants at which an accept key was pressed on a leg.
    """
    ticket, call = record.ticket, record.call
    by_staff = call.disposition is Disposition.ANSWERED
    if by_staff and ticket.status is TicketStatus.NEW and call.answered_at is not None:
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
        return _with_ticket_clocks(replace(record, ticket=blank), hours, keys)
    return record


def _took_it_back(ticket: Ticket, leg: Leg) -> bool:
    """Whether the ticket was acknowledged by this leg's key alone, and by no one's work on it since."""
    if ticket.status is not TicketStatus.ACKNOWLEDGED or ticket.acknowledged_at is None or leg.ended_at is None:
        return False
    unconnected = leg.outcome in {LegOutcome.CALLER_LEFT, LegOutcome.ANSWERED_NOT_ACCEPTED}
    return unconnected and leg.party == ticket.assignee and leg.started_at <= ticket.acknowledged_at <= leg.ended_at


def replace_subject(record: CallRecord) -> CallRecord:
    """The record with its ticket's subject saying, in one line, what the call was."""
    if _is_joined(record):
        return record
    subject = _subject(record.call)
    if subject == record.ticket.subject:
        return record
    return replace(record, ticket=replace(record.ticket, subject=subject))


def _subject(call: Call) -> str:
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
