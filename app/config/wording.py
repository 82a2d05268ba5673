"""Says in plain words what a pydantic error type means: what was expected and what stands there instead.

It knows error types and their context, but neither files nor places.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from app.config.problems import did_you_mean

_LONGEST_QUOTE = 60
_QUOTED = re.compile(r"'([^']*)'")

Context = Mapping[str, Any]


def got(value: object) -> str:
    """Name what stands in the file, briefly: the text in quotes, or the shape of it."""
    if isinstance(value, dict | list):
        shape = "mapping" if isinstance(value, dict) else "list"
        return f"a {shape}" if value else f"an empty {shape}"
    text = str(value)
    if not text:
        return "nothing"
    return f'"{text[:_LONGEST_QUOTE]}…"' if len(text) > _LONGEST_QUOTE else f'"{text}"'


def words(kind: str, context: Context, value: object, fallback: str) -> str:
    """Return the message for one pydantic error; `fallback` is pydantic's own, for types not in the table."""
    if kind in _SELF_SPEAKING:
        return str(context.get("error") or fallback)
    expected = _EXPECTED.get(kind)
    if expected is not None:
        return f"expected {expected(context)}, got {got(value)}"
    choice = _CHOICES.get(kind)
    if choice is not None:
        return choice(context, value)
    plain = fallback.replace("Input should be", "expected").replace("Input should", "expected this to")
    return f"{plain[:1].lower()}{plain[1:]}, got {got(value)}"


def knows(kind: str) -> bool:
    """Say whether the table has words of its own for this error type."""
    return kind in _SELF_SPEAKING or kind in _EXPECTED or kind in _CHOICES


def _one_of(context: Context, value: object) -> str:
    choices = _QUOTED.findall(str(context.get("expected", "")))
    listed = ", ".join(choices)
    if not isinstance(value, str) or not value:
        return f"expected one of {listed}, got {got(value)}"
    guess = did_you_mean(value, choices)
    return f"expected one of {listed}, got {got(value)}{guess if 'did you mean' in guess else ''}"


def _unknown_type(context: Context, value: object) -> str:
    name = str(context.get("discriminator", "type")).strip("'")
    choices = _QUOTED.findall(str(context.get("expected_tags", "")))
    tag = str(context.get("tag", ""))
    if not isinstance(value, dict):
        return f"expected a mapping, got {got(value)}"
    if not tag:
        return f'"{name}" says nothing; there are: {", ".join(choices)}'
    return f'unknown {name} "{tag}"{did_you_mean(tag, choices)}'


def _fixed(text: str) -> Callable[[Context], str]:
    return lambda _: text


def _items(context: Context, bound: str) -> str:
    count = context[f"{bound}_length"]
    most = "at most" if bound == "max" else "at least"
    return f"{most} {count} {'entry' if count == 1 else 'entries'}"


def _characters(context: Context, bound: str) -> str:
    count = context[f"{bound}_length"]
    if bound == "min" and count == 1:
        return "a text"
    return f"{'at most' if bound == 'max' else 'at least'} {count} characters"


_WHOLE_NUMBER = _fixed("a whole number")
_NUMBER = _fixed("a number")
_TRUTH = _fixed("true or false")
_MAPPING = _fixed('a mapping ("key: value" lines)')
_LIST = _fixed('a list (lines that begin with "- ")')
_DATE = _fixed("a date such as 2026-11-26")
_TIME = _fixed("a time such as 08:00")
_INSTANT = _fixed("a date and time such as 2026-11-26 17:00")
_TEXT = _fixed("a text")

_EXPECTED: dict[str, Callable[[Context], str]] = {
    "string_type": _TEXT,
    "string_unicode": _TEXT,
    "string_sub_type": _TEXT,
    "string_too_short": lambda context: _characters(context, "min"),
    "string_too_long": lambda context: _characters(context, "max"),
    "string_pattern_mismatch": lambda context: f"a text of the form {context['pattern']}",
    "string_not_ascii": _fixed("plain letters without accents"),
    "int_type": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_parsing_size": _fixed("a smaller number"),
    "int_from_float": _WHOLE_NUMBER,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "greater_than": lambda context: f"more than {context['gt']}",
    "greater_than_equal": lambda context: f"at least {context['ge']}",
    "less_than": lambda context: f"less than {context['lt']}",
    "less_than_equal": lambda context: f"at most {context['le']}",
    "multiple_of": lambda context: f"a multiple of {context['multiple_of']}",
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "dataclass_type": _MAPPING,
    "dict_type": _MAPPING,
    "mapping_type": _MAPPING,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "iterable_type": _LIST,
    "too_short": lambda context: _items(context, "min"),
    "too_long": lambda context: _items(context, "max"),
    "none_required": _fixed("nothing"),
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "time_type": _TIME,
    "time_parsing": _TIME,
    "datetime_type": _INSTANT,
    "datetime_parsing": _INSTANT,
    "datetime_object_invalid": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "timezone_naive": _fixed("a local time without a zone"),
    "timezone_aware": _fixed("a time with its zone, such as 2026-11-26T17:00-06:00"),
    "url_type": _fixed("an address that begins with https://"),
    "url_parsing": _fixed("an address that begins with https://"),
    "url_scheme": _fixed("an address that begins with https://"),
    "union_tag_not_found": _MAPPING,
}
_CHOICES: dict[str, Callable[[Context, object], str]] = {
    "enum": _one_of,
    "literal_error": _one_of,
    "union_tag_invalid": _unknown_type,
    "invalid_key": lambda _, value: f"a key must be a plain text, got {got(value)}",
}
# A validator of ours wrote these; the words are already meant for people.
_SELF_SPEAKING = frozenset({"value_error", "assertion_error", "fault"})
