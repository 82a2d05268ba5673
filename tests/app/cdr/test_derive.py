"""The record is what the facts say, in whatever order and however often they were told."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cdr.derive import apply, opened
from app.cdr.records import CallRecord, Channel, Disposition, LegOutcome, TicketStatus
from app.flow.messages import Detail, Fact, FactKind
from oncall import Priority, Source
from tests.app.flow.world import roster

AT = datetime(2026, 12, 1, 16, 0, tzinfo=UTC)  # a Tuesday, ten in the morning
DESK = roster().hours["desk"]
ANN, BEN, SERVICE = "Ann", "Ben", "service"


def fact(kind: FactKind, seconds: float, /, *, key: str = "", **detail: Detail) -> Fact:
    return Fact(
        kind=kind,
        key=key or f"{kind}:{seconds}",
        at=AT + timedelta(seconds=seconds),
        because="a test",
        source=Source("schedules/staff.yaml", 14),
        detail=detail,
    )


def dialled(seconds: float, leg: int, party: str, *, screened: bool = True) -> Fact:
    number = {ANN: "+18165550101", BEN: "+18165550102", SERVICE: "+18165550150"}[party]
    return fact(FactKind.LEG_DIALLED, seconds, leg=leg, party=party, team="desk", number=number, screened=screened)


def leg_fact(kind: FactKind, seconds: float, leg: int, status: str = "completed") -> Fact:
    return fact(kind, seconds, leg=leg, leg_sid=f"CA{leg}", status=status)


def dial_ended(seconds: float, leg: int, status: str, *, bridged: bool | None = False, left: bool = False) -> Fact:
    return fact(FactKind.DIAL_ENDED, seconds, leg=leg, status=status, bridged=bridged, caller_left=left)


def begun(**changes: object) -> CallRecord:
    record = opened(
        call_sid="CA1",
        line="main",
        caller="+18165550117",
        dialled="+18162327483",
        at=AT,
        revision="r1",
        priority=Priority.HIGH,
    )
    return replace(record, call=replace(record.call, **changes))  # type: ignore[arg-type] # fields by name


def told(*facts: Fact) -> CallRecord:
    """The record after these facts, told one after the other as webhooks tell them."""
    record = begun()
    for each in facts:
        record = apply(record, [each], hours=DESK)
    return record


RANG = FactKind.LEG_RANG
ANSWERED, ACCEPTED, DECLINED, ENDED = (
    FactKind.LEG_ANSWERED,
    FactKind.LEG_ACCEPTED,
    FactKind.LEG_DECLINED,
    FactKind.LEG_ENDED,
)
MENU = fact(FactKind.MENU_OFFERED, 0)
OVER = fact(FactKind.CALL_ENDED, 100, key="call_ended", status="completed", seconds=100)
TALK = (
    MENU,
    dialled(10, 2, ANN),
    leg_fact(RANG, 12, 2),
    leg_fact(ANSWERED, 18, 2),
    leg_fact(ACCEPTED, 22, 2),
    leg_fact(ENDED, 90, 2),
    dial_ended(90.1, 2, "completed", bridged=True),
    OVER,
)
OVERFLOW = (
    MENU,
    dialled(10, 2, ANN),
    leg_fact(RANG, 12, 2),
    leg_fact(ENDED, 35, 2, "no_answer"),
    dial_ended(35.1, 2, "no_answer"),
    dialled(35.1, 3, BEN),
    leg_fact(RANG, 37, 3),
    leg_fact(ANSWERED, 41, 3),
    leg_fact(DECLINED, 44, 3),
    leg_fact(ENDED, 45, 3),
    dial_ended(45.1, 3, "completed"),
    dialled(45.1, 4, SERVICE, screened=False),
    leg_fact(RANG, 47, 4),
    leg_fact(ANSWERED, 50, 4),
    leg_fact(ENDED, 95, 4),
    dial_ended(95.1, 4, "completed", bridged=True),
    OVER,
)


def test_a_call_is_in_progress_with_a_new_ticket_from_the_first_instant() -> None:
    record = begun()
    assert record.call.disposition is Disposition.IN_PROGRESS
    assert (record.ticket.status, record.ticket.channel, record.ticket.number) == (
        TicketStatus.NEW,
        Channel.PHONE,
        None,
    )
    assert record.ticket.subject == "Call from +18165550117 on the main line, before the menu"
    assert record.ticket.requester == "+18165550117"


def test_a_talk_is_answered_and_its_times_are_the_key_and_the_end() -> None:
    record = told(*TALK)
    assert (record.call.disposition, record.call.answered_by) == (Disposition.ANSWERED, ANN)
    assert (record.call.wait_seconds, record.call.talk_seconds) == (22, 68)
    assert record.legs[0].outcome is LegOutcome.ACCEPTED
    assert record.legs[0].accepted_at == AT + timedelta(seconds=22)


def test_whoever_takes_the_call_owns_its_ticket_and_the_clocks_run_from_then() -> None:
    ticket = told(*TALK).ticket
    assert (ticket.status, ticket.assignee) == (TicketStatus.ACKNOWLEDGED, ANN)
    assert ticket.acknowledged_at == AT + timedelta(seconds=22)
    assert ticket.update_due_at == AT + timedelta(hours=4, seconds=22)  # four business hours, of the same day
    assert ticket.resolve_due_at is not None
    assert ticket.resolve_due_at > ticket.update_due_at


def test_an_overflow_says_of_each_leg_what_came_of_it_and_an_outside_party_acknowledges_nothing() -> None:
    record = told(*OVERFLOW)
    assert [(leg.party, leg.outcome) for leg in record.legs] == [
        (ANN, LegOutcome.NO_ANSWER),
        (BEN, LegOutcome.DECLINED),
        (SERVICE, LegOutcome.ACCEPTED),
    ]
    assert record.call.disposition is Disposition.ANSWERING_SERVICE
    assert record.ticket.status is TicketStatus.NEW


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("completed", LegOutcome.ANSWERED_NOT_ACCEPTED),
        ("busy", LegOutcome.BUSY),
        ("no_answer", LegOutcome.NO_ANSWER),
        ("failed", LegOutcome.FAILED),
        ("cancelled", LegOutcome.CANCELLED),
    ],
)
def test_a_leg_that_was_not_taken_ends_as_the_phone_company_says(status: str, outcome: LegOutcome) -> None:
    assert told(dialled(10, 2, ANN), dial_ended(30, 2, status)).legs[0].outcome is outcome
    assert told(dialled(10, 2, ANN), leg_fact(ENDED, 30, 2, status)).legs[0].outcome is outcome


def test_a_key_without_a_bridge_is_not_a_taken_call() -> None:
    record = told(dialled(10, 2, ANN), leg_fact(ACCEPTED, 20, 2), dial_ended(21, 2, "completed", bridged=False))
    assert record.legs[0].outcome is LegOutcome.ANSWERED_NOT_ACCEPTED
    assert (record.ticket.status, record.ticket.assignee) == (TicketStatus.NEW, None)
    assert record.ticket.update_due_at is None


def test_a_bridge_without_the_key_is_a_voicemail() -> None:
    record = told(dialled(10, 2, ANN), leg_fact(ANSWERED, 20, 2), dial_ended(50, 2, "completed", bridged=True))
    assert record.legs[0].outcome is LegOutcome.ANSWERED_NOT_ACCEPTED
    assert record.call.disposition is Disposition.IN_PROGRESS


def test_the_ticket_belongs_to_whoever_was_connected_not_to_whoever_pressed_first() -> None:
    record = told(
        dialled(10, 2, ANN),
        leg_fact(ACCEPTED, 20, 2),
        dial_ended(21, 2, "completed", bridged=False),
        dialled(21, 3, BEN),
        leg_fact(ACCEPTED, 30, 3),
        dial_ended(60, 3, "completed", bridged=True),
    )
    assert record.call.answered_by == record.ticket.assignee == BEN
    assert record.ticket.acknowledged_at == AT + timedelta(seconds=30)


def test_a_key_pressed_in_the_instant_the_caller_hung_up_owns_nothing() -> None:
    record = told(
        dialled(10, 2, ANN),
        leg_fact(ACCEPTED, 20, 2),
        dial_ended(20.5, 2, "completed", bridged=False, left=True),
        fact(FactKind.CALLER_LEFT, 20.5),
    )
    assert record.legs[0].outcome is LegOutcome.CALLER_LEFT
    assert record.ticket.status is TicketStatus.NEW
    assert record.call.disposition is Disposition.ABANDONED


def test_work_done_on_a_missed_calls_ticket_is_not_undone_by_a_late_report() -> None:
    missed = told(dialled(10, 2, ANN), dial_ended(20, 2, "cancelled", left=True), fact(FactKind.CALLER_LEFT, 20))
    by_hand = replace(
        missed.ticket,
        status=TicketStatus.ACKNOWLEDGED,
        assignee=ANN,
        acknowledged_at=AT + timedelta(minutes=5),
    )
    record = apply(replace(missed, ticket=by_hand), [leg_fact(ENDED, 21, 2, "cancelled"), OVER], hours=DESK)
    assert (record.ticket.status, record.ticket.assignee) == (TicketStatus.ACKNOWLEDGED, ANN)


# Hang-ups.


@pytest.mark.parametrize(
    ("before", "where"),
    [
        ((), "before the menu"),
        ((MENU,), "in the menu"),
        ((MENU, dialled(10, 2, ANN)), f"while {ANN} was rung"),
        ((MENU, fact(FactKind.RECORDING_STARTED, 40)), "before leaving a message"),
    ],
)
def test_a_hang_up_says_in_the_tickets_subject_where_it_was(before: Sequence[Fact], where: str) -> None:
    record = told(*before, fact(FactKind.CALLER_LEFT, 50))
    assert record.ticket.subject == f"Missed call from +18165550117 on the main line, hung up {where}"
    assert record.call.wait_seconds == 50


@pytest.mark.parametrize("last_word", ["ringing", "cancelled"])
def test_a_phone_that_rang_when_the_call_ended_was_left_by_the_caller(last_word: str) -> None:
    """Nobody may ever report the end of that Dial."""
    facts = [MENU, dialled(10, 2, ANN), leg_fact(RANG, 12, 2)]
    facts += [leg_fact(ENDED, 19, 2, "cancelled")] if last_word == "cancelled" else []
    record = told(*facts, fact(FactKind.CALL_ENDED, 20, status="completed", seconds=20))
    assert record.legs[0].outcome is LegOutcome.CALLER_LEFT
    assert record.legs[0].ended_at is not None


def test_an_outside_party_that_had_answered_when_the_call_ended_had_the_caller() -> None:
    record = told(dialled(10, 2, SERVICE, screened=False), leg_fact(ANSWERED, 15, 2), OVER)
    assert record.call.disposition is Disposition.ANSWERING_SERVICE
    assert record.call.talk_seconds == 85


def test_a_call_that_failed_at_the_provider_is_failed() -> None:
    record = told(MENU, fact(FactKind.CALL_ENDED, 5, status="failed", seconds=0))
    assert record.call.disposition is Disposition.FAILED
    assert record.ticket.subject.startswith("Failed call")


# Messages and numbers.


def test_a_message_makes_a_voicemail() -> None:
    record = told(MENU, fact(FactKind.RECORDING_ENDED, 60, left=True, seconds=20), OVER)
    assert record.call.disposition is Disposition.VOICEMAIL
    assert record.ticket.subject == "Voicemail from +18165550117 on the main line"


@pytest.mark.parametrize("status", ["completed", "failed"])
def test_a_recording_that_is_there_or_may_be_keeps_the_message(status: str) -> None:
    record = told(
        fact(FactKind.RECORDING_ENDED, 60, left=True, seconds=20),
        fact(FactKind.RECORDING_STORED, 70, status=status, recording_sid="RE1", seconds=19),
        OVER,
    )
    assert record.call.disposition is Disposition.VOICEMAIL


def test_a_recording_that_turned_out_empty_is_a_missed_call() -> None:
    record = told(
        fact(FactKind.RECORDING_ENDED, 60, left=True, seconds=4),
        fact(FactKind.RECORDING_STORED, 70, status="absent", recording_sid="RE1", seconds=0),
        OVER,
    )
    assert record.call.disposition is Disposition.ABANDONED
    assert record.ticket.subject.endswith("hung up before leaving a message")


def test_a_stored_recording_is_a_message_even_if_nothing_else_told_of_it() -> None:
    stored = fact(FactKind.RECORDING_STORED, 70, status="completed", recording_sid="RE1", seconds=19)
    assert told(MENU, stored, OVER).call.disposition is Disposition.VOICEMAIL


def test_a_number_to_call_back_is_the_tickets_requester() -> None:
    record = told(fact(FactKind.DIGITS_COLLECTED, 60, callback_number="+18165550133"), OVER)
    assert record.call.callback_number == record.ticket.requester == "+18165550133"
    assert "+18165550133" in record.ticket.subject
    assert record.call.caller == "+18165550117"


def test_a_keyed_ticket_number_is_nobodys_number() -> None:
    record = told(fact(FactKind.DIGITS_COLLECTED, 60, ticket_number="1042"))
    assert record.call.callback_number is None


def test_a_caller_without_a_number_is_a_withheld_number_in_the_subject() -> None:
    record = apply(replace(begun(caller=""), ticket=replace(begun().ticket, requester="")), [MENU], hours=DESK)
    assert record.ticket.subject == "Call from a withheld number on the main line, in the menu"


def test_priority_and_tags_follow_what_the_caller_chose() -> None:
    record = told(
        fact(FactKind.PRIORITY_SET, 5, priority="emergency"),
        fact(FactKind.TAGS_ADDED, 5, tags=["night", "existing-ticket"]),
        fact(FactKind.TAGS_ADDED, 6, tags=["night"]),
    )
    assert record.call.priority is record.ticket.priority is Priority.EMERGENCY
    assert record.call.tags == ("night", "existing-ticket")


def test_facts_that_say_nothing_about_the_record_change_nothing() -> None:
    silent = [fact(FactKind.PROMPT_SAID, 1), fact(FactKind.HOURS_CHECKED, 1), fact(FactKind.FAULT_MET, 2)]
    assert apply(begun(), silent, hours=DESK) == begun()


def test_a_report_about_a_leg_nobody_dialled_changes_nothing() -> None:
    assert told(leg_fact(ANSWERED, 5, 99), leg_fact(ENDED, 6, 99)) == told()


def test_without_business_hours_no_due_time_is_made_up() -> None:
    ticket = apply(begun(), TALK, hours=None).ticket
    assert (ticket.assignee, ticket.update_due_at, ticket.resolve_due_at) == (ANN, None, None)


# Order and repetition.


def core(record: CallRecord) -> object:
    """The record but for instants, which are those of whichever report came first."""
    call, ticket = record.call, record.ticket
    return (
        (call.disposition, call.answered_by, call.priority, call.stage, call.wait_seconds),
        [(leg.party, leg.outcome, leg.leg_sid) for leg in record.legs],
        (ticket.status, ticket.assignee, ticket.subject, ticket.acknowledged_at),
    )


REPORTS = {RANG, ANSWERED, ENDED, FactKind.CALL_ENDED}


def reports_moved(facts: Sequence[Fact], seed: int) -> list[Fact]:
    """The same facts with what only reports (and may be late) moved back by any number of places."""
    shuffled = random.Random(seed)  # noqa: S311 (an order, not a secret)
    places = {
        index: index + (shuffled.uniform(0, len(facts)) if each.kind in REPORTS else 0)
        for index, each in enumerate(facts)
    }
    return [facts[index] for index in sorted(places, key=lambda index: (places[index], index))]


@given(story=st.sampled_from([TALK, OVERFLOW]), seed=st.integers(0, 100_000))
def test_late_reports_give_the_same_record(story: tuple[Fact, ...], seed: int) -> None:
    assert core(told(*reports_moved(story, seed))) == core(told(*story))


@given(story=st.sampled_from([TALK, OVERFLOW]), again=st.lists(st.integers(0, 16), max_size=12))
def test_facts_told_again_change_nothing_at_all(story: tuple[Fact, ...], again: list[int]) -> None:
    record = told(*story)
    repeated = [story[index % len(story)] for index in again if story[index % len(story)] is not MENU]
    repeated = [each for each in repeated if each.kind is not FactKind.LEG_DIALLED]
    assert apply(record, repeated, hours=DESK) == record


@given(story=st.sampled_from([TALK, OVERFLOW]), cut=st.integers(0, 17))
def test_facts_applied_at_once_or_in_any_two_goes_are_the_facts_applied_one_by_one(
    story: tuple[Fact, ...], cut: int
) -> None:
    assert apply(told(*story[:cut]), story[cut:], hours=DESK) == told(*story) == apply(begun(), story, hours=DESK)


# Neither the end of the Dial nor the bridge is told.


def test_a_call_over_right_after_the_key_connected_nobody() -> None:
    record = told(
        dialled(5, 2, ANN),
        leg_fact(FactKind.LEG_ACCEPTED, 12, 2),
        leg_fact(FactKind.LEG_ENDED, 13, 2),
        fact(FactKind.CALL_ENDED, 13, status="completed"),
    )
    assert record.legs[0].outcome is LegOutcome.CALLER_LEFT
    assert record.call.disposition is Disposition.ABANDONED
    assert (record.ticket.status, record.ticket.assignee) == (TicketStatus.NEW, None)


def test_a_call_that_went_on_after_the_key_was_answered() -> None:
    record = told(
        dialled(5, 2, ANN),
        leg_fact(FactKind.LEG_ACCEPTED, 12, 2),
        leg_fact(FactKind.LEG_ENDED, 40, 2),
        fact(FactKind.CALL_ENDED, 40, status="completed"),
    )
    assert record.legs[0].outcome is LegOutcome.ACCEPTED
    assert (record.call.disposition, record.ticket.assignee) == (Disposition.ANSWERED, ANN)


@pytest.mark.parametrize(("bridged", "outcome"), [(True, LegOutcome.ACCEPTED), (False, LegOutcome.CALLER_LEFT)])
def test_the_end_of_the_dial_has_the_last_word_even_after_the_end_of_the_call(
    bridged: bool, outcome: LegOutcome
) -> None:
    record = told(
        dialled(5, 2, ANN),
        leg_fact(FactKind.LEG_ACCEPTED, 12, 2),
        fact(FactKind.CALL_ENDED, 15, status="completed"),
        dial_ended(15, 2, "completed", bridged=bridged, left=True),
    )
    assert record.legs[0].outcome is outcome
    assert (record.ticket.assignee == ANN) is bridged
