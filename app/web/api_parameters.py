"""What may be asked of the API: every parameter, how it is written, and what is said when it is not.

All faults of a request are told at once, and a parameter nobody knows is one of them.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo, model_validator
from pydantic_core import ErrorDetails
from werkzeug.datastructures import MultiDict

from app.cdr.records import Disposition, TicketStatus
from app.config.problems import did_you_mean
from app.config.snapshot import Snapshot
from app.route_preview import line_called
from app.store import VoicemailState
from app.web.problems import ParameterFault, bad_parameters
from oncall import Priority

LARGEST_LIMIT = 200
DEFAULT_LIMIT = 50
LONGEST_TEXT = 100
LONGEST_CURSOR = 300
LONGEST_NAME_TOLD = 40
LONGEST_TICKET_NUMBER = 9
# The years in which a time can be looked ahead and back from without leaving the calendar.
FIRST_YEAR, LAST_YEAR = 1970, 2200

ModelT = TypeVar("ModelT", bound="Parameters")
ChoiceT = TypeVar("ChoiceT", bound=StrEnum)
Asked = ValidationInfo[Snapshot]


class YesNo(StrEnum):
    """An answer to a question that has two."""

    YES = "true"
    NO = "false"


_PHONE = re.compile(r"\+?[0-9().\s-]{7,30}")
_PHONE_DIGITS = range(7, 16)
_KEYS = re.compile(r"[0-9*#,-]{1,200}")
_LOST_PLUS = re.compile(r"(?<=\d) (?=\d\d:?\d\d$)")


def _text(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must be printable text")
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"must have at most {LONGEST_TEXT} characters")
    return value


def _cursor(value: str) -> str:
    if len(value) > LONGEST_CURSOR or not value.isascii() or not value.isprintable():
        raise ValueError("is not the `next` of a page of this list")
    return value


def _instant(value: str) -> datetime:
    """An instant in UTC. A plus sign that became a blank, as it does in an unescaped address, is put back."""
    try:
        at = datetime.fromisoformat(_LOST_PLUS.sub("+", value) if "T" in value else value)
    except ValueError:
        raise ValueError("must be an instant such as 2026-11-28T03:00:00-06:00") from None
    if at.tzinfo is None:
        raise ValueError("must name its zone, as in 2026-11-28T03:00:00-06:00 or 2026-11-28T09:00:00Z")
    if not FIRST_YEAR < at.year < LAST_YEAR:
        raise ValueError(f"must lie between the years {FIRST_YEAR} and {LAST_YEAR}")
    return at.astimezone(UTC)


def _limit(value: str) -> int:
    number = int(value) if value.isascii() and value.isdigit() and len(value) <= len(str(LARGEST_LIMIT)) else 0
    if not 1 <= number <= LARGEST_LIMIT:
        raise ValueError(f"must be a whole number from 1 to {LARGEST_LIMIT}")
    return number


def _ticket_number(value: str) -> int:
    number = int(value) if value.isascii() and value.isdigit() and len(value) <= LONGEST_TICKET_NUMBER else 0
    if number < 1:
        raise ValueError("must be the number of a ticket")
    return number


def _one_of(choices: type[ChoiceT]) -> Callable[[str], ChoiceT]:
    def choose(value: str) -> ChoiceT:
        if value not in set(choices):
            raise ValueError(f"must be one of {', '.join(choices)}")
        return choices(value)

    return choose


def _caller(value: str) -> str:
    """A number however written; a plus sign that became a blank is put back."""
    number = f"+{value[1:]}" if value.startswith(" ") else value
    digits = sum(character.isdigit() for character in number)
    if not _PHONE.fullmatch(number) or digits not in _PHONE_DIGITS:
        raise ValueError("must be a phone number such as +18165550142 or 816-555-0142")
    return f"+{''.join(filter(str.isdigit, number))}" if number.startswith("+") else number


def _keys(value: str) -> str:
    if not _KEYS.fullmatch(value):
        raise ValueError('must be keys such as "12", "1,2" or "3,8165550117#", with "-" for silence')
    return value


def _line_filter(value: str, info: Asked) -> str:
    """A line's name or number. One that is no longer configured may still have calls."""
    line = line_called(info.context.book, _text(value))
    return value if line is None else line.name


def _known_line(value: str, info: Asked) -> str:
    book = info.context.book
    line = line_called(book, _text(value))
    if line is None:
        raise ValueError(f"is no line of ours{did_you_mean(value, book.lines)}")
    return line.name


def _known_schedule(value: str, info: Asked) -> str:
    schedules = info.context.roster.schedules
    if _text(value) not in schedules:
        raise ValueError(f"is no schedule of ours{did_you_mean(value, schedules)}")
    return value


Text = Annotated[str, Field(max_length=LONGEST_TEXT), BeforeValidator(_text)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Limit = Annotated[int, Field(ge=1, le=LARGEST_LIMIT), BeforeValidator(_limit)]
Cursor = Annotated[str, Field(max_length=LONGEST_CURSOR), BeforeValidator(_cursor)]


class Parameters(BaseModel):
    """What every set of parameters is built on; by itself, that of a request that takes none."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )


class PageParameters(Parameters):
    """What every list takes."""

    q: Text | None = None
    """What a person would type to find one: a number, a name, a ticket."""
    limit: Limit = DEFAULT_LIMIT
    """How many at most."""
    cursor: Cursor | None = None
    """The `next` of the page before."""


class CallParameters(PageParameters):
    """Which calls to list."""

    since: Instant | None = None
    """Only calls that began at this instant or later. RFC 3339, with its zone."""
    until: Instant | None = None
    """Only calls that began before this instant."""
    caller: Annotated[str, BeforeValidator(_caller)] | None = None
    """Only calls from this number: whole when written with a plus sign, else by its last seven digits."""
    line: Annotated[str, BeforeValidator(_line_filter)] | None = None
    """Only calls to this line: its name or its number."""
    disposition: Annotated[Disposition, BeforeValidator(_one_of(Disposition))] | None = None
    """Only calls that ended this way."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since and self.until and self.until <= self.since:
            raise ValueError("must be later than `since`")
        return self


class TicketParameters(PageParameters):
    """Which tickets to list."""

    status: Annotated[TicketStatus, BeforeValidator(_one_of(TicketStatus))] | None = None
    """Only tickets at this place in their life."""
    priority: Annotated[Priority, BeforeValidator(_one_of(Priority))] | None = None
    """Only tickets of this priority."""
    assignee: Text | None = None
    """Only tickets of this member of staff."""
    due_before: Instant | None = None
    """Only open tickets whose update or resolution is due before this instant. RFC 3339, with its zone."""
    overdue: Annotated[YesNo, BeforeValidator(_one_of(YesNo))] | None = None
    """With `true`, only open tickets whose update or resolution was due before now."""


class VoicemailParameters(Parameters):
    """Which messages to list."""

    state: Annotated[VoicemailState, BeforeValidator(_one_of(VoicemailState))] | None = None
    """Only messages at this place in their life."""
    ticket: Annotated[int, Field(ge=1), BeforeValidator(_ticket_number)] | None = None
    """Only messages of the ticket with this number."""
    done: Annotated[YesNo, BeforeValidator(_one_of(YesNo))] | None = None
    """Only messages somebody has finished with, or only the others."""
    limit: Limit = DEFAULT_LIMIT
    """How many at most."""
    cursor: Cursor | None = None
    """The `next` of the page before."""


class OnCallParameters(Parameters):
    """When, and in which schedule."""

    at: Instant | None = None
    """The instant; now when it is left out. RFC 3339, with its zone."""
    schedule: Annotated[str, BeforeValidator(_known_schedule)] | None = None
    """The schedule; the first one when it is left out."""


class RouteParameters(Parameters):
    """Which call to think through."""

    line: Annotated[str, BeforeValidator(_known_line)] | None = None
    """The line's name or number; the first one when it is left out."""
    at: Instant | None = None
    """When the call arrives; now when it is left out. RFC 3339, with its zone."""
    keys: Annotated[str, BeforeValidator(_keys)] | None = None
    """What the caller presses, one entry a prompt: "12" or "1,2"; "3,8165550117#" keys a number; "-" is silence."""


def read(model: type[ModelT], given: MultiDict[str, str], snapshot: Snapshot) -> ModelT:
    """The parameters of a request; an empty one counts as left out. Raises ApiProblem naming all that are at fault."""
    repeated = [name for name, values in given.lists() if len(values) > 1]
    faults = [ParameterFault(field=_told(name), message="is given more than once") for name in repeated]
    values = {name: value for name, value in given.items() if value and name not in repeated}
    try:
        parameters = model.model_validate(values, context=snapshot)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        raise bad_parameters([*faults, *(_fault(detail, model) for detail in details)]) from None
    if faults:
        raise bad_parameters(faults)
    return parameters


def faulty_cursor() -> Exception:
    """The problem of a cursor that only the list itself could tell to be wrong."""
    return bad_parameters([ParameterFault(field="cursor", message="is not the `next` of a page of this list")])


def _fault(detail: ErrorDetails, model: type[Parameters]) -> ParameterFault:
    # The one fault that is of no single parameter is the order of two; it is told of the later one.
    name = str(detail["loc"][0]) if detail["loc"] else "until"
    if detail["type"] == "extra_forbidden":
        known = did_you_mean(name, model.model_fields)
        return ParameterFault(field=_told(name), message=f"is not a parameter of this request{known}")
    return ParameterFault(field=_told(name), message=str(detail.get("ctx", {}).get("error", detail["msg"])))


def _told(name: str) -> str:
    return name[:LONGEST_NAME_TOLD]


def described(model: type[Parameters]) -> Iterator[dict[str, Any]]:
    """The parameters as OpenAPI lists them."""
    schema = model.model_json_schema()
    for name, found in schema.get("properties", {}).items():
        real = next((each for each in found.get("anyOf", ()) if each.get("type") != "null"), found)
        kept = {key: value for key, value in real.items() if key not in {"title", "description"}}
        resolved = schema["$defs"][kept["$ref"].rpartition("/")[2]] if "$ref" in kept else kept
        yield {
            "name": name,
            "in": "query",
            "required": False,
            "description": found["description"],
            "schema": {key: value for key, value in resolved.items() if key not in {"title", "description"}},
        }
