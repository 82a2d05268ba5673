"""A small desk for tests of the flow engine: two lines, three people, a service, and nodes written as YAML.

Nodes are made straight from their classes: what YAML may say to staff is the configuration's own business.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

from app.flow.book import FlowBook, Prompt
from app.flow.callers import BlockedNumber, Client, KnownCallers, Range
from app.flow.engine import first_position
from app.flow.in_line import Choice, QueueState
from app.flow.messages import Dial, Event, Gather, Hangup, Instruction, KeepHolding, Play, Position, Record, Say, Turn
from app.flow.nodes import (
    Collected,
    Flow,
    HangupNode,
    Line,
    Node,
    Option,
)
from app.flow.scene import Scene
from app.flow.standing import EarlierCall, OpenTicket, Standing
from oncall import (
    BusinessHours,
    DayException,
    EscalationPolicy,
    EscalationStep,
    ExceptionKind,
    OpenSpan,
    OutsideParty,
    Person,
    Priority,
    RingGroup,
    Roster,
    Source,
    StaffState,
    TargetKind,
    Team,
)

HERE = Source("ivr_flows/main.yaml", 7)
AT = datetime(2026, 12, 1, 16, 0, tzinfo=UTC)  # a Tuesday, ten in the morning
NODE_TYPES: Mapping[str, type[Any]] = {kind.type: kind for kind in get_args(Node)}
PROMPTS = {
    "hello": "Hello.",
    "menu": "Press 1 or 2.",
    "again": "That is no option.",
    "nothing": "We heard nothing.",
    "wait": "We are ringing somebody.",
    "between": "Still trying.",
    "message": "Leave a message.",
    "number": "Key in the number.",
    "confirm": "We call {callback_number}.",
    "bye": "Goodbye.",
    "sorry": "Something went wrong.",
    "facts": "Opens {opens_at}, ticket {ticket}, {line}, {priority}, after {waited}{holiday}.",
}


def node_of(fields: Mapping[str, Any]) -> Node:
    """A node from plain values."""
    given = dict(fields)
    kind = NODE_TYPES[given.pop("type")]
    if "options" in given:
        given["options"] = {key: Option(source=HERE, **_typed(option)) for key, option in given["options"].items()}
    made: Node = kind(source=HERE, **_typed(given))
    return made


def _typed(fields: Mapping[str, Any]) -> dict[str, Any]:
    typed = {"priority": Priority, "tags": tuple, "into": Collected}
    return {
        name: typed[name](value) if name in typed and value is not None else value for name, value in fields.items()
    }


def flow(nodes: Mapping[str, Node], *, name: str = "main", start: str = "here", on_error: str = "sorry") -> Flow:
    return Flow(name=name, start=start, on_error=on_error, nodes=nodes, source=HERE)


def ends(*names: str) -> dict[str, Node]:
    """Nodes to arrive at: each says goodbye."""
    return {name: HangupNode(prompt="bye", source=HERE) for name in names}


def roster(*, closed_for: str | None = None) -> Roster:
    """Ann and Ben at the desk, Cleo without a phone; `closed_for` makes the day a holiday."""
    people = [Person("Ann", "desk", ("+18165550101", "+18165550111"), source=HERE)]
    people += [Person("Ben", "desk", ("+18165550102",), source=HERE), Person("Cleo", "desk", (), source=HERE)]
    groups = [
        RingGroup("pair", ("Ann", "Ben"), ring_seconds=15, source=HERE),
        RingGroup("phoneless", ("Cleo",), source=HERE),
    ]
    exceptions = {date(2026, 12, 1): DayException(closed_for, ExceptionKind.HOLIDAY, (), HERE)} if closed_for else {}
    week = tuple((OpenSpan(time(8), time(17)),) if day < 5 else () for day in range(7))
    steps = (
        EscalationStep(TargetKind.PERSON, "Ben", 25, HERE),
        EscalationStep(TargetKind.RING_GROUP, "pair", 10, HERE),
    )
    return Roster(
        revision="r1",
        people={person.name: person for person in people},
        teams={"desk": Team("desk", "Desk", HERE)},
        ring_groups={group.name: group for group in groups},
        outside_parties={"service": OutsideParty("service", "the service", "+18165550150", 45, source=HERE)},
        hours={"desk": BusinessHours("desk", ZoneInfo("America/Chicago"), week, exceptions, HERE)},
        schedules={},
        policies={
            "climb": EscalationPolicy("climb", steps, 1, None, HERE),
            "hasty": EscalationPolicy("hasty", steps, 3, 60, HERE),
            "nobody": EscalationPolicy("nobody", (), 1, None, HERE),
        },
    )


def book(*flows: Flow) -> FlowBook:
    line = Line(name="main", title="main line", number="+18162327483", flow="main", priority=Priority.HIGH, source=HERE)
    other = replace(line, name="alternate", title="alternate line", number="+18166760434")
    prompts = {name: Prompt(text=text, language_tag="en-US", source=HERE) for name, text in PROMPTS.items()}
    spanish = Prompt(text="Hola.", language_tag="es-US", source=HERE)
    return FlowBook(
        revision="r1",
        lines={"main": line, "alternate": other},
        flows={each.name: each for each in flows},
        prompts={"en": prompts, "es": {"hola": spanish}},
    )


def scene(
    *flows: Flow,
    at: datetime = AT,
    closed_for: str | None = None,
    ticket: int | None = None,
    caller: str = "",
    standing: Standing | None = None,
    line: QueueState | None = None,
    can_hold: bool = False,
    talking: Collection[str] = (),
) -> Scene:
    known = replace(book(*flows), callers=callers())
    return Scene(
        book=known,
        roster=roster(closed_for=closed_for),
        at=at,
        ticket=ticket,
        caller=caller,
        standing=lambda: standing or Standing(),
        queue=lambda: line,
        can_hold=can_hold,
        staff=lambda _before: StaffState(talking=frozenset(talking)),
    )


def callers() -> KnownCallers:
    """A clinic whose calls are urgent, one that hears Spanish and a greeting of its own, a switchboard; one blocked."""
    clinic = Client(name="clinic", title="the clinic", site="imaging", priority_floor=Priority.EMERGENCY, source=HERE)
    other = Client(name="other", title="the other", site="desk", language="es", greeting="hola", source=HERE)
    switchboard = Client(name="clinic", title="the clinic", site="switchboard", shared=True, source=HERE)
    return KnownCallers(
        numbers={"+18165550160": clinic, "+18165550163": other},
        ranges={Range(prefix="+1816555017", length=12): switchboard},
        blocked={"+18165550169": BlockedNumber(reason="a fax machine", source=HERE)},
    )


def caller_of(case: Mapping[str, Any]) -> dict[str, Any]:
    """Who calls in a case: `caller`, a number; `ticket`, its open ticket; `minutes_ago`, when it last called.

    And which of the staff are `talking` on another call.
    """
    ticket, minutes = case.get("ticket"), case.get("minutes_ago")
    open_ticket = earlier = None
    if ticket is not None:
        since = {"status": "in_progress", "priority": Priority.MEDIUM, "updated_at": AT - timedelta(minutes=20)}
        open_ticket = OpenTicket(**{"number": 1001, "assignee": "Ann", **since, **ticket})
    if minutes is not None:
        ended_at = AT - timedelta(minutes=minutes)
        earlier = EarlierCall(ticket=1001, priority=Priority(case.get("last_priority", "medium")), ended_at=ended_at)
    standing = Standing(open_ticket=open_ticket, earlier=earlier)
    who = {"caller": case.get("caller", ""), "standing": standing, "talking": case.get("talking", ())}
    return {**who, **line_of(case)}


def line_of(case: Mapping[str, Any]) -> dict[str, Any]:
    """How the caller of a case stands in `line`, if that is known; without it nobody can be rung for them on hold."""
    if "line" not in case:
        return {}
    given = dict(case["line"] or {})
    if "choice" in given:
        given["choice"] = Choice(given["choice"])
    return {"can_hold": True, "line": None if case["line"] is None else QueueState(**given)}


def position(*, node: str = "here", **changes: Any) -> Position:
    """Waiting at a node of the main flow, in turn 3."""
    made = first_position(line="main", flow="main", revision="r1", at=AT)
    return replace(made, **{"node": node, "turn": 3, **changes})


def said(instructions: tuple[Instruction, ...]) -> list[str]:
    """What a turn says and does, in words of one line each."""
    return [line for instruction in instructions for line in _told(instruction)]


def _told(instruction: Instruction) -> list[str]:
    match instruction:
        case Say(text):
            return [f"say {text}"]
        case Play(url):
            return [f"play {url}"]
        case Gather(prompts=prompts, wait_seconds=wait, digits=digits):
            return [*said(prompts), f"wait {wait}s for {'a number' if digits is None else f'{digits} keys'}"]
        case Dial(number=number, ring_seconds=seconds, screened=screened):
            return [f"ring {number} {seconds}s {'screened' if screened else 'open'}"]
        case Record(max_seconds=longest, silence_seconds=silence):
            return [f"record {longest}s until {silence}s silent"]
        case KeepHolding(prompts=prompts, keys=keys, times=times):
            return [*said(prompts), f"music {times} times{', a key ends it' if keys else ''}"]
        case Hangup():
            return ["hang up"]
        case _:
            return [type(instruction).__name__]


def kinds(turn: Turn) -> list[str]:
    return [fact.kind.value for fact in turn.facts]


__all__ = [
    "AT",
    "HERE",
    "NODE_TYPES",
    "PROMPTS",
    "Event",
    "book",
    "ends",
    "flow",
    "kinds",
    "node_of",
    "position",
    "roster",
    "said",
    "scene",
]
