"""A process that starts in the middle of a bad edit goes on with the last good configuration."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.config.in_force import ConfigStore
from app.config.last_good import LastGood
from app.config.problems import ConfigError

REPOSITORY = Path(__file__).parents[3]


def now() -> datetime:
    return datetime(2026, 12, 1, 16, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("ivr_flows", "schedules"):
        shutil.copytree(REPOSITORY / name, tmp_path / "config" / name)
    return tmp_path / "config"


def break_it(folder: Path) -> None:
    (folder / "ivr_flows" / "lines.yaml").write_text("lines: {main: [}\n")


def test_a_start_on_bad_files_uses_the_copy_and_tells_of_the_fault(folder: Path, tmp_path: Path) -> None:
    copy = LastGood(tmp_path / "instance" / "last-good.json")
    good = ConfigStore(folder, clock=now, last_good=copy).current().revision

    break_it(folder)
    started = ConfigStore(folder, clock=now, last_good=copy)

    assert started.current().revision == good
    assert started.fault is not None
    assert any(problem.file == "ivr_flows/lines.yaml" for problem in started.fault.problems)


def test_a_repaired_folder_comes_into_force_and_the_fault_is_gone(folder: Path, tmp_path: Path) -> None:
    copy = LastGood(tmp_path / "last-good.json")
    text = (folder / "ivr_flows" / "lines.yaml").read_text()
    ConfigStore(folder, clock=now, last_good=copy)
    break_it(folder)
    started = ConfigStore(folder, clock=now, last_good=copy)

    (folder / "ivr_flows" / "lines.yaml").write_text(text.replace("title: main line", "title: first line"))
    started.reload()

    assert started.fault is None
    assert copy.read() is not None
    assert ConfigStore(folder, clock=now, last_good=copy).current().revision == started.current().revision


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"lines.yaml": 5}'])
def test_without_a_usable_copy_a_bad_folder_stops_the_start(folder: Path, tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "last-good.json"
    if content is not None:
        path.write_text(content)
    break_it(folder)

    with pytest.raises(ConfigError):
        ConfigStore(folder, clock=now, last_good=LastGood(path))


def test_a_copy_that_cannot_be_written_does_not_stop_the_service(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert ConfigStore(folder, clock=now, last_good=LastGood(tmp_path / "file" / "copy.json")).fault is None
