"""An emergency is never left alone: pages go out until somebody accepts its ticket, whatever became of the caller."""

import re
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.call_records import CallRecords
from app.cdr.records import LegOutcome, TicketStatus
from app.flow.messages import Detail, Fact, FactKind
from app.paging import sweep_pages
from app.simulator.caller import CallerScript
from app.simulator.handsets import accept, ignore, voicemail
from app.simulator.parties import Moment
from app.store import CallFilters, QuickOverride
from oncall import OverrideKind, Priority
from tests.desk import ALTERNATE, CALLER, MAIN, SATURDAY_NIGHT, TUESDAY_MORNING, PlayedCall
from tests.fakes import down, no_answer, refused
from tests.pages import FIRST, JAMISON, LASHA, SECOND, PagedDesk, make_paged_desk
from tests.scenarios.breakdowns import BreakingStore, log, never, unavailable_always, unavailable_at

pytestmark = pytest.mark.slow

__all__ = ["log"]  # used by every test here
HANGS_UP = CallerScript(hangs_up_at=Moment.RINGING, hangs_up_delay_seconds=4)
EVERY = 300
OPTED_OUT = 21610


def emergency(paged: PagedDesk, *, script: CallerScript | None = None, at: str = SATURDAY_NIGHT) -> PlayedCall:
    """An emergency that nobody of ours takes."""
    paged.desk.everybody(ignore()).phone("answering-service", ignore())
    return paged.desk.dials(MAIN, at=at, keys="1", script=script)


def number_of(played: PlayedCall) -> int:
    assert played.ticket.number is not None
    return played.ticket.number


def test_a_caller_who_hangs_up_is_paged_for_until_an_analyst_accepts_by_text(paged_on_each: PagedDesk) -> None:
    paged = paged_on_each
    played = emergency(paged, script=HANGS_UP)
    number = number_of(played)
    assert played.ticket.status is TicketStatus.NEW

    paged.passes(1)
    assert paged.texts_to(JAMISON) == [
        f"Emergency ticket {number} on the main line waits. Reply ACK {number} or call the desk."
    ]
    assert [ring.to for ring in paged.company.rings] == [paged.number(JAMISON)], "the caller is gone: phones ring too"
    paged.passes(EVERY)
    assert len(paged.texts_to(LASHA)) == 1, "the next step of the policy"
    paged.passes(EVERY * 3)
    assert [len(paged.texts_to(name)) for name in (JAMISON, LASHA, FIRST, SECOND)] == [2, 2, 1, 1], "and from the start"

    answer = paged.texts(LASHA, f"ack {number}")
    assert answer is not None
    assert answer.startswith(f"{number} is yours.")
    sent = len(paged.company.texts), len(paged.company.rings)
    paged.passes(EVERY * 5, step=60)
    assert (len(paged.company.texts), len(paged.company.rings)) == (sent[0] + 1, sent[1]), "pages stop at once"
    assert paged.texts_to(LASHA)[-1] == f"Ticket {number}: the caller's number is +18165550191.", "to call back"

    ticket = paged.ticket(number)
    assert (ticket.status, ticket.assignee) == (TicketStatus.ACKNOWLEDGED, LASHA)
    assert ticket.acknowledged_at is not None
    assert ticket.resolve_due_at is not None
    assert (ticket.resolve_due_at - ticket.acknowledged_at).total_seconds() == 8 * 3600
    entry = paged.file(number).updates[-1]
    assert (entry.author, entry.kind, entry.text) == (LASHA, "acknowledged", "acknowledged by text")
    assert paged.services.store.outbox.counts(now=paged.desk.clock.at).waiting == 0


def test_every_page_is_in_the_record_with_its_reason(paged: PagedDesk) -> None:
    played = emergency(paged, script=HANGS_UP)
    paged.passes(EVERY + 1)

    first, second = (entry for entry in played.timeline if entry.fact == "paged")
    assert first.detail["party"] == JAMISON
    assert first.detail["by"] == "text and call"
    assert "step 1 of escalation policy emergency-after-hours: on call in schedule on-call" in first.because
    assert str(first.detail["source"]).startswith("schedules/on_call.yaml:")
    assert second.detail["party"] == LASHA


def test_the_key_on_a_paging_call_takes_the_ticket_and_ends_the_other_phones(paged_on_each: PagedDesk) -> None:
    paged = paged_on_each
    number = number_of(emergency(paged, script=HANGS_UP))
    paged.passes(EVERY * 2 + 1)
    jamison, lasha, *triggers = paged.company.rings
    heard = paged.answers_page(triggers[0], "1")
    paged.passes(EVERY * 3, step=60)

    assert "Emergency ticket " + " ".join(str(number)) in re.sub(r"[,.]", "", heard).replace("  ", " ")
    assert "is yours" in heard
    assert paged.ticket(number).assignee == FIRST
    assert paged.company.rings == [jamison, lasha, *triggers], "nobody is rung any more"
    assert paged.company.ended == [ring.sid for ring in triggers[1:]]
    entry = paged.file(number).updates[-1]
    assert (entry.author, entry.text) == (FIRST, "acknowledged by key on a paging call")


@pytest.mark.parametrize("key", [None, "2", "7"])
def test_a_page_that_is_only_picked_up_accepts_nothing(paged: PagedDesk, key: str | None) -> None:
    """A voicemail presses no key, and neither 2 nor a wrong key takes anything."""
    number = number_of(emergency(paged, script=HANGS_UP))
    paged.passes(1)
    paged.answers_page(paged.company.rings[0], key)
    paged.passes(EVERY)

    assert paged.ticket(number).status is TicketStatus.NEW
    assert len(paged.texts_to(LASHA)) == 1


def test_whoever_picks_up_too_late_is_told_so(paged: PagedDesk) -> None:
    number = number_of(emergency(paged, script=HANGS_UP))
    paged.passes(1)
    paged.texts(LASHA, f"TAKE {number}")
    heard = paged.answers_page(paged.company.rings[0], "1")

    assert "has been taken already" in heard
    assert paged.ticket(number).assignee == LASHA


def test_while_phones_ring_for_the_caller_people_get_texts_and_no_second_call(paged: PagedDesk) -> None:
    """The first page comes a minute after the emergency began, in the middle of the hunt."""
    show = paged.desk.clock.show

    def meanwhile(at: datetime) -> None:
        show(at)
        paged.deliver()

    paged.desk.clock.show = meanwhile  # type: ignore[method-assign]
    played = emergency(paged)

    (began,) = (entry.at for entry in played.told("priority_set"))
    first = paged.company.texts[0]
    assert first.to == paged.number(JAMISON)
    assert 60 <= (first.at - began).total_seconds() < 95
    over = max(leg.ended_at for leg in played.legs if leg.screened and leg.ended_at)
    assert all(ring.at >= over for ring in paged.company.rings), "no second ring beside the hunt"
    paged.passes(EVERY)
    assert len(paged.texts_to(LASHA)) == 1, "and the next step follows when the hunt is over"


def test_a_caller_who_hangs_up_after_a_page_by_text_alone_is_paged_for_by_call_at_once(
    paged_on_each: PagedDesk,
) -> None:
    """The text came while phones rang for the caller; when they stop, nobody waits out the minutes to the next page."""
    paged, show = paged_on_each, paged_on_each.desk.clock.show

    def meanwhile(at: datetime) -> None:
        show(at)
        paged.deliver()

    paged.desk.clock.show = meanwhile  # type: ignore[method-assign]
    played = emergency(paged, script=CallerScript(hangs_up_at=Moment.RINGING, hangs_up_delay_seconds=75))
    paged.passes(1)

    assert [len(paged.texts_to(name)) for name in (JAMISON, LASHA)] == [1, 1]
    (ring,) = paged.company.rings
    assert ring.to == paged.number(LASHA)
    assert played.call.ended_at is not None
    assert 0 <= (ring.at - played.call.ended_at).total_seconds() < 5
    paged.passes(EVERY - 10)
    assert len(paged.company.texts) == 2, "from then on at the usual pace"


def test_an_emergency_that_the_hunt_reaches_somebody_for_pages_nobody(paged: PagedDesk) -> None:
    paged.desk.phone(JAMISON, voicemail(after_seconds=2)).phone(LASHA, accept())
    played = paged.desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1")
    paged.passes(EVERY * 3, step=30)

    assert played.ticket.assignee == LASHA
    assert (paged.company.texts, paged.company.rings) == ([], [])


def test_the_answering_service_taking_an_emergency_owns_nothing(paged: PagedDesk) -> None:
    paged.desk.everybody(ignore()).phone("answering-service", accept(keys=()))
    played = paged.desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1")
    paged.passes(1)

    assert played.call.answered_by == "answering-service"
    assert len(paged.company.texts) >= 1, "an outside company has it; nobody of ours"


def test_two_emergencies_are_paged_for_and_accepted_each_by_itself(paged: PagedDesk) -> None:
    one = number_of(emergency(paged, script=HANGS_UP))
    two = number_of(paged.desk.dials(ALTERNATE, at="2026-11-28T03:02-06:00", keys="1", script=HANGS_UP, caller=None))
    paged.passes(1)
    assert one != two
    assert paged.texts_to(JAMISON) == [
        f"Emergency ticket {one} on the main line waits. Reply ACK {one} or call the desk.",
        f"Emergency ticket {two} on the alternate line waits. Reply ACK {two} or call the desk.",
    ]

    paged.texts(JAMISON, f"ACK {one}")
    paged.passes(EVERY + 5)
    assert paged.texts_to(LASHA) == [
        f"Emergency ticket {two} on the alternate line waits. Reply ACK {two} or call the desk."
    ]
    assert paged.ticket(two).status is TicketStatus.NEW


def test_in_business_hours_the_desk_is_paged_first(paged: PagedDesk) -> None:
    emergency(paged, script=HANGS_UP, at=TUESDAY_MORNING)
    paged.passes(1)

    assert {text.to for text in paged.company.texts} == {paged.number(JAMISON), paged.number(LASHA)}


def test_calls_of_lower_priority_page_nobody(paged: PagedDesk) -> None:
    paged.desk.everybody(ignore())
    paged.desk.dials(MAIN, at=TUESDAY_MORNING, keys="0")
    paged.passes(EVERY * 2, step=60)

    assert paged.company.rings == []
    assert [text for text in paged.company.texts if "Emergency" in text.body] == []


def test_a_message_of_high_priority_is_told_of_once_and_not_what_it_says(paged: PagedDesk) -> None:
    paged.desk.everybody(ignore())
    played = paged.desk.dials(MAIN, at=SATURDAY_NIGHT, keys="0")
    paged.passes(EVERY, step=60)

    assert played.ticket.priority is Priority.HIGH
    (text,) = paged.texts_to(JAMISON)
    assert re.fullmatch(rf"Ticket {number_of(played)}: a message of \d+ s on the main line\. Sign in to listen\.", text)
    assert len(paged.company.texts) == 1


def test_no_page_holds_the_callers_number(paged: PagedDesk) -> None:
    emergency(paged)
    paged.passes(EVERY * 4, step=30)

    said = [text.body for text in paged.company.texts] + [ring.url for ring in paged.company.rings]
    assert len(said) > 4
    assert not any(CALLER[-7:] in words for words in said)


def test_with_nobody_on_call_everybody_is_paged_and_it_is_logged(
    paged: PagedDesk, log: list[MutableMapping[str, Any]]
) -> None:
    empty_the_schedules(paged)
    number = number_of(emergency(paged, script=HANGS_UP))
    paged.passes(1)

    assert {text.to for text in paged.company.texts} == {paged.number(n) for n in (JAMISON, LASHA, FIRST, SECOND)}
    told = next(event for event in log if event["event"] == "emergency_unowned")
    assert told["ticket"] == number
    assert told["log_level"] == "error"
    assert "nobody is on call" in told["reason"]


def test_a_policy_climbed_in_vain_is_logged_and_climbed_again(
    paged: PagedDesk, log: list[MutableMapping[str, Any]]
) -> None:
    emergency(paged, script=HANGS_UP)
    paged.passes(EVERY * 3 + 1)

    (told,) = [event for event in log if event["event"] == "emergency_unowned"]
    assert told["reason"] == "escalation policy emergency-after-hours was climbed 1 times"


def test_somebody_who_has_texted_stop_is_rung_instead(paged: PagedDesk) -> None:
    paged.company.fail("text", refused(OPTED_OUT))
    played = emergency(paged, script=HANGS_UP)
    paged.passes(1)

    assert paged.texts_to(JAMISON) == []
    assert [ring.to for ring in paged.company.rings] == [paged.number(JAMISON)]
    assert paged.services.store.outbox.dead(10) == (), "it was told by a call: nothing is left undone"
    assert paged.ticket(number_of(played)).status is TicketStatus.NEW


def test_no_page_is_doubled_by_two_processes_or_a_broken_off_delivery(paged_on_each: PagedDesk) -> None:
    paged = paged_on_each
    emergency(paged, script=HANGS_UP)
    paged.company.fail("text", no_answer())
    paged.company.fail("ring", down())
    with ThreadPoolExecutor(4) as pool:
        for _ in range(8):
            list(pool.map(lambda _: paged.deliver(), range(4)))
            paged.desk.clock.at = paged.desk.clock.at.replace(microsecond=0)
            paged.passes(10)

    assert len(paged.texts_to(JAMISON)) == 1
    assert [ring.to for ring in paged.company.rings] == [paged.number(JAMISON)]


def test_pages_go_on_after_a_restart(sqlite_url: str, tmp_path: Path) -> None:
    before = make_paged_desk(sqlite_url, tmp_path)
    number = number_of(emergency(before, script=HANGS_UP))
    before.passes(1)
    before.services.store.close()

    after = make_paged_desk(sqlite_url, tmp_path)
    after.desk.clock.at = before.desk.clock.at
    after.passes(EVERY + 1)
    assert len(after.texts_to(LASHA)) == 1
    assert after.texts_to(JAMISON) == []
    assert after.texts(LASHA, f"ACK {number}") is not None
    after.services.store.close()


def test_an_emergency_of_a_database_outage_is_paged_for_when_it_is_back(sqlite_url: str, tmp_path: Path) -> None:
    store = BreakingStore.open(sqlite_url)
    paged = make_paged_desk(sqlite_url, tmp_path, store=store)
    store.breaks(unavailable_always)
    played = emergency(paged, script=HANGS_UP)
    store.breaks(never)
    CallRecords(paged.services).replay()
    CallRecords(paged.services).replay()
    paged.passes(EVERY + 1)

    assert played.ticket.priority is Priority.EMERGENCY
    assert len(paged.texts_to(JAMISON)) == len(paged.texts_to(LASHA)) == 1
    store.close()


def test_a_page_that_cannot_reach_the_database_goes_out_when_it_can(sqlite_url: str, tmp_path: Path) -> None:
    store = BreakingStore.open(sqlite_url)
    paged = make_paged_desk(sqlite_url, tmp_path, store=store)
    emergency(paged, script=HANGS_UP)
    store.breaks(unavailable_at(0, 1))
    paged.passes(150)

    assert len(paged.texts_to(JAMISON)) == 1
    store.close()


def test_a_chain_that_was_lost_is_begun_again_by_the_clock(paged: PagedDesk) -> None:
    number = number_of(emergency(paged, script=HANGS_UP))
    paged.services.store.outbox.cancel(f"page:{number}:", at=paged.desk.clock.at)
    paged.passes(400)
    assert paged.company.texts == []

    sweep_pages(paged.services)
    sweep_pages(paged.services)
    paged.passes(1)
    assert len(paged.texts_to(JAMISON)) == len(paged.company.rings) == 1


def test_a_key_pressed_as_the_caller_hung_up_begins_the_pages_again(paged: PagedDesk) -> None:
    """Whoever pressed it has spoken to nobody: the ticket has no owner again, and is paged for."""
    paged.desk.everybody(ignore()).phone(JAMISON, accept(after_seconds=4))
    played = paged.desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1", script=CallerScript(hangs_up_after_seconds=3600))
    assert played.ticket.assignee == JAMISON
    at, (leg, *_) = paged.desk.clock.at, played.legs
    blank = replace(leg, ended_at=None)
    with paged.services.store.turn() as transaction:
        record = transaction.load(played.sid)
        assert record is not None
        transaction.save(record, replace(record, legs=(blank,)))
    detail: dict[str, Detail] = {"leg": leg.turn, "status": "completed", "bridged": False, "caller_left": True}
    ended = Fact(kind=FactKind.DIAL_ENDED, key="late", at=at, because="the caller hung up", detail=detail)
    CallRecords(paged.services).tell(played.sid, leg.turn, ended)
    assert played.ticket.status is TicketStatus.NEW

    paged.passes(61)
    assert len(paged.texts_to(JAMISON)) == 1


def test_a_second_call_about_the_same_emergency_doubles_no_page(paged: PagedDesk) -> None:
    one = emergency(paged, script=HANGS_UP)
    two = paged.desk.dials(MAIN, at="2026-11-28T03:02-06:00", keys="1", script=HANGS_UP)
    paged.passes(EVERY - 150)

    assert two.ticket.number == one.ticket.number, "it joins the ticket of a few minutes ago"
    assert len(paged.texts_to(JAMISON)) == 1
    assert len(paged.company.texts) == 1


def test_a_text_that_accepts_while_the_phone_rings_stays_accepted_when_the_caller_hangs_up(paged: PagedDesk) -> None:
    """Only what a key on the leg itself said is taken back with the leg."""
    texted: list[str | None] = []
    show = paged.desk.clock.show

    def meanwhile(at: datetime) -> None:
        show(at)
        record = next(iter(paged.services.store.calls.page(CallFilters(), limit=1).items), None)
        if record is not None and record.legs and not texted:
            texted.append(None)
            texted.append(paged.texts(JAMISON, f"ACK {record.ticket.number}"))

    paged.desk.clock.show = meanwhile  # type: ignore[method-assign]
    played = emergency(paged, script=HANGS_UP)

    assert (played.ticket.status, played.ticket.assignee) == (TicketStatus.ACKNOWLEDGED, JAMISON)
    assert played.legs[0].outcome is LegOutcome.CALLER_LEFT
    paged.passes(EVERY)
    assert paged.company.rings == []


def test_no_number_and_no_words_of_a_page_are_logged(paged: PagedDesk, log: list[MutableMapping[str, Any]]) -> None:
    emergency(paged, script=HANGS_UP)
    paged.passes(EVERY)

    assert not any("81655501" in str(event) for event in log)


def empty_the_schedules(paged: PagedDesk) -> None:
    """By a road that asks no questions: nobody is on call for the rest of the night."""
    at = datetime.fromisoformat(SATURDAY_NIGHT).astimezone(UTC) - timedelta(hours=1)
    with paged.services.store.turn() as transaction:
        for schedule in paged.desk.snapshot.roster.schedules:
            for person in (JAMISON, LASHA, FIRST, SECOND):
                transaction.overrides.add(
                    QuickOverride(
                        id=0,
                        schedule=schedule,
                        kind=OverrideKind.REMOVE,
                        person=person,
                        starts_at=at,
                        ends_at=at + timedelta(hours=5),
                        author=person,
                        reason="a test",
                        created_at=at,
                    )
                )
