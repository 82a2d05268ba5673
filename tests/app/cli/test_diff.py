# ruff: noqa: RUF001 (spans are written with a dash)
"""`ivr diff` between folders and git revisions, in words and as JSON."""

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from tests.app.edits import ENGLISH, FAMILY_NIGHT, LEAVE, MOVED_HOLIDAY, NEW_PERSON, Edit, write

AT = ("--at", "2026-11-22T12:00")
WORDS: Edit = (ENGLISH, "We did not hear a key.", "No key.")


def ivr(*arguments: str | Path, here: Path) -> Result:
    return CliRunner(env={"IVR_CONFIG_DIR": str(here)}).invoke(main, ["diff", *map(str, arguments)])


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    return write(tmp_path / "shipped")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose last commit is the shipped configuration, with an edit that is not committed."""
    folder = write(tmp_path / "repository" / "desk")
    _git(folder, "init", "--quiet", "--initial-branch", "main")
    _git(folder, "add", ".")
    _git(folder, "commit", "--quiet", "--message", "as shipped")
    _git(folder, "tag", "v1")
    write(folder, FAMILY_NIGHT)
    return folder


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)  # noqa: S603, S607


def test_the_whole_answer(shipped: Path, tmp_path: Path) -> None:
    new = write(tmp_path / "new", FAMILY_NIGHT, WORDS)
    done = ivr(shipped, new, *AT, here=shipped)
    assert done.exit_code == 0
    assert (
        done.output
        == f"""\
What changes from {shipped} to {new}.
Duty is compared from Sun 22 Nov 2026 12:00 to Mon 22 Mar 2027 12:00.

Who is on call
  Thu 26 Nov 17:00 – Fri 27 Nov 08:00: Lasha Dalakishvili instead of Jamison White (schedule on-call)
      override by Jamison White ({_line(new, "on_call", "instead_of: J")})
  Thu 26 Nov 17:00 – Fri 27 Nov 08:00: triggerfish-1 instead of Lasha Dalakishvili (schedule on-call-backup)
      on call in schedule on-call-backup, layer weekly turn, next in turn after Lasha Dalakishvili, who is on call \
in schedule on-call ({_line(new, "on_call", "- triggerfish-1", nth=2)})

Nights, weekends and holidays
  Jamison White: 1 night less (schedule on-call)
  Lasha Dalakishvili: 1 night more, Thanksgiving Day more (schedule on-call)
  Lasha Dalakishvili: 1 night less (schedule on-call-backup)
  triggerfish-1: 1 night more, Thanksgiving Day more (schedule on-call-backup)

Prompts
  prompt no-key (en): "We did not hear a key." → "No key."  [{_line(new, ENGLISH, "No key.")}]
"""
    )


def _line(folder: Path, name: str, text: str, *, nth: int = 1) -> str:
    """Where a text stands for the nth time. Comments do not count."""
    file = name if name.endswith(".yaml") else f"schedules/{name}.yaml"
    lines = enumerate((folder / file).read_text().splitlines(), start=1)
    found = [number for number, line in lines if text in line and not line.lstrip().startswith("#")]
    return f"{file}:{found[nth - 1]}"


def test_an_edit_that_adds_a_person_moves_a_holiday_and_leaves_a_gap(shipped: Path, tmp_path: Path) -> None:
    new = write(tmp_path / "new", *NEW_PERSON, *MOVED_HOLIDAY, LEAVE)
    output = ivr(shipped, new, *AT, here=shipped).output
    for sentence in (
        "new gap, Wed 9 Dec 00:00 – Fri 11 Dec 00:00: nobody instead of triggerfish-1 (schedule on-call)",
        "triggerfish-1 is away, vacation (schedules/on_call.yaml:",
        "Mon 18 Jan 2027: open 08:00-17:00 instead of closed for Martin Luther King Jr. Day",
        "Tue 19 Jan 2027: closed for Martin Luther King Jr. Day instead of open 08:00-17:00",
        "person triggerfish-3 is new: team offsite, +18165550110  [schedules/staff.yaml:",
        "Mon 18 Jan 2027 08:00 – Mon 25 Jan 2027 08:00: triggerfish-3 instead of ",
    ):
        assert sentence in output


def test_a_revision_against_the_working_files(repository: Path) -> None:
    done = ivr("v1", *AT, here=repository)
    assert done.exit_code == 0
    assert "What changes from v1 to the present files." in done.output
    assert "Lasha Dalakishvili instead of Jamison White (schedule on-call)" in done.output


def test_two_revisions(repository: Path) -> None:
    _git(repository, "commit", "--all", "--quiet", "--message", "a night")
    assert "Lasha Dalakishvili instead of Jamison White" in ivr("HEAD~1", "HEAD", *AT, here=repository).output
    assert "Jamison White instead of Lasha Dalakishvili" in ivr("HEAD", "HEAD~1", *AT, here=repository).output
    assert ivr("HEAD", *AT, here=repository).output == "No difference.\n"


def test_no_difference(shipped: Path, tmp_path: Path) -> None:
    same = write(tmp_path / "same")
    done = ivr(shipped, same, *AT, here=shipped)
    assert (done.exit_code, done.output) == (0, "No difference.\n")


def test_files_that_differ_in_nothing_that_counts(shipped: Path, tmp_path: Path) -> None:
    new = write(tmp_path / "new", ("schedules/on_call.yaml", "zone: America", "# Kansas City\nzone: America"))
    done = ivr(shipped, new, *AT, here=shipped)
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        "No difference.",
        "The files differ, but not in anything callers or staff would notice from now on.",
    ]


def test_faults_name_their_side(shipped: Path, tmp_path: Path) -> None:
    bad = write(tmp_path / "bad", ("schedules/staff.yaml", "team: triggerfish", "team: starfish"))
    for arguments, side in (((shipped, bad), "NEW"), ((bad, shipped), "OLD")):
        done = ivr(*arguments, *AT, here=shipped)
        assert done.exit_code == 2
        assert done.stderr.startswith(f"{side} ({bad}): schedules/staff.yaml:")
        assert 'there is no team "starfish"' in done.stderr


@pytest.mark.parametrize("revision", ["no-such-branch", "--output=x", "HEAD:desk", ""])
def test_what_is_no_revision(repository: Path, revision: str) -> None:
    done = ivr("--", revision, here=repository)
    assert done.exit_code == 2
    assert "is neither a folder nor a git revision of" in done.stderr
    assert not (repository / "x").exists()


def test_a_folder_outside_any_repository(shipped: Path) -> None:
    done = ivr("HEAD", here=shipped)
    assert done.exit_code == 2
    assert "OLD: HEAD is neither a folder nor a git revision of" in done.stderr


def test_a_revision_without_configuration(repository: Path) -> None:
    _git(repository, "rm", "-r", "--quiet", "--cached", ".")
    _git(repository, "commit", "--quiet", "--allow-empty", "--message", "nothing")
    done = ivr("HEAD", here=repository)
    assert done.exit_code == 2
    assert "OLD (HEAD): " in done.stderr


def test_json(shipped: Path, tmp_path: Path) -> None:
    new = write(tmp_path / "new", FAMILY_NIGHT)
    told = json.loads(ivr(shipped, new, *AT, "--json", here=shipped).output)
    assert told["changed"] is True
    assert told["old"]["name"] == str(shipped)
    assert told["old"]["revision"] != told["new"]["revision"]
    first = told["changes"][0]
    assert first["section"] == "on_call"
    assert (first["starts_at"], first["ends_at"]) == ("2026-11-26T23:00:00+00:00", "2026-11-27T14:00:00+00:00")
    assert (first["before"], first["after"]) == (["Jamison White"], ["Lasha Dalakishvili"])
    assert {"nights", "weekend_days", "holidays_gained"} <= told["changes"][2].keys()
    nothing = json.loads(ivr(shipped, shipped, "--json", here=shipped).output)
    assert (nothing["changed"], nothing["changes"]) == (False, [])
