"""How schedules/escalation.yaml says when people are reminded of updates that are due, and who hears of missing ones.

It knows the form of the entry and the names in it; whom it reaches at an instant is decided elsewhere.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.config.validation import Strict
from app.config.wording import got
from app.outgoing import is_mailbox
from oncall import DEFAULT_REMINDERS, Priority

Minutes = Annotated[int, Field(ge=0, le=240)]
Known = Annotated[str, Field(min_length=1, max_length=100)]
_MINUTE = 60


def _mailbox(value: str) -> str:
    if not is_mailbox(value):
        message = f"expected a mail address such as supervisor@example.org, got {got(value)}"
        raise PydanticCustomError("fault", "{error}", {"error": message})
    return value


Mailbox = Annotated[str, AfterValidator(_mailbox), WithJsonSchema({"type": "string", "format": "email"})]


class MinutesModel(Strict):
    """Minutes for each priority; 0 is never, and a priority that is missing is as usual."""

    emergency: Minutes | None = None
    """by the clock"""
    high: Minutes | None = None
    """in which the desk is open"""
    medium: Minutes | None = None
    """in which the desk is open"""
    low: Minutes | None = None
    """in which the desk is open; only a ticket with negotiated updates has any"""


class RemindersModel(Strict):
    """When whoever has a ticket is reminded that its update is due, and who is told when none came."""

    text_before_minutes: MinutesModel = MinutesModel()
    """how long before an update is due a text is sent; emergency 15, high 30, medium 60 without this"""
    call_before_minutes: MinutesModel = MinutesModel()
    """how long before it is due the phone rings; emergency 5, high 10 without this, the others not at all"""
    every_minutes: Annotated[int, Field(ge=2, le=120)] = DEFAULT_REMINDERS.every_seconds // _MINUTE
    """minutes from one step to the next once an update is overdue"""
    policy: Known | None = None
    """the escalation policy whose steps are told of an overdue update; without this, the one that is paged"""
    while_open: Known | None = None
    """the escalation policy instead while the desk is open"""
    supervisor: Known | None = None
    """who is told after the last step: a person, or a team with everybody in it"""
    supervisor_mail: Mailbox | None = None
    """an address that is told by mail as well, such as supervisor@example.org"""


def seconds_of(model: MinutesModel, usual: Mapping[Priority, int]) -> Mapping[Priority, int]:
    """Return seconds by priority: what is written, else the usual; what is never is left out."""
    written = {each: getattr(model, each.value) for each in Priority}
    found = {each: usual.get(each, 0) if minutes is None else minutes * _MINUTE for each, minutes in written.items()}
    return MappingProxyType({each: seconds for each, seconds in found.items() if seconds})
