"""`ivr shifts` as a table, a calendar, fairness and JSON; plain where nobody sits at a terminal."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.cli.tables import _print_ruled
from tests.app.edits import FAMILY_NIGHT, LEAVE, ROOT, write

FROM = ("--from", "2026-11-23", "--schedule", "on-call")


def ivr(*arguments: str | Path, folder: Path = ROOT) -> Result:
    return CliRunner(env={"IVR_CONFIG_DIR": str(folder)}).invoke(main, ["shifts", *map(str, arguments)])


def shown(result: Result) -> list[str]:
    assert result.exit_code == 0, result.stdout
    assert "\x1b" not in result.stdout
    return result.stdout.splitlines()


def test_the_table(tmp_path: Path) -> None:
    lines = shown(ivr(*FROM, "--days", "14", folder=write(tmp_path, FAMILY_NIGHT)))
    assert lines[0] == "On-call analyst (on-call), Mon 23 Nov 2026 00:00 to Mon 7 Dec 2026 00:00"
    rows = [line.split("  on call in")[0].split("  override by")[0] for line in lines[1:]]
    assert [row.rstrip() for row in rows] == [
        "  who                 from              until             hours  because",
        "  triggerfish-2       Mon 16 Nov 08:00  Mon 23 Nov 08:00  168",
        "  Jamison White       Mon 23 Nov 08:00  Thu 26 Nov 17:00  81",
        "  Lasha Dalakishvili  Thu 26 Nov 17:00  Fri 27 Nov 08:00  15",
        "  Jamison White       Fri 27 Nov 08:00  Mon 30 Nov 08:00  72",
        "  Lasha Dalakishvili  Mon 30 Nov 08:00  Mon 7 Dec 08:00   168",
    ]
    assert "override by Jamison White (schedules/on_call.yaml:" in lines[4]


def test_a_gap_is_a_row_of_its_own(tmp_path: Path) -> None:
    lines = shown(ivr(*FROM, folder=write(tmp_path, LEAVE)))
    gap = next(line for line in lines if "NOBODY" in line)
    assert "Wed 9 Dec 00:00" in gap
    assert "triggerfish-1 is away, vacation (schedules/on_call.yaml:" in gap


def test_one_person() -> None:
    lines = shown(ivr(*FROM, "--days", "28", "--person", "Lasha Dalakishvili"))
    assert len(lines) == 3
    assert lines[2].startswith("  Lasha Dalakishvili  Mon 30 Nov 08:00  Mon 7 Dec 08:00  168")


def test_somebody_without_a_shift() -> None:
    assert shown(ivr(*FROM, "--days", "2", "--person", "Lasha Dalakishvili"))[1:] == [
        "  Lasha Dalakishvili has no shift in these days."
    ]


def test_the_calendar(tmp_path: Path) -> None:
    lines = shown(ivr(*FROM, "--days", "21", "--calendar", folder=write(tmp_path, LEAVE)))
    assert lines[1:] == [
        "  November 2026",
        "  Mon      Tue      Wed      Thu      Fri      Sat      Sun",
        "  23 JW    24 JW    25 JW    26 JW    27 JW    28 JW    29 JW",
        "  30 LD",
        "",
        "  December 2026",
        "  Mon      Tue      Wed      Thu      Fri      Sat      Sun",
        "            1 LD     2 LD     3 LD     4 LD     5 LD     6 LD",
        "   7 T1     8 T1     9 -- !  10 -- !  11 T1    12 T1    13 T1",
        "",
        "  JW Jamison White, LD Lasha Dalakishvili, T1 triggerfish-1, T2 triggerfish-2",
        "  Before the stroke who has noon, after it who has 23:00; -- is nobody; ! a gap in that day.",
    ]


def test_a_day_and_a_night_of_two_people(tmp_path: Path) -> None:
    lines = shown(ivr(*FROM, "--days", "7", "--calendar", folder=write(tmp_path, FAMILY_NIGHT)))
    assert "26 JW/LD" in lines[3]


def test_the_calendar_is_narrow_enough() -> None:
    assert all(len(line) <= 100 for line in shown(ivr("--from", "2026-11-23", "--calendar", "--days", "60")))


def test_fairness(tmp_path: Path) -> None:
    lines = shown(ivr(*FROM, "--days", "28", "--fairness", folder=write(tmp_path, FAMILY_NIGHT)))
    assert lines[1:] == [
        "  who                 hours  nights  weekend days  holidays",
        "  Jamison White       153    6       2             Thanksgiving Day",
        "  Lasha Dalakishvili  183    8       2             Thanksgiving Day",
        "  triggerfish-1       168    7       2             none",
        "  triggerfish-2       168    8       2             none",
        "  Jamison White has had the fewest nights (6): next.",
    ]


def test_json() -> None:
    told = json.loads(ivr(*FROM, "--days", "28", "--json", "--fairness").stdout)
    assert told["from"] == "2026-11-23T06:00:00+00:00"
    first = told["schedules"]["on-call"][0]
    assert (first["person"], first["starts_at"]) == ("triggerfish-2", "2026-11-16T14:00:00+00:00")
    fairness = told["fairness"]["on-call"]
    assert [each["person"] for each in fairness["people"]][:2] == ["Jamison White", "Lasha Dalakishvili"]
    assert fairness["people"][0]["holidays"] == [{"date": "2026-11-26", "name": "Thanksgiving Day"}]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--schedule", "nights"), "there is no schedule 'nights'; there are: on-call, on-call-backup"),
        (("--person", "Nobody"), "there is no person 'Nobody'; there are: Jamison White, "),
        (("--from", "tomorrow"), "does not match the format"),
    ],
)
def test_what_is_not_known_is_told(arguments: tuple[str, ...], message: str) -> None:
    done = ivr(*arguments)
    assert done.exit_code == 2
    assert message in done.stderr


def test_in_a_terminal_the_table_is_ruled_and_nothing_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("Jamison White", "because [of] this"), ("NOBODY", "leave " * 40)]
    _print_ruled(("who", "because"), rows, marked="NOBODY")
    printed = capsys.readouterr().out
    assert "Jamison White" in printed
    assert "because [of] this" in printed
    assert printed.count("leave") == 40
