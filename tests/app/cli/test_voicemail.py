"""`ivr voicemail`: lists say nothing of what was said, and whoever takes a message out is in the audit log."""

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.store import Store
from app.vault import Vault
from tests.app.voicemail.messages import RECORDING, Answering, answering, sound
from tests.desk import CONFIG

KEY = b"k" * 32
KEYS = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="


@pytest.fixture
def desk(tmp_path: Path) -> Answering:
    """A desk with a message that is kept."""
    store = Store.open(f"sqlite:///{tmp_path}/ivr.db")
    store.upgrade()
    made = answering(store, tmp_path)
    made.with_keys(KEY)
    made.reported()
    made.deliver()
    return made


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    environ = {"DATABASE_URL": f"sqlite:///{tmp_path}/ivr.db", "IVR_CONFIG_DIR": str(CONFIG), "DATA_KEYS": KEYS}
    return CliRunner(env=environ)


def ivr(runner: CliRunner, *arguments: str | Path) -> Result:
    return runner.invoke(main, ["voicemail", *map(str, arguments)])


def audited(desk: Answering) -> list[tuple[str, str]]:
    entries = desk.store.audit.list(limit=9, subject=f"voicemail:{RECORDING}").items
    return [(each.actor, each.action) for each in entries]


def test_the_list(desk: Answering, runner: CliRunner) -> None:
    told = ivr(runner, "list")
    assert told.exit_code == 0, told.output
    assert f"  {RECORDING}  1001    " in told.stdout
    assert "kept" in told.stdout
    (message,) = json.loads(ivr(runner, "list", "--json", "--open", "--ticket", "1001", "--state", "kept").stdout)
    assert (message["recording_sid"], message["seconds"]) == (RECORDING, 21)
    assert "There are no messages." in ivr(runner, "list", "--state", "lost").stdout
    assert audited(desk) == []


def test_a_message_is_saved_for_this_user_alone_and_it_is_noted(desk: Answering, runner: CliRunner) -> None:
    file = Path("message.wav")
    told = ivr(runner, "save", RECORDING, file, "--by", "Jamison White")
    assert told.exit_code == 0, told.output
    assert file.read_bytes() == sound()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert audited(desk) == [("Jamison White", "voicemail_played")]


def test_a_file_is_not_written_over(desk: Answering, runner: CliRunner) -> None:
    file = Path("message.wav")
    file.write_text("mine")
    told = ivr(runner, "save", RECORDING, file)
    assert (told.exit_code, file.read_text()) == (1, "mine")
    assert "--force writes over it" in told.stderr
    assert audited(desk) == []
    assert ivr(runner, "save", RECORDING, file, "--force").exit_code == 0
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (sound(), 0o600)


@pytest.mark.parametrize(
    ("recording", "keys", "reason"),
    [
        ("RE0", KEYS, "There is no such message."),
        (RECORDING, "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=", "which is not among DATA_KEYS."),
    ],
)
def test_what_cannot_be_played_is_said_so(
    desk: Answering, runner: CliRunner, recording: str, keys: str, reason: str
) -> None:
    told = runner.invoke(main, ["voicemail", "save", recording, "message.wav"], env={"DATA_KEYS": keys})
    assert told.exit_code == 1
    assert reason in told.stderr
    assert not Path("message.wav").exists()
    assert audited(desk) == []
    assert Vault([KEY]).newest_key_id in told.stderr or recording == "RE0"
