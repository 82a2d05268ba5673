"""Errors of pydantic in plain words."""

from typing import Annotated, Any, Literal, get_args

import pytest
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import core_schema

from app.config.problems import ConfigError
from app.config.source import parse
from app.config.validation import Strict, validate
from app.config.wording import got, knows, words

# Errors that no YAML file of texts, lists and mappings can cause: Python objects, call arguments, frozen instances.
NOT_FROM_A_FILE = {
    *("no_such_attribute", "json_invalid", "json_type", "needs_python_object", "recursion_loop"),
    *("recursion_depth_exceeded", "frozen_field", "frozen_instance", "get_attribute_error", "dataclass_exact_type"),
    *("named_tuple_type", "default_factory_not_called", "iteration_error", "frozen_dict_type", "ordered_dict_type"),
    *("counter_type", "deque_type", "set_item_not_hashable", "missing_sentinel_error", "ellipsis_error"),
    *("is_instance_of", "is_subclass_of", "callable_type", "arguments_type", "missing_argument"),
    *("unexpected_keyword_argument", "missing_keyword_only_argument", "unexpected_positional_argument"),
    *("missing_positional_only_argument", "multiple_argument_values"),
}
# Types that no model uses; pydantic's words, turned to the tone of ours, serve until one does.
NOT_IN_USE = {
    *("bytes_type", "bytes_too_short", "bytes_too_long", "bytes_invalid_encoding", "date_past", "date_future"),
    *("datetime_past", "datetime_future", "timezone_offset", "time_delta_type", "time_delta_parsing"),
    *("url_syntax_violation", "url_too_long", "uuid_type", "uuid_parsing", "uuid_version", "decimal_max_digits"),
    *("decimal_max_places", "decimal_whole_digits", "fraction_type", "fraction_parsing", "complex_type"),
    "complex_str_parsing",
}
SAID_WITH_PLACES = {"missing", "extra_forbidden"}


def test_every_error_a_file_can_cause_has_words_of_its_own() -> None:
    types = {kind for kind in get_args(core_schema.ErrorType) if not knows(kind)}
    assert types <= NOT_FROM_A_FILE | NOT_IN_USE | SAID_WITH_PLACES


def test_other_errors_are_put_into_the_same_tone() -> None:
    assert (
        words("date_past", {}, "2030-01-01", "Input should be in the past") == 'expected in the past, got "2030-01-01"'
    )


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("x", '"x"'),
        ("", "nothing"),
        ({"a": "b"}, "a mapping"),
        ([], "an empty list"),
        ("y" * 80, '"' + "y" * 60 + '…"'),
    ],
)
def test_what_stands_there_is_named_briefly(value: object, named: str) -> None:
    assert got(value) == named


class Colour(Strict):
    type: Literal["colour"]
    colour: Annotated[str, Field(min_length=1)]
    """what it looks like"""
    shades: tuple[int, ...] = ()


class Sound(Strict):
    type: Literal["sound"]
    sound: str
    loud: bool = False


class File(Strict):
    things: dict[Annotated[str, Field(max_length=6)], Annotated[Colour | Sound, Field(discriminator="type")]]
    spare: Sound | None = None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        # The tag of a union is part of pydantic's path; a key of the same name must not mislead.
        ("a: {type: colour, shades: [1]}", '2:3: things.a: "colour" is missing: what it looks like'),
        ("a: {type: sound, sound: x, loud: very}", '2:36: things.a.loud: expected true or false, got "very"'),
        ("a: {type: sound, sound: [x]}", "2:20: things.a.sound: expected a text, got a list"),
        (
            "a: {type: colour, colour: x, shades: [1, two]}",
            '2:44: things.a.shades.2: expected a whole number, got "two"',
        ),
        (
            "a: {type: colour, colour: x, shades: 1}",
            '2:40: things.a.shades: expected a list (lines that begin with "- "), got "1"',
        ),
        ("too-long: {type: sound, sound: x}", '2:3: things.too-long: expected at most 6 characters, got "too-long"'),
        ("a: {type: sound, sound: x, sound2: y}", '2:30: things.a: unknown key "sound2"; did you mean "sound"?'),
        ("a: {type: sond, sound: x}", '2:13: things.a: unknown type "sond"; did you mean "sound"?'),
        ("a: {sound: x}", '2:3: things.a: "type" is missing'),
        ("a: [x]", '2:3: things.a: expected a mapping ("key: value" lines), got a list'),
    ],
)
def test_an_error_is_told_at_its_line_and_column(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        validate(parse(f"things:\n  {text}\n".encode(), "a.yaml"), File)
    assert [str(problem) for problem in refused.value.problems] == [f"a.yaml:{told}"]


def test_an_error_in_an_optional_part_is_found_as_well() -> None:
    with pytest.raises(ConfigError) as refused:
        validate(parse(b"things: {}\nspare: {type: sound, sond: x}\n", "a.yaml"), File)
    assert str(refused.value) == 'a.yaml:2:22: spare: unknown key "sond"; did you mean "sound"?'


def test_words_of_our_own_validators_are_left_alone() -> None:
    class Even(BaseModel):
        number: Annotated[int, Field(multiple_of=2)]

    with pytest.raises(ValidationError) as refused:
        Even.model_validate({"number": 3})
    error: Any = refused.value.errors()[0]
    assert words(error["type"], error["ctx"], error["input"], error["msg"]) == 'expected a multiple of 2, got "3"'
    assert words("value_error", {"error": ValueError("say it so")}, "x", "Value error, say it so") == "say it so"
