"""`ivr oncall` and the API tell what was changed by text, with its author."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from oncall import OverrideKind
from tests.app.web.api_client import Client
from tests.desk import CONFIG, Desk
from tests.quick_overrides import overridden

AT = datetime.fromisoformat("2026-11-28T09:00:00+00:00")


def with_one_more_on_call(desk: Desk) -> None:
    overridden(desk, "triggerfish-2", OverrideKind.ADD, starts_at=AT - timedelta(hours=1), hours=2)


def test_the_command_names_who_changed_it(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_one_more_on_call(desk)
    monkeypatch.chdir(tmp_path)
    runner = CliRunner(env={"DATABASE_URL": desk.services.settings.database_url, "IVR_CONFIG_DIR": str(CONFIG)})
    told = runner.invoke(main, ["oncall", "--at", AT.isoformat(), "--schedule", "on-call", "--json"])

    assert told.exit_code == 0, told.output
    (answer,) = json.loads(told.stdout)
    assert [(each["name"], each["because"]) for each in answer["people"]][-1] == (
        "triggerfish-2",
        "override by Jamison White (quick override:1)",
    )


def test_the_command_needs_no_database_and_makes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "none.db"
    runner = CliRunner(env={"DATABASE_URL": f"sqlite:///{file}", "IVR_CONFIG_DIR": str(CONFIG)})
    told = runner.invoke(main, ["oncall", "--at", AT.isoformat()])

    assert told.exit_code == 0
    assert told.stdout.startswith("on-call: Jamison White")
    assert told.stderr == (
        "This is from the YAML files alone: the database cannot be asked what was changed by text or at the desk"
        " (there is no such file yet).\n"
    )
    assert not file.exists()


def test_the_api_names_who_changed_it(desk: Desk) -> None:
    with_one_more_on_call(desk)
    client = Client(desk.services, desk.services.store.tokens.create("a program", "staff", at=AT))
    told = client.json("/oncall", at=AT.isoformat())

    assert [person["name"] for person in told["people"]] == ["Jamison White", "triggerfish-2"]
    assert "override by Jamison White" in told["because"]
