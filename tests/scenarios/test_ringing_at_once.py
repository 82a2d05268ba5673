"""Whole calls in which several phones ring at once: the first key press wins, and nobody is lost when it cannot."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.cdr.records import Disposition, LegOutcome
from app.flow.engine import first_position
from app.flow.nodes import EscalateNode, RingNode
from app.simulator import Reply, Wire
from app.simulator.caller import CallerScript
from app.simulator.events import Texted
from app.simulator.handsets import accept, decline, ignore, voicemail
from app.simulator.parties import Moment
from tests.app.web.signed import SignedClient, envelope
from tests.desk import CALLER, CONFIG, MAIN, TUESDAY_MORNING, Desk, assert_cared_for, make_desk

pytestmark = pytest.mark.slow

JAMISON, LASHA, FIRST, SECOND = "Jamison White", "Lasha Dalakishvili", "triggerfish-1", "triggerfish-2"


@pytest.fixture
def at_once(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk whose OffSite group is rung at once."""
    config = tmp_path / "config"
    for name in ("ivr_flows", "schedules"):
        shutil.copytree(CONFIG / name, config / name)
    staff = config / "schedules" / "staff.yaml"
    staff.write_text(staff.read_text().replace("strategy: hunt", "strategy: simultaneous"))
    made = make_desk(database_url, tmp_path, config=config, rest=True)
    yield made
    made.services.store.close()


def test_the_first_key_press_wins_although_another_phones_voicemail_picked_up_first(at_once: Desk) -> None:
    at_once.phone(JAMISON, voicemail(after_seconds=1)).phone(LASHA, accept(after_seconds=8))
    played = at_once.dials(MAIN, at=TUESDAY_MORNING, keys="2")

    assert_cared_for(played)
    assert dict(played.outcomes()) == {
        JAMISON: LegOutcome.CANCELLED,
        LASHA: LegOutcome.ACCEPTED,
    }
    assert (played.call.disposition, played.call.answered_by) == (Disposition.ANSWERED, LASHA)
    assert played.call.talk_seconds == pytest.approx(60, abs=6)


def test_the_others_stop_ringing_when_one_has_taken_the_call(at_once: Desk) -> None:
    at_once.phone(JAMISON, ignore()).phone(LASHA, accept(after_seconds=5))
    played = at_once.dials(MAIN, keys="2")

    assert_cared_for(played)
    jamison = next(leg for leg in played.legs if leg.party == JAMISON)
    lasha = next(leg for leg in played.legs if leg.party == LASHA)
    assert jamison.outcome is LegOutcome.CANCELLED
    assert jamison.ended_at is not None
    assert lasha.accepted_at is not None
    assert abs((jamison.ended_at - lasha.accepted_at).total_seconds()) < 3


def test_two_who_pick_up_at_almost_the_same_time_do_not_both_win(at_once: Desk) -> None:
    at_once.phone(JAMISON, accept(after_seconds=4)).phone(LASHA, accept(after_seconds=4.5))
    played = at_once.dials(MAIN, keys="2")

    assert_cared_for(played)
    assert sorted(outcome for _, outcome in played.outcomes()) == [LegOutcome.ACCEPTED, LegOutcome.CANCELLED]
    assert len(played.told("leg_accepted")) == 1


def test_when_all_decline_the_next_group_rings_without_waiting_out_the_ringing(at_once: Desk) -> None:
    at_once.phone(JAMISON, decline(after_seconds=3)).phone(LASHA, decline(after_seconds=3))
    played = at_once.dials(MAIN, keys="2")

    assert_cared_for(played)
    assert played.call.answered_by in {FIRST, SECOND}
    assert played.call.wait_seconds is not None
    assert played.call.wait_seconds < 60


def test_when_nobody_answers_the_caller_goes_on_to_a_message(at_once: Desk) -> None:
    at_once.everybody(ignore())
    played = at_once.dials(MAIN, keys="2")

    assert_cared_for(played)
    assert played.call.disposition is Disposition.VOICEMAIL


def test_a_caller_who_hangs_up_on_hold_is_a_missed_call_and_the_phones_stop(at_once: Desk) -> None:
    at_once.everybody(ignore())
    script = CallerScript(hangs_up_after_seconds=32)
    played = at_once.dials(MAIN, keys="2", script=script)

    assert_cared_for(played)
    assert played.call.disposition is Disposition.ABANDONED
    assert {outcome for _, outcome in played.outcomes()} == {LegOutcome.CALLER_LEFT}
    rung = [call for call in at_once.phones_company.calls if call.number] if at_once.phones_company else []
    assert [call.status for call in rung] == ["canceled"] * len(played.legs)


@pytest.mark.parametrize("fault", ["down", "too many"])
def test_when_the_calls_interface_fails_the_phones_are_rung_one_after_another(at_once: Desk, fault: str) -> None:
    at_once.rest_fault = fault
    at_once.phone(JAMISON, ignore())
    played = at_once.dials(MAIN, keys="2")

    assert_cared_for(played)
    assert played.call.answered_by == LASHA


def test_rest_requests_use_only_what_twilio_has(at_once: Desk) -> None:
    played = at_once.dials(MAIN, keys="2")

    assert_cared_for(played)
    assert at_once.phones_company is not None
    assert at_once.phones_company.rest_warnings == []


def test_moment_waiting_is_reached(at_once: Desk) -> None:
    """A caller on hold hears music and can give up there like anywhere else."""
    at_once.everybody(ignore())
    script = CallerScript(hangs_up_at=Moment.WAITING, hangs_up_delay_seconds=2)
    played = at_once.dials(MAIN, keys="2", script=script)

    assert_cared_for(played)
    assert played.call.disposition is Disposition.ABANDONED


def texts(desk: Desk) -> list[tuple[str, str]]:
    """Whom the desk has texted, and what."""
    assert desk.phones_company is not None
    return [(text.to, text.body) for text in desk.phones_company.journal.of(Texted)]


def test_whoever_takes_the_call_is_texted_the_callers_number_and_nobody_else(at_once: Desk) -> None:
    """Their phones show the desk's line; the number comes by text, with no other detail."""
    at_once.phone(JAMISON, ignore()).phone(LASHA, accept(after_seconds=5))
    played = at_once.dials(MAIN, at=TUESDAY_MORNING, keys="2")

    number, lasha = played.ticket.number, at_once.snapshot.roster.people[LASHA].phones[0]
    assert texts(at_once) == [(lasha, f"Ticket {number}: the caller's number is {CALLER}.")]


def test_the_number_of_a_caller_who_withholds_it_is_not_texted(at_once: Desk) -> None:
    at_once.phone(JAMISON, accept())
    played = at_once.dials(MAIN, at=TUESDAY_MORNING, keys="2", caller=None)

    assert played.call.disposition is Disposition.ANSWERED
    assert texts(at_once) == []


@pytest.mark.parametrize("after_we_answered", [False, True], ids=["lost on the way", "answer lost"])
@pytest.mark.parametrize("what", ["wait", "left"])
def test_a_failed_answer_while_phones_ring_goes_on_where_the_call_was(
    at_once: Desk, what: str, after_we_answered: bool
) -> None:
    """Twilio asks the fallback address, which must neither greet the caller again nor ring the desk anew."""
    at_once.phone(JAMISON, ignore()).phone(LASHA, accept(after_seconds=5))
    wire = at_once.wire()
    unlucky = Unlucky(wire, what, after_we_answered=after_we_answered)
    at_once.make_wire, at_once.fallback_url = (lambda: unlucky), "/voice/fallback"
    played = at_once.dials(MAIN, at=TUESDAY_MORNING, keys="2")

    assert unlucky.failed
    assert_cared_for(played)
    assert len(played.told("call_arrived")) == 1
    assert played.call.answered_by == LASHA
    assert sum("We are ringing the desk now" in words for words in played.trace.heard_texts()) == 1


@pytest.mark.parametrize(("minutes", "is_back"), [(1, True), (31, False)])
def test_laps_that_never_succeed_do_not_hold_a_caller_for_ever(at_once: Desk, minutes: int, is_back: bool) -> None:
    """The fallback address answers and the lap's does not: for half an hour the caller goes back on hold, then on."""
    at_once.everybody(ignore())
    at_once.clock.show(datetime.fromisoformat(TUESDAY_MORNING))
    services, began = at_once.services, int(at_once.clock.at.timestamp()) - minutes * 60
    held = first_position(
        line="main", flow="main", revision=at_once.snapshot.revision, at=datetime.fromtimestamp(began, tz=UTC)
    )
    node = next(
        name
        for name, each in at_once.snapshot.book.flows["main"].nodes.items()
        if isinstance(each, RingNode | EscalateNode)
    )
    token = services.positions.write(replace(held, node=node, turn=2, lap=3, held_at=began))
    fields = envelope(
        call_sid="CA" + "9" * 32, ErrorCode="11205", ErrorUrl=f"https://desk.example.org/voice/wait/{token}"
    )
    said = SignedClient(services).post("/voice/fallback", list(fields.items())).body.decode()

    assert ("<Enqueue" in said) is is_back
    assert "<Redirect" in said or "<Dial" in said or "<Enqueue" in said or "<Record" in said


@dataclass
class Unlucky:
    """Fails the answer to the first webhook of one kind, however often it is asked for again."""

    wire: Wire
    what: str
    after_we_answered: bool
    failed: str = ""

    def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        token = headers["I-Twilio-Idempotency-Token"]
        unlucky = self.failed in {"", token} and f"/voice/{self.what}/" in url
        self.failed = token if unlucky else self.failed
        if unlucky and not self.after_we_answered:
            return Reply(502, {"content-type": "text/html"}, b"<h1>Bad Gateway</h1>")
        reply = self.wire.request(method, url, headers=headers, body=body)
        return Reply(502, {"content-type": "text/html"}, b"<h1>Bad Gateway</h1>") if unlucky else reply
