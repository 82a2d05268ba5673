"""The form of the cases that staff write, and what is told when something in them is wrong."""

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from app.config.cases import FOLDER, Answer, Cases, Ending, Message, read_cases, unknown_names
from app.config.editor_schemas import FOLDER as SCHEMAS
from app.config.folder import read_folder
from app.config.snapshot import load
from tests.app.config.configurations import GOOD, ROOT, good_files, write

CHICAGO = ZoneInfo("America/Chicago")
CASE = """\
cases:
  - name: a case
    line: main
    at: 2026-12-25 03:00
    expect: {ends: voicemail}
"""


def read(folder: Path, text: str, name: str = "some.yaml") -> Cases:
    write(folder, {f"{FOLDER}/{name}": text.encode()})
    return read_cases(folder)


def told(folder: Path, text: str) -> list[str]:
    return [str(problem).removeprefix(f"{FOLDER}/some.yaml:") for problem in read(folder, text).problems]


def test_a_case_is_read_with_what_it_leaves_out(tmp_path: Path) -> None:
    (case,) = read(tmp_path, CASE).cases
    assert case.wanted.expect.ends is Ending.VOICEMAIL
    assert case.wanted.keys == ""
    assert case.wanted.message is Message.LEFT
    assert case.answer("anybody", time=0) is Answer.ACCEPT
    assert case.at(zone=CHICAGO) == datetime(2026, 12, 25, 9, tzinfo=UTC)


def test_without_a_folder_of_cases_there_are_none(tmp_path: Path) -> None:
    assert read_cases(tmp_path) == Cases((), 0, ())


def test_cases_are_read_from_every_file(tmp_path: Path) -> None:
    read(tmp_path, CASE)
    found = read(tmp_path, CASE.replace("a case", "another case"), "more.yaml")
    assert (len(found.cases), found.files, found.problems) == (2, 2, ())


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-07-01 12:00", datetime(2026, 7, 1, 17, tzinfo=UTC)),
        ("2026-11-01 01:30", datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
        ("2026-11-01 01:30 -06:00", datetime(2026, 11, 1, 7, 30, tzinfo=UTC)),
        ("2026-03-08 02:30", datetime(2026, 3, 8, 8, tzinfo=UTC)),
    ],
    ids=["summer", "the first of two", "the second of two", "skipped"],
)
def test_a_time_is_the_desks_and_can_name_which_of_two_it_is(tmp_path: Path, written: str, utc: datetime) -> None:
    (case,) = read(tmp_path, CASE.replace("2026-12-25 03:00", written)).cases
    assert case.at(zone=CHICAGO) == utc


def test_what_parties_do_can_differ_from_time_to_time(tmp_path: Path) -> None:
    text = CASE + "    parties: {Jamison White: [no answer, accept], others: busy}\n"
    (case,) = read(tmp_path, text).cases
    assert [case.answer("Jamison White", time=time) for time in range(3)] == [
        Answer.NO_ANSWER,
        Answer.ACCEPT,
        Answer.ACCEPT,
    ]
    assert case.answer("Lasha Dalakishvili", time=0) is Answer.BUSY


def test_everything_wrong_in_a_file_is_told_at_once_with_place_and_remedy(tmp_path: Path) -> None:
    text = """\
cases:
  - name: a case
    line: main
    at: Christmas
    keys: one
    parties: {Jamison White: sleeps}
    mesage: none
    expect: {ends: happily, priority: highest}
  - name: an empty one
    line: main
    at: 2026-02-30 08:00
    expect: {}
  - line: main
"""
    assert told(tmp_path, text) == [
        '4:9: cases.1.at: expected a date and time such as 2026-12-25 03:00, got "Christmas"',
        '5:11: cases.1.keys: expected keys such as "1" or "3, 1042#", with - for no key, got "one"',
        (
            "6:30: cases.1.parties.Jamison White: expected one of accept, decline, voicemail, busy, no answer,"
            ' got "sleeps"'
        ),
        '7:5: cases.1: unknown key "mesage"; did you mean "message"?',
        '8:20: cases.1.expect.ends: expected one of answered, answering service, voicemail, call back, hung up, got "happily"',
        (
            '8:39: cases.1.expect.priority: expected one of emergency, high, medium, low, got "highest";'
            ' did you mean "high"?'
        ),
        "11:9: cases.2.at: 2026-02-30 is not a date of the calendar: check the month and the day",
        "12:5: cases.2.expect: expects nothing: say what must come of the call, such as ends: answered",
        (
            '13:5: cases.3: "at" is missing: when the call comes, in the desk\'s local time;'
            " in the hour that comes twice, add -05:00 or -06:00"
        ),
        '13:5: cases.3: "expect" is missing: what must come of the call',
        '13:5: cases.3: "name" is missing: what the case shows, as a sentence',
    ]


def test_names_that_nobody_has_are_told_with_a_guess(tmp_path: Path) -> None:
    text = """\
cases:
  - name: a case
    line: mian
    at: 2026-12-25 03:00
    parties: {Jamison Whyte: busy, others: accept}
    expect: {rings: [Lasha], answered_by: answering-servise}
"""
    (case,) = read(tmp_path, text).cases
    snapshot = load(GOOD)
    assert [str(each).partition(":")[2] for each in unknown_names(case, snapshot.book, snapshot.roster)] == [
        '3:11: cases.1.line: there is no line "mian"; did you mean "main"?',
        (
            '5:15: cases.1.parties.Jamison Whyte: there is no person or outside party "Jamison Whyte";'
            ' did you mean "Jamison White"?'
        ),
        (
            '6:22: cases.1.expect.rings.1: there is no person or outside party "Lasha";'
            " there are: Jamison White, Lasha Dalakishvili, answering-service"
        ),
        (
            '6:43: cases.1.expect.answered_by: there is no person or outside party "answering-servise";'
            ' did you mean "answering-service"?'
        ),
    ]


def test_two_cases_of_one_name_are_told(tmp_path: Path) -> None:
    read(tmp_path, CASE)
    (problem,) = read(tmp_path, CASE, "z.yaml").problems
    assert str(problem) == f"{FOLDER}/z.yaml:2:11: cases.1.name: the case at {FOLDER}/some.yaml:2 has this name too"


def test_a_file_that_is_no_yaml_or_has_another_ending_is_told(tmp_path: Path) -> None:
    write(tmp_path, {f"{FOLDER}/a.yml": b"x", f"{FOLDER}/b.yaml": b"cases: ["})
    assert [problem.message.partition(":")[0] for problem in read_cases(tmp_path).problems] == [
        "is not read",
        "the file ends here, but the bracket or brace opened at line 1, column 8 is not closed",
    ]


def test_cases_are_no_part_of_a_revision(tmp_path: Path) -> None:
    """What changes nothing for callers must not make running processes load anything."""
    write(tmp_path, good_files())
    before = read_folder(tmp_path).revision
    read(tmp_path, "anything")
    assert read_folder(tmp_path).revision == before
    assert load(tmp_path).revision == before


@pytest.mark.parametrize("path", sorted((ROOT / FOLDER).glob("*.yaml")), ids=lambda path: path.name)
def test_editors_accept_the_shipped_cases(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=../../app/config/schemas/cases.schema.json\n")
    schema = json.loads((SCHEMAS / "cases.schema.json").read_text(encoding="utf-8"))
    tree = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 (texts only)
    assert [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(tree)] == []
