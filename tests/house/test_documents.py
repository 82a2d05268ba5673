"""The documents keep up with the code: settings, commands, facts, decisions and links."""

import ast
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import click
import pytest
from click.testing import CliRunner

from app.cdr.records import Disposition, LegOutcome, TicketStatus
from app.cli import main
from app.config.snapshot import check
from app.flow import nodes
from app.flow.messages import FactKind
from app.settings import read_settings
from oncall import Priority
from tests.house import tree

README = "README.md"
SUPERVISORS = "docs/supervisors.md"
ADRS = "docs/adr/"
LONGEST_ADR = 40
WHEN_SHIPPED = datetime(2026, 11, 23, tzinfo=UTC)


class Asked(dict[str, str]):
    """An environment that remembers which variables were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override] # simpler than dict's
        self.names.add(name)
        return super().get(name, default)


def variables(tmp_path: Path) -> set[str]:
    environ = Asked()
    read_settings(environ, instance_dir=tmp_path)
    return environ.names | set(read_elsewhere())


def read_elsewhere() -> Iterator[str]:
    """Names in `os.environ.get("NAME")` and the like, or in a constant that is used there."""
    for name in tree.modules():
        module = tree.parsed(name)
        constants = {
            target.id: node.value.value
            for node in module.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for wanted in re.findall(r"os\.(?:environ\.get\(|environ\[|getenv\()\s*([\w\"']+)", tree.text(name)):
            yield wanted.strip("\"'") if wanted[0] in "\"'" else str(constants[wanted])


def commands(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    """A command and everything below it."""
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None, name
            yield from commands(below, *path, name)


def headings(name: str) -> set[str]:
    """The anchors of a document's headings, as the usual viewers make them."""
    titles = re.findall(r"^#+ (.+)$", tree.text(name), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def documents() -> list[str]:
    return [name for name in tree.files() if name.endswith(".md")]


def test_every_variable_is_in_the_readme(tmp_path: Path) -> None:
    names = variables(tmp_path)
    assert {"DATABASE_URL", "PORT"} <= names
    assert {
        name for name in names if f"| `{name}`" not in tree.text(README) and f", `{name}`" not in tree.text(README)
    } == set()


@pytest.mark.parametrize("name", main.list_commands(click.Context(main)))
def test_every_command_is_in_the_readme_and_explains_itself(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    for path in commands(command, name):
        assert f"`ivr {' '.join(path)}" in tree.text(README)
        told = CliRunner().invoke(main, [*path, "--help"])
        assert told.exit_code == 0, told.output
        assert "Usage:" in told.output


@pytest.mark.parametrize("kinds", [FactKind, Disposition, LegOutcome, TicketStatus, Priority])
def test_every_word_of_the_record_is_explained_to_supervisors(kinds: Mapping[str, str]) -> None:
    words = tree.text(SUPERVISORS)
    assert [kind for kind in kinds if f"`{kind}`" not in words] == []


def test_decisions_are_numbered_without_a_hole() -> None:
    names = [PurePosixPath(name).name for name in tree.files() if re.match(rf"{ADRS}\d", name)]
    assert [name[:5] for name in names] == [f"{number:04}-" for number in range(1, len(names) + 1)]
    for name in names:
        body = tree.text(ADRS + name)
        assert body.startswith(f"# {name[:4]}. "), name
        assert len(body.splitlines()) <= LONGEST_ADR, name
        assert all(f"\n## {part}\n" in body for part in ("Context", "Decision", "Consequences")), name
        assert f"({name})" in tree.text(f"{ADRS}README.md"), name


@pytest.mark.parametrize("name", documents())
def test_links_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", tree.text(name)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        leads_to = (tree.ROOT / name).parent / path if path else tree.ROOT / name
        assert leads_to.exists(), f"{name} links to {target}"
        if anchor:
            assert anchor in headings(leads_to.resolve().relative_to(tree.ROOT).as_posix()), f"{name}: {target}"


def node_types() -> list[str]:
    found = (getattr(each, "type", None) for each in vars(nodes).values() if isinstance(each, type))
    return sorted({kind for kind in found if isinstance(kind, str)})


@pytest.mark.parametrize("kind", node_types())
def test_every_type_of_node_has_a_file_of_cases(kind: str) -> None:
    assert f"tests/app/flow/nodes/{kind}.yaml" in tree.files()


@pytest.mark.parametrize("kind", node_types())
def test_every_type_of_node_is_explained_to_staff(kind: str) -> None:
    assert f"| `{kind}` |" in tree.text("docs/staff.md")


def test_the_shipped_configuration_has_no_problems() -> None:
    problems, summary = check(tree.ROOT, at=WHEN_SHIPPED)
    assert problems == []
    assert summary.revision is not None
