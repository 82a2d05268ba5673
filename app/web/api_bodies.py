"""What may be sent to the API about a ticket, as JSON, and what is said when it cannot be used.

All faults of a body are told at once, and a field nobody knows is one of them. What a caller said is never repeated.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails, from_json

from app.cdr.records import TicketStatus
from app.config.problems import did_you_mean
from app.config.snapshot import Snapshot
from app.tickets import LONGEST_UPDATE, NewsKind
from app.web.api_parameters import FIRST_YEAR, LAST_YEAR, LONGEST_NAME_TOLD
from app.web.problems import JSON, ApiProblem, ParameterFault, bad_parameters
from oncall import Priority

LARGEST_NUMBER = 2**31 - 1
LONGEST_LINE = 300
SHORTEST_INTERVAL, LONGEST_INTERVAL = 300, 30 * 24 * 3600
BodyT = TypeVar("BodyT", bound="Body")
Asked = ValidationInfo[Snapshot]


def _written(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value.strip()


def _line(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must be one line of printable text")
    return _written(value)


def _person(value: str, info: Asked) -> str:
    people = info.context.roster.people
    if value not in people:
        raise ValueError(f"is nobody of the staff{did_you_mean(value, people)}")
    return value


def _in_range(value: datetime) -> datetime:
    if not FIRST_YEAR < value.year < LAST_YEAR:
        raise ValueError(f"must lie between the years {FIRST_YEAR} and {LAST_YEAR}")
    return value.astimezone(UTC)


Line = Annotated[str, Field(max_length=LONGEST_LINE), AfterValidator(_line)]
Words = Annotated[str, Field(max_length=LONGEST_UPDATE), AfterValidator(_written)]
Person = Annotated[str, Field(max_length=LONGEST_LINE), AfterValidator(_person)]
Number = Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]
Interval = Annotated[int, Field(ge=SHORTEST_INTERVAL, le=LONGEST_INTERVAL)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_range)]
Word = Literal["none", "usual"]


class Body(BaseModel):
    """What every body is built on."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )
    needs_reason: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def further_faults(cls, given: Mapping[str, Any]) -> Iterator[ParameterFault]:
        """What is at fault between fields of a body, each of which may be good or bad."""
        asking = sorted(name for name in cls.needs_reason if given.get(name) is not None)
        reason = given.get("reason")
        if asking and not (isinstance(reason, str) and reason.strip()):
            yield ParameterFault(field="reason", message=f"must be given with {', '.join(asking)}")


class TicketChange(Body):
    """What is to be changed of a ticket; a field that is left out stays as it is."""

    needs_reason = frozenset({"priority", "update_every_seconds", "resolve_due_at", "merge_into"})

    status: TicketStatus | None = None
    """Where its life leads next."""
    priority: Priority | None = None
    """Its clocks follow. With a reason."""
    assignee: Person | None = None
    """A member of staff; null takes it from everybody. Given to its author, it is acknowledged."""
    subject: Line | None = None
    """The line that sums it up; calls do not change it any more."""
    requester: Line | None = None
    """Whose matter it is: a number or an address to answer to."""
    update_every_seconds: Interval | Word | None = None
    """A negotiated interval of updates, counted from now; `none` for no promise, `usual` for the priority's."""
    update_in_business_hours: bool | None = None
    """Whether only business hours count in that interval; as the priority has it when left out."""
    resolve_due_at: Moment | Word | None = None
    """A negotiated instant of resolution; `none` for no target, `usual` for the priority's. With a reason."""
    merge_into: Number | None = None
    """The open ticket that this one's calls, messages and history go over to; this one is closed. With a reason."""
    link_to: Annotated[list[Number], Field(max_length=20)] | None = None
    """Tickets about the same matter."""
    reason: Line | None = None
    """Why; it stands in the history."""
    author: Person | None = None
    """The member of staff for whom this is asked; the token's name when left out."""
    version: Annotated[str, Field(max_length=100)] | None = None
    """The `version` this was decided on: refused when the ticket is another by now. Also as `If-Match`."""

    @classmethod
    def further_faults(cls, given: Mapping[str, Any]) -> Iterator[ParameterFault]:
        yield from super().further_faults(given)
        if given.get("update_in_business_hours") is not None and not isinstance(given.get("update_every_seconds"), int):
            message = "goes with a number of seconds in `update_every_seconds`"
            yield ParameterFault(field="update_in_business_hours", message=message)


class TicketNews(Body):
    """Something said about a ticket, for its history."""

    text: Words
    """The words. They stay in the record: no mail, text message or log repeats them."""
    kind: Annotated[NewsKind, Field(strict=True)] = NewsKind.UPDATE
    """`update`: news to the requester; `note`: among staff; `requester_reply`: what the requester answered."""
    to_requester: bool | None = None
    """With `false`, an update is a note."""
    waiting: bool = False
    """Whether the requester's answer is now waited for; the clocks stand still meanwhile."""
    author: Person | None = None
    """The member of staff for whom this is told; the token's name when left out."""

    @classmethod
    def further_faults(cls, given: Mapping[str, Any]) -> Iterator[ParameterFault]:
        yield from super().further_faults(given)
        is_update = given.get("kind", NewsKind.UPDATE) == NewsKind.UPDATE and given.get("to_requester") is not False
        if given.get("waiting") is True and not is_update:
            yield ParameterFault(field="waiting", message="goes with an update to the requester")
        if given.get("to_requester") is True and given.get("kind", NewsKind.UPDATE) != NewsKind.UPDATE:
            yield ParameterFault(field="to_requester", message="goes with an update")


def read_body(model: type[BodyT], mimetype: str, data: bytes, snapshot: Snapshot) -> BodyT:
    """The body of a request. Raises ApiProblem: 415 for what is not JSON, 400 naming all fields at fault."""
    if mimetype != JSON:
        raise ApiProblem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send the body as {JSON}")
    try:
        given = from_json(data)
    except ValueError:
        raise ApiProblem(HTTPStatus.BAD_REQUEST, "the body is not JSON that can be read") from None
    if not isinstance(given, dict):
        raise ApiProblem(HTTPStatus.BAD_REQUEST, "the body must be a JSON object")
    faults = list(model.further_faults(given))
    try:
        read = model.model_validate_json(data, context=snapshot)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        raise bad_parameters([*_unique(_fault(detail, model) for detail in details), *faults]) from None
    if faults:
        raise bad_parameters(faults)
    return read


def _unique(faults: Iterator[ParameterFault]) -> list[ParameterFault]:
    """A field of several forms has a fault for each of them; the first says enough."""
    by_field: dict[str, ParameterFault] = {}
    for fault in faults:
        by_field.setdefault(fault.field, fault)
    return list(by_field.values())


def _fault(detail: ErrorDetails, model: type[Body]) -> ParameterFault:
    name = str(detail["loc"][0]) if detail["loc"] else "body"
    told = name[:LONGEST_NAME_TOLD].encode("utf-8", "replace").decode()
    if detail["type"] == "extra_forbidden":
        known = did_you_mean(name, model.model_fields)
        return ParameterFault(field=told, message=f"is not a field of this request{known}")
    return ParameterFault(field=told, message=str(detail.get("ctx", {}).get("error", detail["msg"])))
