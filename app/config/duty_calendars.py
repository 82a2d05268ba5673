"""How schedules/on_call.yaml names a person's own calendar: whose it is, where it lies, where it comes from.

It knows the form of the entry; what is in a calendar is read elsewhere, and nothing is fetched here.
"""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.config.validation import Strict
from app.config.wording import got

FOLDER = "schedules/time_off"
_FILE = r"[a-z0-9]+(-[a-z0-9]+)*\.ics"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def _fault(message: str) -> PydanticCustomError:
    return PydanticCustomError("fault", "{error}", {"error": message})


def _file(value: str) -> str:
    if not re.fullmatch(_FILE, value):
        raise _fault(f"expected a file name of small letters, digits and hyphens such as jamison.ics, got {got(value)}")
    return value


def _address(value: str) -> str:
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise _fault(f"expected an address that begins with https://, got {got(value)}") from None
    if not host or (parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK)):
        raise _fault(f"expected an address that begins with https://, got {got(value)}")
    return value


class TimeOffCalendarModel(Strict):
    """A person's own calendar; whenever it shows them as busy, they take no turn."""

    person: Annotated[str, Field(min_length=1, max_length=100)]
    """whose calendar it is"""
    file: Annotated[str, AfterValidator(_file), WithJsonSchema({"type": "string", "pattern": f"^{_FILE}$"})]
    """the iCalendar file in schedules/time_off/, such as jamison.ics"""
    url: (
        Annotated[str, AfterValidator(_address), WithJsonSchema({"type": "string", "pattern": "^https?://"})] | None
    ) = None
    """the https address the file is fetched from now and then; the last good copy stays when that fails"""
