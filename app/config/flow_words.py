"""The words that files in ivr_flows/ are written with: names, keys, numbers and languages, checked as they are read."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.config.numbers import NotANumber, e164
from app.config.wording import got

KEYS = "0123456789*#"

_NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_LANGUAGE = r"^[a-z]{2,3}-[A-Z]{2}$"
_LONGEST_PROMPT = 2000  # what every voice of Twilio can speak in one go, with room for filled placeholders


def fault(message: str) -> PydanticCustomError:
    """What is wrong, as its writer reads it."""
    return PydanticCustomError("fault", "{error}", {"error": message})


def _name(value: str) -> str:
    if not re.match(_NAME, value):
        raise fault(f"expected a name of small letters, digits and hyphens such as after-hours, got {got(value)}")
    return value


def _key(value: str) -> str:
    if len(value) != 1 or value not in KEYS:
        raise fault(f'{got(value)} is not a key of a telephone: there are 0 to 9, "*" and "#"')
    return value


def _number(value: str) -> str:
    try:
        return e164(value)
    except NotANumber as wrong:
        raise fault(str(wrong)) from None


def _audio(value: str) -> str:
    if not re.match(r"https://[^\s/]+/\S+$", value):
        raise fault(f"expected an address that begins with https://, got {got(value)}")
    return value


def _language(value: str) -> str:
    if not re.match(_LANGUAGE, value):
        raise fault(f"expected a language with its country, such as en-US or es-US, got {got(value)}")
    return value


def _text_schema(**more: Any) -> WithJsonSchema:  # noqa: ANN401 (JSON)
    return WithJsonSchema({"type": "string", **more})


Name = Annotated[str, AfterValidator(_name), _text_schema(pattern=_NAME)]
Known = Annotated[str, Field(min_length=1)]  # a name given in schedules/, which has rules of its own
Key = Annotated[str, AfterValidator(_key), _text_schema(pattern=r"^[0-9*#]$")]
Number = Annotated[str, AfterValidator(_number), _text_schema(pattern=r"^\+[1-9][0-9]{6,14}$")]
Audio = Annotated[str, AfterValidator(_audio), _text_schema(pattern=r"^https://[^\s/]+/\S+$")]
LanguageTag = Annotated[str, AfterValidator(_language), _text_schema(pattern=_LANGUAGE)]
Tags = Annotated[tuple[Name, ...], Field(max_length=10)]
Text = Annotated[str, Field(min_length=1, max_length=_LONGEST_PROMPT)]
