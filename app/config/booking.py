"""Turns the files of ivr_flows/ into lines, flows and prompts, and checks what one file can be checked for alone.

It knows how file names give names; whether the names in them lead anywhere is checked elsewhere.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from app.config.flows import FlowFile, MenuModel
from app.config.line_files import LineModel, LinesFile
from app.config.problems import ConfigError, Problem
from app.config.prompt_files import PromptsFile, placeholders
from app.config.prompt_files import unknown_placeholders as unknown
from app.config.source import Document
from app.config.validation import validate
from app.flow import last_resort
from app.flow.book import DEFAULT_LANGUAGE, FlowBook, Prompt
from app.flow.callers import KnownCallers
from app.flow.nodes import (
    CallbackNode,
    CollectNode,
    EscalateNode,
    Flow,
    GoNode,
    HangupNode,
    HoursNode,
    LanguageNode,
    Line,
    MenuNode,
    Node,
    Option,
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
)

FOLDER = "ivr_flows"
LINES = f"{FOLDER}/lines.yaml"
PROMPTS = f"{FOLDER}/prompts"
DEFAULT_PROMPTS = f"{PROMPTS}/{DEFAULT_LANGUAGE}.yaml"

NODE_CLASSES: Mapping[str, Callable[..., Node]] = MappingProxyType(
    {
        each.type: each
        for each in (
            SayNode,
            PlayNode,
            MenuNode,
            HoursNode,
            RingNode,
            EscalateNode,
            RingAssigneeNode,
            QueueNode,
            CallbackNode,
            PartyNode,
            VoicemailNode,
            CollectNode,
            SetNode,
            RecogniseNode,
            TicketStatusNode,
            LanguageNode,
            GoNode,
            HangupNode,
        )
    }
)


@dataclass(slots=True)
class Pages:
    """What could be read: all documents by file, and the lines, flows and prompts among them that are in order.

    `problems` holds what is wrong with single files of ivr_flows/; `unread` names files that are no documents.
    """

    documents: Mapping[str, Document]
    unread: frozenset[str]
    lines: dict[str, Line] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    prompts: dict[str, Mapping[str, Prompt]] = field(default_factory=dict)
    callers: KnownCallers = field(default_factory=KnownCallers)
    problems: list[Problem] = field(default_factory=list)

    def flow_documents(self) -> Iterator[Document]:
        """Yield every flow that could be read, in order or not."""
        return (document for name, document in sorted(self.documents.items()) if is_flow(name))

    def prompt_documents(self) -> dict[str, Document]:
        """Return the prompts that could be read, by language."""
        names = (name for name in sorted(self.documents) if name.startswith(f"{PROMPTS}/"))
        return {PurePosixPath(name).stem: self.documents[name] for name in names}

    def all_read(self) -> bool:
        """Say whether every file of ivr_flows/ could be read, so that what is not found is not there."""
        return not any(name.startswith(f"{FOLDER}/") for name in self.unread)

    def book(self, revision: str) -> FlowBook:
        """Return everything as the book of one revision."""
        return FlowBook(
            revision=revision,
            lines=MappingProxyType(self.lines),
            flows=MappingProxyType(self.flows),
            prompts=MappingProxyType(self.prompts),
            callers=self.callers,
        )


def is_flow(file: str) -> bool:
    """Say whether a file name is that of a flow: every file of ivr_flows/ itself except the list of lines."""
    return file != LINES and PurePosixPath(file).parent == PurePosixPath(FOLDER)


def flow_name(document: Document) -> str:
    """Return the name a flow's file gives it, even when other things in it are wrong."""
    name = document.tree.get("flow")
    return name if isinstance(name, str) and name else PurePosixPath(document.file).stem


def read_pages(documents: Mapping[str, Document], unread: frozenset[str]) -> Pages:
    """Read every document of ivr_flows/. Never raises: faults are in `problems` of what is returned."""
    mine = {name: document for name, document in documents.items() if name.startswith(f"{FOLDER}/")}
    pages = Pages(documents, unread)
    for name in (LINES, DEFAULT_PROMPTS):
        if name not in mine and name not in unread:
            pages.problems.append(Problem(name, 1, 1, "there is no such file, and the service needs it"))
    for name, document in sorted(mine.items()):
        try:
            _read(pages, name, document)
        except ConfigError as error:
            pages.problems.extend(error.problems)
    return pages


def _read(pages: Pages, name: str, document: Document) -> None:
    if name == LINES:
        pages.lines.update(_lines(document))
        pages.problems.extend(_shared_numbers(document, pages.lines))
    elif is_flow(name):
        flow = _flow(document, pages)
        pages.flows[flow.name] = flow
    elif name.startswith(f"{PROMPTS}/"):
        language = PurePosixPath(name).stem
        pages.prompts[language] = MappingProxyType(_prompts(document, language))


def _lines(document: Document) -> dict[str, Line]:
    file = validate(document, LinesFile)
    return {name: _line(document, name, line) for name, line in file.lines.items()}


def _shared_numbers(document: Document, lines: Mapping[str, Line]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for line in lines.values():
        owner = first.setdefault(line.number, line.name)
        if owner != line.name:
            message = f"lines.{line.name}.number: {line.number} is already the number of line {owner}"
            yield document.problem(("lines", line.name, "number"), message)


def _line(document: Document, name: str, line: LineModel) -> Line:
    return Line(
        name=name,
        title=line.title,
        number=line.number,
        flow=line.flow,
        priority=line.priority,
        source=document.source(("lines", name)),
    )


def _flow(document: Document, pages: Pages) -> Flow:
    file = validate(document, FlowFile)
    if file.flow == last_resort.NAME:
        message = f'flow: "{file.flow}" is the name of a flow the service brings along: choose another'
        raise ConfigError([document.problem(("flow",), message)])
    if file.flow in pages.flows:
        place = pages.flows[file.flow].source
        message = f'flow: "{file.flow}" is already the name of the flow at {place}: choose another'
        raise ConfigError([document.problem(("flow",), message)])
    nodes = {name: _node(document, name, model) for name, model in file.nodes.items()}
    return Flow(
        name=file.flow,
        start=file.start,
        on_error=file.on_error,
        nodes=MappingProxyType(nodes),
        source=document.source(("flow",)),
    )


def _node(document: Document, name: str, model: BaseModel) -> Node:
    """Make the node whose class has the model's type; both have the same fields, and a test holds them to it."""
    values = {each: getattr(model, each) for each in type(model).model_fields}
    made = NODE_CLASSES[values.pop("type")]
    path = ("nodes", name)
    if isinstance(model, MenuModel):
        values["options"] = _options(document, name, model)
    frozen: dict[str, Any] = {
        key: MappingProxyType(value) if isinstance(value, dict) else value for key, value in values.items()
    }
    return made(**frozen, source=document.source(path))


def _options(document: Document, name: str, model: MenuModel) -> dict[str, Option]:
    return {
        key: Option(
            go=option.go,
            priority=option.priority,
            tags=option.tags,
            language=option.language,
            source=document.source(("nodes", name, "options", key)),
        )
        for key, option in model.options.items()
    }


def _prompts(document: Document, language: str) -> dict[str, Prompt]:
    file = validate(document, PromptsFile)
    problems = list(_prompt_problems(document, file, language))
    if problems:
        raise ConfigError(problems)
    return {
        name: Prompt(
            text=" ".join(text.split()),  # a text folded over lines is one sentence to a voice
            language_tag=file.language,
            voice=file.voice,
            source=document.source(("prompts", name)),
        )
        for name, text in file.prompts.items()
    }


def _prompt_problems(document: Document, file: PromptsFile, language: str) -> Iterator[Problem]:
    spoken = file.language.partition("-")[0]
    if spoken != language:
        message = f'language: {file.language} does not fit the file name: it belongs in "{spoken}.yaml"'
        yield document.problem(("language",), message)
    for name, text in file.prompts.items():
        for found in unknown(name, text):
            listed = ", ".join(f"{{{each}}}" for each in placeholders(name))
            what = f"{found} cannot be filled in" if len(found) > 1 else f'a single "{found}" means nothing'
            message = f"prompts.{name}: {what}: there are {listed}"
            yield document.problem(("prompts", name), message)
