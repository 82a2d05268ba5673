"""A revision is read as a folder would be: the same files, the same revision, the same complaints."""

import subprocess
from pathlib import Path

import pytest

from app.config.folder import read_folder
from app.git_folder import NoSuchRevision, read_revision
from tests.app.edits import FAMILY_NIGHT, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration somewhere inside a repository, committed."""
    made = write(tmp_path / "some" / "desk")
    (made / "README.md").write_text("not ours")
    (made / "schedules" / ".staff.yaml").write_text("an editor's copy")
    (made / "schedules" / "notes").mkdir()
    (made / "schedules" / "notes" / "old.yaml").write_text("not ours either")
    (made / "schedules" / "more.yml").write_text("a: b")
    _git(tmp_path, "init", "--quiet")
    _commit(tmp_path)
    return made


def _git(where: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=where, check=True, capture_output=True)  # noqa: S603, S607


def _commit(where: Path) -> None:
    _git(where, "add", "--all")
    _git(where, "commit", "--quiet", "--message", "an edit")


def test_a_revision_is_the_folder_as_it_was(folder: Path) -> None:
    before = read_folder(folder)
    write(folder, FAMILY_NIGHT)
    _commit(folder)
    now, then = read_revision(folder, "HEAD"), read_revision(folder, "HEAD~1")
    assert then.contents == before.contents
    assert then.problems == before.problems
    assert then.revision == before.revision
    assert now.revision == read_folder(folder).revision != then.revision


def test_what_is_not_committed_is_not_read(folder: Path) -> None:
    before = read_folder(folder).revision
    write(folder, FAMILY_NIGHT)
    assert read_revision(folder, "HEAD").revision == before


def test_a_symbolic_link_is_a_fault(folder: Path) -> None:
    (folder / "ivr_flows" / "night.yaml").symlink_to("main.yaml")
    _commit(folder)
    found = {problem.file: problem.message for problem in read_revision(folder, "HEAD").problems}
    assert found["ivr_flows/night.yaml"].startswith("is a symbolic link")


@pytest.mark.parametrize("revision", ["no-such-branch", "", "--help", "HEAD:some", "HEAD^{tree}"])
def test_what_names_no_commit_is_refused(folder: Path, revision: str) -> None:
    with pytest.raises(NoSuchRevision, match="is neither a folder nor a git revision of"):
        read_revision(folder, revision)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoSuchRevision):
        read_revision(tmp_path / "nowhere", "HEAD")
