"""What the files in schedules/ may say: staff, business hours, on-call schedules, escalation policies.

It knows the form of one file at a time; whether names lead anywhere is checked across files elsewhere.
Field texts are shown in editors and in messages about missing keys.
"""

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from app.config import duty_words as words
from app.config.duty_calendars import TimeOffCalendarModel
from app.config.duty_reminders import RemindersModel
from app.config.numbers import e164
from app.config.validation import Strict
from app.config.wording import got
from oncall import HolidayLimit, RingStrategy

_NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_LANGUAGE = r"^[a-z]{2,3}$"


def fault(message: str) -> PydanticCustomError:
    """Return the error with which a validator says its own words."""
    return PydanticCustomError("fault", "{error}", {"error": message})


def _read_by(reader: Callable[[str], object]) -> AfterValidator:
    """Check a text by the function that will read it later; the text itself is kept."""

    def check(value: str) -> str:
        try:
            reader(value)
        except ValueError as error:
            raise fault(str(error)) from None
        return value

    return AfterValidator(check)


def _name(value: str) -> str:
    if not re.match(_NAME, value):
        raise fault(f"expected a name of small letters, digits and hyphens such as on-call, got {got(value)}")
    return value


def _language(value: str) -> str:
    if not re.match(_LANGUAGE, value):
        raise fault(f"expected a language such as en or es, got {got(value)}")
    return value


def _pattern(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


def _filled(value: Any) -> Any:  # noqa: ANN401 (what stands in the file)
    """Refuse an empty list or mapping. Before its entries are looked at: a wrong entry must not count as none."""
    if value in ([], {}):
        raise fault(f"expected at least 1 entry, got {got(value)}")
    return value


_FILLED = BeforeValidator(_filled)
_SOME = Field(json_schema_extra={"minItems": 1})
_CLOSED: JsonDict = {"additionalProperties": False}  # a key that fits no pattern is a fault in editors too

Name = Annotated[str, AfterValidator(_name), WithJsonSchema({"type": "string", "pattern": _NAME})]
Known = Annotated[str, Field(min_length=1, max_length=100)]  # a person's name, or a name given elsewhere
Text = Annotated[str, Field(min_length=1, max_length=200)]
Number = Annotated[str, _read_by(e164), _pattern(r"\+[1-9][0-9]{6,14}")]
Language = Annotated[str, AfterValidator(_language), WithJsonSchema({"type": "string", "pattern": _LANGUAGE})]
Zone = Annotated[str, _read_by(words.read_zone), WithJsonSchema({"type": "string", "examples": ["America/Chicago"]})]
Date = Annotated[str, _read_by(words.read_date), _pattern(words.DATE_PATTERN)]
Moment = Annotated[str, _read_by(words.read_moment), _pattern(words.MOMENT_PATTERN)]
DateOrMoment = Annotated[
    str, _read_by(words.read_date_or_moment), _pattern(rf"{words.DATE_PATTERN}( {words.TIME_PATTERN})?")
]
Days = Annotated[str, _read_by(words.read_days), _pattern(words.DAYS_PATTERN)]
Spans = Annotated[str, _read_by(words.read_spans), _pattern(words.SPANS_PATTERN)]
EveryText = Annotated[str, _read_by(words.read_every), _pattern(words.EVERY_PATTERN)]
HandoffText = Annotated[str, _read_by(words.read_handoff), _pattern(words.HANDOFF_PATTERN)]
RingSeconds = Annotated[int, Field(ge=5, le=120)]


class PersonModel(Strict):
    """Someone on the staff."""

    team: Name
    """the team the person belongs to, one of those under "teams\""""
    phones: tuple[Number, ...] = ()
    """the numbers to ring, in order, each in quotes, such as "+18165550101\""""
    languages: Annotated[tuple[Language, ...], _FILLED, _SOME] = ("en",)
    """the languages the person speaks with callers"""
    zone: Zone | None = None
    """the person's own time zone, in which times are shown to them; it moves no shift"""


class RingGroupModel(Strict):
    """People who are rung for the same calls."""

    members: Annotated[tuple[Known, ...], _FILLED, _SOME]
    """the people, in the order they are rung"""
    strategy: RingStrategy = RingStrategy.HUNT
    """hunt: one after another; simultaneous: all at once, the first key press wins; round_robin: whoever follows the
    last one who took a call; longest_idle: whoever took none for longest; random: drawn for each call"""
    ring_seconds: RingSeconds = 20
    """how long each phone rings"""
    ring_busy: bool = False
    """true: members are rung also while they talk on another call"""


class OutsidePartyModel(Strict):
    """A company with a number of its own, such as an answering service."""

    title: Text
    """what staff read for it"""
    number: Number
    """its number, in quotes, such as "+18165550150\""""
    ring_seconds: RingSeconds = 45
    """how long it rings"""


class StaffFile(Strict):
    """schedules/staff.yaml: teams, people with their phones, ring groups, outside parties."""

    teams: Annotated[dict[Name, Text], _FILLED, Field(json_schema_extra={**_CLOSED, "minProperties": 1})]
    """the teams: a short name and what people read for it"""
    people: Annotated[dict[Known, PersonModel], _FILLED, Field(json_schema_extra={"minProperties": 1})]
    """the staff by full name"""
    ring_groups: dict[Name, RingGroupModel] = Field(default_factory=dict, json_schema_extra=_CLOSED)
    """named groups of people who are rung for the same calls"""
    outside_parties: dict[Name, OutsidePartyModel] = Field(default_factory=dict, json_schema_extra=_CLOSED)
    """companies with a number of their own"""


class HolidaysModel(Strict):
    """Which holidays the desk keeps."""

    calendar: Literal["us-federal", "none"] = "us-federal"
    """us-federal: the federal holidays of every year, with their observed days; none: only those added"""
    add: dict[Date, Text] = Field(default_factory=dict, json_schema_extra=_CLOSED)
    """more holidays, by date"""
    remove: tuple[Text, ...] = ()
    """holidays of the calendar on which the desk works, by name or by date"""


class HalfDayModel(Strict):
    """A date with hours of its own."""

    name: Text
    """what callers are told, such as Christmas Eve"""
    open: Spans
    """the hours of that date, such as 08:00-12:00"""


class HoursModel(Strict):
    """The hours of one desk."""

    zone: Zone
    """the time zone of the hours"""
    open: Annotated[dict[Days, Spans], _FILLED, Field(json_schema_extra={**_CLOSED, "minProperties": 1})]
    """days and their hours, such as "Mon-Fri: 08:00-17:00"; days not named are closed"""
    holidays: HolidaysModel = HolidaysModel()
    """the holidays, on which the desk is closed all day"""
    half_days: dict[Date, HalfDayModel] = Field(default_factory=dict, json_schema_extra=_CLOSED)
    """dates with shorter hours"""
    closures: dict[Date, Text] = Field(default_factory=dict, json_schema_extra=_CLOSED)
    """dates on which the desk is closed for once, and why"""


class HoursFile(Strict):
    """schedules/hours.yaml: when the desk is open."""

    business_hours: Annotated[dict[Name, HoursModel], _FILLED, Field(json_schema_extra={**_CLOSED, "minProperties": 1})]
    """the hours by name"""


class TurnModel(Strict):
    """One place in the order of a layer."""

    who: Annotated[tuple[Known, ...], _FILLED, _SOME]
    """the person of this turn, or several in a list"""
    from_: Annotated[Date | None, Field(alias="from")] = None
    """the first date on which a turn of theirs may begin"""
    until: Date | None = None
    """the last date on which a turn of theirs may begin"""


def _spelt_out(value: Any) -> Any:  # noqa: ANN401 (what stands in the file)
    """Accept the short ways to write a turn: a name, a list of names, and one name under "who"."""
    if isinstance(value, str | list):
        value = {"who": value}
    if isinstance(value, dict) and isinstance(value.get("who"), str):
        return {**value, "who": [value["who"]] if value["who"] else []}
    return value


_NAMES_SCHEMA = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
_DATE_SCHEMA = {"type": "string", "pattern": f"^{words.DATE_PATTERN}$"}
_TURN_SCHEMA = {
    "anyOf": [
        *_NAMES_SCHEMA["anyOf"],
        {
            "type": "object",
            "properties": {"who": _NAMES_SCHEMA, "from": _DATE_SCHEMA, "until": _DATE_SCHEMA},
            "required": ["who"],
            "additionalProperties": False,
        },
    ]
}
TurnText = Annotated[TurnModel, BeforeValidator(_spelt_out), WithJsonSchema(_TURN_SCHEMA)]


class OnlyModel(Strict):
    """When a layer serves, if not always."""

    times: Spans | None = None
    """times of day such as 17:00-08:00; one that crosses midnight belongs to the day it begins on"""
    days: Days | None = None
    """days of the week such as Mon-Fri"""
    holidays: HolidayLimit = HolidayLimit.ANY
    """only: on holidays and closures; never: on other days; any: both"""


class LayerModel(Strict):
    """People who take turns."""

    name: Text
    """what the layer is called, such as weekly turn"""
    every: EveryText
    """how long a turn is: day, week, month, "2 weeks", "3 business days", or parts such as "Sun-Wed, Thu-Sat\""""
    handoff: HandoffText
    """when a turn passes on: 08:00 for days, Monday 08:00 for weeks, first Monday 08:00 for months"""
    starts_on: Date
    """the date of the first handoff, which begins the turn of the first person"""
    turns: Annotated[tuple[TurnText, ...], _FILLED, _SOME]
    """who takes turns, in order; after the last one the first begins again"""
    only: OnlyModel | None = None
    """when the layer serves; without this, always"""


class ScheduleModel(Strict):
    """Who is on call for one duty."""

    title: Text
    """what people read for the schedule"""
    zone: Zone | None = None
    """the time zone of its handoffs, if not that of the file"""
    business_hours: Name | None = None
    """the business hours whose holidays and business days count for its layers"""
    never_same_as: Name | None = None
    """a schedule whose people this one leaves out at any time, taking the next in turn instead"""
    layers: Annotated[tuple[LayerModel, ...], _FILLED, _SOME]
    """the layers; one listed later wins where it has someone"""


class OverrideModel(Strict):
    """A dated change to who is on call."""

    schedule: Name
    """the schedule that changes"""
    from_: Annotated[Moment, Field(alias="from")]
    """when it begins, such as 2026-11-26 17:00"""
    until: Moment
    """when it ends"""
    replace_with: Known | None = None
    """the person who is on call instead"""
    instead_of: Known | None = None
    """with replace_with: the person who is relieved; without this, everybody on call is"""
    add: Known | None = None
    """a person who is on call as well"""
    remove: Known | None = None
    """a person who is not on call"""
    by: Text
    """who decided it"""
    reason: Text = "no reason given"
    """why, for people to read"""

    @model_validator(mode="after")
    def _one_change(self) -> "OverrideModel":
        written = [name for name in ("replace_with", "add", "remove") if getattr(self, name) is not None]
        if len(written) != 1:
            found = " and ".join(written) or "none of them"
            raise fault(f'one of "replace_with", "add" or "remove" says what changes, and {found} is written')
        if self.instead_of is not None and self.replace_with is None:
            raise fault('"instead_of" goes with "replace_with" only')
        return self


class TimeOffModel(Strict):
    """Days or hours on which a person takes no turn."""

    person: Known
    """who is away"""
    from_: Annotated[DateOrMoment, Field(alias="from")]
    """the first date, or a date and time"""
    until: DateOrMoment
    """the last date (that day included), or a date and time"""
    reason: Text = "time off"
    """why, for people to read; it appears where a gap is explained"""


class DatedShiftModel(Strict):
    """One shift of a temporary schedule."""

    who: Annotated[
        tuple[Known, ...],
        _FILLED,
        _SOME,
        BeforeValidator(lambda value: [value] if isinstance(value, str) and value else value),
        WithJsonSchema(_NAMES_SCHEMA),
    ]
    """the person on call, or several in a list"""
    from_: Annotated[Moment, Field(alias="from")]
    """when the shift begins"""
    until: Moment
    """when it ends"""


class TemporaryModel(Strict):
    """Dated shifts that stand above the layers of a schedule; where they name nobody the layers serve."""

    schedule: Name
    """the schedule they belong to"""
    name: Text
    """what people read for them, such as Christmas week"""
    shifts: Annotated[tuple[DatedShiftModel, ...], _FILLED, _SOME]
    """the shifts"""


class OnCallFile(Strict):
    """schedules/on_call.yaml: who is on call when."""

    zone: Zone
    """the time zone of every date and time in this file"""
    schedules: Annotated[dict[Name, ScheduleModel], _FILLED, Field(json_schema_extra={**_CLOSED, "minProperties": 1})]
    """the schedules by name"""
    overrides: tuple[OverrideModel, ...] = ()
    """dated changes; one written later wins"""
    time_off: tuple[TimeOffModel, ...] = ()
    """who is away when"""
    time_off_calendars: tuple[TimeOffCalendarModel, ...] = ()
    """people's own calendars, which say when they are away as well"""
    temporary_schedules: tuple[TemporaryModel, ...] = ()
    """dated shifts instead of the usual turns"""


class StepModel(Strict):
    """One rung of an escalation policy: a person, a ring group or a schedule."""

    person: Known | None = None
    """a person to ring"""
    ring_group: Name | None = None
    """a ring group whose members to ring"""
    schedule: Name | None = None
    """a schedule: whoever is on call in it"""
    ring_seconds: RingSeconds | None = None
    """how long each phone rings; without this, as the ring group says, else 20 seconds"""

    @model_validator(mode="after")
    def _one_target(self) -> "StepModel":
        written = [name for name in ("person", "ring_group", "schedule") if getattr(self, name) is not None]
        if len(written) != 1:
            found = " and ".join(written) or "none of them"
            raise fault(f'a step names one of "person", "ring_group" or "schedule", and {found} is written')
        return self


class PolicyModel(Strict):
    """Whom to try, one after another, until somebody takes the call."""

    steps: Annotated[tuple[StepModel, ...], _FILLED, Field(max_length=20, json_schema_extra={"minItems": 1})]
    """the steps, in order"""
    rounds: Annotated[int, Field(ge=1, le=10)] = 1
    """how many times the steps are gone through"""
    max_wait_minutes: Annotated[int, Field(ge=1, le=60)] | None = None
    """after how many minutes the caller is taken on, even if steps are left"""


class PagingModel(Strict):
    """How staff are told of an emergency that nobody has accepted: by text and call, until somebody does."""

    policy: Known
    """the escalation policy whose steps are paged, one after another, round after round"""
    while_open: Known | None = None
    """the escalation policy that is paged instead while the desk is open"""
    first_after_seconds: Annotated[int, Field(ge=0, le=600)] = 60
    """how long the phones may ring for the caller before the first page; without anybody to ring it goes out at once"""
    every_minutes: Annotated[int, Field(ge=1, le=60)] = 5
    """minutes from one page to the next"""


class EscalationFile(Strict):
    """schedules/escalation.yaml: whom to try, in which order."""

    policies: Annotated[dict[Name, PolicyModel], _FILLED, Field(json_schema_extra={**_CLOSED, "minProperties": 1})]
    """the escalation policies by name"""
    paging: PagingModel | None = None
    """whom to page for an emergency that nobody has accepted; without this, the first policy"""
    reminders: RemindersModel | None = None
    """when people are reminded of updates that are due; without this, as usual, and no supervisor is told"""
