"""Calls followed through flows before anybody makes one."""

from app.config.paths import Map, passive, route
from app.flow.nodes import Flow, GoNode, HangupNode, MenuNode, Node, Option, SayNode
from oncall import Source

HERE = Source("a.yaml", 1)


def flow(name: str, nodes: dict[str, Node]) -> Flow:
    start = next(iter(nodes))
    return Flow(name=name, start=start, on_error=start, nodes=nodes, source=HERE)


def say(following: str) -> SayNode:
    return SayNode(prompt="x", next=following, source=HERE)


def test_a_flow_as_long_as_a_file_can_hold_is_walked() -> None:
    """A chain deeper than Python nests calls."""
    count = 5000
    nodes: dict[str, Node] = {str(number): say(str(number + 1)) for number in range(count)}
    nodes[str(count)] = say("0")
    whole = Map({"long": flow("long", nodes)})
    assert len(whole.reached([("long", "0")])) == count + 1
    assert [len(circle) for circle in whole.rounds(passive)] == [count + 1]


def test_a_circle_is_told_once_and_only_with_the_nodes_on_it() -> None:
    nodes: dict[str, Node] = {"in": say("a"), "a": say("b"), "b": say("a"), "also": say("b")}
    whole = Map({"f": flow("f", nodes)})
    assert list(whole.rounds(passive)) == [(("f", "a"), ("f", "b"))]


def test_repeating_a_menu_by_a_key_is_no_circle_for_who_presses_nothing() -> None:
    again = Option(go="menu", source=HERE)
    menu = MenuNode(prompt="x", options={"9": again}, otherwise="end", source=HERE)
    whole = Map({"f": flow("f", {"menu": menu, "end": HangupNode(source=HERE)})})
    assert list(whole.rounds(passive)) == []


def test_the_way_to_a_node_can_be_told_across_flows() -> None:
    one = flow("one", {"a": say("b"), "b": GoNode(flow="two", source=HERE)})
    two = flow("two", {"c": HangupNode(source=HERE)})
    found = Map({"one": one, "two": two}).reached([("one", "a")])
    assert route(found, ("two", "c")) == (("one", "a"), ("one", "b"), ("two", "c"))
