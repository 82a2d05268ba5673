"""Models of ivr_flows/ and the nodes the engine walks through say the same things."""

import dataclasses
from typing import get_args

import pytest

from app.config import flows
from app.config.booking import NODE_CLASSES
from app.config.numbers import NotANumber, e164
from app.config.references import FIELDS, Kind
from app.flow import nodes
from oncall import Source

MODELS = {get_args(model.model_fields["type"].annotation)[0]: model for model in get_args(get_args(flows.NodeModel)[0])}
HERE = Source("a.yaml", 1)
# Fields of nodes that hold a value and name nothing, or are looked at by themselves.
VALUES = {"type", "audio", "tries", "wait_seconds", "max_seconds", "silence_seconds", "into", "min_digits"}
VALUES |= {"max_digits", "priority", "tags", "options", "named", "node", "review", "ring_seconds"}
VALUES |= {"max_wait_minutes", "announce_every_seconds"}


def test_there_is_a_model_for_every_type_of_node() -> None:
    assert set(MODELS) == set(NODE_CLASSES) == {each.type for each in get_args(nodes.Node)}


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_a_model_and_its_node_have_the_same_fields_and_defaults(kind: str) -> None:
    fields = {each.name: each for each in dataclasses.fields(NODE_CLASSES[kind]) if each.name != "source"}  # type: ignore[arg-type]
    model = MODELS[kind].model_fields
    assert set(fields) == set(model) - {"type"}
    for name, field in fields.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        assert model[name].is_required() is required
        if not required:
            made = field.default_factory() if callable(field.default_factory) else field.default
            assert model[name].get_default(call_default_factory=True) == made


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_every_field_is_known_to_name_something_or_to_be_a_value(kind: str) -> None:
    assert set(MODELS[kind].model_fields) <= set(FIELDS) | VALUES


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_every_field_is_explained_to_whoever_leaves_it_out(kind: str) -> None:
    fields = MODELS[kind].model_fields.items()
    assert [name for name, info in fields if name != "type" and not info.description] == []


def test_the_ways_out_of_a_node_are_those_its_fields_name() -> None:
    """Otherwise a misspelt way out would be found by a caller and not by the check."""
    for kind, model in MODELS.items():
        ways = [name for name in model.model_fields if FIELDS.get(name) is Kind.NODE]
        values = {name: f"to-{name}" for name in model.model_fields if name in ways}
        others = {
            name: name
            for name, info in model.model_fields.items()
            if name not in {*ways, "type"} and info.is_required()
        }
        if kind == "menu":
            others["options"] = {}
        node = NODE_CLASSES[kind](**values, **others, source=HERE)
        assert sorted(nodes.exits(node)) == sorted(values.values())


@pytest.mark.parametrize("number", ["+18165550100", "+18165550199", "+18162327483", "+442079460123"])
def test_a_complete_number_is_taken_even_when_it_is_fictional(number: str) -> None:
    assert e164(number) == number


@pytest.mark.parametrize("number", ["816-555-0100", "18165550100", "+1 816 555 0100", "+1816555010", "", "911", "x"])
def test_a_number_that_cannot_be_dialled_from_anywhere_is_refused(number: str) -> None:
    with pytest.raises(NotANumber):
        e164(number)
