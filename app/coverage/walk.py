"""Walks a call through the flow engine at one instant, on every way that leads to an emergency and in silence.

Nobody takes the call and the clock stands still. It stops on each way as soon as the answer is known.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.config.paths import Map, Stop
from app.config.snapshot import Snapshot
from app.coverage.findings import Cause, Duty, Finding, Kind
from app.flow.engine import FlowFault, advance, first_position
from app.flow.messages import (
    CallArrived,
    Dial,
    DialEnded,
    DialStatus,
    Event,
    Fact,
    FactKind,
    Faulted,
    Gather,
    KeysPressed,
    Position,
    Record,
    RecordingEnded,
    Silence,
    Turn,
)
from app.flow.nodes import Collected, CollectNode, Line, MenuNode, Node, SetNode
from app.flow.scene import Scene
from app.written import with_place
from oncall import Override, Priority, Source

_UNANSWERED = DialEnded(status=DialStatus.NO_ANSWER, bridged=False, accepted=False)
_UNCONNECTED = DialEnded(status=DialStatus.BUSY, bridged=False, accepted=None)
_MESSAGE = RecordingEnded(seconds=20)
_CALLBACK = "8165550100"

# Facts that say where a call has come to when no person of ours was rung before.
_ENDS = {
    FactKind.RECORDING_STARTED: "leaves a message",
    FactKind.CALL_FINISHED: "is hung up on",
}


@dataclass(frozen=True, slots=True)
class _Way:
    """One caller on the way: what was pressed, whether it is an emergency by now, who was rung, what went wrong."""

    position: Position
    event: Event
    keys: tuple[str, ...] = ()
    urgent: bool = False
    rang: bool = False
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Walker:
    """Walks calls of one configuration. What depends on it alone is worked out once."""

    snapshot: Snapshot
    quick: tuple[Override, ...] = ()
    _nodes: dict[Source, Node] = field(init=False, repr=False)
    _leading: frozenset[Stop] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        flows = self.snapshot.book.flows
        nodes = {node.source: node for flow in flows.values() for node in flow.nodes.values()}
        object.__setattr__(self, "_nodes", nodes)
        object.__setattr__(self, "_leading", _leading_to_emergency(Map(flows)))

    def findings(self, line: Line, *, at: datetime) -> tuple[Finding, ...]:
        """Return what is wrong for a call on the line at the instant, each thing once; nothing when all is well."""
        scene = Scene(book=self.snapshot.book, roster=self.snapshot.roster, at=at, quick=self.quick)
        found = dict.fromkeys((*self._emergencies(line, scene), *self._silence(line, scene)))
        return tuple(found)

    # The emergency.

    def _emergencies(self, line: Line, scene: Scene) -> Iterator[Finding]:
        verdicts = 0
        offered: Source | None = None
        waiting, seen = [self._arrival(line, scene)], set[tuple[object, ...]]()
        while waiting:
            way = waiting.pop()
            turn = _advanced(way, scene)
            way, verdict = self._judged(way, turn, scene)
            offered = offered or self._menu(turn)
            if verdict is not None:
                verdicts += 1
                yield from verdict
            elif turn.position is not None and (way.urgent or _stop(turn.position) in self._leading):
                mark = (*_stop(turn.position), turn.position.tries, turn.position.rung, way.urgent, way.rang)
                if mark not in seen:
                    seen.add(mark)
                    waiting.extend(self._onward(way, turn, turn.position))
        if not verdicts:
            because = "nothing a caller can press makes the call an emergency"
            yield Finding(Kind.NOBODY, because, offered or line.source)

    @staticmethod
    def _menu(turn: Turn) -> Source | None:
        return next((fact.source for fact in turn.facts if fact.kind is FactKind.MENU_OFFERED), None)

    def _arrival(self, line: Line, scene: Scene) -> _Way:
        revision = self.snapshot.revision
        position = first_position(line=line.name, flow=line.flow, revision=revision, at=scene.at)
        return _Way(position, CallArrived(), urgent=line.priority is Priority.EMERGENCY)

    def _judged(self, way: _Way, turn: Turn, scene: Scene) -> tuple[_Way, tuple[Finding, ...] | None]:
        """Return the way with what the turn did, and the verdict on it as soon as there is one."""
        duty = Duty(scene.roster, scene.at, self.quick)
        for fact in turn.facts:
            match fact.kind:
                case FactKind.PRIORITY_SET:
                    way = replace(way, urgent=fact.detail["priority"] == Priority.EMERGENCY)
                case FactKind.NOBODY_TO_RING:
                    node = None if fact.source is None else self._nodes.get(fact.source)
                    causes = duty.causes(node) or [Cause(fact.because, fact.source)]
                    way = replace(way, causes=(*way.causes, *causes))
                case FactKind.FAULT_MET:
                    way = replace(way, causes=(*way.causes, Cause(fact.because, fact.source)))
                case FactKind.LEG_DIALLED if fact.detail["screened"]:
                    if way.urgent:
                        return way, self._rung(way, turn, duty)
                    way = replace(way, rang=True)
                case FactKind.LEG_DIALLED | FactKind.RECORDING_STARTED | FactKind.CALL_FINISHED if way.urgent:
                    return way, () if way.rang else (_unreached(way, fact),)
                case _:
                    pass
        return way, None

    def _rung(self, way: _Way, turn: Turn, duty: Duty) -> tuple[Finding, ...]:
        """A person is rung: all is well if that is the person whose duty it is."""
        chosen = next((fact for fact in turn.facts if fact.kind is FactKind.PEOPLE_CHOSEN), None)
        node = self._nodes.get(chosen.source) if chosen and chosen.source else None
        vacancy = duty.vacancy(node) if node else None
        causes = (*way.causes, vacancy) if vacancy else way.causes
        if not causes:
            return ()
        people = chosen.detail["people"] if chosen else ()
        instead = tuple(map(str, people)) if isinstance(people, list) else ()
        return (_finding(Kind.DUTY_EMPTY, causes, keys=way.keys, instead=instead),)

    def _onward(self, way: _Way, turn: Turn, position: Position) -> Iterator[_Way]:
        """Yield everything that can happen next to a call that waits."""
        waits_for = turn.instructions[-1]
        node = self._node(position)
        if isinstance(waits_for, Gather):
            for pressed in _presses(node):
                keys = (*way.keys, pressed or "-")
                yield replace(way, position=position, event=KeysPressed(pressed) if pressed else Silence(), keys=keys)
        elif isinstance(waits_for, Dial):
            event = _UNANSWERED if waits_for.screened else _UNCONNECTED
            yield replace(way, position=position, event=event)
        elif isinstance(waits_for, Record):
            for each in (_MESSAGE, Silence()):
                yield replace(way, position=position, event=each)

    def _node(self, position: Position) -> Node | None:
        flow = self.snapshot.book.flow(position.flow)
        return flow.nodes.get(position.node) if flow else None

    # The caller who presses nothing.

    def _silence(self, line: Line, scene: Scene) -> Iterator[Finding]:
        way = self._arrival(line, scene)
        while True:
            turn = _advanced(way, scene)
            kinds = {fact.kind for fact in turn.facts}
            if kinds & {FactKind.LEG_DIALLED, FactKind.RECORDING_STARTED}:
                return
            if turn.position is None:
                last = turn.facts[-1]
                because = f"a caller who presses nothing reaches neither a person nor a message: {last.because}"
                yield Finding(Kind.SILENT, because, last.source)
                return
            way = replace(way, position=turn.position, event=Silence())


def _advanced(way: _Way, scene: Scene) -> Turn:
    try:
        return advance(way.position, way.event, scene)
    except FlowFault as fault:
        # What the service does with a call whose turn failed: it goes on in the flow of last resort.
        return advance(replace(way.position, flow="", node=""), Faulted(fault.reason), scene)


def _stop(position: Position) -> Stop:
    return position.flow, position.node


def _presses(node: Node | None) -> Iterator[str]:
    """Yield what a caller can press at a node that asks for keys; nothing pressed is an empty text."""
    yield ""
    if isinstance(node, MenuNode):
        yield from reversed(tuple(node.options))  # the last one put on the pile is walked first
    elif isinstance(node, CollectNode):
        yield _CALLBACK if node.into is Collected.CALLBACK_NUMBER else "1" * node.min_digits


def _unreached(way: _Way, fact: Fact) -> Finding:
    if way.causes:
        return _finding(Kind.NOBODY, way.causes, keys=way.keys)
    party = fact.detail.get("party")
    comes_to = _ENDS.get(fact.kind, f"is connected to {party}")
    return _finding(
        Kind.NOBODY, (Cause(f"the caller {comes_to} before any person is rung", fact.source),), keys=way.keys
    )


def _finding(kind: Kind, causes: tuple[Cause, ...], *, keys: tuple[str, ...], instead: tuple[str, ...] = ()) -> Finding:
    first, *others = dict.fromkeys(causes)
    told = [first.because, *(with_place(cause.because, cause.source) for cause in others)]
    return Finding(kind, "; ".join(told), first.source, keys, instead)


def _leading_to_emergency(whole: Map) -> frozenset[Stop]:
    """Return every node from which a node that makes a call an emergency can be reached, those included."""
    leading = {stop for stop in whole.stops() if _makes_emergency(whole.node(stop))}
    grown = True
    while grown:
        more = {stop for stop in whole.stops() if stop not in leading and leading.intersection(whole.after(stop))}
        leading |= more
        grown = bool(more)
    return frozenset(leading)


def _makes_emergency(node: Node) -> bool:
    if isinstance(node, MenuNode):
        return any(option.priority is Priority.EMERGENCY for option in node.options.values())
    return isinstance(node, SetNode) and node.priority is Priority.EMERGENCY
