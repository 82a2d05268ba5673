"""Callers the desk knows: clients, open tickets, second calls, blocked and withheld numbers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.call_records import CallRecords
from app.cdr.records import Disposition, LegOutcome, TicketStatus, TicketUpdate
from app.simulator import CallerScript, Moment, accept, decline, ignore
from app.store import TicketFile
from oncall import Priority
from tests.app import edits
from tests.desk import (
    CALLER,
    MAIN,
    SATURDAY_NIGHT,
    TUESDAY_MORNING,
    Desk,
    PlayedCall,
    assert_cared_for,
    make_desk,
)
from tests.scenarios.breakdowns import BreakingStore, never, unavailable_between

pytestmark = pytest.mark.slow

JAMISON, LASHA, FIRST, SECOND = "Jamison White", "Lasha Dalakishvili", "triggerfish-1", "triggerfish-2"
SERVICE = "answering-service"
TEN_MINUTES_LATER = "2026-12-01T10:10-06:00"
TWENTY_MINUTES_LATER = "2026-12-01T10:20-06:00"
THAT_AFTERNOON = "2026-12-01T15:00-06:00"
THAT_NIGHT = "2026-12-01T23:00-06:00"
GONE = CallerScript(hangs_up_at=Moment.MENU, hangs_up_delay_seconds=1)

IMAGING, FRONT_DESK, SWITCHBOARD = "+18165550160", "+18165550161", "+18165550174"
BLOCKED = "+18165550169"
BLOCK = (
    "schedules/clients.yaml",
    "block: []",
    f'block:\n  - {{number: "{BLOCKED}", reason: fax machine that rings every night}}\n',
)
GREETING = (
    "schedules/clients.yaml",
    "      imaging:\n",
    "      imaging:\n        greeting: clinic-greeting\n",
)
CLINIC_PROMPT = (
    edits.ENGLISH,
    "  wrong-key:",
    "  clinic-greeting: Welcome, example clinic. In a medical emergency hang up and dial 9 1 1.\n\n  wrong-key:",
)


@pytest.fixture
def strict_desk(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk that blocks a number, and greets a client in its own way."""
    config = edits.write(tmp_path / "config", BLOCK, GREETING, CLINIC_PROMPT)
    made = make_desk(sqlite_url, tmp_path, config=config)
    yield made
    made.services.store.close()


@pytest.fixture
def breaking_desk(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk whose database can be taken away."""
    made = make_desk(sqlite_url, tmp_path, store=BreakingStore.open(sqlite_url))
    yield made
    made.services.store.close()


def file_of(desk: Desk, number: int | None) -> TicketFile:
    assert number is not None
    found = desk.services.store.tickets.get(number)
    assert found is not None
    return found


def told(updates: tuple[TicketUpdate, ...]) -> list[str]:
    return [update.kind for update in updates]


def first_call(desk: Desk, *, keys: str = "2") -> PlayedCall:
    """Jamison takes a call at ten in the morning; its ticket stays open."""
    played = desk.dials(MAIN, at=TUESDAY_MORNING, keys=keys)
    assert played.ticket.assignee == JAMISON
    return played


# Clients.


def test_a_clients_call_is_tagged_and_never_below_its_floor(desk_on_each: Desk) -> None:
    played = desk_on_each.dials(MAIN, caller=IMAGING, keys="0")

    assert_cared_for(played)
    assert (played.call.priority, played.ticket.priority) == (Priority.HIGH, Priority.HIGH)
    assert played.call.tags == ("example-clinic",)
    (recognised,) = played.told("caller_recognised")
    assert recognised.detail["client"] == "example-clinic"
    assert recognised.detail["site"] == "imaging"
    assert str(recognised.detail["source"]).startswith("schedules/clients.yaml:")


def test_the_floor_lowers_nothing(desk: Desk) -> None:
    played = desk.dials(MAIN, caller=IMAGING, keys="1")

    assert_cared_for(played)
    assert played.call.priority is Priority.EMERGENCY


def test_a_site_without_a_floor_is_as_urgent_as_its_caller_says(desk: Desk) -> None:
    played = desk.dials(MAIN, caller=FRONT_DESK, keys="0")

    assert_cared_for(played)
    assert played.call.priority is Priority.MEDIUM


def test_a_client_is_greeted_in_its_own_way(strict_desk: Desk) -> None:
    played = strict_desk.dials(MAIN, caller=IMAGING, keys="2")

    assert_cared_for(played)
    assert played.trace.heard("Welcome, example clinic")
    assert not played.trace.heard("Please listen, the options change")
    assert played.rang() == [JAMISON]


def test_a_client_is_known_and_its_floor_holds_without_the_database(breaking_desk: Desk) -> None:
    store = breaking(breaking_desk)
    store.breaks(unavailable_between(0, 1000))
    played = breaking_desk.dials(MAIN, caller=IMAGING, keys="0")
    store.breaks(never)
    CallRecords(breaking_desk.services).replay()

    assert_cared_for(played)
    assert played.rang() == [JAMISON]
    assert played.call.priority is Priority.HIGH
    assert played.call.tags == ("example-clinic",)


def test_nothing_about_the_client_stands_in_an_address(desk: Desk) -> None:
    played = desk.dials(MAIN, caller=IMAGING, keys="2")

    carried = [str(desk.services.positions.read(request.url.rpartition("/")[2])) for request in played.trace.requests()]
    assert any("Position" in each for each in carried)
    for each in carried:
        assert "example-clinic" not in each
        assert "imaging" not in each
        assert IMAGING.removeprefix("+1") not in each


# An open ticket.


def test_who_has_an_open_ticket_hears_its_status_and_may_go_on(desk_on_each: Desk) -> None:
    before = first_call(desk_on_each)
    played = desk_on_each.dials(MAIN, at=THAT_AFTERNOON, keys="1,3,2")

    assert_cared_for(played)
    number = " ".join(str(before.ticket.number))
    assert played.trace.heard(f"Ticket {number}, high priority, is taken by the desk")
    assert played.trace.heard("It was last updated today at 10 AM")
    assert not played.trace.heard(JAMISON), "no name is told to whoever calls with that number"
    assert played.call.ticket == before.ticket.number
    assert played.ticket.subject == before.ticket.subject
    assert "something-new" in played.call.tags


def test_the_call_moves_to_the_open_ticket_and_its_own_is_closed(desk_on_each: Desk) -> None:
    before = first_call(desk_on_each)
    played = desk_on_each.dials(MAIN, at=THAT_AFTERNOON, keys="2")

    assert_cared_for(played)
    assert played.rang() == [JAMISON]
    kept = file_of(desk_on_each, before.ticket.number)
    assert kept.calls == (before.sid, played.sid)
    assert told(kept.updates) == ["called_again"]
    assert kept.ticket.status is TicketStatus.ACKNOWLEDGED
    assert before.ticket.number is not None
    own = file_of(desk_on_each, before.ticket.number + 1)
    assert own.ticket.status is TicketStatus.CLOSED
    assert own.ticket.closed_at is not None
    assert (own.calls, told(own.updates)) == ((), ["merged"])
    assert played.told("ticket_joined")[0].detail["ticket"] == before.ticket.number


@pytest.mark.parametrize("behaviour", [decline(), ignore()])
def test_who_does_not_get_the_person_with_the_ticket_gets_the_menu(desk: Desk, behaviour: object) -> None:
    first_call(desk)
    desk.phone(JAMISON, behaviour)  # type: ignore[arg-type] # a table of behaviours of different kinds
    played = desk.dials(MAIN, at=THAT_AFTERNOON, keys="2,2")

    assert_cared_for(played)
    assert played.trace.heard("The person who has your ticket cannot be reached")
    assert played.rang() == [JAMISON, JAMISON, LASHA]
    assert played.call.answered_by == LASHA
    assert played.ticket.assignee == JAMISON, "helping once does not take a ticket away from its owner"


def test_the_person_with_the_ticket_is_not_rung_at_night_unless_on_call(desk: Desk) -> None:
    first_call(desk)
    played = desk.dials(MAIN, at=THAT_NIGHT, keys="2,0")

    assert_cared_for(played)
    assert played.trace.heard("The person who has your ticket cannot be reached")
    assert played.rang() == [SERVICE], "Lasha is on call this week"
    assert "not on call" in str(played.told("nobody_to_ring")[0].because)


def test_at_night_the_analyst_on_call_who_has_the_ticket_is_rung(desk: Desk) -> None:
    desk.phone(JAMISON, ignore())
    before = desk.dials(MAIN, at=TUESDAY_MORNING, keys="2")
    assert before.ticket.assignee == LASHA
    played = desk.dials(MAIN, at=THAT_NIGHT, keys="2")

    assert_cared_for(played)
    assert played.rang() == [LASHA]
    assert played.call.ticket == before.ticket.number


def test_who_is_away_is_not_rung_for_their_ticket(sqlite_url: str, tmp_path: Path) -> None:
    leave = edits.time_off(f"person: {JAMISON}, from: 2026-12-01 12:00, until: 2026-12-01 17:00, reason: dentist")
    desk = make_desk(sqlite_url, tmp_path, config=edits.write(tmp_path / "config", leave))
    first_call(desk)
    played = desk.dials(MAIN, at=THAT_AFTERNOON, keys="2,2")

    assert_cared_for(played)
    assert "away: dentist" in played.told("nobody_to_ring")[0].because
    assert not played.trace.heard("dentist"), "why is nobody's business"
    desk.services.store.close()


def test_something_new_is_a_ticket_of_its_own(desk: Desk) -> None:
    before = first_call(desk)
    played = desk.dials(MAIN, at=THAT_AFTERNOON, keys="3,1")

    assert_cared_for(played)
    assert played.call.ticket != before.ticket.number
    assert played.call.priority is Priority.EMERGENCY


def test_who_says_nothing_to_the_ticket_goes_on_like_everybody(desk: Desk) -> None:
    before = first_call(desk)
    played = desk.dials(MAIN, at=THAT_AFTERNOON, keys="-,-,2")

    assert_cared_for(played)
    assert played.rang() == [JAMISON]
    assert played.call.ticket != before.ticket.number


def test_without_the_database_the_ticket_cannot_be_looked_up_and_the_menu_follows(breaking_desk: Desk) -> None:
    """It is there when the call comes in, and away from the first key on."""
    before = first_call(breaking_desk)
    store = breaking(breaking_desk)
    store.breaks(unavailable_between(1, 1000))
    played = breaking_desk.dials(MAIN, at=THAT_AFTERNOON, keys="1,2")
    store.breaks(never)
    CallRecords(breaking_desk.services).replay()

    assert_cared_for(played)
    assert played.trace.heard("You have an open ticket")
    assert played.trace.heard("We cannot look up your ticket right now")
    assert played.rang() == [JAMISON]
    assert played.call.ticket != before.ticket.number


def test_without_the_database_while_that_person_is_rung_the_call_still_goes_on(breaking_desk: Desk) -> None:
    first_call(breaking_desk)
    breaking_desk.phone(JAMISON, ignore())
    store = breaking(breaking_desk)
    store.breaks(unavailable_between(2, 1000))
    played = breaking_desk.dials(MAIN, at=THAT_AFTERNOON, keys="2,2")
    store.breaks(never)
    CallRecords(breaking_desk.services).replay()

    assert_cared_for(played)
    assert played.rang()[:2] == [JAMISON, JAMISON]
    assert played.call.answered_by == LASHA


# A second call.


def test_a_second_call_skips_the_menu_and_is_one_step_more_urgent(desk_on_each: Desk) -> None:
    before = desk_on_each.dials(MAIN, at=TUESDAY_MORNING, script=GONE)
    assert before.call.disposition is Disposition.ABANDONED
    played = desk_on_each.dials(MAIN, at=TEN_MINUTES_LATER)

    assert_cared_for(played)
    assert played.trace.heard("You have just called us")
    assert not played.trace.heard("press 1")
    assert played.call.priority is Priority.EMERGENCY, "the line gave the first call high"
    assert played.rang() == [JAMISON]
    kept = file_of(desk_on_each, before.ticket.number)
    assert kept.calls == (before.sid, played.sid)
    assert kept.ticket.priority is Priority.EMERGENCY
    assert (kept.ticket.status, kept.ticket.assignee) == (TicketStatus.ACKNOWLEDGED, JAMISON)


def test_a_second_call_goes_to_the_person_who_took_the_first(desk: Desk) -> None:
    desk.phone(JAMISON, ignore())
    before = desk.dials(MAIN, at=TUESDAY_MORNING, keys="0")
    at_first = before.ticket
    assert (at_first.assignee, at_first.priority) == (LASHA, Priority.MEDIUM)
    desk.phone(JAMISON, accept())
    played = desk.dials(MAIN, at=TEN_MINUTES_LATER)

    assert_cared_for(played)
    assert played.rang() == [LASHA]
    assert played.ticket.number == at_first.number
    assert played.ticket.priority is Priority.HIGH
    assert played.ticket.resolve_due_at is not None
    assert at_first.resolve_due_at is not None
    assert played.ticket.resolve_due_at < at_first.resolve_due_at, "its clocks follow the new priority"


def test_a_second_call_at_night_reaches_the_analyst_on_call(desk: Desk) -> None:
    desk.dials(MAIN, at=SATURDAY_NIGHT, script=GONE)
    played = desk.dials(MAIN, at="2026-11-28T03:10-06:00")

    assert_cared_for(played)
    assert played.rang() == [JAMISON]
    assert played.call.disposition is Disposition.ANSWERED


def test_a_call_twenty_minutes_later_is_no_second_call(desk: Desk) -> None:
    desk.dials(MAIN, at=TUESDAY_MORNING, script=GONE)
    played = desk.dials(MAIN, at=TWENTY_MINUTES_LATER, keys="3,2")

    assert_cared_for(played)
    assert played.told("called_again") == []
    assert played.call.priority is Priority.HIGH


def test_a_second_call_through_a_switchboard_is_another_caller(desk: Desk) -> None:
    desk.dials(MAIN, at=TUESDAY_MORNING, caller=SWITCHBOARD, keys="2")
    played = desk.dials(MAIN, at=TEN_MINUTES_LATER, caller=SWITCHBOARD, keys="2")

    assert_cared_for(played)
    assert played.told("called_again") == []
    assert played.told("open_ticket_found") == []
    assert played.rang() == [JAMISON]


def test_without_the_database_a_second_call_is_one_like_any_other(breaking_desk: Desk) -> None:
    breaking_desk.dials(MAIN, at=TUESDAY_MORNING, script=GONE)
    store = breaking(breaking_desk)
    store.breaks(unavailable_between(0, 0))
    played = breaking_desk.dials(MAIN, at=TEN_MINUTES_LATER, keys="2")
    store.breaks(never)
    CallRecords(breaking_desk.services).replay()

    assert_cared_for(played)
    assert played.trace.heard("press 1")
    assert played.call.priority is Priority.HIGH


# Withheld and blocked numbers.


@pytest.mark.parametrize("caller", [None, "Anonymous", "+266696687"])
def test_two_calls_with_a_withheld_number_are_two_callers(desk: Desk, caller: str | None) -> None:
    desk.dials(MAIN, at=TUESDAY_MORNING, caller=caller, keys="2")
    played = desk.dials(MAIN, at=TEN_MINUTES_LATER, caller=caller, keys="2")

    assert_cared_for(played)
    assert played.trace.heard("press 1")
    assert played.rang() == [JAMISON]
    assert played.ticket.subject == f"Call from a withheld number on the main line, taken by {JAMISON}"


def test_a_blocked_number_hears_a_few_words_and_its_ticket_is_closed(strict_desk: Desk) -> None:
    played = strict_desk.dials(MAIN, at=SATURDAY_NIGHT, caller=BLOCKED, keys="1")

    assert played.trace.heard("This number is not put through")
    assert played.rang() == []
    assert played.ticket.subject == f"Blocked call from {BLOCKED} on the main line"
    assert played.ticket.status is TicketStatus.CLOSED
    assert played.call.tags == ("blocked",)
    assert "fax machine" in played.told("caller_blocked")[0].because
    assert played.call.ended_at is not None


def test_a_number_next_to_a_blocked_one_is_put_through(strict_desk: Desk) -> None:
    played = strict_desk.dials(MAIN, caller="+18165550168", keys="2")

    assert_cared_for(played)
    assert played.rang() == [JAMISON]


def breaking(desk: Desk) -> BreakingStore:
    assert isinstance(desk.services.store, BreakingStore)
    return desk.services.store


def test_the_default_caller_is_known_to_nobody(desk: Desk) -> None:
    """Otherwise every other scenario would be about somebody the desk knows."""
    assert desk.snapshot.book.callers.client(CALLER) is None
    assert LegOutcome.ACCEPTED in {leg.outcome for leg in desk.dials(MAIN, keys="2").legs}
