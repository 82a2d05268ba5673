"""`ivr tickets` and `ivr ticket` show what is due and who did what, without phone numbers."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.tickets import Tickets
from oncall import Priority
from tests.app.store.samples import record
from tests.desk import CONFIG, Desk
from tests.pages import JAMISON


@pytest.fixture
def filled(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Two tickets of long ago, one of them acknowledged and by now overdue."""
    with desk.services.store.turn() as transaction:
        for number in (1, 2):
            transaction.open(record(number, priority=Priority.HIGH))
    desk.clock.at = datetime(2025, 12, 2, 16, tzinfo=UTC)
    Tickets(desk.services).acknowledge(1002, by=JAMISON, way="by text")
    monkeypatch.chdir(tmp_path)
    return desk


def ivr(desk: Desk, *words: str) -> Result:
    runner = CliRunner(env={"DATABASE_URL": desk.services.settings.database_url, "IVR_CONFIG_DIR": str(CONFIG)})
    return runner.invoke(main, list(words))


def test_what_is_due_first_stands_on_top(filled: Desk) -> None:
    told = ivr(filled, "tickets")
    assert told.exit_code == 0, told.output
    rows = [line.split()[0] for line in told.stdout.splitlines()]
    assert rows == ["ticket", "1002", "1001"]
    assert "Jamison White" in told.stdout
    assert "555" not in told.stdout
    [one] = json.loads(ivr(filled, "tickets", "--overdue", "--json").stdout)
    assert (one["number"], one["update_due_at"]) == (1002, "2025-12-02T20:00:00Z")
    assert ivr(filled, "tickets", "--status", "closed").stdout == "No such tickets.\n"
    assert json.loads(ivr(filled, "tickets", "--assignee", JAMISON, "--all", "--json").stdout)[0]["number"] == 1002


def test_one_ticket_is_shown_with_its_history(filled: Desk) -> None:
    told = ivr(filled, "ticket", "1002")
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("Ticket 1002: high, acknowledged, Jamison White\n")
    assert "OVERDUE" in told.stdout
    assert "acknowledged by text" in told.stdout
    assert "555" not in told.stdout
    assert json.loads(ivr(filled, "ticket", "1002", "--json").stdout)["updates"][0]["author"] == JAMISON
    assert ivr(filled, "ticket", "77").exit_code == 1
