"""What staff say a call should do: the cases in ivr_flows/cases/, read with the place of every expectation.

It knows their form and whether the names in them exist; what a call really does is found out elsewhere.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path as FilePath
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from app.config.duty_words import DATE_PATTERN, TIME_PATTERN, read_date, read_time
from app.config.folder import read_folder
from app.config.numbers import NotANumber, e164
from app.config.problems import ConfigError, Problem, did_you_mean
from app.config.source import Document, Path, parse
from app.config.validation import Strict, dotted, validate
from app.config.wording import got
from app.flow.book import FlowBook
from oncall import Priority, Roster, instant

FOLDER = "ivr_flows/cases"
OTHERS = "others"
_OFFSET = r"[+-](?:0\d|1[0-4]):[0-5]\d"
_MOMENT = rf"({DATE_PATTERN}) ({TIME_PATTERN})(?: ({_OFFSET}))?"
_KEYS = r"[0-9*#, -]*"


class Answer(StrEnum):
    """What somebody does when their phone rings."""

    ACCEPT = "accept"
    DECLINE = "decline"
    VOICEMAIL = "voicemail"
    BUSY = "busy"
    NO_ANSWER = "no answer"


class Ending(StrEnum):
    """How a call ends for the caller."""

    ANSWERED = "answered"
    ANSWERING_SERVICE = "answering service"
    VOICEMAIL = "voicemail"
    CALL_BACK = "call back"
    HUNG_UP = "hung up"


class Message(StrEnum):
    """What the caller does after the tone."""

    LEFT = "left"
    NONE = "none"


def _fault(message: str) -> PydanticCustomError:
    return PydanticCustomError("fault", "{error}", {"error": message})


def _moment(text: str) -> str:
    found = re.fullmatch(_MOMENT, text)
    if found is None:
        raise _fault(f"expected a date and time such as 2026-12-25 03:00, got {got(text)}")
    try:
        read_date(found.group(1))
        read_time(found.group(2))
    except ValueError as error:
        raise _fault(str(error)) from None
    return text


def _caller(text: str) -> str:
    try:
        return e164(text) if text.startswith("+") else text
    except NotANumber as error:
        raise _fault(str(error)) from None


def _keys(text: str) -> str:
    if not re.fullmatch(_KEYS, text):
        raise _fault(f'expected keys such as "1" or "3, 1042#", with - for no key, got {got(text)}')
    return text.replace(" ", "")


def _filled(value: Any) -> Any:  # noqa: ANN401 (what stands in the file)
    """Refuse an empty list. Before its entries are looked at: a wrong entry must not count as none."""
    if value == []:
        raise _fault(f"expected at least 1 entry, got {got(value)}")
    return value


def _listed(value: Any) -> Any:  # noqa: ANN401 (what stands in the file)
    return [value] if isinstance(value, str) else value


_ANSWERS_SCHEMA = {
    "anyOf": [
        {"enum": [answer.value for answer in Answer]},
        {"type": "array", "minItems": 1, "items": {"enum": [answer.value for answer in Answer]}},
    ]
}
_WORDS_SCHEMA = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}

Text = Annotated[str, Field(min_length=1, max_length=200)]
Moment = Annotated[str, AfterValidator(_moment), WithJsonSchema({"type": "string", "pattern": f"^{_MOMENT}$"})]
Caller = Annotated[Text, AfterValidator(_caller)]
Keys = Annotated[str, AfterValidator(_keys), WithJsonSchema({"type": "string", "pattern": f"^{_KEYS}$"})]
Answers = Annotated[
    tuple[Answer, ...], BeforeValidator(_filled), BeforeValidator(_listed), WithJsonSchema(_ANSWERS_SCHEMA)
]
Words = Annotated[tuple[Text, ...], BeforeValidator(_listed), WithJsonSchema(_WORDS_SCHEMA)]


class ExpectModel(Strict):
    """What must come of the call. What is not written is not looked at."""

    rings: tuple[Text, ...] | None = None
    """everybody whose phone rings, in order, outside parties included; an empty list: nobody"""
    answered_by: Text | None = None
    """the person or outside party who takes the call"""
    priority: Priority | None = None
    """the priority the call has in the end"""
    hears: Words = ()
    """words the caller hears, in this order; capital letters make no difference"""
    never_hears: Words = ()
    """words the caller does not hear at any time"""
    tags: tuple[Text, ...] | None = None
    """the labels on the ticket, in any order"""
    ticket_number: Text | None = None
    """the ticket number the caller keyed"""
    callback_number: Text | None = None
    """the number to call back that the caller keyed, such as "+18165550117\""""
    ends: Ending | None = None
    """how it ends: answered (by staff), answering service, voicemail (a message was left), call back or hung up"""

    @model_validator(mode="after")
    def _expects_something(self) -> "ExpectModel":
        if not self.model_fields_set:
            raise _fault("expects nothing: say what must come of the call, such as ends: answered")
        return self


class CaseModel(Strict):
    """One call and what must come of it."""

    name: Text
    """what the case shows, as a sentence"""
    line: Text
    """the line that is called, by its name in lines.yaml"""
    at: Moment
    """when the call comes, in the desk's local time; in the hour that comes twice, add -05:00 or -06:00"""
    caller: Caller | None = None
    """who calls: a number such as "+18165550160", or a client of clients.yaml by its name; without it, a stranger"""
    on_a_call: tuple[Text, ...] = ()
    """people of the staff who talk on another call all the while, so that they are not rung"""
    keys: Keys = ""
    """what the caller presses, one entry a prompt: "1", or "3, 1042#"; - stays silent, as does a missing entry"""
    parties: dict[Text, Answers] = Field(default_factory=dict)
    """what people and outside parties do, by name, or `others` for everybody else; without it they accept"""
    message: Message = Message.LEFT
    """whether the caller leaves a message after the tone"""
    expect: ExpectModel
    """what must come of the call"""


class CasesFile(Strict):
    """ivr_flows/cases/<any name>.yaml: calls that are tried whenever the configuration is checked."""

    cases: Annotated[tuple[CaseModel, ...], BeforeValidator(_filled), Field(json_schema_extra={"minItems": 1})]
    """the cases"""


@dataclass(frozen=True, slots=True)
class Case:
    """One case and where it was written."""

    wanted: CaseModel
    document: Document
    index: int

    def at(self, *, zone: ZoneInfo) -> datetime:
        """Return the UTC instant the call comes at, in the desk's zone unless an offset is written."""
        found = re.fullmatch(_MOMENT, self.wanted.at)
        on, at, offset = (found.group(1), found.group(2), found.group(4)) if found else ("", "", None)
        if offset:
            return datetime.fromisoformat(f"{on}T{at}{offset}").astimezone(UTC)
        return instant(read_date(on), read_time(at), zone=zone)

    def caller(self, book: FlowBook) -> str:
        """Return the number that calls: as written, the first one of the client written, or none."""
        written = self.wanted.caller or ""
        return written if written.startswith("+") else _numbers_of_clients(book).get(written, "")

    def answer(self, party: str, *, time: int) -> Answer:
        """Return what a party does the `time`-th time it is rung, counting from 0; the last answer stays."""
        answers = self.wanted.parties.get(party) or self.wanted.parties.get(OTHERS) or (Answer.ACCEPT,)
        return answers[min(time, len(answers) - 1)]

    def problem(self, *path: str | int, message: str, key: bool = False) -> Problem:
        """Make a problem at a part of the case."""
        return self.document.problem(("cases", self.index, *path), message, key=key)


@dataclass(frozen=True, slots=True)
class Cases:
    """Every case that could be read, how many files there are, and what is wrong with their form."""

    cases: tuple[Case, ...]
    files: int
    problems: tuple[Problem, ...]


def read_cases(folder: FilePath) -> Cases:
    """Read every case beside the configuration in `folder`. Never raises: all faults are in what is returned."""
    files = read_folder(folder, (FOLDER,)) if (folder / FOLDER).is_dir() else None
    cases: list[Case] = []
    problems = list(files.problems) if files else []
    for name, data in files.contents.items() if files else ():
        try:
            cases.extend(_read(parse(data, name)))
        except ConfigError as error:
            problems.extend(error.problems)
    problems.extend(_told_twice(cases))
    return Cases(tuple(cases), len(files.contents) if files else 0, tuple(problems))


def _read(document: Document) -> Iterator[Case]:
    for index, model in enumerate(validate(document, CasesFile).cases):
        yield Case(model, document, index)


def _told_twice(cases: list[Case]) -> Iterator[Problem]:
    first: dict[str, Case] = {}
    for case in cases:
        other = first.setdefault(case.wanted.name, case)
        if other is not case:
            place = other.document.source(("cases", other.index, "name"))
            yield case.problem("name", message=f"cases.{case.index + 1}.name: the case at {place} has this name too")


def unknown_names(case: Case, book: FlowBook, roster: Roster) -> Iterator[Problem]:
    """Yield a problem for every name in a case that nobody and nothing has."""
    parties = frozenset(roster.people) | frozenset(roster.outside_parties)
    expect = case.wanted.expect
    yield from _unless_known(case, ("line",), "line", case.wanted.line, frozenset(book.lines))
    caller = case.wanted.caller
    if caller is not None and not caller.startswith("+"):
        yield from _unless_known(case, ("caller",), "client", caller, frozenset(_numbers_of_clients(book)))
    for index, name in enumerate(case.wanted.on_a_call):
        yield from _unless_known(case, ("on_a_call", index), "person", name, frozenset(roster.people))
    for name in case.wanted.parties:
        yield from _unless_known(case, ("parties", name), _PARTY, name, parties | {OTHERS}, key=True)
    for index, name in enumerate(expect.rings or ()):
        yield from _unless_known(case, ("expect", "rings", index), _PARTY, name, parties)
    if expect.answered_by is not None:
        yield from _unless_known(case, ("expect", "answered_by"), _PARTY, expect.answered_by, parties)


_PARTY = "person or outside party"


def _numbers_of_clients(book: FlowBook) -> dict[str, str]:
    """A number that each client may call with, by the client's name."""
    callers = book.callers
    first_of_range = {each: each.prefix.ljust(each.length, "0") for each in callers.ranges}
    numbers = {client.name: first_of_range[each] for each, client in callers.ranges.items()}
    for number, client in reversed(list(callers.numbers.items())):
        numbers[client.name] = number
    return numbers


def _unless_known(
    case: Case, path: Path, kind: str, name: str, known: frozenset[str], *, key: bool = False
) -> Iterator[Problem]:
    if name not in known:
        where = dotted(("cases", case.index, *path))
        message = f'{where}: there is no {kind} "{name}"{did_you_mean(name, known)}'
        yield case.problem(*path, message=message, key=key)
