"""What was changed by text counts for every command about duty; without a database they say that it is missing."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.jobs import keep_fallback
from app.static_fallback import FILE
from oncall import OverrideKind
from tests.app.web.api_client import client_of
from tests.desk import CONFIG, Desk, make_desk
from tests.quick_overrides import overridden

AT = datetime.fromisoformat("2026-11-28T09:00:00+00:00")
JAMISON, JAMISONS_PHONE = "Jamison White", "+18165550101"
ALONE = "This is from the YAML files alone: the database cannot be asked"


@pytest.fixture
def runner(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    desk.clock.show(AT)
    return CliRunner(env={"DATABASE_URL": desk.services.settings.database_url, "IVR_CONFIG_DIR": str(CONFIG)})


@pytest.fixture
def away(desk: Desk) -> None:
    """Jamison White, who is on call, has texted AWAY for six hours; nobody stepped in."""
    overridden(desk, JAMISON, OverrideKind.REMOVE, starts_at=AT, hours=6)


def ivr(runner: CliRunner, *arguments: str, **environ: str) -> Result:
    return runner.invoke(main, list(arguments), env=environ)


@pytest.mark.usefixtures("away")
def test_a_gap_made_by_text_is_named_with_its_cause(runner: CliRunner) -> None:
    told = ivr(runner, "coverage", "--at", AT.isoformat(), "--days", "3")
    assert told.exit_code == 1
    assert "Jamison White took themselves off (away, by text; quick override:1)" in told.stdout
    assert "Sat 28 Nov 03:00 – 09:00" in told.stdout  # noqa: RUF001 (the dash that is printed)
    found = json.loads(ivr(runner, "coverage", "--at", AT.isoformat(), "--days", "3", "--json").stdout)
    assert {gap["source"] for gap in found["gaps"]} == {"quick override:1"}
    assert found["yaml_alone"] is False


@pytest.mark.usefixtures("away")
def test_shifts_and_fairness_know_it(runner: CliRunner) -> None:
    arguments = ("shifts", "--from", "2026-11-28", "--days", "1", "--schedule", "on-call")
    table = ivr(runner, *arguments)
    assert [line.split()[0] for line in table.stdout.splitlines()[2:]] == ["Jamison", "NOBODY", "Jamison"]
    assert "Jamison White took themselves off" in table.stdout
    assert "!" in ivr(runner, *arguments, "--calendar").stdout
    fair = json.loads(ivr(runner, *arguments, "--fairness", "--json").stdout)
    assert next(each["hours"] for each in fair["fairness"]["on-call"]["people"] if each["person"] == JAMISON) == 18
    assert fair["yaml_alone"] is False


@pytest.mark.usefixtures("away")
def test_the_static_document_knows_it(desk: Desk, runner: CliRunner) -> None:
    backup = ivr(runner, "oncall", "--at", AT.isoformat(), "--schedule", "on-call-backup", "--json")
    assert JAMISON not in backup.stdout
    assert JAMISONS_PHONE not in ivr(runner, "fallback", "--at", AT.isoformat()).stdout
    keep_fallback(desk.services)
    assert JAMISONS_PHONE not in (desk.services.settings.instance_dir / FILE).read_text()


@pytest.mark.usefixtures("away")
def test_the_api_knows_it(desk: Desk) -> None:
    told = client_of(desk).json("/oncall", at=AT.isoformat())
    assert (told["people"], told["until"]) == ([], "2026-11-28T15:00:00Z")
    assert "Jamison White took themselves off" in told["because"]
    steps = client_of(desk).json("/route", at=AT.isoformat(), keys="1")["steps"]
    assert not any(step["does"].startswith("rings Jamison White") for step in steps[:6])
    reasons = [step["because"] for step in steps if step["does"].startswith("will ring")]
    assert "Jamison White took themselves off (away, by text; quick override:1)" in reasons[0]


@pytest.mark.usefixtures("away")
def test_edits_are_compared_without_it(runner: CliRunner) -> None:
    assert ivr(runner, "diff", str(CONFIG), str(CONFIG)).stdout == "No difference.\n"
    assert "Only what is written is compared" in " ".join(ivr(runner, "diff", "--help").stdout.split())


@pytest.mark.parametrize(
    "arguments", [("coverage", "--days", "2"), ("shifts",), ("fallback",), ("oncall",)], ids=lambda each: each[0]
)
@pytest.mark.parametrize("url", ["sqlite:///nowhere/ivr.db", "postgresql+psycopg://127.0.0.1:9/ivr", "mysql://x"])
def test_without_a_database_it_is_said_that_yaml_alone_counts(
    runner: CliRunner, arguments: tuple[str, ...], url: str
) -> None:
    told = ivr(runner, *arguments, DATABASE_URL=url)
    if arguments[0] in {"fallback", "oncall"} and url.startswith("mysql"):
        assert told.exit_code == 2  # these read all settings
        return
    assert told.exit_code == 0, told.output
    assert told.stderr.startswith(ALONE)
    assert told.stderr.count("\n") == 1
    assert not Path("nowhere").exists()


def test_json_says_it_too(runner: CliRunner) -> None:
    for arguments in (("coverage", "--days", "2", "--json"), ("shifts", "--json")):
        told = ivr(runner, *arguments, DATABASE_URL="sqlite:///nowhere/ivr.db")
        assert json.loads(told.stdout)["yaml_alone"] is True


def test_somebody_taken_out_of_the_yaml_meanwhile_stands_in_for_nobody(desk: Desk) -> None:
    overridden(desk, "Nobody We Know", OverrideKind.REPLACE, starts_at=AT, hours=6)
    told = client_of(desk).json("/oncall", at=(AT + timedelta(hours=1)).isoformat())
    assert [person["name"] for person in told["people"]] == [JAMISON]


def test_the_static_document_is_kept_while_the_database_is_away(tmp_path: Path) -> None:
    (tmp_path / "folder").touch()
    desk = make_desk(f"sqlite:///{tmp_path}/folder/ivr.db", tmp_path)
    desk.clock.show(AT)
    keep_fallback(desk.services)
    assert JAMISONS_PHONE in (desk.services.settings.instance_dir / FILE).read_text()
    desk.services.store.close()
