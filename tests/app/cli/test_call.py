"""`ivr call` plays what a caller goes through, to the end: ringing, the line, and being called back."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from tests.desk import CONFIG


@pytest.fixture
def runner(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    return CliRunner(env={"DATABASE_URL": sqlite_url, "IVR_CONFIG_DIR": str(CONFIG)})


def test_a_call_is_told_with_its_reasons(runner: CliRunner) -> None:
    told = runner.invoke(main, ["call", "main", "--at", "2026-12-01T10:00", "--keys", "2"])
    assert told.exit_code == 0
    assert "Jamison White rings (+18165550101), seeing +18162327483" in told.output
    assert "member of ring group offsite   [schedules/staff.yaml:" in told.output
    assert "high, acknowledged" in told.output


def test_with_everybody_talking_the_line_and_the_call_back_are_heard(runner: CliRunner) -> None:
    asked = ["call", "main", "--at", "2026-12-01T10:00", "--keys", "2,1,1", "--others", "4"]
    told = runner.invoke(main, asked)
    assert told.exit_code == 0
    said = ["You are next in line.", "To be called back", "hears music", "Call-back, high priority", "Calling now."]
    said += ["If you spoke to the person, press 1.", "is yours. Goodbye."]
    places = [told.output.find(words) for words in said]
    assert -1 not in places
    assert places == sorted(places)
    assert told.output.splitlines()[-1].startswith("Ticket   1005  high, acknowledged: Call from +18165550199")


def test_who_waits_in_line_is_put_through_when_somebody_is_free(runner: CliRunner) -> None:
    told = runner.invoke(main, ["call", "main", "--at", "2026-12-01T10:00", "--keys", "0", "--others", "4"])
    assert told.exit_code == 0
    assert "offered to somebody who is free" in told.output
    assert "medium, acknowledged" in told.output.splitlines()[-1]
