"""Whole calls to a desk where everybody is talking: the line, its order, call-backs, and what ends every wait."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from app.call_records import CallRecords
from app.cdr.records import Disposition, TicketStatus
from app.simulator.caller import CallerScript
from app.simulator.events import Heard
from app.simulator.handsets import Behaviour, accept, ignore, voicemail
from app.store import PlaceOutcome
from tests.desk import MAIN, PlayedCall, assert_cared_for
from tests.scenarios.breakdowns import BreakingStore, never, unavailable_always
from tests.scenarios.switchboard import JAMISON, LASHA, Switchboard, heard, make_switchboard

pytestmark = pytest.mark.slow

Make = Callable[..., Switchboard]
JAMISONS, LASHAS, SERVICE = "+18165550101", "+18165550102", "+18165550150"
# Takes the call, and after a call-back says that they spoke to the person.
SPOKE = ("1", "1")


@pytest.fixture
def make(database_url: str, tmp_path: Path) -> Iterator[Make]:
    """Makes a switchboard, once on each kind of database."""
    with making(database_url, tmp_path) as switchboard:
        yield switchboard


@pytest.fixture
def make_on_sqlite(sqlite_url: str, tmp_path: Path) -> Iterator[Make]:
    """Makes a switchboard on SQLite."""
    with making(sqlite_url, tmp_path) as switchboard:
        yield switchboard


@contextmanager
def making(url: str, folder: Path) -> Iterator[Make]:
    made: list[Switchboard] = []

    def switchboard(**options: Any) -> Switchboard:
        made.append(make_switchboard(url, folder, **options))
        return made[-1]

    yield switchboard
    for each in made:
        each.desk.services.store.close()


def behave(board: Switchboard, number: str, *behaviours: Behaviour) -> None:
    board.phone.handsets.behave(number, *behaviours)


def test_a_second_caller_waits_hears_their_place_and_is_put_through_when_the_first_talk_ends(make: Make) -> None:
    board = make()
    behave(board, JAMISONS, accept(talks_for_seconds=120))
    first = board.caller("2")
    board.let_pass(60)
    second = board.caller("2")
    board.run()

    for played in (first, second):
        assert_cared_for(played)
        assert (played.call.disposition, played.call.answered_by) == (Disposition.ANSWERED, JAMISON)
    assert "You are next in line. | To be called back" in heard(second)
    assert board.place(second).outcome is PlaceOutcome.ANSWERED
    assert first.legs[0].ended_at is not None
    assert second.call.answered_at is not None
    assert 0 < (second.call.answered_at - first.legs[0].ended_at).total_seconds() < 15
    assert board.phone.rest_warnings == []


def busy_desk(make: Make, *, talks_for_seconds: int = 300, **options: Any) -> tuple[Switchboard, Callable[[], None]]:
    """A desk whose one analyst talks with a caller for five minutes, and a way to let that time pass."""
    board = make(**options)
    behave(board, JAMISONS, accept(talks_for_seconds=talks_for_seconds))
    board.caller("2")
    board.let_pass(60)
    behave(board, JAMISONS, accept(keys=SPOKE, talks_for_seconds=90))
    return board, lambda: board.let_pass(280)


def test_callers_are_taken_by_priority_and_hear_how_many_are_before_them(make: Make) -> None:
    board, _ = busy_desk(make, talks_for_seconds=180)
    medium = board.caller("0")
    board.let_pass(5)
    high = board.caller("2")
    board.let_pass(5)
    emergency = board.caller("1", script=CallerScript(talks_for_seconds=20))
    board.let_pass(90)
    said = [heard(medium), heard(high), heard(emergency)]
    board.run()

    for played in (medium, high, emergency):
        assert_cared_for(played)
        assert played.call.answered_by == JAMISON
    order = sorted((medium, high, emergency), key=lambda played: str(played.call.answered_at))
    assert [played.call.priority for played in order] == ["emergency", "high", "medium"]
    assert "There are 2 callers before you." in said[0]
    assert "There is one caller before you." in said[1]
    assert "You are next in line." in said[2]


def test_who_is_on_another_call_is_waited_for_when_the_others_do_not_answer(make: Make) -> None:
    """Jamison talks and Lasha is not at her desk: somebody will be free soon, and the caller keeps their place."""
    board = make(staff=(JAMISON, LASHA))
    behave(board, JAMISONS, accept(talks_for_seconds=120))
    behave(board, LASHAS, ignore())
    board.caller("2")
    board.let_pass(60)
    second = board.caller("2")
    board.run()

    assert_cared_for(second)
    assert board.was_in_line(second)
    assert "Everybody we can reach is on another call right now." in heard(second)
    assert second.call.answered_by == JAMISON


def test_one_caller_at_a_time_is_offered_to_a_person(make: Make) -> None:
    """Two people, five callers in line: no phone is rung for two, and nobody is rung who talks."""
    board = make(staff=(JAMISON, LASHA))
    for number in (JAMISONS, LASHAS):
        behave(board, number, accept(talks_for_seconds=90))
    callers = [board.caller("2") for _ in range(2)]
    board.let_pass(60)
    callers += [board.caller("2") for _ in range(5)]
    board.run()

    talks: dict[str, list[tuple[object, object]]] = {JAMISON: [], LASHA: []}
    for played in callers:
        assert_cared_for(played)
        assert played.call.disposition is Disposition.ANSWERED
        for leg in played.legs if board.was_in_line(played) else ():
            talks[leg.party].append((leg.started_at, leg.ended_at))
    for legs in talks.values():
        ordered = sorted(legs, key=str)
        assert all(str(before[1]) <= str(after[0]) for before, after in pairwise(ordered))


def test_whoever_passes_a_call_on_is_left_in_peace_for_a_while_and_the_caller_stays_in_line(make: Make) -> None:
    board, _ = busy_desk(make)
    behave(board, JAMISONS, ignore(), accept())
    waiting = board.caller("2")
    board.run()

    assert_cared_for(waiting)
    assert waiting.call.answered_by == JAMISON
    missed, taken = waiting.legs
    assert missed.ended_at is not None
    assert 60 <= (taken.started_at - missed.ended_at).total_seconds() < 70


def test_a_call_back_keeps_the_place_rings_staff_first_and_shows_the_lines_number(make: Make) -> None:
    board, talk_ends = busy_desk(make)
    first = board.caller("2,1,1", script=CallerScript(presses_after_seconds=1))
    board.let_pass(90)
    assert first.trace.ended is not None
    assert first.ticket.subject.startswith("Call-back asked for from +18165550132")
    assert first.call.disposition is Disposition.CALLBACK
    second = board.caller("2")
    talk_ends()
    board.run()

    assert_cared_for(first)
    assert_cared_for(second)
    assert (first.call.disposition, first.call.answered_by) == (Disposition.ANSWERED, JAMISON)
    assert (first.ticket.status, first.ticket.assignee) == (TicketStatus.ACKNOWLEDGED, JAMISON)
    assert second.call.answered_at is not None
    assert first.call.answered_at is not None
    assert first.call.answered_at < second.call.answered_at
    rung = [call for call in board.phone.calls if call.fields["To"] == "+18165550132"]
    assert [(call.fields["From"], call.status) for call in rung] == [(MAIN, "completed")]
    assert "8 1 6 5 5 5 0 1 3 2" in heard(first)
    assert board.phone.rest_warnings == []


def test_a_call_back_that_nobody_answers_is_tried_three_times_and_then_stays_with_whoever_tried(make: Make) -> None:
    board, talk_ends = busy_desk(make)
    behave(board, "+18165550132", ignore())
    asked = board.caller("2,1,1", script=CallerScript(presses_after_seconds=1))
    board.let_pass(60)
    talk_ends()
    board.let_pass(3600)
    board.run()

    tries = asked.told("callback_tried")
    assert len(tries) == 3
    gaps = [(after.at - before.at).total_seconds() for before, after in pairwise(tries)]
    assert all(600 <= gap < 660 for gap in gaps)
    assert asked.call.disposition is Disposition.CALLBACK
    assert "stays open: nobody was reached there, 3 times" in asked.ticket.subject
    assert (asked.ticket.status, asked.ticket.assignee) == (TicketStatus.ACKNOWLEDGED, JAMISON)
    assert board.place(asked).outcome is PlaceOutcome.NOT_REACHED
    found = board.desk.services.store.tickets.get(asked.ticket.number or 0)
    assert found is not None
    assert "Called back 3 times, nobody picked up the call-back" in [update.text for update in found.updates]


def test_a_call_back_is_answered_at_the_second_attempt(make: Make) -> None:
    board, talk_ends = busy_desk(make)
    behave(board, "+18165550132", ignore(), accept())
    asked = board.caller("2,1,1", script=CallerScript(presses_after_seconds=1))
    talk_ends()
    board.let_pass(1800)
    board.run()

    assert_cared_for(asked)
    assert asked.call.disposition is Disposition.ANSWERED
    assert len(asked.told("callback_tried")) == 2


def test_a_machine_that_answers_a_call_back_is_nobody(make: Make) -> None:
    """Whoever called says so with a key, and it is tried again; the record says that nobody was reached."""
    board, talk_ends = busy_desk(make)
    behave(board, JAMISONS, accept(keys=("1", "2"), talks_for_seconds=90), accept(keys=SPOKE, talks_for_seconds=90))
    behave(board, "+18165550132", voicemail(after_seconds=4), accept())
    asked = board.caller("2,1,1", script=CallerScript(presses_after_seconds=1))
    board.let_pass(60)
    talk_ends()
    board.let_pass(300)
    dispositions = [asked.call.disposition]
    assert [leg.outcome for leg in asked.legs] == ["answered_not_accepted"]
    assert "Called back, the person was not spoken to" in texts_of(asked)
    board.let_pass(900)
    board.run()

    assert_cared_for(asked)
    dispositions.append(asked.call.disposition)
    assert dispositions == [Disposition.CALLBACK, Disposition.ANSWERED]
    assert asked.call.answered_by == JAMISON
    assert "Called back and spoken to" in texts_of(asked)
    picked_up = asked.told("callback_picked_up")[-1].at
    assert asked.call.answered_at == picked_up, "the talk counts from when it began, not from the key after it"


def test_who_hangs_up_without_a_word_is_asked_again_before_the_person_is_called_again(make: Make) -> None:
    board, talk_ends = busy_desk(make)
    board.desk.phones = {}
    behave(board, JAMISONS, accept(keys=("1",), talks_for_seconds=30), accept(keys=("3",)))
    behave(board, "+18165550132", accept(talks_for_seconds=None))
    asked = board.caller("2,1,1", script=CallerScript(presses_after_seconds=1))
    board.let_pass(60)
    talk_ends()
    board.let_pass(400)
    dispositions = [asked.call.disposition]
    board.let_pass(900)
    board.run()

    said = [event.text for event in board.phone.journal.of(Heard) if event.number == JAMISONS]
    assert "Calling now. If only a machine answers, press star." in said[-3]
    assert "3 if you have spoken to them" in said[-2]
    assert said[-1] == f"Thank you. Ticket {' '.join(str(asked.ticket.number))} is yours. Goodbye."
    dispositions.append(asked.call.disposition)
    assert dispositions == [Disposition.CALLBACK, Disposition.ANSWERED]
    assert len(asked.told("callback_tried")) == 1, "the person is not called a second time"


def texts_of(played: PlayedCall) -> list[str]:
    found = played.services.store.tickets.get(played.ticket.number or 0)
    assert found is not None
    return [update.text for update in found.updates]


def test_another_number_can_be_keyed_and_islands_and_premium_numbers_cannot(make: Make) -> None:
    board, talk_ends = busy_desk(make)
    keys = "2,1,2,8095550123#,8165550177#,1"
    asked = board.caller(keys, script=CallerScript(presses_after_seconds=1))
    board.let_pass(90)
    talk_ends()
    board.run()

    assert "We cannot call that number back." in heard(asked)
    assert board.place(asked).number == "+18165550177"
    assert asked.call.disposition is Disposition.ANSWERED


def test_a_withheld_number_is_asked_for(make: Make) -> None:
    board, talk_ends = busy_desk(make)
    script = CallerScript(presses_after_seconds=1)
    asked = board.caller("2,1,8165550178#,1", number=None, script=script)
    board.let_pass(90)
    talk_ends()
    board.run()

    assert board.place(asked).number == "+18165550178"
    assert asked.call.disposition is Disposition.ANSWERED


def test_hanging_up_after_the_key_is_asking_for_the_call_all_the_same(make: Make) -> None:
    board, talk_ends = busy_desk(make)
    script = CallerScript(presses_after_seconds=1, hangs_up_after_seconds=27)
    asked = board.caller("2,1", script=script)
    board.let_pass(60)
    dispositions = [asked.call.disposition]
    talk_ends()
    board.run()

    assert_cared_for(asked)
    dispositions.append(asked.call.disposition)
    assert dispositions == [Disposition.CALLBACK, Disposition.ANSWERED]


def test_a_call_back_waits_for_the_morning_when_the_desk_has_closed(make: Make) -> None:
    board, _ = busy_desk(make, at="2026-12-01T16:54-06:00")
    asked = board.caller("2,1,1", script=CallerScript(presses_after_seconds=1))
    behave(board, JAMISONS, ignore())
    board.let_pass(1200)
    board.run()

    assert asked.told("callback_tried") == []
    assert board.place(asked).outcome is PlaceOutcome.DESK_CLOSED
    assert "stays open: the desk has closed" in asked.ticket.subject
    assert asked.ticket.status is TicketStatus.NEW


def test_a_caller_in_line_can_leave_a_message(make: Make) -> None:
    board, _ = busy_desk(make)
    waiting = board.caller("2,2", script=CallerScript(presses_after_seconds=1))
    board.run()

    assert_cared_for(waiting)
    assert waiting.call.disposition is Disposition.VOICEMAIL
    assert board.place(waiting).outcome is PlaceOutcome.MESSAGE
    assert waiting.legs == ()


def test_the_wait_ends_after_the_most_that_is_allowed(make: Make) -> None:
    board, _ = busy_desk(make, minutes=1)
    waiting = board.caller("2")
    board.run()

    assert_cared_for(waiting)
    assert waiting.call.disposition is Disposition.ANSWERING_SERVICE
    place = board.place(waiting)
    assert place.outcome is PlaceOutcome.OVERFLOWED
    assert place.left_at is not None
    assert 50 <= (place.left_at - place.entered_at).total_seconds() <= 75


def test_a_caller_who_hangs_up_in_line_is_a_missed_call_and_nobody_is_rung_for_them(make: Make) -> None:
    board, _ = busy_desk(make)
    waiting = board.caller("2", script=CallerScript(hangs_up_after_seconds=100))
    board.run()

    assert_cared_for(waiting)
    assert waiting.call.disposition is Disposition.ABANDONED
    assert waiting.ticket.subject.endswith("hung up in line")
    assert board.place(waiting).outcome is PlaceOutcome.ABANDONED
    assert waiting.legs == ()


def test_a_caller_who_hangs_up_while_a_phone_rings_for_them_stops_it(make: Make) -> None:
    board, _ = busy_desk(make)
    behave(board, JAMISONS, ignore())
    waiting = board.caller("2", script=CallerScript(hangs_up_after_seconds=285))
    board.run()

    assert_cared_for(waiting)
    assert [leg.outcome for leg in waiting.legs] == ["caller_left"]


def test_with_the_calls_interface_down_the_caller_goes_on_to_the_answering_service(make: Make) -> None:
    board, _ = busy_desk(make)
    waiting = board.caller("2")
    board.phone.rest_faults.refuse()
    board.run()

    assert_cared_for(waiting)
    assert waiting.call.disposition is Disposition.ANSWERING_SERVICE
    assert waiting.call.wait_seconds is not None
    assert waiting.call.wait_seconds < 500


def breaking_desk(make: Make) -> tuple[Switchboard, BreakingStore]:
    board, _ = busy_desk(make, store=BreakingStore)
    store = board.desk.services.store
    assert isinstance(store, BreakingStore)
    return board, store


def test_a_short_outage_of_the_database_puts_nobody_out_of_the_line(make: Make) -> None:
    board, store = breaking_desk(make)
    waiting = board.caller("2")
    board.let_pass(60)
    store.breaks(unavailable_always)
    board.let_pass(40)
    store.breaks(never)
    CallRecords(board.desk.services).replay()
    board.run()

    assert_cared_for(waiting)
    assert "Thank you for waiting." in heard(waiting)
    assert waiting.call.answered_by == JAMISON


def test_a_long_outage_of_the_database_leads_everybody_in_line_to_the_answering_service(make: Make) -> None:
    board, store = breaking_desk(make)
    waiting = board.caller("2")
    board.let_pass(60)
    store.breaks(unavailable_always)
    board.run()
    store.breaks(never)
    CallRecords(board.desk.services).replay()

    assert_cared_for(waiting)
    assert waiting.call.disposition is Disposition.ANSWERING_SERVICE
    assert board.place(waiting).left_at is not None


def test_a_key_while_the_database_is_away_leads_on_to_somebody_and_promises_nothing(make: Make) -> None:
    board, store = breaking_desk(make)
    waiting = board.caller("2,1")
    board.let_pass(45)
    store.breaks(unavailable_always)
    board.run()
    store.breaks(never)
    CallRecords(board.desk.services).replay()

    assert_cared_for(waiting)
    assert waiting.told("callback_asked") == []
    assert waiting.call.disposition is Disposition.ANSWERING_SERVICE


STORM = 200


class Kind(StrEnum):
    """Callers of the storm, by the keys they press."""

    HIGH = "2"
    MEDIUM = "0"
    EMERGENCY = "1"
    CALLED_BACK = "2,1,1"
    LEAVES_A_MESSAGE = "2,2"
    IMPATIENT = "2,-"


KINDS = tuple(Kind)
PUT_THROUGH = {Disposition.ANSWERED, Disposition.ANSWERING_SERVICE}
OUTCOMES = {
    Kind.HIGH: PUT_THROUGH,
    Kind.MEDIUM: PUT_THROUGH,
    Kind.EMERGENCY: PUT_THROUGH,
    Kind.CALLED_BACK: PUT_THROUGH,
    Kind.LEAVES_A_MESSAGE: {Disposition.VOICEMAIL, *PUT_THROUGH},
    Kind.IMPATIENT: {Disposition.ABANDONED, *PUT_THROUGH},
}


@pytest.mark.slow
def test_a_storm_of_two_hundred_callers_leaves_nobody_without_an_outcome(make_on_sqlite: Make) -> None:
    """Two people, two hundred calls within half a minute. Everybody is put through, called back, or has left a message.

    But for those who had no patience, whose calls are tickets like all others. The service, an outside party, has as
    many telephones as it takes.
    """
    board = make_on_sqlite(staff=(JAMISON, LASHA), minutes=3)
    for number in (JAMISONS, LASHAS):
        behave(board, number, accept(keys=SPOKE, talks_for_seconds=90))
    behave(board, SERVICE, accept(keys=(), talks_for_seconds=60, lines=None))
    callers = []
    for place in range(STORM):
        kind = KINDS[place % len(KINDS)]
        # Of the fictional numbers there are too few for all: those who are called back have one of their own.
        own = f"+181655501{10 + place // len(KINDS)}"
        shown = own if kind is Kind.CALLED_BACK else None
        patience = 120.0 if kind is Kind.IMPATIENT else None
        script = CallerScript(presses_after_seconds=1, hangs_up_after_seconds=patience)
        callers.append((kind, board.caller(kind, number=shown, script=script)))
        board.let_pass(30 / STORM)
    board.run()
    while board.desk.services.store.queue.open():
        board.let_pass(600)
    board.run()

    for kind, played in callers:
        assert_cared_for(played)
        assert played.call.disposition in OUTCOMES[kind], (kind, played.call)
    assert len({played.ticket.number for _, played in callers}) == STORM
    assert board.phone.rest_warnings == []
