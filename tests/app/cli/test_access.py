"""`ivr token`: a secret is shown once and never listed, a revoked token is refused, and the audit log has it all."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from tests.app.store.samples import AT
from tests.desk import CONFIG, Desk


@pytest.fixture
def runner(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    return CliRunner(env={"DATABASE_URL": desk.services.settings.database_url, "IVR_CONFIG_DIR": str(CONFIG)})


def ivr(runner: CliRunner, *arguments: str) -> Result:
    return runner.invoke(main, ["token", *arguments])


def made(runner: CliRunner, *arguments: str) -> str:
    told = ivr(runner, "create", *arguments)
    assert told.exit_code == 0, told.output
    return told.stdout.splitlines()[-1]


def audited(desk: Desk) -> list[tuple[str, str, str]]:
    return [(each.actor, each.action, each.subject) for each in reversed(desk.services.store.audit.list(limit=9).items)]


def test_the_secret_stands_alone_on_the_last_line(desk: Desk, runner: CliRunner) -> None:
    secret = made(runner, "--role", "supervisor", "--name", "reports", "--by", "Jamison White")
    identity = desk.services.store.tokens.check(secret)
    assert identity is not None
    assert (identity.name, identity.role) == ("reports", "supervisor")
    assert audited(desk) == [("Jamison White", "token_created", "token:reports")]


def test_lists_show_no_secret(runner: CliRunner) -> None:
    secret = made(runner, "--role", "staff")
    for arguments in (("list",), ("list", "--json"), ("list", "--all")):
        told = ivr(runner, *arguments)
        assert "staff token" in told.stdout
        assert secret not in told.output
    (token,) = json.loads(ivr(runner, "list", "--json").stdout)
    assert (token["id"], token["role"], token["revoked_at"]) == (1, "staff", None)


@pytest.mark.parametrize("which", ["1", "reports"])
def test_a_revoked_token_is_refused(desk: Desk, runner: CliRunner, which: str) -> None:
    secret = made(runner, "--role", "staff", "--name", "reports")
    told = ivr(runner, "revoke", which, "--json", "--by", "Jamison White")
    assert json.loads(told.stdout) == {"id": 1, "name": "reports", "role": "staff", "revoked": True}
    assert desk.services.store.tokens.check(secret) is None
    assert audited(desk)[-1] == ("Jamison White", "token_revoked", "token:reports")
    assert "There are no tokens." in ivr(runner, "list").stdout
    assert "reports" in ivr(runner, "list", "--all").stdout
    again = ivr(runner, "revoke", which)
    assert again.exit_code == 1
    assert "there is no token" in again.stderr


def test_nothing_is_revoked_on_a_guess(desk: Desk, runner: CliRunner) -> None:
    for _ in range(2):
        made(runner, "--role", "staff", "--name", "reports")
    told = ivr(runner, "revoke", "reports")
    assert told.exit_code == 1
    assert '2 tokens are called "reports": say which by its number (1, 2)' in told.stderr
    assert all(token.revoked_at is None for token in desk.services.store.tokens.list())


def test_who_made_it_is_the_one_signed_in(desk: Desk, runner: CliRunner) -> None:
    made(runner, "--role", "admin")
    ((actor, _, _),) = audited(desk)
    assert actor.startswith("command")
    assert desk.services.store.tokens.create("a program", "staff", at=AT)
    assert audited(desk)[-1][0] == "service"
