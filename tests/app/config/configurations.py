"""Small configurations for tests: the good one, and copies of it with some files replaced."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from app.config.folder import Files, read_folder
from app.config.problems import ConfigError, Problem
from app.config.snapshot import Snapshot, build

HERE = Path(__file__).parent
GOOD = HERE / "good"
BAD = HERE / "bad"
ROOT = HERE.parents[2]
NOON = datetime(2026, 11, 23, 18, tzinfo=UTC)


def good_files() -> dict[str, bytes]:
    return dict(read_folder(GOOD).contents)


def with_changes(changes: Mapping[str, str | None]) -> Files:
    """The good configuration with files replaced or added; None takes a file away."""
    files = good_files()
    for name, text in changes.items():
        if text is None:
            del files[name]
        else:
            files[name] = text.encode()
    return Files(files)


def built(changes: Mapping[str, str | None], *, at: datetime | None = None) -> Snapshot:
    return build(with_changes(changes), loaded_from="test", at=at)


def found(files: Files, *, at: datetime | None = None) -> tuple[Problem, ...]:
    """Everything said about a configuration, whether it can be used or not."""
    try:
        return build(files, loaded_from="test", at=at).warnings
    except ConfigError as error:
        return error.problems


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
