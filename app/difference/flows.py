"""Lines, flows and their nodes: where callers are led differently, and what they no longer come to."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from functools import partial

from app.config.paths import Map, Stop
from app.difference.changes import Change, Section, compared, turned
from app.flow.book import FlowBook
from app.flow.nodes import Flow, HoursNode, Line, MenuNode, Node, Option
from app.written import listed

# How a field of a node reads in "now … X instead of Y". Fields not listed here are told one by one below.
_WORDS = {
    "prompt": "speaks prompt",
    "audio": "plays",
    "next": "goes on to",
    "otherwise": "leads otherwise to",
    "nobody": "leads to, when there is nobody to ring,",
    "answered": "leads after the conversation to",
    "open": "leads to, when open,",
    "closed": "leads to, when closed,",
    "holiday": "leads to, on holidays,",
    "hours": "asks business hours",
    "group": "rings ring group",
    "policy": "climbs escalation policy",
    "party": "connects",
    "say": "first speaks prompt",
    "between": "speaks between two people prompt",
    "wrong_key": "speaks after a wrong key prompt",
    "silence": "speaks after silence prompt",
    "wrong": "speaks after a wrong entry prompt",
    "tries": "number of tries:",
    "wait_seconds": "seconds waited for a key:",
    "into": "asks for",
    "min_digits": "fewest digits:",
    "max_digits": "most digits:",
    "empty": "leads without a message to",
    "max_seconds": "longest message in seconds:",
    "silence_seconds": "seconds of silence that end a message:",
    "priority": "gives priority",
    "language": "speaks language",
    "greeting": "greets with prompt",
    "unknown": "leads strangers to",
    "blocked": "leads blocked numbers to",
    "known": "leads clients to",
    "open_ticket": "leads numbers with an open ticket to",
    "again": "leads second calls to",
    "again_emergency": "leads second calls that are emergencies to",
    "flow": "goes on in flow",
    "node": "goes on at node",
}


def line_changes(old: FlowBook, new: FlowBook) -> Iterator[Change]:
    """Yield what changes about the numbers callers dial."""
    yield from compared(
        old.lines,
        new.lines,
        section=Section.LINES,
        kind="line",
        differ=_line,
        about=lambda line: f": {line.number}, flow {line.flow}, priority {line.priority}",
    )


def flow_changes(old: FlowBook, new: FlowBook) -> Iterator[Change]:
    """Yield what changes in flows, node by node and key by key, and what callers come to or no longer come to."""
    section = Section.FLOWS
    yield from compared(old.flows, new.flows, section=section, kind="flow", differ=_flow)
    several = len(old.flows.keys() | new.flows.keys()) > 1
    for name, flow in new.flows.items():
        was = old.flows.get(name)
        if was is not None:
            yield from _node_changes(was, flow, where=f" (flow {name})" if several else "")
    yield from _reach_changes(old, new)


def _line(was: Line, now: Line) -> Iterator[str]:
    yield from turned("called", was.title, now.title)
    yield from turned("reached at", was.number, now.number)
    yield from turned("starts flow", was.flow, now.flow)
    yield from turned("of priority", was.priority, now.priority)


def _flow(was: Flow, now: Flow) -> Iterator[str]:
    yield from turned("starts at", was.start, now.start)
    yield from turned("leads faults to", was.on_error, now.on_error)


def _node_changes(was: Flow, now: Flow, *, where: str) -> Iterator[Change]:
    for name in (*now.nodes, *(name for name in was.nodes if name not in now.nodes)):
        before, after = was.nodes.get(name), now.nodes.get(name)
        said = partial(_said, flow=now.name, node=name, where=where)
        if before is None and after is not None:
            yield said(after, f"{after.type} {name} is new", node_kind=after.type)
        elif after is None and before is not None:
            yield said(before, f"{before.type} {name} is gone", node_kind=before.type)
        elif before is not None and after is not None:
            for text in _node(before, after):
                yield said(after, f"{after.type} {name}: {text}", node_kind=after.type)


def _said(place: Node, text: str, *, flow: str, node: str, where: str, node_kind: str) -> Change:
    detail = {"kind": node_kind, "flow": flow, "name": node}
    return Change(Section.FLOWS, f"{text}{where}", place.source, detail=detail)


def _node(was: Node, now: Node) -> Iterator[str]:
    if was.type != now.type:
        yield f"is now a {now.type} node instead of a {was.type} node"
        return
    if isinstance(was, MenuNode) and isinstance(now, MenuNode):
        yield from _options(was.options, now.options)
    if isinstance(was, HoursNode) and isinstance(now, HoursNode):
        yield from _named(was.named, now.named)
    for each in fields(now):
        before, after = getattr(was, each.name), getattr(now, each.name)
        if each.name == "tags":
            yield from _tags("", before, after)
        elif each.name in _WORDS:
            yield from turned(_WORDS[each.name], before, after)


def _options(was: Mapping[str, Option], now: Mapping[str, Option]) -> Iterator[str]:
    for key in (*now, *(key for key in was if key not in now)):
        before, after = was.get(key), now.get(key)
        if before is None and after is not None:
            yield f"key {key} is new: it leads to {after.go}{_marks(after)}"
        elif after is None and before is not None:
            yield f"key {key} is gone: it led to {before.go}{_marks(before)}"
        elif before is not None and after is not None:
            subject = f"key {key} "
            yield from (subject + text for text in turned("leads to", before.go, after.go))
            yield from (subject + text for text in turned("gives priority", before.priority, after.priority))
            yield from (subject + text for text in turned("speaks language", before.language, after.language))
            yield from _tags(subject, before.tags, after.tags)
    if list(was) != list(now) and was.keys() == now.keys():
        yield f"keys are now in the order {', '.join(now)} instead of {', '.join(was)}"


def _marks(option: Option) -> str:
    priority = [f"priority {option.priority}"] if option.priority else []
    language = [f"language {option.language}"] if option.language else []
    return "".join(f", {each}" for each in (*priority, *language, *(f"tag {tag}" for tag in option.tags)))


def _tags(subject: str, was: Iterable[str], now: Iterable[str]) -> Iterator[str]:
    before, after = list(was), list(now)
    yield from (f"{subject}now adds tag {tag}" for tag in after if tag not in before)
    yield from (f"{subject}no longer adds tag {tag}" for tag in before if tag not in after)


def _named(was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for holiday in (*now, *(each for each in was if each not in now)):
        yield from turned(f"leads to, on {holiday},", was.get(holiday), now.get(holiday))


# What callers come to.


def _reach_changes(old: FlowBook, new: FlowBook) -> Iterator[Change]:
    before, after = _reached(old), _reached(new)
    lost = [stop for stop in before if stop not in after and _exists(new, stop)]
    won = [stop for stop in after if stop not in before and _exists(old, stop)]
    yield from _told(new, lost, after, "callers no longer come to")
    yield from _told(new, won, before, "callers now come to")


def _reached(book: FlowBook) -> dict[Stop, Stop | None]:
    """Return every node a caller can come to, by what is pressed or by a fault of ours."""
    whole = Map(book.flows)
    starts = [stop for line in book.lines.values() if (stop := whole.start(line.flow))]
    found = whole.reached(starts)
    while True:
        faults = [stop for name in {flow for flow, _ in found} if (stop := whole.on_error(name)) and stop not in found]
        if not faults:
            return found
        found = whole.reached([*found, *sorted(faults)])


def _told(book: FlowBook, stops: list[Stop], others: Mapping[Stop, object], words: str) -> Iterator[Change]:
    """Tell of a flow as a whole when none of its nodes is among the others, else of its nodes."""
    for name in sorted({flow for flow, _ in stops}):
        nodes = [node for node in book.flows[name].nodes if (name, node) in stops]
        detail = {"kind": "reach", "flow": name, "nodes": nodes}
        is_whole = not any(flow == name for flow, _ in others)
        text = f"{words} flow {name}" if is_whole else f"{words} {listed(nodes)} of flow {name}"
        yield Change(Section.FLOWS, text, book.flows[name].source, detail=detail)


def _exists(book: FlowBook, stop: Stop) -> bool:
    return stop[0] in book.flows and stop[1] in book.flows[stop[0]].nodes
