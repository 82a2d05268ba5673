"""Follows calls through flows before any call is made: what is reached, what goes round, what ends too early.

It sees nodes and their exits only; it knows no files and no schedules.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from app.flow.nodes import (
    CallbackNode,
    CollectNode,
    EscalateNode,
    Flow,
    GoNode,
    HangupNode,
    HoursNode,
    LanguageNode,
    MenuNode,
    Node,
    PartyNode,
    PlayNode,
    QueueNode,
    RecogniseNode,
    RingAssigneeNode,
    RingNode,
    SayNode,
    SetNode,
    TicketStatusNode,
    VoicemailNode,
    exits,
)

Stop = tuple[str, str]
"""A node of a flow, as (flow, node)."""

Exits = Callable[[Node], tuple[str, ...]]


class Map:
    """Every flow as one graph. Names that lead nowhere are taken as no way at all."""

    def __init__(self, flows: Mapping[str, Flow]) -> None:
        self._flows = flows

    def stops(self) -> Iterator[Stop]:
        """Yield every node of every flow, in reading order."""
        return ((flow.name, name) for flow in self._flows.values() for name in flow.nodes)

    def node(self, stop: Stop) -> Node:
        """Return the node at a stop of this map."""
        return self._flows[stop[0]].nodes[stop[1]]

    def start(self, flow: str) -> Stop | None:
        """Return where a flow begins, or None when it does not exist or has no such node."""
        found = self._flows.get(flow)
        return self._known((flow, found.start)) if found else None

    def on_error(self, flow: str) -> Stop | None:
        """Return where faults of a flow lead, or None when that does not exist."""
        found = self._flows.get(flow)
        return self._known((flow, found.on_error)) if found else None

    def after(self, stop: Stop, ways: Exits = exits) -> tuple[Stop, ...]:
        """Return the stops that can follow one, by the given choice of ways out."""
        node = self.node(stop)
        targets: Iterable[Stop | None]
        if isinstance(node, GoNode):
            target = (node.flow, node.node) if node.node else self.start(node.flow)
            targets = (self._known(target) if target else None,)
        else:
            targets = (self._known((stop[0], name)) for name in ways(node))
        return tuple(each for each in targets if each is not None)

    def reached(
        self, starts: Iterable[Stop], *, ways: Exits = exits, through: tuple[type, ...] = ()
    ) -> dict[Stop, Stop | None]:
        """Return every stop that can be reached, each with the one before it; nodes of `through` are not passed."""
        found: dict[Stop, Stop | None] = dict.fromkeys(starts)
        waiting = list(found)
        while waiting:
            stop = waiting.pop()
            if isinstance(self.node(stop), through):
                continue
            for each in self.after(stop, ways):
                if each not in found:
                    found[each] = stop
                    waiting.append(each)
        return found

    def rounds(self, ways: Exits) -> Iterator[tuple[Stop, ...]]:
        """Yield the ways round in circles, each once, as the stops on it in order."""
        done: set[Stop] = set()
        for stop in self.stops():
            if stop not in done:
                yield from self._rounds_from(stop, ways, done)

    def _rounds_from(self, first: Stop, ways: Exits, done: set[Stop]) -> Iterator[tuple[Stop, ...]]:
        # A walk in depth with a stack of its own: a file may hold more nodes than Python allows calls in calls.
        trail: dict[Stop, Iterator[Stop]] = {first: iter(self.after(first, ways))}
        while trail:
            stop, following = next(reversed(trail.items()))
            each = next(following, None)
            if each is None:
                done.add(stop)
                trail.popitem()
            elif each in trail:
                on_it = list(trail)
                yield tuple(on_it[on_it.index(each) :])
            elif each not in done:
                trail[each] = iter(self.after(each, ways))

    def _known(self, stop: Stop) -> Stop | None:
        flow = self._flows.get(stop[0])
        return stop if flow and stop[1] in flow.nodes else None


def passive(node: Node) -> tuple[str, ...]:
    """Return where a node leads when the caller does nothing and nobody takes the call."""
    match node:
        case MenuNode() | CollectNode() | PartyNode() | QueueNode():
            return (node.otherwise,)
        case RecogniseNode():
            # Whom the desk has blocked is turned away on purpose.
            return tuple(each for each in exits(node) if each != node.blocked)
        case RingNode() | EscalateNode() | RingAssigneeNode():
            return (node.nobody or node.otherwise, node.busy or node.otherwise, node.otherwise)
        case (
            CallbackNode()
            | SayNode()
            | PlayNode()
            | SetNode()
            | HoursNode()
            | VoicemailNode()
            | TicketStatusNode()
            | LanguageNode()
            | GoNode()
            | HangupNode()
        ):
            return exits(node)


def without_holidays(node: Node) -> tuple[str, ...]:
    """Return where a node can lead on a day that is no holiday."""
    return (node.open, node.closed) if isinstance(node, HoursNode) else exits(node)


def route(found: Mapping[Stop, Stop | None], stop: Stop) -> tuple[Stop, ...]:
    """Return how a stop was reached, from its start on."""
    steps: list[Stop] = [stop]
    while (before := found[steps[-1]]) is not None:
        steps.append(before)
    return tuple(reversed(steps))
