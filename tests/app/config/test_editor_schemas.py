"""The schemas that editors use: the same as the models, and right about what we ship."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from app.config.editor_schemas import DIALECT, FOLDER, export_schemas, written
from app.config.folder import read_folder
from tests.app.config.configurations import BAD, ROOT

SCHEMAS = export_schemas()
SHIPPED = sorted(read_folder(ROOT).contents)
HEAD = re.compile(r"# yaml-language-server: \$schema=(\S+)\n")


class EditorLoader(yaml.SafeLoader):
    """Reads YAML as editors do: by version 1.2, in which `no` and `08:00` are texts; keys are texts always."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 (the shape of the class it stands in for)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = True) -> dict[Any, Any]:
        pairs = ((key.value, self.construct_object(value, deep=deep)) for key, value in node.value)
        return dict(pairs)


EditorLoader.add_constructor("tag:yaml.org,2002:map", EditorLoader.construct_mapping)
for tag, pattern, first in (
    ("bool", r"^(true|false)$", "tf"),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?([0-9]+\.[0-9]*|\.[0-9]+)$", "-+.0123456789"),
    ("null", r"^(~|null|)$", ["~", "n", ""]),
):
    EditorLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


def read_as_an_editor(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=EditorLoader)  # noqa: S506 (a safe loader)


def schema_for(file: str) -> dict[str, Any]:
    head = HEAD.match((ROOT / file).read_text(encoding="utf-8"))
    assert head, f"{file} does not begin by naming its schema"
    path = (ROOT / file).parent / head.group(1)
    assert path.resolve().parent == FOLDER
    return SCHEMAS[path.name]


def faults(schema: dict[str, Any], tree: Any) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema)
    return [error.message for error in validator.iter_errors(tree)]


def test_the_committed_schemas_are_those_of_the_models() -> None:
    """Make them anew with `python -m app.config.editor_schemas`."""
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert committed == {name: written(schema) for name, schema in SCHEMAS.items()}


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_schema_is_a_schema_and_explains_itself(name: str) -> None:
    schema = SCHEMAS[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == DIALECT
    assert schema["title"]
    assert schema["description"]


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_schema_refuses_what_it_does_not_name_and_asks_for_no_zone_in_a_time(name: str) -> None:
    def check(part: Any) -> None:
        if isinstance(part, dict):
            assert part.get("format") != "time", "an editor would underline 08:00"
            if "patternProperties" in part:
                assert part.get("additionalProperties") is False, "an editor would accept any key"
            for value in part.values():
                check(value)
        for value in part if isinstance(part, list) else ():
            check(value)

    check(SCHEMAS[name])


@pytest.mark.parametrize("file", SHIPPED)
def test_an_editor_finds_no_fault_in_what_we_ship(file: str) -> None:
    assert faults(schema_for(file), read_as_an_editor(ROOT / file)) == []


@pytest.mark.parametrize(
    ("case", "file", "schema"),
    [
        ("impossible-keys", "main.yaml", "flow"),
        ("unknown-key", "main.yaml", "flow"),
        ("unknown-type", "main.yaml", "flow"),
        ("wrong-priority", "main.yaml", "flow"),
        ("wrong-numbers", "main.yaml", "flow"),
        ("menu-without-options", "main.yaml", "flow"),
        ("numbers-that-cannot-be-dialled", "lines.yaml", "lines"),
        ("language-tag", "prompts/en.yaml", "prompts"),
    ],
)
def test_an_editor_sees_faults_of_form_while_they_are_typed(case: str, file: str, schema: str) -> None:
    assert faults(SCHEMAS[f"{schema}.schema.json"], read_as_an_editor(BAD / case / "ivr_flows" / file))


def test_a_menu_key_without_quotes_is_as_good_as_one_with_them() -> None:
    good = read_as_an_editor(ROOT / "ivr_flows/main.yaml")
    text = json.dumps(good)
    assert '"1": {' in text
    bare = yaml.load('options: {1: {go: a}, "2": {go: b}}', Loader=EditorLoader)  # noqa: S506 (a safe loader)
    assert list(bare["options"]) == ["1", "2"]
