"""The engine as a whole: pure, never stuck, and wherever something fails there is a next step."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.config.snapshot import Snapshot, load
from app.flow.engine import FlowFault, advance, first_position
from app.flow.last_resort import NAME as LAST_RESORT
from app.flow.messages import (
    CallArrived,
    CallerLeft,
    Dial,
    DialEnded,
    DialStatus,
    Event,
    Faulted,
    Gather,
    Hangup,
    KeysPressed,
    Position,
    Record,
    RecordingEnded,
    Say,
    Silence,
    Turn,
)
from app.flow.nodes import Node, SayNode, SetNode
from app.flow.scene import Scene
from oncall import Priority
from tests.app.flow.world import AT, HERE, ends, flow, kinds, node_of, position, roster, said, scene
from tests.desk import CONFIG
from tests.scenarios.variants import MOMENTS

WAITING = (Gather, Dial, Record)


@pytest.fixture(scope="module")
def shipped() -> Snapshot:
    return load(CONFIG)


def talking(words: str = "hello", *, then: str = "there") -> dict[str, Node]:
    return {"here": SayNode(prompt=words, next=then, source=HERE), **ends("there", "sorry")}


# Where a call begins.


def test_a_call_begins_before_the_first_node_of_its_lines_flow() -> None:
    begin = first_position(line="alternate", flow="main", revision="r1", at=AT)
    turn = advance(begin, CallArrived(), scene(flow(talking())))

    assert (begin.turn, begin.node) == (0, "")
    assert kinds(turn)[0] == "call_arrived"
    assert turn.facts[0].because == "the alternate line starts flow main"
    assert said(turn.instructions) == ["say Hello.", "say Goodbye.", "hang up"]


def test_the_same_arguments_give_the_same_turn() -> None:
    where, event, around = position(node=""), CallArrived(), scene(flow(talking("facts")))
    assert advance(where, event, around) == advance(where, event, around)


def test_every_fact_of_a_turn_has_a_key_of_its_own_an_instant_and_a_reason() -> None:
    turn = advance(position(node=""), CallArrived(), scene(flow(talking())))
    assert len({fact.key for fact in turn.facts}) == len(turn.facts)
    assert {fact.at for fact in turn.facts} == {AT}
    assert all(fact.because for fact in turn.facts)


def test_what_is_said_before_keys_are_asked_for_can_be_interrupted_by_a_key() -> None:
    menu = node_of({"type": "menu", "prompt": "menu", "options": {"1": {"go": "there"}}, "otherwise": "there"})
    turn = advance(position(node=""), CallArrived(), scene(flow({**talking(then="menu"), "menu": menu})))

    (gather,) = turn.instructions
    assert isinstance(gather, Gather)
    assert [prompt.text for prompt in gather.prompts if isinstance(prompt, Say)] == ["Hello.", "Press 1 or 2."]


# Faults.


def test_a_node_that_is_missing_leads_where_errors_lead() -> None:
    turn = advance(position(node=""), CallArrived(), scene(flow(talking(then="nowhere"))))
    assert said(turn.instructions) == ["say Hello.", "say Goodbye.", "hang up"]
    assert "there is no node nowhere" in [fact.because for fact in turn.facts]


def test_when_errors_lead_nowhere_the_last_resort_apologises_and_connects_the_first_outside_party() -> None:
    nodes = {"here": SayNode(prompt="hello", next="nowhere", source=HERE)}
    turn = advance(position(node=""), CallArrived(), scene(flow(nodes, on_error="nowhere")))

    assert said(turn.instructions)[-1] == "ring +18165550150 45s open"
    assert "something went wrong on our side" in said(turn.instructions)[-2]
    assert turn.position is not None
    assert turn.position.flow == LAST_RESORT


def test_without_an_outside_party_the_last_resort_takes_a_message() -> None:
    around = scene(flow({}, on_error="nowhere"))
    nobody = roster()
    bare = type(nobody)(
        **{name: getattr(nobody, name) for name in ("revision", "people", "teams", "ring_groups", "hours")},
        schedules={},
        policies={},
        outside_parties={},
    )
    turn = advance(position(node=""), CallArrived(), replace(around, roster=bare))
    assert isinstance(turn.instructions[-1], Record)


def test_the_last_resort_carries_a_call_to_its_end() -> None:
    around = scene(flow({}))
    rung = advance(position(), Faulted("a test"), around)
    assert rung.position is not None
    unanswered = DialEnded(status=DialStatus.NO_ANSWER, bridged=False, accepted=None)
    recording = advance(rung.position, unanswered, around)
    assert isinstance(recording.instructions[-1], Record)
    assert recording.position is not None
    over = advance(recording.position, RecordingEnded(seconds=9), around)
    assert isinstance(over.instructions[-2], Say)
    assert over.position is None


def test_a_flow_that_is_gone_is_the_last_resorts() -> None:
    turn = advance(position(flow="gone"), KeysPressed("1"), scene(flow(talking())))
    assert turn.position is not None
    assert turn.position.flow == LAST_RESORT


@pytest.mark.parametrize("said_in_it", [True, False])
def test_a_loop_ends_after_fifty_steps_and_nothing_of_it_is_heard(said_in_it: bool) -> None:
    first: Node = SayNode(prompt="hello", next="back", source=HERE) if said_in_it else SetNode(next="back", source=HERE)
    nodes = {"here": first, "back": SetNode(next="here", source=HERE), **ends("sorry")}
    turn = advance(position(node=""), CallArrived(), scene(flow(nodes)))

    assert said(turn.instructions) == ["say Goodbye.", "hang up"]
    assert any("more than 50 steps" in fact.because for fact in turn.facts)


def test_a_loop_that_errors_lead_back_into_is_the_last_resorts() -> None:
    nodes: dict[str, Node] = {"here": SetNode(next="here", source=HERE)}
    turn = advance(position(node=""), CallArrived(), scene(flow(nodes, on_error="here")))
    assert turn.position is not None
    assert turn.position.flow == LAST_RESORT


def test_a_fault_names_its_flow_and_node() -> None:
    turn = advance(position(node="here"), KeysPressed("1"), scene(flow(talking())))
    fault = next(fact for fact in turn.facts if fact.kind == "fault_met")
    assert (fault.detail["flow"], fault.detail["node"]) == ("main", "here")
    assert "KeysPressed does not fit" in fault.because


def test_a_flow_fault_says_where_and_why() -> None:
    fault = FlowFault("main", "menu", "no way out")
    assert (fault.flow, fault.node, fault.reason) == ("main", "menu", "no way out")
    assert str(fault) == "main/menu: no way out"


# The caller leaves.


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (None, ["caller_left"]),
        (DialEnded(status=DialStatus.CANCELLED, bridged=False, accepted=False), ["dial_ended", "caller_left"]),
        (RecordingEnded(seconds=20), ["recording_ended", "caller_left"]),
    ],
)
def test_a_caller_who_has_left_hears_nothing_and_what_had_just_ended_is_told(
    after: DialEnded | RecordingEnded | None, told: list[str]
) -> None:
    turn = advance(position(), CallerLeft(after=after), scene(flow(talking())))
    assert turn == Turn(instructions=(), position=None, facts=turn.facts)
    assert kinds(turn) == told


def test_leaving_while_a_phone_rings_is_not_the_phones_fault() -> None:
    ended = DialEnded(status=DialStatus.CANCELLED, bridged=False, accepted=False)
    turn = advance(position(), CallerLeft(after=ended), scene(flow(talking())))
    assert turn.facts[0].detail["caller_left"] is True


# Any event, anywhere, on the flows we ship.

EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.just(Silence()),
    st.builds(KeysPressed, st.text("0123456789*#", min_size=1, max_size=12)),
    st.builds(
        DialEnded,
        status=st.sampled_from(DialStatus),
        bridged=st.sampled_from([True, False, None]),
        accepted=st.sampled_from([True, False, None]),
    ),
    st.builds(RecordingEnded, seconds=st.integers(0, 200), by_silence=st.booleans()),
    st.builds(Faulted, st.just("a test")),
)


@given(
    events=st.lists(EVENTS, max_size=30),
    moment=st.sampled_from(list(MOMENTS)),
    seconds=st.lists(st.integers(0, 400), min_size=30, max_size=30),
    language=st.sampled_from(["en", "es", "de"]),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_every_turn_waits_for_something_or_ends_the_call_with_words(
    shipped: Snapshot, events: list[Event], moment: str, seconds: list[int], language: str
) -> None:
    at = datetime.fromisoformat(MOMENTS[moment])
    where: Position | None = first_position(line="main", flow="main", revision="r", at=at, language=language)
    for event, later in zip([CallArrived(), *events], [0, *seconds], strict=False):
        assert where is not None
        at += timedelta(seconds=later)
        around = Scene(book=shipped.book, roster=shipped.roster, at=at, ticket=1042)
        turn = advance(where, event, around)
        assert_leads_on(turn, where, event)
        where = turn.position
        if where is None:
            return


def assert_leads_on(turn: Turn, where: Position, event: Event) -> None:
    last = turn.instructions[-1]
    if turn.position is None:
        assert isinstance(last, Hangup)
        talked = isinstance(event, DialEnded) and (event.bridged or event.status is DialStatus.COMPLETED)
        assert talked or event.accepted if isinstance(event, DialEnded) else isinstance(turn.instructions[-2], Say)
    else:
        assert isinstance(last, WAITING)
        assert turn.position.turn == where.turn + 1
    assert not any(isinstance(each, (*WAITING, Hangup)) for each in turn.instructions[:-1])
    assert turn.facts or isinstance(event, KeysPressed | Silence)


def test_the_priority_chosen_goes_along_with_the_call() -> None:
    menu = {
        "type": "menu",
        "prompt": "menu",
        "options": {"1": {"go": "desk", "priority": "emergency"}},
        "otherwise": "desk",
    }
    ring = {"type": "ring", "group": "pair", "otherwise": "sorry"}
    nodes = {"here": node_of(menu), "desk": node_of(ring), **ends("sorry")}
    turn = advance(position(), KeysPressed("1"), scene(flow(nodes)))
    assert turn.position is not None
    assert turn.position.priority is Priority.EMERGENCY
