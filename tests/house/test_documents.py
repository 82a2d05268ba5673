"""The documents keep up with the code: settings, commands, facts, decisions and links."""

import ast
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path, PurePosixPath

import click
import pytest
from click.testing import CliRunner
from pydantic import BaseModel

from app.cdr.records import Disposition, LegOutcome, TicketStatus
from app.cli import main
from app.config.snapshot import check
from app.config.validation import Strict
from app.errands import deliveries
from app.flow import nodes
from app.flow.messages import FactKind, OrderKind
from app.flow.standard import STANDARD_PROMPTS
from app.services import wire
from app.settings import read_settings
from app.store import Store, VoicemailState
from oncall import Priority, RingStrategy
from tests.house import tree

README = "README.md"
LONGEST_README = 230
STAFF = "docs/staff.md"
SUPERVISORS = "docs/supervisors.md"
OPERATORS = "docs/operators.md"
ADRS = "docs/adr/"
LONGEST_ADR = 40
# Every command has --help; --json is for programs; --cases is the opposite of --no-cases, and what is done anyhow.
AS_THEY_ARE = {"--help", "--cases"}
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


def linked(page: str) -> list[str]:
    """The pages of ours a page links to, by their path in the repository."""
    targets = {target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", tree.text(page))}
    found = [(tree.ROOT / page).parent / target for target in targets if "://" not in target and target.endswith(".md")]
    return sorted(path.resolve().relative_to(tree.ROOT).as_posix() for path in found if path.exists())


def code_of(page: str) -> list[str]:
    """Everything a page shows as code: in the text and in blocks."""
    text = tree.text(page)
    return re.findall(r"`([^`\n]+)`", text) + re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)


def forms() -> list[type[BaseModel]]:
    """The pydantic models of the files staff edit."""
    modules = [
        import_module(name.removesuffix(".py").replace("/", ".")) for name in tree.modules() if "/config/" in name
    ]
    found = {each for module in modules for each in vars(module).values() if isinstance(each, type)}
    return sorted(
        (each for each in found if issubclass(each, Strict) and each is not Strict), key=lambda each: each.__name__
    )


def keys_of(form: type[BaseModel]) -> set[str]:
    """The keys of a form as they are written in YAML."""
    return {field.alias or name for name, field in form.model_fields.items()}


def node_type_of(form: type[BaseModel]) -> tuple[str, ...]:
    """What stands under `type` in a node of this form; nothing for other forms."""
    field = form.model_fields.get("type")
    return () if field is None else tuple(getattr(field.annotation, "__args__", ()))


def orders(name: str, kind: OrderKind) -> bool:
    """Whether a module makes orders of a kind."""
    return any(
        isinstance(node, ast.keyword) and node.arg == "kind" and ast.unparse(node.value) == f"OrderKind.{kind.name}"
        for node in ast.walk(tree.parsed(name))
    )


def events_of(name: str) -> Iterator[str]:
    """The events a module logs, by the names they have; `tell` is a logging method that was chosen before."""
    for node in ast.walk(tree.parsed(name)):
        if isinstance(node, ast.Call) and node.args and re.fullmatch(r"_log\.\w+|tell", ast.unparse(node.func)):
            words = (each.value for each in ast.walk(node.args[0]) if isinstance(each, ast.Constant))
            yield from (word for word in words if isinstance(word, str) and re.fullmatch(r"[a-z_]+", word))


def test_every_variable_is_in_the_readme(tmp_path: Path) -> None:
    names = variables(tmp_path)
    assert {"DATABASE_URL", "PORT"} <= names
    assert {
        name for name in names if f"| `{name}`" not in tree.text(README) and f", `{name}`" not in tree.text(README)
    } == set()


def test_the_readme_is_read_in_one_sitting() -> None:
    assert len(tree.text(README).splitlines()) <= LONGEST_README


def test_every_page_is_reached_from_the_readme() -> None:
    """From page to page, in any number of steps."""
    seen: set[str] = set()
    ahead = [README]
    while ahead:
        page = ahead.pop()
        seen.add(page)
        ahead += [each for each in linked(page) if each not in seen]
    assert {name for name in documents() if name.startswith("docs/")} - seen == set()


@pytest.mark.parametrize("name", main.list_commands(click.Context(main)))
def test_every_command_is_in_the_readme_and_explains_itself(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    for path in commands(command, name):
        assert f"`ivr {' '.join(path)}" in tree.text(README)
        told = CliRunner().invoke(main, [*path, "--help"])
        assert told.exit_code == 0, told.output
        assert "Usage:" in told.output


@pytest.mark.parametrize("name", main.list_commands(click.Context(main)))
def test_every_option_of_a_command_is_in_the_readme(name: str) -> None:
    """In the line of its command, or in the one of the group it belongs to."""
    command = main.get_command(click.Context(main), name)
    assert command is not None
    for path in commands(command, name):
        found = main.get_command(click.Context(main), name)
        for part in path[1:]:
            assert isinstance(found, click.Group)
            found = found.get_command(click.Context(found), part)
        assert found is not None
        told = [line for line in tree.text(README).splitlines() if f"`ivr {' '.join(path)}" in line]
        spelt = {spelling for option in found.params for spelling in (*option.opts, *option.secondary_opts)}
        wanted = {each for each in spelt if each.startswith("--")} - AS_THEY_ARE
        assert [each for each in sorted(wanted) if not any(each in line for line in told)] == [], path


@pytest.mark.parametrize("kinds", [FactKind, Disposition, LegOutcome, TicketStatus, Priority, VoicemailState])
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
def test_every_type_of_node_is_explained_to_staff_with_all_its_keys(kind: str) -> None:
    _, _, table = tree.text(STAFF).partition("\n| type | keys")
    row = next(line for line in table.splitlines() if line.startswith(f"| `{kind}` |"))
    form = next(each for each in forms() if kind in node_type_of(each))
    assert keys_of(form) - {"type"} - set(re.findall(r"`(\w+)`", row)) == set()


@pytest.mark.parametrize("form", forms(), ids=lambda form: form.__name__)
def test_every_key_of_the_files_is_on_a_page_for_staff(form: type[BaseModel]) -> None:
    """In docs/staff.md or on a page it links to, as code."""
    pages = [STAFF, *linked(STAFF)]
    code = {word for page in pages for word in re.findall(r"\w+", " ".join(code_of(page)))}
    assert keys_of(form) - code == set()


@pytest.mark.parametrize("strategy", RingStrategy)
def test_every_strategy_is_explained_to_staff(strategy: RingStrategy) -> None:
    assert f"| `{strategy}` |" in tree.text(STAFF)


def test_every_prompt_the_service_brings_along_is_named_to_staff() -> None:
    named = set(code_of(STAFF))
    assert set(STANDARD_PROMPTS["en"]) - named == set()
    assert all(each.keys() == STANDARD_PROMPTS["en"].keys() for each in STANDARD_PROMPTS.values())


def test_every_kind_of_order_is_carried_out_by_somebody(tmp_path: Path, sqlite_url: str) -> None:
    """Or nothing orders it: an order without a handler waits for ever."""
    settings = read_settings({"DATABASE_URL": sqlite_url, "IVR_CONFIG_DIR": str(tree.ROOT)}, instance_dir=tmp_path)
    store = Store.open(sqlite_url)
    handled = set(deliveries(wire(settings, store=store)).handlers)
    store.close()
    unhandled = set(OrderKind) - handled
    ordered = {kind for kind in unhandled for name in tree.modules() if orders(name, kind)}
    assert ordered == set()


def test_every_event_of_the_log_is_explained_to_operators() -> None:
    told = set(code_of(OPERATORS))
    events = {event for name in tree.modules() if not name.startswith("app/simulator/") for event in events_of(name)}
    assert {"signature_refused", "order_dead"} <= events
    assert events - told == set()


def test_the_shipped_configuration_has_no_problems() -> None:
    problems, summary = check(tree.ROOT, at=WHEN_SHIPPED)
    assert problems == []
    assert summary.revision is not None
