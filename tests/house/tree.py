"""The files of the repository, as the house tests look at them: what git would publish, and the parsed modules."""

import ast
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NOT_OURS = frozenset({"build", "dist", "instance", "__pycache__"})


@cache
def files() -> tuple[str, ...]:
    """Every file git tracks or would add; without git, every file outside hidden and made folders."""
    listed = _listed_by_git()
    names = listed if listed is not None else list(_found())
    return tuple(name for name in sorted(set(names)) if (ROOT / name).is_file())


@cache
def text(name: str) -> str:
    """What is written in a file; empty for one that is not text."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def modules() -> list[str]:
    """The Python modules of the product."""
    return [name for name in files() if name.startswith(("app/", "oncall/")) and name.endswith(".py")]


@cache
def parsed(name: str) -> ast.Module:
    return ast.parse(text(name), name)


def _listed_by_git() -> list[str] | None:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return None
    command = [git, "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 (our own arguments)
    return done.stdout.decode().strip("\0").split("\0") if done.returncode == 0 else None


def _found() -> Iterator[str]:
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        hidden = any(part.startswith(".") and part != ".ci" for part in parts[:-1])
        if path.is_file() and not hidden and not _NOT_OURS & set(parts):
            yield "/".join(parts)
