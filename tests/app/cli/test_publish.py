"""`ivr publish`, `ivr revisions`, `ivr rollback`: what they print and how they end."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.config.folder import read_folder
from tests.app.edits import ROOT

LINES = "ivr_flows/lines.yaml"
EVERYBODY = ("Jamison White", "Lasha Dalakishvili", "triggerfish-1", "triggerfish-2")


@pytest.fixture
def folder(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config"
    for name, data in read_folder(ROOT).contents.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("IVR_CONFIG_DIR", str(path))
    return path


def ivr(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def done(*arguments: str) -> str:
    result = ivr(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def edit(folder: Path, old: str = "title: main line", new: str = "title: first line", *, name: str = LINES) -> None:
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def history() -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(done("revisions", "--json"))
    return found


def test_publishing_shows_what_changes_and_twice_is_harmless(folder: Path) -> None:
    assert "publication 1" in done("publish", "--by", "Lasha Dalakishvili", "--message", "we begin")
    assert "is in force already" in done("publish")
    edit(folder)
    told = done("publish")
    assert "line main: now called first line instead of main line" in told
    assert "publication 2" in told
    assert [each["publication"] for each in history()] == [2, 1]


def test_a_dry_run_changes_nothing(folder: Path) -> None:
    done("publish")
    edit(folder)
    assert "was not published" in done("publish", "--dry-run")
    assert len(history()) == 1


def test_the_history_names_author_time_and_reason(folder: Path) -> None:
    done("publish", "--by", "Lasha Dalakishvili", "--message", "we begin")
    [entry] = history()
    assert (entry["author"], entry["message"], entry["how"]) == ("Lasha Dalakishvili", "we begin", "published")
    assert entry["in_force"] is True
    assert entry["revision"] == read_folder(folder).revision
    table = done("revisions")
    assert "in force" in table
    assert "Lasha Dalakishvili" in table


def test_what_ivr_check_refuses_is_refused_with_every_fault(folder: Path) -> None:
    edit(folder, "flow: main", "flow: mian")
    result = ivr("publish")
    assert result.exit_code == 1
    assert "ivr_flows/lines.yaml:" in result.stderr
    assert "Nothing was published." in result.stderr
    assert history() == []


def test_gaps_are_refused_and_allowed_for_a_reason(folder: Path) -> None:
    days = ", ".join(f"{{person: {name}, from: 2026-01-01, until: 2099-12-31}}" for name in EVERYBODY)
    edit(folder, "time_off: []", f"time_off: [{days}]", name="schedules/on_call.yaml")
    refused = ivr("publish")
    assert refused.exit_code == 1
    assert "--allow-gaps" in refused.stderr
    assert "publication 1" in done("publish", "--allow-gaps", "nobody works any more")
    assert "nobody works any more" in str(history()[0]["difference"])


def test_who_expected_something_else_is_told_what_is_in_force(folder: Path) -> None:
    result = ivr("publish", "--expect", "abc")
    assert result.exit_code == 1
    assert "Nothing is published" in result.stderr
    done("publish", "--expect", "none")
    first = str(history()[0]["revision"])
    edit(folder)
    assert ivr("publish", "--expect", "none").exit_code == 1
    done("publish", "--expect", first[:5])
    assert f"In force is revision {history()[0]['revision']}" in ivr("publish", "--expect", first).stderr


def test_a_release_step_takes_back_neither_a_rollback_nor_a_later_edit(folder: Path) -> None:
    """The files of a release are published once; being deployed again, they were published before."""
    assert "publication 1" in done("publish", "--if-changed")
    first = str(history()[0]["revision"])
    edit(folder)
    assert "publication 2" in done("publish", "--if-changed")
    assert "in force already" in done("publish", "--if-changed")
    done("rollback", first[:6], "--because", "callers were confused")
    assert "something else has been since" in done("publish", "--if-changed")
    assert history()[0]["revision"] == first
    assert "publication 4" in done("publish"), "asked for by hand, it is done"


def test_a_rollback_is_a_new_entry_with_its_reason(folder: Path) -> None:
    done("publish")
    first = str(history()[0]["revision"])
    edit(folder)
    done("publish")
    assert "now called main line" in done("rollback", first, "--because", "too soon", "--by", "Jamison White")
    newest = history()[0]
    assert (newest["revision"], newest["message"], newest["how"]) == (first, "too soon", "rolled_back")
    assert ivr("rollback", "zzz", "--because", "no such one").exit_code == 1
    assert ivr("rollback", first).exit_code == 2, "without a reason"


def test_a_revision_can_be_looked_at_compared_and_written_out(folder: Path, tmp_path: Path) -> None:
    done("publish", "--message", "we begin")
    edit(folder)
    done("publish")
    newest, first = (str(each["revision"]) for each in history())
    told = done("revisions", "show", first[:6], "--to", str(tmp_path / "out"))
    assert "we begin" in told
    assert LINES in told
    assert read_folder(tmp_path / "out").revision == first
    assert ivr("revisions", "show", first, "--to", str(folder)).exit_code == 2, "it is not empty"
    assert "now called first line" in done("revisions", "diff", first, newest)
    assert "No difference" in done("revisions", "diff", first, first)


def test_stopping_gives_the_folders_back(folder: Path) -> None:
    assert "Nothing is published" in done("publish", "--stop")
    done("publish")
    assert "runs on its own folder again" in done("publish", "--stop")
    assert [each["in_force"] for each in history()] == [False, False]
    assert folder.exists()


def test_without_tables_it_says_what_to_do(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert folder.exists()
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/new.db")
    result = ivr("publish")
    assert result.exit_code == 1
    assert "ivr db upgrade" in result.stderr


def test_before_anything_was_published_the_list_says_so(folder: Path) -> None:
    assert folder.exists()
    assert "Nothing was ever published" in done("revisions")


def test_who_is_on_call_is_told_from_what_is_published_not_from_a_folder_that_is_being_edited(folder: Path) -> None:
    done("publish")
    before = done("oncall", "--at", "2026-11-28T09:00:00+00:00")
    (folder / "schedules" / "on_call.yaml").write_text("schedules: [\n")
    assert done("oncall", "--at", "2026-11-28T09:00:00+00:00").endswith(before)
