"""A message that may be recorded again: asked once it is over, kept unless the caller wants it otherwise."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest

from app.config.in_force import ConfigStore
from app.config.snapshot import Snapshot
from app.flow.book import FlowBook
from app.flow.engine import advance, first_position
from app.flow.messages import (
    CallerLeft,
    Event,
    FactKind,
    Gather,
    Hangup,
    KeysPressed,
    Position,
    Record,
    RecordingEnded,
    Silence,
    Turn,
)
from app.flow.nodes import VoicemailNode
from app.flow.scene import Scene
from tests.desk import CONFIG

AT = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
MESSAGE = RecordingEnded(seconds=20, recording="RE1")
NOTHING = RecordingEnded(seconds=0)


@cache
def snapshot() -> Snapshot:
    return ConfigStore(CONFIG, clock=lambda: AT).current()


def scene(*, review: bool) -> Scene:
    book: FlowBook = snapshot().book
    flow = book.flows["main"]
    node = flow.nodes["message"]
    assert isinstance(node, VoicemailNode)
    flow = replace(flow, nodes={**flow.nodes, "message": replace(node, review=review)})
    return Scene(book=replace(book, flows={**book.flows, "main": flow}), roster=snapshot().roster, at=AT)


def at_the_tone(language: str = "en") -> Position:
    start = first_position(line="main", flow="main", revision="r", at=AT, language=language)
    return replace(start, node="message", turn=3)


def after(*events: Event, review: bool = True, language: str = "en") -> Turn:
    """The last turn of a call at the tone to which these things happen one after another."""
    position: Position | None = at_the_tone(language)
    turn = None
    for event in events:
        assert position is not None, "the call is over"
        turn = advance(position, event, scene(review=review))
        position = turn.position
    assert turn is not None
    return turn


def kinds(turn: Turn) -> list[FactKind]:
    return [fact.kind for fact in turn.facts]


def words(turn: Turn) -> str:
    (gather,) = turn.instructions
    assert isinstance(gather, Gather)
    return " ".join(prompt.text for prompt in gather.prompts if hasattr(prompt, "text"))


def test_without_review_nothing_is_asked() -> None:
    assert isinstance(after(MESSAGE, review=False).instructions[-1], Hangup)


@pytest.mark.parametrize(("language", "said"), [("en", "press 2"), ("es", "oprima 2")])
def test_with_it_the_caller_is_asked_and_the_message_has_been_told(language: str, said: str) -> None:
    turn = after(MESSAGE, language=language)
    assert said in words(turn)
    assert kinds(turn) == [FactKind.RECORDING_ENDED]
    assert turn.facts[0].detail == {"seconds": 20, "left": True, "recording_sid": "RE1"}


@pytest.mark.parametrize("answer", [KeysPressed("1"), KeysPressed("9"), Silence()])
def test_everything_but_2_keeps_it(answer: Event) -> None:
    turn = after(MESSAGE, answer)
    assert isinstance(turn.instructions[-1], Hangup)
    assert FactKind.RECORDING_REPEATED not in kinds(turn)


def test_2_records_it_again_in_turns_of_their_own() -> None:
    turn = after(MESSAGE, KeysPressed("2"))
    assert isinstance(turn.instructions[-1], Record)
    assert kinds(turn) == [FactKind.RECORDING_REPEATED]
    assert turn.position is not None
    assert turn.position.turn == at_the_tone().turn + 2
    assert "press 2" in words(after(MESSAGE, KeysPressed("2"), MESSAGE))


def test_after_three_recordings_the_last_is_kept_without_asking() -> None:
    again = (MESSAGE, KeysPressed("2"))
    assert isinstance(after(*again, *again, MESSAGE).instructions[-1], Hangup)


@pytest.mark.parametrize("second", [NOTHING, Silence()])
def test_nothing_said_the_second_time_leaves_the_first_message(second: Event) -> None:
    assert isinstance(after(MESSAGE, KeysPressed("2"), second).instructions[-1], Hangup)


@pytest.mark.parametrize("first", [NOTHING, Silence()])
def test_nothing_said_at_all_goes_where_the_flow_says(first: Event) -> None:
    turn = after(first)
    assert turn.position is not None
    assert turn.position.node == "callback-number"


def test_hanging_up_after_the_tone_keeps_the_message() -> None:
    turn = after(CallerLeft(after=MESSAGE))
    assert kinds(turn) == [FactKind.RECORDING_ENDED, FactKind.CALLER_LEFT]
    assert turn.facts[0].detail["left"] is True
    assert turn.facts[0].detail["recording_sid"] == "RE1"


def test_hanging_up_at_the_question_keeps_the_message() -> None:
    assert kinds(after(MESSAGE, CallerLeft())) == [FactKind.CALLER_LEFT]


def test_what_is_recorded_has_the_callers_language() -> None:
    record = after(MESSAGE, KeysPressed("2"), language="es").instructions[-1]
    assert isinstance(record, Record)
    assert record.language == "es"
