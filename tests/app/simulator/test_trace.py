"""The record of a call answers what tests and readers ask of it."""

import ast
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import app.simulator
from app.simulator import (
    CallerScript,
    Handsets,
    Moment,
    Phone,
    VirtualClock,
    WsgiWire,
    accept,
    ignore,
    parse_keys,
    render,
    voicemail,
)
from tests.app.simulator.desk import ANN, BASE, BEN, CALLER, MAIN, SCREENING, START, TOKEN, Desk, account, call, number

DIAL = f'<Dial action="/dialled" timeout="20" callerId="{MAIN}">{number(ANN)}</Dial>'


@pytest.mark.parametrize(
    ("document", "dropped"),
    [
        ("<Say>Goodbye.</Say>", False),
        ("<Say>Goodbye.</Say><Hangup/>", False),
        ("", True),
        ("<Hangup/>", True),
        ("<Gather><Say>Press 1.</Say></Gather>", True),
        ("<Gather><Say>Press 1.</Say></Gather><Say>Goodbye.</Say>", False),
        ("<Say>Hello.</Say><Redirect>/nothing</Redirect>", True),
        ("<Say>Hello.</Say><Dial>+18165550109</Dial>", False),
        ("<Reject/>", False),
    ],
)
def test_who_counts_as_dropped(document: str, dropped: bool) -> None:
    assert call({"/voice/incoming": document}).dropped is dropped


def test_the_caller_who_hangs_up_is_not_dropped() -> None:
    trace = call({"/voice/incoming": DIAL}, CallerScript(hangs_up_at=Moment.RINGING))
    assert not trace.dropped


@pytest.mark.parametrize(
    ("document", "seconds", "dead"),
    [
        ('<Say>Hi.</Say><Pause length="20"/><Say>Bye.</Say>', 20.0, True),
        ('<Say>Hi.</Say><Pause length="10"/><Say>Bye.</Say>', 10.0, False),
        ('<Gather timeout="16"><Say>Key?</Say></Gather><Say>Bye.</Say>', 16.0, True),
        ("<Say>Hi.</Say><Dial>+18165550109</Dial><Say>Bye.</Say>", 0.0, False),
        ('<Pause length="30"/><Say>Hi.</Say>', 0.0, False),
    ],
)
def test_silence_is_measured_while_the_caller_is_there(document: str, seconds: float, dead: bool) -> None:
    trace = call({"/voice/incoming": document})
    assert round(trace.longest_silence_seconds, 1) == seconds
    assert trace.dead_air is dead


def test_a_transcript_reads_as_a_call() -> None:
    menu = '<Gather action="/menu" numDigits="1"><Say>Press 1.</Say></Gather>'
    record = '<Say>Leave a message.</Say><Record action="/done"/>'
    trace = call(
        {"/voice/incoming": menu, "/menu": DIAL, "/dialled": record, **SCREENING},
        CallerScript(keys=("1",)),
        handsets={ANN: voicemail(after_seconds=3)},
    )
    lines = render(trace, names={ANN: "Jamison White"}, zone=ZoneInfo("America/Chicago"))
    assert lines == [
        "03:00:00  +18165550117 calls +18162327483",
        '03:00:00  caller hears "Press 1."',
        "03:00:01  caller presses 1",
        f"03:00:02  Jamison White rings ({ANN}), seeing +18162327483",
        "03:00:05  Jamison White answers",
        '03:00:05  Jamison White hears "Press 1."',
        "03:00:14  Jamison White presses nothing",
        "03:00:14  Jamison White not accepted; gone after 9 s",
        '03:00:14  caller hears "Leave a message."',
        "03:00:15  caller hears a beep",
        "03:00:37  caller leaves a message of 20 s",
        "03:00:37  caller hangs up (after 37 s)",
    ]


def test_failures_and_warnings_are_in_the_transcript() -> None:
    trace = call({"/voice/incoming": "<say>Hello</say><Redirect>/nowhere</Redirect>", "/nowhere": "<"})
    lines = "\n".join(render(trace, names={}, zone=ZoneInfo("America/Chicago")))
    assert "warning: " in lines
    assert "FAILED: 12100" in lines
    assert "call ends: application error" in lines


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", ()),
        ("1", ("1",)),
        ("12", ("1", "2")),
        ("1,2", ("1", "2")),
        ("-1", ("-", "1")),
        ("1w2", ("1", "w2")),
        ("8165550117#,1", ("8165550117#", "1")),
        (",1", ("-", "1")),
    ],
)
def test_keys_as_people_type_them(text: str, keys: tuple[str, ...]) -> None:
    assert parse_keys(text) == keys


def test_a_number_may_do_something_else_each_time_it_rings() -> None:
    handsets = Handsets({ANN: (ignore(), accept())})
    assert [handsets.ring(ANN).name for _ in range(3)] == ["ignore", "accept", "accept"]
    assert handsets.ring(BEN).name == "ignore"


def phone(desk: Desk) -> Phone:
    return Phone(
        WsgiWire(desk, BASE),
        account=account(),
        auth_token=TOKEN,
        clock=VirtualClock(START),
        handsets=Handsets({ANN: accept(lines=None)}),
    )


def test_the_same_seed_plays_the_same_call() -> None:
    pages = {"/voice/incoming": DIAL, "/dialled": "<Hangup/>", **SCREENING}
    first, second = (phone(Desk(pages)).dial(to=MAIN, from_=CALLER) for _ in range(2))
    assert first.events == second.events


def test_many_calls_are_played_side_by_side() -> None:
    desk = Desk({"/voice/incoming": "<Say>Hello.</Say>" + DIAL, "/dialled": "<Hangup/>", **SCREENING})
    line = phone(desk)
    traces = [line.begin(to=MAIN, from_=CALLER) for _ in range(50)]
    line.run()
    assert all(trace.connected() == [ANN] for trace in traces)
    assert len({trace.call_sid for trace in traces}) == 50
    assert line.timeline.now() - START < timedelta(minutes=2)


def test_the_simulator_knows_nothing_of_the_service() -> None:
    folder = Path(app.simulator.__file__).parent
    imported = {
        name
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in _imported(node)
    }
    assert {name for name in imported if name.startswith("app") and not name.startswith("app.simulator")} == set()
    assert imported.isdisjoint({"oncall", "twilio", "flask", "werkzeug"})


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
