"""Checks across files: that names lead somewhere, that every call can end well, and that prompts are complete.

It knows what callers are promised; how graphs are walked and files are read is known elsewhere.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from app.config import paths
from app.config.booking import DEFAULT_PROMPTS, LINES, PROMPTS, Pages, flow_name, is_flow
from app.config.clients import greetings
from app.config.duty import ESCALATION, HOURS, STAFF
from app.config.paths import Map, Stop, passive, without_holidays
from app.config.problems import Problem, Severity, closest, did_you_mean
from app.config.references import FIELDS, Kind, Known, missing, references
from app.config.source import Document, Path
from app.config.validation import dotted
from app.flow.book import DEFAULT_LANGUAGE
from app.flow.nodes import HangupNode, HoursNode, PartyNode, VoicemailNode
from app.flow.standard import STANDARD_PROMPTS
from oncall import Roster

STANDARD = frozenset(STANDARD_PROMPTS[DEFAULT_LANGUAGE])


def cross_check(pages: Pages, roster: Roster | None) -> Iterator[Problem]:
    """Yield what is wrong between files; without a roster, what can be told from the texts alone."""
    known = known_names(pages)
    documents = list(pages.flow_documents())
    lost = [problem for document in documents for problem in missing(document, flow_name(document), known)]
    yield from lost
    yield from _lines_without_flow(pages, known)
    yield from _translation_faults(pages)
    if roster is not None:
        yield from _unknown_holidays(pages, roster)
    # Ways are followed, and things called unused, only when all names lead somewhere: half a map would mislead.
    if not lost and pages.all_read() and len(pages.flows) == len(documents):
        yield from _unused_prompts(pages)
        yield from _ways(pages)


def known_names(pages: Pages) -> Known:
    """Return every name there is, as written: a fault elsewhere in a file must not make its names unknown."""
    names: dict[Kind, frozenset[str]] = {}
    nodes: dict[str, frozenset[str]] = {}
    for document in pages.flow_documents():
        nodes[flow_name(document)] = _names(document, "nodes")
    if not any(map(is_flow, pages.unread)):
        names[Kind.FLOW] = frozenset(map(flow_name, pages.flow_documents()))
    default = pages.prompt_documents().get(DEFAULT_LANGUAGE)
    if default is not None:
        names[Kind.PROMPT] = _names(default, "prompts") | STANDARD
    if not any(name.startswith(f"{PROMPTS}/") for name in pages.unread):
        names[Kind.LANGUAGE] = frozenset(pages.prompt_documents())
    for kind, (file, key) in _DEFINED_IN.items():
        if file in pages.documents:
            names[kind] = _names(pages.documents[file], key)
    return Known(names, nodes)


_DEFINED_IN = {
    Kind.HOURS: (HOURS, "business_hours"),
    Kind.GROUP: (STAFF, "ring_groups"),
    Kind.PARTY: (STAFF, "outside_parties"),
    Kind.POLICY: (ESCALATION, "policies"),
}


def _names(document: Document, key: str) -> frozenset[str]:
    found = document.tree.get(key)
    return frozenset(found) if isinstance(found, dict) else frozenset()


def _lines_without_flow(pages: Pages, known: Known) -> Iterator[Problem]:
    document, flows = pages.documents.get(LINES), known.names.get(Kind.FLOW)
    if document is None or flows is None:
        return
    for line in pages.lines.values():
        if line.flow not in flows:
            message = f'lines.{line.name}.flow: there is no flow "{line.flow}"{did_you_mean(line.flow, flows)}'
            yield document.problem(("lines", line.name, "flow"), message)


def _unknown_holidays(pages: Pages, roster: Roster) -> Iterator[Problem]:
    for document, path, node in _nodes(pages):
        hours = roster.hours.get(node.hours) if isinstance(node, HoursNode) else None
        if hours is None or not isinstance(node, HoursNode):
            continue
        holidays = {exception.name for exception in hours.exceptions.values()}
        for name in sorted(set(node.named) - holidays):
            guess = did_you_mean(name, holidays)
            where = (*path, "named", name)
            message = f'{dotted(where)}: calendar {hours.name} has no holiday "{name}"{guess}'
            yield document.problem(where, message, key=True)


def _nodes(pages: Pages) -> Iterator[tuple[Document, Path, object]]:
    for document in pages.flow_documents():
        flow = pages.flows.get(flow_name(document))
        for name, node in flow.nodes.items() if flow else ():
            yield document, ("nodes", name), node


# Prompts.


def _unused_prompts(pages: Pages) -> Iterator[Problem]:
    default = pages.prompt_documents().get(DEFAULT_LANGUAGE)
    if default is None:
        return
    for name in sorted(_names(default, "prompts") - _spoken(pages) - STANDARD):
        message = f"prompts.{name}: no node speaks this prompt: delete it, or check its name in the flows"
        yield default.problem(("prompts", name), message, key=True, severity=Severity.WARNING)


def _translation_faults(pages: Pages) -> Iterator[Problem]:
    documents = pages.prompt_documents()
    default = documents.pop(DEFAULT_LANGUAGE, None)
    names = _names(default, "prompts") if default else frozenset()
    for document in documents.values() if default else ():
        yield from _translation(document, names)


def _translation(document: Document, names: frozenset[str]) -> Iterator[Problem]:
    here = _names(document, "prompts")
    untranslated = sorted(names - here)
    if untranslated:
        message = f"prompts: not in this language, so spoken in the default one: {', '.join(untranslated)}"
        yield document.problem(("prompts",), message, key=True, severity=Severity.WARNING)
    for name in sorted(here - names - STANDARD):
        near = closest(name, names - here)
        guess = f'; did you mean "{near}"?' if near else ""
        message = f"prompts.{name}: is not in {DEFAULT_PROMPTS}, so nothing speaks it{guess}"
        yield document.problem(("prompts", name), message, key=True, severity=Severity.WARNING)


def _spoken(pages: Pages) -> frozenset[str]:
    in_flows = (
        each.name
        for document in pages.flow_documents()
        for each in references(document, "")
        if each.kind is Kind.PROMPT
    )
    return frozenset(chain(in_flows, greetings(pages.documents)))


# Ways of a call.


def _ways(pages: Pages) -> Iterator[Problem]:
    if not pages.lines:
        return
    whole = Map(pages.flows)
    documents = {flow_name(document): document for document in pages.flow_documents()}
    for stop, key, message, severity in chain(
        _unused_flows(pages, whole),
        _unreachable(pages, whole),
        _going_round(whole),
        _faults_unmet(pages, whole),
        _hung_up_on(pages, whole),
        _nameless_holidays(pages, whole),
    ):
        path: Path = ("nodes", stop[1], *key) if stop[1] else key
        yield documents[stop[0]].problem(path, message, key=not key, severity=severity)


_Finding = tuple[Stop, Path, str, Severity]
"""At which node (of a flow as a whole when it has no name) and field something is found, and what."""


def _unused_flows(pages: Pages, whole: Map) -> Iterator[_Finding]:
    used = {flow for flow, _ in whole.reached(_line_starts(pages, whole))}
    used |= {flow for flow, _ in whole.reached(filter(None, map(whole.on_error, used)))}
    for name in sorted(set(pages.flows) - used):
        message = f"flow: no line and no other flow leads to {name}: delete the file, or lead to it"
        yield (name, ""), ("flow",), message, Severity.WARNING


def _unreachable(pages: Pages, whole: Map) -> Iterator[_Finding]:
    # Each flow from its own beginnings: a flow nobody uses yet is said once and not node by node.
    ends = chain(map(whole.start, pages.flows), map(whole.on_error, pages.flows))
    found = whole.reached([stop for stop in ends if stop])
    for stop in whole.stops():
        if stop not in found:
            message = f"nodes.{stop[1]}: nothing leads here: lead to it from another node, or delete it"
            yield stop, (), message, Severity.ERROR


def _going_round(whole: Map) -> Iterator[_Finding]:
    for circle in whole.rounds(passive):
        message = (
            f"nodes.{circle[0][1]}: a caller who does nothing goes round for ever here"
            f" ({_named([*circle, circle[0]])}): lead one of these nodes to voicemail or to the end"
        )
        yield circle[0], (), message, Severity.ERROR


def _faults_unmet(pages: Pages, whole: Map) -> Iterator[_Finding]:
    for name, flow in pages.flows.items():
        stop = whole.on_error(name)
        found = whole.reached([stop] if stop else [], through=(PartyNode, VoicemailNode))
        bad_end = next((each for each in found if isinstance(whole.node(each), HangupNode)), None)
        if bad_end is not None:
            message = (
                f"on_error: when something fails, {flow.on_error} can end the call"
                f" ({_named(paths.route(found, bad_end))}): lead it to an outside party or to voicemail first"
            )
            yield (name, ""), ("on_error",), message, Severity.ERROR


def _hung_up_on(pages: Pages, whole: Map) -> Iterator[_Finding]:
    starts = list(_line_starts(pages, whole))
    found = whole.reached(starts, ways=passive, through=(VoicemailNode,))
    for stop in found:
        if isinstance(whole.node(stop), HangupNode):
            message = (
                f"nodes.{stop[1]}: a caller whom nobody answers is hung up on here"
                f" ({_named(paths.route(found, stop))}): let voicemail take a message first"
            )
            yield stop, (), message, Severity.ERROR


def _nameless_holidays(pages: Pages, whole: Map) -> Iterator[_Finding]:
    prompts = pages.prompts.get(DEFAULT_LANGUAGE, {})
    naming = {name for name, prompt in prompts.items() if "{holiday}" in prompt.text}
    speaking = [field for field, kind in FIELDS.items() if kind is Kind.PROMPT]
    starts = list(_line_starts(pages, whole))
    flows = {flow for flow, _ in whole.reached(starts)}
    starts.extend(filter(None, map(whole.on_error, sorted(flows))))
    for stop in whole.reached(starts, ways=without_holidays):
        for field in speaking:
            if getattr(whole.node(stop), field, None) in naming:
                message = (
                    f"nodes.{stop[1]}.{field}: this prompt names the {{holiday}}, but is also heard"
                    " when there is none: lead here only from `holiday` of an hours node"
                )
                yield stop, (field,), message, Severity.WARNING


def _line_starts(pages: Pages, whole: Map) -> Iterator[Stop]:
    return (stop for line in pages.lines.values() if (stop := whole.start(line.flow)))


def _named(stops: Iterable[Stop]) -> str:
    return " → ".join(name for _, name in stops)
