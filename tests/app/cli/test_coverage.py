# ruff: noqa: RUF001 (spans are written with a dash)
"""`ivr coverage` of the shipped configuration and of edits that are not yet in force."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from tests.app.edits import LEAVE, MAIN, MOVED_HOLIDAY, NEW_PERSON, NIGHT_KEY, ROOT, Edit, write

AT = ("--at", "2026-11-22T12:00")
NOT_RUNG: Edit = (MAIN, NIGHT_KEY, '"1": {go: answering-service, priority: emergency}')


def ivr(*arguments: str | Path) -> Result:
    return CliRunner(env={"IVR_CONFIG_DIR": str(ROOT)}).invoke(main, ["coverage", *map(str, arguments)])


def test_every_minute_is_well() -> None:
    done = ivr(*AT)
    assert done.exit_code == 0
    assert done.stdout.startswith(
        "Every minute from Sun 22 Nov 2026 12:00 to Mon 27 Dec 2027 12:00 on 2 lines: an emergency reaches a person. "
    )
    assert done.stdout.endswith(" stretches checked.\n")
    assert done.stdout.count("\n") == 1


def test_an_edit_that_leaves_a_gap_is_refused(tmp_path: Path) -> None:
    done = ivr("--config", write(tmp_path, *NEW_PERSON, *MOVED_HOLIDAY, LEAVE), *AT)
    assert done.exit_code == 1
    first, instead, span, summary = done.stdout.splitlines()
    assert first.startswith(
        "Gap on the main line and alternate line, after key 1: nobody is on call in schedule on-call:"
        " triggerfish-1 is away, vacation (schedules/on_call.yaml:"
    )
    assert instead == "    rung instead: triggerfish-2, Jamison White, Lasha Dalakishvili and triggerfish-1"
    assert span == "    Wed 9 Dec 00:00 – Fri 11 Dec 00:00"
    assert summary.startswith("1 gap from Sun 22 Nov 2026 12:00 to Mon 27 Dec 2027 12:00 on 2 lines. ")


@pytest.mark.parametrize(("edit", "code"), [(LEAVE, 0), (NOT_RUNG, 1)], ids=["somebody is rung", "nobody is rung"])
def test_being_content_with_any_person(tmp_path: Path, edit: Edit, code: int) -> None:
    assert ivr("--config", write(tmp_path, edit), "--any-person", *AT).exit_code == code


def test_many_gaps_of_one_cause_are_not_all_shown(tmp_path: Path) -> None:
    lines = ivr("--config", write(tmp_path, NOT_RUNG), *AT).stdout.splitlines()
    assert len(lines) == 15
    assert "the caller is connected to answering-service before any person is rung" in lines[0]
    assert lines[-2].endswith("(--json lists them all)")


def test_json(tmp_path: Path) -> None:
    told = json.loads(ivr("--config", write(tmp_path, LEAVE), "--json", *AT).stdout)
    assert told["ok"] is False
    assert [gap["line"] for gap in told["gaps"]] == ["main", "alternate"]
    gap = told["gaps"][0]
    assert (gap["starts_at"], gap["ends_at"]) == ("2026-12-09T06:00:00+00:00", "2026-12-11T06:00:00+00:00")
    assert (gap["kind"], gap["keys"]) == ("duty_empty", ["1"])
    assert gap["source"].startswith("schedules/on_call.yaml:")
    whole = json.loads(ivr("--json", "--days", "30", *AT).stdout)
    assert (whole["ok"], whole["gaps"], whole["lines"]) == (True, [], ["main", "alternate"])


def test_a_faulty_configuration_is_told_and_refused(tmp_path: Path) -> None:
    done = ivr("--config", write(tmp_path, ("schedules/staff.yaml", "team: triggerfish", "team: starfish")))
    assert done.exit_code == 1
    assert 'there is no team "starfish"' in done.stderr
