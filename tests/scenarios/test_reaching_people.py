"""Whole calls: who is reached, what the caller hears, and what the record says afterwards."""

import pytest

from app.cdr.records import Disposition, LegOutcome, TicketStatus
from app.simulator.caller import CallerScript
from app.simulator.handsets import accept, busy, decline, fail, hangs_up, ignore, voicemail
from app.simulator.parties import Moment
from oncall import Priority
from tests.desk import (
    ALTERNATE,
    CALLER,
    MAIN,
    SATURDAY_NIGHT,
    THANKSGIVING,
    TUESDAY_MORNING,
    Desk,
    assert_cared_for,
)

JAMISON, LASHA, FIRST, SECOND = "Jamison White", "Lasha Dalakishvili", "triggerfish-1", "triggerfish-2"
SERVICE = "answering-service"
LINES = pytest.mark.parametrize(("number", "line"), [(MAIN, "main"), (ALTERNATE, "alternate")])


@LINES
def test_in_business_hours_the_desk_answers_and_owns_the_ticket(desk_on_each: Desk, number: str, line: str) -> None:
    played = desk_on_each.dials(number, at=TUESDAY_MORNING, keys="2")

    assert_cared_for(played)
    assert played.rang() == [JAMISON]
    assert played.trace.connected() == ["+18165550101"]
    assert (played.call.line, played.call.disposition, played.call.answered_by) == (
        line,
        Disposition.ANSWERED,
        JAMISON,
    )
    assert (played.ticket.priority, played.ticket.status, played.ticket.assignee) == (
        Priority.HIGH,
        TicketStatus.ACKNOWLEDGED,
        JAMISON,
    )
    assert played.ticket.subject == f"Call from {CALLER} on the {line} line, taken by {JAMISON}"
    assert played.call.talk_seconds == pytest.approx(60, abs=5)


def test_overflow_goes_past_everybody_who_does_not_take_it(desk_on_each: Desk) -> None:
    desk_on_each.phone(JAMISON, busy()).phone(LASHA, ignore()).phone(FIRST, decline()).phone(SECOND, fail())
    played = desk_on_each.dials(MAIN, keys="0")

    assert_cared_for(played)
    rung = dict(played.outcomes())
    assert rung[JAMISON] is LegOutcome.BUSY
    assert rung[LASHA] is LegOutcome.NO_ANSWER
    assert rung[FIRST] is LegOutcome.DECLINED
    assert rung[SECOND] is LegOutcome.FAILED
    assert played.rang()[-1] == SERVICE
    assert played.call.disposition is Disposition.ANSWERING_SERVICE
    assert played.ticket.status is TicketStatus.NEW, "an outside service taking a call acknowledges nothing"


@LINES
def test_at_night_an_emergency_goes_past_a_voicemail_to_the_next_rung(
    desk_on_each: Desk, number: str, line: str
) -> None:
    desk_on_each.phone(JAMISON, voicemail(after_seconds=2))
    played = desk_on_each.dials(number, at=SATURDAY_NIGHT, keys="1")

    assert_cared_for(played)
    assert played.outcomes() == [(JAMISON, LegOutcome.ANSWERED_NOT_ACCEPTED), (LASHA, LegOutcome.ACCEPTED)]
    assert played.call.priority is Priority.EMERGENCY
    assert played.call.line == line
    assert "on-call" in played.legs[0].because
    assert played.legs[0].source.startswith("schedules/")
    assert not played.trace.heard(CALLER, "+18165550101"), "nothing identifying is said to a voicemail"


def test_a_switched_off_phone_does_not_end_the_hunt(desk: Desk) -> None:
    desk.phone(JAMISON, voicemail(after_seconds=0)).phone(LASHA, hangs_up())
    played = desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1")

    assert_cared_for(played)
    assert played.rang()[:3] == [JAMISON, LASHA, FIRST]
    assert played.call.answered_by == FIRST


def test_a_wrong_accept_key_hears_the_prompt_again(desk: Desk) -> None:
    desk.phone(JAMISON, accept(keys=("5", "1")))
    played = desk.dials(MAIN, keys="2")

    assert_cared_for(played)
    assert played.call.answered_by == JAMISON


def test_when_nobody_takes_an_emergency_the_ladder_is_climbed_again_before_the_service_is_rung(desk: Desk) -> None:
    desk.everybody(ignore()).phone(SERVICE, accept(keys=()))
    played = desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1")

    assert_cared_for(played)
    assert played.rang().count(JAMISON) == 2
    assert played.rang()[-1] == SERVICE
    assert played.call.disposition is Disposition.ANSWERING_SERVICE
    assert played.call.answered_by == SERVICE


@pytest.mark.parametrize("at", [TUESDAY_MORNING, SATURDAY_NIGHT, THANKSGIVING])
def test_when_nobody_at_all_answers_a_message_is_taken(desk: Desk, at: str) -> None:
    desk.everybody(ignore())
    played = desk.dials(MAIN, at=at, keys="1")

    assert_cared_for(played)
    assert played.call.disposition is Disposition.VOICEMAIL
    assert played.ticket.subject == f"Voicemail from {CALLER} on the main line"
    assert played.trace.heard("no patient information") or played.trace.heard("patient")


def test_a_silent_voicemail_asks_for_a_number_to_call_back(desk: Desk) -> None:
    desk.everybody(ignore())
    script = CallerScript(message_seconds=0)
    played = desk.dials(MAIN, at=SATURDAY_NIGHT, script=script, keys="1")

    assert not played.trace.dropped
    assert played.ticket.number is not None


@pytest.mark.parametrize(
    ("keys", "priority"),
    [
        ("1", Priority.EMERGENCY),
        ("2", Priority.HIGH),
        ("0", Priority.MEDIUM),
        ("-", Priority.HIGH),
        ("9,9", Priority.HIGH),
    ],
)
def test_the_priority_follows_the_menu_and_a_wrong_key_or_silence_reaches_the_desk(
    desk: Desk, keys: str, priority: Priority
) -> None:
    played = desk.dials(MAIN, keys=keys)

    assert_cared_for(played)
    assert played.call.priority is priority
    assert played.call.answered_by == JAMISON


def test_an_existing_ticket_is_asked_for_and_noted(desk: Desk) -> None:
    played = desk.dials(MAIN, keys="3,1042#")

    assert_cared_for(played)
    assert played.told("digits_collected")[0].detail["ticket_number"] == "1042"
    assert "existing-ticket" in played.call.tags


def test_closed_the_greeting_says_when_the_desk_opens(desk: Desk) -> None:
    played = desk.dials(MAIN, at=SATURDAY_NIGHT)

    assert_cared_for(played)
    assert played.trace.heard("Monday at 8 AM")
    assert played.call.disposition is Disposition.ANSWERING_SERVICE


def test_on_a_holiday_the_greeting_names_it(desk: Desk) -> None:
    played = desk.dials(MAIN, at=THANKSGIVING, keys="0")

    assert_cared_for(played)
    assert played.trace.heard("Thanksgiving")
    assert played.trace.heard("tomorrow, Friday, at 8 AM")


@pytest.mark.parametrize(
    "at", ["2026-11-01T01:30-05:00", "2026-11-01T01:30-06:00", "2027-03-14T01:59-06:00", "2027-03-14T03:00-05:00"]
)
def test_on_both_nights_of_the_clock_change_an_emergency_reaches_somebody(desk: Desk, at: str) -> None:
    played = desk.dials(ALTERNATE, at=at, keys="1")

    assert_cared_for(played)
    assert played.call.disposition is Disposition.ANSWERED


@pytest.mark.parametrize(
    ("moment", "subject_end"),
    [
        (Moment.MENU, "hung up in the menu"),
        (Moment.RINGING, f"hung up while {JAMISON} was rung"),
        (Moment.RECORDING, "hung up before leaving a message"),
    ],
)
def test_a_hang_up_is_a_ticket_that_says_where(desk_on_each: Desk, moment: Moment, subject_end: str) -> None:
    if moment is Moment.RECORDING:
        desk_on_each.everybody(ignore())
    script = CallerScript(hangs_up_at=moment, hangs_up_delay_seconds=0.5, message_seconds=0)
    played = desk_on_each.dials(MAIN, keys="1" if moment is not Moment.MENU else "", script=script)

    assert_cared_for(played)
    assert played.call.disposition is Disposition.ABANDONED
    assert played.ticket.subject.endswith(subject_end)
    assert played.ticket.requester == CALLER


def test_hanging_up_while_a_phone_rings_is_the_callers_leaving_not_a_missed_ring(desk: Desk) -> None:
    desk.everybody(ignore())
    played = desk.dials(MAIN, keys="2", script=CallerScript(hangs_up_at=Moment.RINGING, hangs_up_delay_seconds=4))

    assert_cared_for(played)
    assert played.outcomes() == [(JAMISON, LegOutcome.CALLER_LEFT)]
