"""Finds every name a flow's file mentions, with its place, and checks that something of that name exists.

It reads the plain tree, so that one fault in a file does not hide the others.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from app.config.problems import Problem, did_you_mean
from app.config.source import Document, Path, Tree
from app.config.validation import dotted


class Kind(StrEnum):
    """What a name can be the name of, in the words used in messages."""

    NODE = "node"
    PROMPT = "prompt"
    FLOW = "flow"
    HOURS = "business-hours calendar"
    GROUP = "ring group"
    POLICY = "escalation policy"
    PARTY = "outside party"
    LANGUAGE = "language"


FIELDS: Mapping[str, Kind] = MappingProxyType(
    {
        **dict.fromkeys(("next", "otherwise", "nobody", "answered", "open", "closed", "holiday", "empty"), Kind.NODE),
        **dict.fromkeys(("unknown", "blocked", "known", "open_ticket", "again", "again_emergency"), Kind.NODE),
        **dict.fromkeys(("busy", "callback", "message"), Kind.NODE),
        **dict.fromkeys(("confirm", "ask"), Kind.PROMPT),
        "greeting": Kind.PROMPT,
        "language": Kind.LANGUAGE,
        **dict.fromkeys(("prompt", "wrong_key", "silence", "say", "between", "wrong"), Kind.PROMPT),
        "hours": Kind.HOURS,
        "group": Kind.GROUP,
        "policy": Kind.POLICY,
        "party": Kind.PARTY,
        "flow": Kind.FLOW,
    }
)
"""What the fields of nodes name. `options`, `named` and the `node` of a `go` are looked at by themselves."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A name somebody wrote: of what kind, where, and for a node in which flow it is looked for."""

    kind: Kind
    name: str
    path: Path
    flow: str


@dataclass(frozen=True, slots=True)
class Known:
    """All there is, by kind. A kind that is not listed could not be read and is not checked.

    `nodes` holds the nodes of each flow; a flow whose nodes could not be read is not listed.
    """

    names: Mapping[Kind, frozenset[str]]
    nodes: Mapping[str, frozenset[str]]


def references(document: Document, flow: str) -> Iterator[Reference]:
    """Yield every name mentioned in a flow's file, in reading order. Values of a wrong form are passed over."""
    for key in ("start", "on_error"):
        yield from _reference(document.tree.get(key), Kind.NODE, (key,), flow)
    nodes = document.tree.get("nodes")
    for name, node in nodes.items() if isinstance(nodes, dict) else ():
        if isinstance(node, dict):
            yield from _in_node(node, ("nodes", name), flow)


def _in_node(node: dict[str, Tree], path: Path, flow: str) -> Iterator[Reference]:
    elsewhere = node.get("flow") if node.get("type") == "go" else None
    for key, value in node.items():
        if key in FIELDS:
            yield from _reference(value, FIELDS[key], (*path, key), flow)
        elif key == "named" and isinstance(value, dict):
            for holiday, target in value.items():
                yield from _reference(target, Kind.NODE, (*path, key, holiday), flow)
        elif key == "options" and isinstance(value, dict):
            for each, option in value.items():
                leads_to = option.get("go") if isinstance(option, dict) else None
                yield from _reference(leads_to, Kind.NODE, (*path, key, each, "go"), flow)
                language = option.get("language") if isinstance(option, dict) else None
                yield from _reference(language, Kind.LANGUAGE, (*path, key, each, "language"), flow)
        elif key == "node" and isinstance(elsewhere, str):
            yield from _reference(value, Kind.NODE, (*path, key), elsewhere)


def _reference(value: Tree | None, kind: Kind, path: Path, flow: str) -> Iterator[Reference]:
    if isinstance(value, str) and value:
        yield Reference(kind, value, path, flow)


def missing(document: Document, flow: str, known: Known) -> Iterator[Problem]:
    """Yield a problem for every name in a flow's file that nothing has."""
    for each in references(document, flow):
        in_flow = each.kind is Kind.NODE
        names = known.nodes.get(each.flow) if in_flow else known.names.get(each.kind)
        where = f" in flow {each.flow}" if in_flow else _WHERE[each.kind]
        if names is not None and each.name not in names:
            guess = did_you_mean(each.name, names)
            message = f'{dotted(each.path)}: there is no {each.kind} "{each.name}"{where}{guess}'
            yield document.problem(each.path, message)


_WHERE: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.PROMPT: " in the default language",
        Kind.FLOW: "",
        Kind.LANGUAGE: " in ivr_flows/prompts/",
        **dict.fromkeys((Kind.HOURS, Kind.GROUP, Kind.POLICY, Kind.PARTY), " in schedules/"),
    }
)
