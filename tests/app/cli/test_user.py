"""`ivr user`: accounts made and changed at the machine itself."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from tests.desk import CONFIG


@pytest.fixture
def ivr(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    return CliRunner(env={"DATABASE_URL": sqlite_url, "IVR_CONFIG_DIR": str(CONFIG)})


def run(ivr: CliRunner, *arguments: str) -> Result:
    return ivr.invoke(main, ["user", *arguments])


def test_an_account_is_made_and_its_link_stands_alone_on_the_last_line(ivr: CliRunner) -> None:
    done = run(ivr, "add", "Lasha Dalakishvili", "--role", "admin")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1].startswith("http://127.0.0.1:8000/desk/link/")
    assert "staff.yaml" not in done.output
    assert "No such person" in run(ivr, "add", "auditor", "--role", "staff").output
    told = json.loads(run(ivr, "list", "--json").output)
    assert [(each["name"], each["role"]) for each in told] == [("auditor", "staff"), ("Lasha Dalakishvili", "admin")]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("add", "LASHA dalakishvili", "--role", "staff"), "already"),
        (("disable", "Lasha Dalakishvili"), "only administrator"),
        (("role", "Lasha Dalakishvili", "--role", "staff"), "only administrator"),
        (("link", "nobody"), "no account"),
    ],
)
def test_what_cannot_be_done_is_said(ivr: CliRunner, arguments: tuple[str, ...], told: str) -> None:
    run(ivr, "add", "Lasha Dalakishvili", "--role", "admin")
    done = run(ivr, *arguments)
    assert done.exit_code == 1
    assert told in done.output


def test_accounts_are_changed(ivr: CliRunner) -> None:
    run(ivr, "add", "Lasha Dalakishvili", "--role", "admin")
    run(ivr, "add", "Jamison White", "--role", "staff")
    for arguments in (
        ("role", "Jamison White", "--role", "supervisor"),
        ("sign-out", "Jamison White"),
        ("forget-code", "Jamison White"),
        ("link", "Jamison White"),
    ):
        assert run(ivr, *arguments).exit_code == 0
    assert run(ivr, "disable", "Jamison White").exit_code == 0
    assert "disabled" in run(ivr, "list").output
    assert "enable it first" in run(ivr, "link", "Jamison White").output
    assert run(ivr, "enable", "Jamison White").exit_code == 0
    assert "supervisor" in run(ivr, "list").output
