"""Reads schedules/clients.yaml: the clients the desk knows by number, and the numbers it does not talk to.

It knows the form of the file and what must not be in it twice; what a known caller hears is decided elsewhere.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic.config import JsonDict

from app.config.duty_models import Language, Name, Text, fault
from app.config.numbers import NotANumber, e164
from app.config.problems import ConfigError, Problem, did_you_mean
from app.config.references import Kind, Known
from app.config.source import Document, Path, Tree
from app.config.validation import Strict, dotted, validate
from app.config.wording import got
from app.flow.callers import LONGEST_EXTENSION, BlockedNumber, Client, KnownCallers, Range
from oncall import Priority, Roster

CLIENTS = "schedules/clients.yaml"
_OPEN = "x"
_EXTENSIONS = rf"\+[1-9][0-9]{{2,13}}{_OPEN}{{0,{LONGEST_EXTENSION}}}"
_WHOLE = r"^\+[1-9][0-9]{6,14}$"
_SHORTEST_REASON = 5


def _extensions(text: str) -> str:
    if _OPEN not in text.lower():
        return _e164(text)
    if not re.fullmatch(_EXTENSIONS, text):
        raise fault(
            f'"{text}" is no range of numbers: write the digits they begin with and up to {LONGEST_EXTENSION}'
            f' small x at the end, such as "+1816555017x"'
        )
    _e164(text.replace(_OPEN, "0"))
    return text


def _whole(text: str) -> str:
    if _OPEN in text.lower():
        raise fault(f'"{text}" is a range: only whole numbers can be blocked, each with its reason')
    return _e164(text)


def _filled(value: Any) -> Any:  # noqa: ANN401 (what stands in the file)
    # Before its entries are looked at: a wrong entry must not count as none.
    if value in ([], {}):
        raise fault(f"expected at least 1 entry, got {got(value)}")
    return value


def _e164(text: str) -> str:
    try:
        return e164(text)
    except NotANumber as error:
        raise fault(str(error)) from None


_FILLED = BeforeValidator(_filled)
_CLOSED: JsonDict = {"additionalProperties": False}  # a key that fits no pattern is a fault in editors too

Numbers = Annotated[str, AfterValidator(_extensions), WithJsonSchema({"type": "string", "pattern": f"^{_EXTENSIONS}$"})]


class SiteModel(Strict):
    """A site or department of a client. What is not written here is as for the whole client."""

    numbers: Annotated[tuple[Numbers, ...], _FILLED, Field(json_schema_extra={"minItems": 1})]
    """the numbers it calls with, in quotes; x at the end stands for any digit: "+1816555017x\""""
    shared: bool = False
    """true: many people call with these numbers, so that two calls need not be about the same matter"""
    priority_floor: Priority | None = None
    """the least priority its calls have"""
    language: Language | None = None
    """the language its callers hear, such as es"""
    greeting: Name | None = None
    """the prompt its callers are greeted with"""


class ClientModel(Strict):
    """A client of the desk."""

    title: Text
    """what staff read for it"""
    sites: Annotated[dict[Name, SiteModel], _FILLED, Field(json_schema_extra={**_CLOSED, "minProperties": 1})]
    """its sites and departments by name"""
    priority_floor: Priority | None = None
    """the least priority its calls have"""
    language: Language | None = None
    """the language its callers hear, such as es (default: English)"""
    greeting: Name | None = None
    """the prompt its callers are greeted with (default: the greeting of the flow)"""


class BlockModel(Strict):
    """A number that is not put through."""

    number: Annotated[str, AfterValidator(_whole), WithJsonSchema({"type": "string", "pattern": _WHOLE})]
    """the number, in quotes, such as "+18165550179\""""
    reason: Annotated[Text, Field(min_length=_SHORTEST_REASON)]
    """why, since when and by whom, for people to read"""


class ClientsFile(Strict):
    """schedules/clients.yaml: clients the desk knows by number, and numbers it does not talk to."""

    clients: dict[Name, ClientModel] = Field(default_factory=dict, json_schema_extra=_CLOSED)
    """the clients by name; the name becomes a tag of their tickets"""
    block: tuple[BlockModel, ...] = ()
    """numbers that are answered with a few words and not put through"""


def read_clients(
    documents: Mapping[str, Document], *, known: Known, ours: Mapping[str, str]
) -> tuple[KnownCallers, list[Problem]]:
    """Return the known callers, and everything that is wrong with the file; without the file there are none.

    `known` has the names of languages and prompts, `ours` says in plain words what each number of ours (E.164) is.
    """
    document = documents.get(CLIENTS)
    if document is None:
        return KnownCallers(), []
    try:
        file = validate(document, ClientsFile)
    except ConfigError as error:
        return KnownCallers(), list(error.problems)
    reading = _Reading(document, ours)
    for name, client in file.clients.items():
        reading.client(name, client)
    for index, block in enumerate(file.block):
        reading.block(index, block)
    return reading.callers(), [*reading.problems, *_unknown_names(document, file, known)]


def numbers_of_ours(roster: Roster | None, lines: Mapping[str, str]) -> dict[str, str]:
    """Return what each number of ours is in plain words; `lines` holds the numbers callers dial, by line."""
    ours = {number: f"line {line}" for line, number in lines.items()}
    if roster is not None:
        ours |= {number: f"a phone of {person.name}" for person in roster.people.values() for number in person.phones}
        ours |= {party.number: f"outside party {party.name}" for party in roster.outside_parties.values()}
    return ours


def greetings(documents: Mapping[str, Document]) -> Iterator[str]:
    """Yield every prompt the file names as a greeting, also where other things in it are wrong."""
    document = documents.get(CLIENTS)
    clients = _entries(document.tree.get("clients") if document else None)
    for client in clients:
        for each in (client, *_entries(client.get("sites"))):
            greeting = each.get("greeting")
            if isinstance(greeting, str):
                yield greeting


def _entries(tree: Tree | None) -> list[dict[str, Tree]]:
    return [each for each in tree.values() if isinstance(each, dict)] if isinstance(tree, dict) else []


@dataclass(slots=True)
class _Reading:
    """Numbers as they are read, each once."""

    document: Document
    ours: Mapping[str, str]
    owners: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, Client] = field(default_factory=dict)
    ranges: dict[Range, Client] = field(default_factory=dict)
    blocked: dict[str, BlockedNumber] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def callers(self) -> KnownCallers:
        return KnownCallers(
            numbers=MappingProxyType(self.numbers),
            ranges=MappingProxyType(self.ranges),
            blocked=MappingProxyType(self.blocked),
        )

    def client(self, name: str, model: ClientModel) -> None:
        for site, part in model.sites.items():
            path: Path = ("clients", name, "sites", site)
            client = Client(
                name=name,
                title=model.title,
                site=site,
                priority_floor=part.priority_floor or model.priority_floor,
                language=part.language or model.language or "",
                greeting=part.greeting or model.greeting,
                shared=part.shared,
                source=self.document.source(path),
            )
            for index, number in enumerate(part.numbers):
                if self.is_free((*path, "numbers", index), number, owner=f"{name}, {site}"):
                    self.add(number, client)

    def add(self, number: str, client: Client) -> None:
        if _OPEN in number:
            self.ranges[Range(prefix=number.rstrip(_OPEN), length=len(number))] = client
        else:
            self.numbers[number] = client

    def block(self, index: int, model: BlockModel) -> None:
        path: Path = ("block", index, "number")
        if not self.is_free(path, model.number, owner="the block list"):
            return
        client = self.callers().client(model.number)
        if client is not None:
            self.fault(path, f"{model.number} lies in a range of {client.name}, {client.site}: a client is not blocked")
            return
        self.blocked[model.number] = BlockedNumber(reason=model.reason, source=self.document.source(("block", index)))

    def is_free(self, path: Path, number: str, *, owner: str) -> bool:
        """Note a fault unless the number is neither ours nor written before."""
        if number in self.ours:
            self.fault(path, f"{number} is {self.ours[number]}: take it out here")
            return False
        if number in self.owners:
            first = self.owners[number]
            again = "twice" if first == owner else f"already at {first}"
            self.fault(path, f"{number} is written {again}: keep one of them")
            return False
        self.owners[number] = owner
        return True

    def fault(self, path: Path, message: str) -> None:
        self.problems.append(self.document.problem(path, f"{dotted(path)}: {message}"))


def _unknown_names(document: Document, file: ClientsFile, known: Known) -> Iterator[Problem]:
    for name, client in file.clients.items():
        path: Path = ("clients", name)
        yield from _unknown(document, path, client, known)
        for site, part in client.sites.items():
            yield from _unknown(document, (*path, "sites", site), part, known)


def _unknown(document: Document, path: Path, model: ClientModel | SiteModel, known: Known) -> Iterator[Problem]:
    for key, kind, value in (("language", Kind.LANGUAGE, model.language), ("greeting", Kind.PROMPT, model.greeting)):
        names = known.names.get(kind)
        if value is not None and names is not None and value not in names:
            where = (*path, key)
            message = f'{dotted(where)}: there is no {kind} "{value}"{did_you_mean(value, names)}'
            yield document.problem(where, message)
