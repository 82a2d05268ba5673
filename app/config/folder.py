"""Reads the bytes of a configuration folder and names them: which files count, and the revision they make.

It opens files and understands none of them.
"""

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

from app.config.problems import Problem
from app.config.source import MAX_BYTES

FOLDERS = ("ivr_flows", "ivr_flows/prompts", "schedules", "schedules/time_off")
CALENDAR = ".ics"
MAX_CALENDAR_BYTES = 1024 * 1024
_REVISION_LENGTH = 12


class Files:
    """The bytes of every configuration file by name, and the files that could not be read."""

    def __init__(self, contents: Mapping[str, bytes], problems: tuple[Problem, ...] = ()) -> None:
        self.contents = dict(sorted(contents.items()))
        self.problems = problems

    @property
    def revision(self) -> str:
        """The first 12 hex digits of a SHA-256 over all names and bytes: the same files are the same revision."""
        digest = hashlib.sha256()
        for name, data in self.contents.items():
            # Lengths first, so that moving text from one file to the next cannot give the same sum.
            digest.update(f"{len(name.encode())}:{len(data)}:{name}".encode())
            digest.update(data)
        for problem in self.problems:
            digest.update(str(problem).encode())
        return digest.hexdigest()[:_REVISION_LENGTH]


def read_folder(folder: Path, folders: tuple[str, ...] = FOLDERS) -> Files:
    """Read every YAML file and calendar of the configuration folder, once.

    Never raises: what cannot be read is a problem.
    """
    contents: dict[str, bytes] = {}
    if not folder.is_dir():
        return Files({}, (Problem(str(folder), 1, 1, "there is no such folder: it holds ivr_flows/ and schedules/"),))
    problems: list[Problem] = []
    for path in _paths(folder, folders):
        name = unicodedata.normalize("NFC", path.relative_to(folder).as_posix())
        if path.suffix == ".yml":
            problems.append(Problem(name, 1, 1, f'is not read: rename it to "{path.stem}.yaml"'))
            continue
        try:
            contents[name] = _read(path)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            problems.append(Problem(name, 1, 1, f"cannot be read: {reason.lower()}"))
    return Files(contents, tuple(problems))


def _paths(folder: Path, folders: tuple[str, ...]) -> Iterator[Path]:
    # Hidden files are left aside: editors and deployment tools keep their own copies under such names.
    for name in folders:
        for path in sorted((folder / name).glob("*")):
            if path.suffix in {".yaml", ".yml", CALENDAR} and not path.name.startswith(".") and not path.is_dir():
                yield path


def _read(path: Path) -> bytes:
    most = MAX_CALENDAR_BYTES if path.suffix == CALENDAR else MAX_BYTES
    with path.open("rb") as file:
        return file.read(most + 1)  # one more than allowed is enough to refuse it
