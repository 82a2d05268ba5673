"""Reads facts into a call record: legs and their outcomes, the call's disposition, the ticket's subject and clocks.

Pure and incremental: facts may arrive late, twice or out of order, and the record still says what happened.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from app.cdr.leg_facts import LEG_STEPS, after_the_call, behind_their_dialling
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
from app.cdr.ticket_facts import (
    BLOCKED,
    CALLBACK_LEFT,
    MESSAGE_LOST,
    NEVER_REACHED_US,
    closed_as_blocked,
    replace_subject,
    subject_of,
    with_clocks,
    with_priority,
    with_requester,
)
from app.cdr.ticket_rules import taken as owned_by
from app.flow.messages import DialStatus, Fact, FactKind
from app.flow.recording import SHORTEST_MESSAGE_SECONDS
from oncall import BusinessHours, Priority


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
        subject=subject_of(call),
        requester=caller,
        created_at=at,
    )
    return CallRecord(call=call, ticket=ticket)


def apply(record: CallRecord, facts: Iterable[Fact], *, hours: BusinessHours | None) -> CallRecord:
    """The record after these facts. `hours` are the desk's, for the clocks that run in business hours."""
    keys, before = {leg.accepted_at for leg in record.legs}, record.ticket
    raised_at: datetime | None = None
    for fact in behind_their_dialling(record, facts):
        step = _STEPS.get(fact.kind)
        if step is not None:
            record = step(record, fact)
        if fact.kind is FactKind.LEG_ACCEPTED:
            keys.add(fact.at)
        elif fact.kind is FactKind.PRIORITY_SET:
            raised_at = fact.at
        if fact.kind is FactKind.CALLBACK_TRIED and record.ticket.assignee is None:
            owned = owned_by(record.ticket, by=str(fact.detail["party"]), at=fact.at, hours=hours)
            record = replace(record, ticket=owned)
    record = with_clocks(_with_summary(record), before, raised_at=raised_at, hours=hours, keys=keys)
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
        # The provider's list has whole seconds: a call given up at once seems to end before it began.
        call=replace(call, ended_at=call.ended_at or max(fact.at, call.started_at), disposition=disposition),
        legs=after_the_call(record, fact),
    )


def _caller_left(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(record, call=replace(record.call, ended_at=record.call.ended_at or fact.at))


def _tags_added(record: CallRecord, fact: Fact) -> CallRecord:
    added = fact.detail["tags"]
    tags = dict.fromkeys((*record.call.tags, *map(str, added if isinstance(added, list) else [])))
    return replace(record, call=replace(record.call, tags=tuple(tags)))


def _caller_blocked(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(record, ticket=closed_as_blocked(record.ticket, fact), call=replace(record.call, stage=BLOCKED))


def _digits_collected(record: CallRecord, fact: Fact) -> CallRecord:
    number = fact.detail.get("callback_number")
    if number is None:
        return record
    return with_requester(replace(record, call=replace(record.call, callback_number=str(number))), str(number))


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


_STEPS: dict[FactKind, Callable[[CallRecord, Fact], CallRecord]] = {
    **LEG_STEPS,
    FactKind.CALL_ARRIVED: _call_arrived,
    FactKind.CALL_FOUND: _call_found,
    FactKind.CALL_ENDED: _call_ended,
    FactKind.CALLER_LEFT: _caller_left,
    FactKind.CALLER_BLOCKED: _caller_blocked,
    FactKind.PRIORITY_SET: with_priority,
    FactKind.TAGS_ADDED: _tags_added,
    FactKind.DIGITS_COLLECTED: _digits_collected,
    FactKind.MENU_OFFERED: _at_stage("in the menu"),
    FactKind.RECORDING_STARTED: _at_stage("before leaving a message"),
    FactKind.RECORDING_ENDED: _recording_ended,
    FactKind.RECORDING_STORED: _recording_stored,
    FactKind.MESSAGE_KEPT: _message_kept,
    FactKind.MESSAGE_LOST: _message_lost,
    FactKind.QUEUE_JOINED: _at_stage("in line"),
    FactKind.CALLBACK_ASKED: _callback_asked,
    FactKind.CALLBACK_TRIED: _at_stage("while being called back"),
    FactKind.CALLBACK_UNANSWERED: _at_stage("when nobody was reached"),
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
