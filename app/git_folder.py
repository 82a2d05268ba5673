"""The configuration as it was at a git revision: the same files a folder would give, read without a checkout.

It runs git and understands neither YAML nor what the files mean.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from app.config.folder import CALENDAR, FOLDERS, Files
from app.config.problems import Problem

_SECONDS = 30
_LINK = "120000"


class NoSuchRevision(Exception):  # noqa: N818 (what it says)
    """A text that names no commit of the repository a folder is in; the message says why."""


def read_revision(folder: Path, revision: str) -> Files:
    """Read every configuration file as it was in `folder` at a commit, tag or branch of its repository.

    Raises NoSuchRevision when there is no such commit, no repository, or no git.
    """
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", of=revision)
    contents: dict[str, bytes] = {}
    problems: list[Problem] = []
    for mode, name in _names(folder, commit.decode().strip()):
        if name.endswith(".yml"):
            stem = PurePosixPath(name).stem
            problems.append(Problem(name, 1, 1, f'is not read: rename it to "{stem}.yaml"'))
        elif mode == _LINK:
            problems.append(Problem(name, 1, 1, "is a symbolic link, which is not followed in a git revision"))
        else:
            contents[name] = _git(folder, "show", f"{commit.decode().strip()}:./{name}", of=revision)
    return Files(contents, tuple(problems))


def _names(folder: Path, commit: str) -> Iterator[tuple[str, str]]:
    """Yield mode and name, relative to the folder, of what a folder's reader would look at."""
    listing = _git(folder, "ls-tree", "-r", "-z", commit, "--", "ivr_flows", "schedules", of=commit)
    for entry in filter(None, listing.decode().split("\0")):
        facts, _, name = entry.partition("\t")
        path = PurePosixPath(name)
        if str(path.parent) in FOLDERS and path.suffix in {".yaml", ".yml", CALENDAR} and not path.name.startswith("."):
            yield facts.split()[0], name


def _git(folder: Path, *arguments: str, of: str) -> bytes:
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603 (no shell)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoSuchRevision(f"git could not be run to read {of}: {type(error).__name__}") from error
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip() or "there is no such commit, tag or branch"
        raise NoSuchRevision(f"{of} is neither a folder nor a git revision of {folder}: {told}")
    return done.stdout
