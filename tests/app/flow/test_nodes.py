"""Every type of node does what its case file says: nodes/<type>.yaml, one case for each way through it.

A case gives the event and where the call waited (without one, the call enters the node), and what follows: what is
said and done, which node is gone to, what is told.
"""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.flow.engine import advance
from app.flow.messages import (
    CallArrived,
    CallerLeft,
    DialEnded,
    DialStatus,
    Event,
    Faulted,
    HoldEnded,
    HoldResult,
    HoldWaited,
    KeysPressed,
    RecordingEnded,
    Silence,
)
from app.flow.nodes import Node, exits
from oncall import Priority
from tests.app.flow.world import NODE_TYPES, caller_of, ends, flow, kinds, node_of, position, said, scene

FOLDER = Path(__file__).parent / "nodes"


def cases() -> list[Any]:
    found = []
    for file in sorted(FOLDER.glob("*.yaml")):
        content = yaml.safe_load(file.read_text())
        for case in content["cases"]:
            node = {**content["node"], **case.get("node", {})}
            found.append(pytest.param(node, case, id=f"{file.stem}: {case['name']}"))
    return found


def event_of(written: Any) -> Event:
    """An event as case files write it: "silence", {keys: "1"}, {dial: completed, bridged: true, accepted: true} …"""
    match written:
        case None:
            return CallArrived()
        case "silence":
            return Silence()
        case "left":
            return CallerLeft()
        case "waited":
            return HoldWaited()
        case {"hold": result}:
            return HoldEnded(result=HoldResult(result))
        case {"keys": keys}:
            return KeysPressed(str(keys))
        case {"recorded": seconds, **more}:
            return RecordingEnded(seconds=seconds, by_silence=bool(more.get("by_silence", False)))
        case {"dial": status, **more}:
            told: dict[Any, Any] = more
            return DialEnded(status=DialStatus(status), bridged=told.get("bridged"), accepted=told.get("accepted"))
        case {"fault": reason}:
            return Faulted(reason)
    raise ValueError(written)


def flow_around(node: Node) -> dict[str, Node]:
    """The node under the name `here`, and a goodbye wherever it may lead."""
    return {**ends("sorry", *exits(node)), "here": node}


@pytest.mark.parametrize(("node", "case"), cases())
def test_a_node_does_what_its_case_file_says(node: dict[str, Any], case: dict[str, Any]) -> None:
    made = node_of(node)
    other = flow({"first": node_of({"type": "hangup"}), **ends("second")}, name="other", start="first")
    given = dict(case.get("at", {}))
    if "priority" in given:
        given["priority"] = Priority(given["priority"])
    where = position(node="here" if "event" in case else "", **given)
    turn = advance(
        where,
        event_of(case.get("event")),
        scene(flow(flow_around(made)), other, closed_for=case.get("holiday"), ticket=1042, **caller_of(case)),
    )

    assert said(turn.instructions) == case["does"]
    expected = case["waits"]
    if expected is None:
        assert turn.position is None
    else:
        assert turn.position is not None
        is_lap = turn.position.lap > 0
        assert turn.position.turn == where.turn + (0 if is_lap else 1)
        assert {name: getattr(turn.position, name) for name in expected} == expected
    ignored = {"call_arrived"}
    assert [kind for kind in kinds(turn) if kind not in ignored] == case["tells"]
    for kind, detail in case.get("details", {}).items():
        told = next(fact for fact in turn.facts if fact.kind == kind)
        assert {name: told.detail[name] for name in detail} == detail


def test_every_type_of_node_has_a_case_file_and_every_case_file_a_type() -> None:
    files = {file.stem for file in FOLDER.glob("*.yaml")}
    assert files == set(NODE_TYPES), "a new type of node needs nodes/<type>.yaml"


@pytest.mark.parametrize("kind", sorted(file.stem for file in FOLDER.glob("*.yaml")))
def test_a_case_file_takes_every_way_out_of_its_node(kind: str) -> None:
    """Each field that names a next node is set in the file, and some case goes there."""
    content = yaml.safe_load((FOLDER / f"{kind}.yaml").read_text())
    node = node_of(content["node"])
    went = {target for case in content["cases"] for target in case.get("goes", [])}
    assert set(exits(node)) <= went, "a way out that no case takes"
    optional = {field.name for field in fields(node)} & {"answered", "nobody", "busy", "empty", "holiday"}
    assert all(getattr(node, name) is not None for name in optional), "a way out the file does not know of"


@pytest.mark.parametrize(("node", "case"), cases())
def test_a_case_says_truly_which_node_it_goes_to(node: dict[str, Any], case: dict[str, Any]) -> None:
    """The node named under `goes` is the one whose goodbye is heard: make it another node and the goodbye is gone."""
    for target in case.get("goes", []):
        made = node_of(node)
        around = flow_around(made) | {
            target: node_of({"type": "play", "audio": "https://x.example/a", "next": "sorry"})
        }
        where = position(node="here" if "event" in case else "", **_plain(case.get("at", {})))
        here = scene(flow(around), closed_for=case.get("holiday"), **caller_of(case))
        turn = advance(where, event_of(case.get("event")), here)
        assert "play https://x.example/a" in said(turn.instructions)


def _plain(at: dict[str, Any]) -> dict[str, Any]:
    return {**at, "priority": Priority(at["priority"])} if "priority" in at else at
