"""Machines with one database: what is published is in force on all, and one clock process works for all."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.app.store.test_rolling_upgrades import go_one_step_further
from tests.desk import MAIN
from tests.processes.running import Service, eventually, is_ready, running

pytestmark = pytest.mark.slow
SOON_SECONDS = 10.0


@pytest.fixture
def machines(postgresql_url: str, tmp_path: Path) -> Iterator[tuple[Service, Service]]:
    with ExitStack() as stack:
        environ = {"DATABASE_URL": postgresql_url}
        first = stack.enter_context(running(tmp_path / "one", environ))
        yield first, stack.enter_context(running(tmp_path / "two", environ))


def configuration_of(service: Service) -> str:
    """What the worker says that happens to answer."""
    return str(service.get("/readyz")[1]["configuration"]["detail"])


def all_have(machines: tuple[Service, ...], words: str) -> bool:
    """Several questions, because each worker looks for itself."""
    return all(words in configuration_of(machine) for machine in machines for _ in range(6))


def figures_of(service: Service) -> list[str]:
    return [line for line in service.figures().splitlines() if line.startswith("ivr_configuration{")]


def rename_main_line(service: Service, old: str, new: str) -> None:
    lines = service.folder / "ivr_flows" / "lines.yaml"
    lines.write_text(lines.read_text().replace(f"title: {old}", f"title: {new}"))


def test_what_is_published_is_in_force_on_every_machine_within_seconds(machines: tuple[Service, Service]) -> None:
    first, second = machines
    rename_main_line(first, "main line", "first line")
    first.ivr("publish", "--by", "Lasha Dalakishvili", "--message", "a new name")
    eventually(lambda: all_have(machines, "publication 1"), within_seconds=SOON_SECONDS)
    assert configuration_of(first) == configuration_of(second)
    assert not second.phone(1).dial(to=MAIN, from_="+18165550191").dropped

    (second.folder / "ivr_flows" / "lines.yaml").write_text("wrong: 1\n")
    rename_main_line(first, "first line", "the line")
    first.ivr("publish")
    eventually(lambda: all_have(machines, "publication 2"), within_seconds=SOON_SECONDS)
    assert all(map(is_ready, machines)), "nobody looks at a folder any more"
    assert any('source="publication 2"' in figure and figure.endswith(" 1.0") for figure in figures_of(second))

    oldest = json.loads(second.ivr("revisions", "--json"))[-1]["revision"]
    second.ivr("rollback", oldest, "--because", "callers were confused")
    eventually(lambda: all_have(machines, f"revision {oldest}, publication 3"), within_seconds=SOON_SECONDS)


def test_when_the_clock_that_works_is_killed_the_one_that_stands_by_takes_over(
    postgresql_url: str, tmp_path: Path
) -> None:
    environ = {"DATABASE_URL": postgresql_url}
    with ExitStack() as stack:
        clocks = [stack.enter_context(running(tmp_path / name, environ, command="clock")) for name in ("one", "two")]
        eventually(lambda: sorted(map(role_of, clocks)) == ["leads", "stands by"])
        leader, standby = sorted(clocks, key=role_of)
        leader.process.kill()
        eventually(lambda: role_of(standby) == "leads", within_seconds=SOON_SECONDS)


def test_this_release_serves_on_a_database_that_the_next_one_has_upgraded(postgresql_url: str, tmp_path: Path) -> None:
    go_one_step_further(postgresql_url)
    with running(tmp_path / "old", {"DATABASE_URL": postgresql_url}) as old:
        assert "9999" in old.get("/readyz")[1]["migrations"]["detail"]
        played = old.phone(1).dial(to=MAIN, from_="+18165550191")
        assert not played.dropped
        token = old.ivr("token", "create", "--role", "supervisor").splitlines()[-1]
        assert old.get(f"/api/v1/calls/{played.call_sid}", token)[0] == 200


def role_of(clock: Service) -> str:
    """What it has said last of itself."""
    events = [json.loads(line).get("event") for line in clock.log().splitlines() if line.startswith("{")]
    roles = {"clock_leads": "leads", "clock_stands_by": "stands by"}
    return next((roles[event] for event in reversed(events) if event in roles), "")
