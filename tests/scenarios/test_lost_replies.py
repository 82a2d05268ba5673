"""Replies that get lost while a call is on cost the caller seconds, and nobody is hung up on or forgotten over them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from app.call_records import CallRecords
from app.cdr.records import Disposition, LegOutcome
from app.simulator import CallerScript, Reply, RestSwitches, Wire, WireDown
from app.simulator.handsets import accept, ignore
from app.simulator.wire import Breakdown
from tests.desk import MAIN, TUESDAY_MORNING, Desk, assert_cared_for, desk, make_desk
from tests.scenarios.breakdowns import BreakingStore, never, unavailable_always
from tests.simulation import edits

pytestmark = pytest.mark.slow

__all__ = ["desk"]
JAMISON, LASHA, FIRST, SECOND = "Jamison White", "Lasha Dalakishvili", "triggerfish-1", "triggerfish-2"
# What Twilio waits for us within a call, as our addresses ask it to.
READ_SECONDS = 3.0


@dataclass
class Losing:
    """Carries every request, and loses replies: `loses` is given what was asked and which attempt it is, from 1."""

    wire: Wire
    loses: Callable[[str, int], bool]
    attempts: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)

    def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        what, token = url.split("/")[4], headers["I-Twilio-Idempotency-Token"]
        self.attempts[token] = self.attempts.get(token, 0) + 1
        reply = self.wire.request(method, url, headers=headers, body=body)
        if self.loses(what, self.attempts[token]):
            self.lost.append(what)
            raise WireDown(Breakdown.READ, "the reply was lost", took_seconds=None)
        return reply


def losing(desk: Desk, loses: Callable[[str, int], bool]) -> Losing:
    wire = Losing(desk.wire(), loses)
    desk.make_wire, desk.fallback_url = (lambda: wire), "/voice/fallback"
    return wire


@pytest.mark.parametrize("what", ["keys", "silence", "dialled", "accept", "accept-key", "recorded"])
def test_a_reply_lost_within_a_call_is_asked_for_again_after_three_seconds(desk: Desk, what: str) -> None:
    wire = losing(desk, lambda asked, attempt: asked == what and attempt == 1)
    if what == "recorded":
        desk.everybody(ignore())
    played = desk.dials(MAIN, at=TUESDAY_MORNING, keys="" if what == "silence" else "2")

    assert what in wire.lost
    assert_cared_for(played)
    assert played.trace.failures == []
    waited_for_a_key = 5.0 if what == "silence" else 0.0
    assert played.trace.longest_silence_seconds < READ_SECONDS + waited_for_a_key + 1.5
    expected = Disposition.VOICEMAIL if what == "recorded" else Disposition.ANSWERED
    assert played.call.disposition in {expected, Disposition.ANSWERING_SERVICE}
    assert len({(entry.fact, str(entry.detail), entry.at) for entry in played.timeline}) == len(played.timeline)


@pytest.mark.parametrize("is_bridged_told", [True, False])
def test_whoever_pressed_the_key_and_was_cut_off_is_not_the_end_of_the_call(desk: Desk, is_bridged_told: bool) -> None:
    """No reply to the key arrives, so that Twilio drops the phone; it may not say that nobody was connected."""
    desk.twilio(dial_bridged_sent=is_bridged_told)
    desk.phone(JAMISON, accept(after_seconds=4)).phone(LASHA, accept(after_seconds=4))
    keys = iter(range(3))
    losing(desk, lambda asked, _attempt: asked == "accept-key" and next(keys, None) is not None)
    played = desk.dials(MAIN, keys="2")

    assert_cared_for(played)
    assert played.trace.connected(), "the caller talked with somebody"
    assert len(played.rang()) == 2
    assert played.legs[-1].outcome is LegOutcome.ACCEPTED


def test_a_long_talk_is_one_though_twilio_does_not_say_so(desk: Desk) -> None:
    desk.twilio(dial_bridged_sent=False)
    desk.phone(JAMISON, accept(after_seconds=4, talks_for_seconds=40))
    played = desk.dials(MAIN, keys="2")

    assert_cared_for(played)
    assert played.rang() == [JAMISON]
    assert played.call.answered_by == JAMISON


def test_a_short_talk_of_which_twilio_says_nothing_rings_the_next_and_stands_in_the_record(desk: Desk) -> None:
    """It cannot be told from a phone that was cut off: the caller, if still there, is not hung up on."""
    desk.twilio(dial_bridged_sent=False)
    desk.phone(JAMISON, accept(after_seconds=4, talks_for_seconds=5)).phone(LASHA, accept(after_seconds=4))
    played = desk.dials(MAIN, keys="2")

    assert_cared_for(played)
    assert played.rang() == [JAMISON, LASHA]
    assert played.outcomes() == [(JAMISON, LegOutcome.ACCEPTED), (LASHA, LegOutcome.ACCEPTED)]


def test_a_short_talk_of_which_twilio_says_nothing_is_one_when_the_caller_ends_it(desk: Desk) -> None:
    """Nobody is there to be led on: no other phone rings, and the call was answered."""
    desk.twilio(dial_bridged_sent=False)
    desk.phone(JAMISON, accept(after_seconds=4)).phone(LASHA, accept(after_seconds=4))
    played = desk.dials(MAIN, keys="2", script=CallerScript(talks_for_seconds=5))

    assert played.rang() == [JAMISON]
    assert (played.call.disposition, played.call.answered_by) == (Disposition.ANSWERED, JAMISON)


@pytest.mark.parametrize("is_away", [False, True], ids=["", "database away"])
def test_after_a_short_talk_of_which_twilio_says_nothing_nobody_is_dropped_when_all_have_been_rung(
    tmp_path: Path, sqlite_url: str, is_away: bool
) -> None:
    """Everybody of the staff talks for a moment: the caller ends with the answering service or a message."""
    store = BreakingStore.open(sqlite_url)
    desk = make_desk(sqlite_url, tmp_path, store=store).everybody(accept(after_seconds=4, talks_for_seconds=5))
    desk.twilio(dial_bridged_sent=False)
    store.breaks(unavailable_always if is_away else never)
    played = desk.dials(MAIN, keys="2")
    store.breaks(never)
    CallRecords(desk.services).replay()

    assert_cared_for(played)
    assert "answering-service" in played.rang()
    assert played.call.disposition in {Disposition.ANSWERED, Disposition.ANSWERING_SERVICE}
    store.close()


# On hold.


@pytest.fixture
def at_once(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk whose OffSite group is rung at once."""
    config = tmp_path / "config"
    edits.write(config, "offsite rings at once")
    made = make_desk(sqlite_url, tmp_path, store=BreakingStore.open(sqlite_url), config=config, rest=True)
    made.phone(JAMISON, ignore()).phone(LASHA, accept(after_seconds=5, talks_for_seconds=120))
    yield made
    made.services.store.close()


@pytest.mark.parametrize("result", ["bridged", "hangup"])
def test_a_talk_from_hold_that_the_caller_ends_stands_in_the_record(at_once: Desk, result: str) -> None:
    """Twilio's documentation leaves open what it says of a caller who hangs up while talking."""
    at_once.rest_switches = RestSwitches(hung_up_bridged_result=result)
    played = at_once.dials(MAIN, keys="2", script=CallerScript(talks_for_seconds=30))

    assert_cared_for(played)
    assert (played.call.disposition, played.call.answered_by) == (Disposition.ANSWERED, LASHA)
    assert played.call.talk_seconds == pytest.approx(30, abs=6)


@pytest.mark.parametrize("is_away", [False, True], ids=["", "database away"])
def test_a_talk_from_hold_of_whose_end_nothing_is_heard_stands_in_the_record(at_once: Desk, is_away: bool) -> None:
    """The request that tells of it, and all its repetitions, are lost; only the fallback address is reached."""
    store = cast("BreakingStore", at_once.services.store)
    inner = at_once.wire()

    class Deaf:
        def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
            if "/voice/left/" in url:
                store.breaks(unavailable_always if is_away else never)
                raise WireDown(Breakdown.PROTOCOL, "connection reset")
            return inner.request(method, url, headers=headers, body=body)

    at_once.make_wire, at_once.fallback_url = Deaf, "/voice/fallback"
    played = at_once.dials(MAIN, keys="2")
    store.breaks(never)
    CallRecords(at_once.services).replay()

    assert not played.trace.dropped
    assert played.trace.connected()[0] == "+18165550102"
    assert (LASHA, LegOutcome.ACCEPTED) in played.outcomes()
    assert played.call.answered_by == LASHA
    # With the database the end of the talk is known for what it was; without it the caller is led on, to be safe.
    assert bool(played.trace.rang()) is is_away


def test_the_phone_that_took_a_call_from_hold_is_connected_though_the_reply_to_its_key_was_lost(at_once: Desk) -> None:
    """The key is asked about again, and is not taken for that of somebody who comes too late."""
    wire = losing(at_once, lambda asked, attempt: asked == "ring-key" and attempt < 3)
    played = at_once.dials(MAIN, keys="2")

    assert wire.lost == ["ring-key"] * 2
    assert_cared_for(played)
    assert played.trace.connected() == ["+18165550102"]
    assert played.call.answered_by == LASHA
    assert played.told("leg_too_late") == []


def test_a_caller_who_hangs_up_a_second_after_being_connected_from_hold_was_answered(at_once: Desk) -> None:
    """Twilio may tell of the caller that they hung up, and of the phone that it was connected."""
    at_once.rest_switches = RestSwitches(hung_up_bridged_result="hangup")
    played = at_once.dials(MAIN, keys="2", script=CallerScript(talks_for_seconds=1))

    assert_cared_for(played)
    assert len(played.told("leg_connected")) == 1
    assert (played.call.disposition, played.call.answered_by) == (Disposition.ANSWERED, LASHA)
