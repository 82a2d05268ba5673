"""Cases that staff write, played on the flow engine: what the phones do, what comes of it, and what a failure says."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.check import check
from app.config.cases import FOLDER, Case, read_cases
from app.config.snapshot import Snapshot, load
from app.rehearsal import Outcome, failures, play, rehearse_folder
from oncall import RingStrategy
from tests.app.config.configurations import ROOT, write

MAIN = "ivr_flows/main.yaml"
NIGHT = "2026-11-28 03:00"
MORNING = "2026-12-01 10:00"


@pytest.fixture(scope="module")
def shipped() -> Snapshot:
    return load(ROOT)


def case(folder: Path, expect: str = "{ends: answered}", **more: str) -> Case:
    fields = {"name": "a case", "line": "main", "at": NIGHT, "keys": '"1"'} | more
    lines = "".join(f"    {name}: {value}\n" for name, value in fields.items())
    write(folder, {f"{FOLDER}/some.yaml": f"cases:\n  - expect: {expect}\n{lines}".encode()})
    found = read_cases(folder)
    assert found.problems == ()
    return found.cases[0]


def played(folder: Path, snapshot: Snapshot, **more: str) -> Outcome:
    return play(case(folder, **more), snapshot)


def test_every_shipped_case_holds() -> None:
    rehearsal = rehearse_folder(ROOT)
    assert [str(problem) for problem in rehearsal.problems] == []
    assert rehearsal.played >= 12


@pytest.mark.parametrize(
    ("parties", "rang", "ends"),
    [
        ("{}", ["Jamison White"], "answered"),
        ("{Jamison White: voicemail}", ["Jamison White", "Lasha Dalakishvili"], "answered"),
        ("{Jamison White: decline}", ["Jamison White", "Lasha Dalakishvili"], "answered"),
        ("{Jamison White: busy}", ["Jamison White", "Lasha Dalakishvili"], "answered"),
        ("{Jamison White: no answer}", ["Jamison White", "Lasha Dalakishvili"], "answered"),
        ("{others: busy, triggerfish-2: accept}", None, "answered"),
        ("{others: decline, answering-service: accept}", None, "answering service"),
        ("{others: voicemail}", None, "answering service"),
        ("{others: no answer}", None, "voicemail"),
    ],
)
def test_what_phones_do_decides_who_is_rung_next(
    tmp_path: Path, shipped: Snapshot, parties: str, rang: list[str] | None, ends: str
) -> None:
    """A machine never ends a hunt, but one that picks up at an outside party has the call."""
    outcome = played(tmp_path, shipped, parties=parties)
    assert outcome.ends == ends
    if rang is not None:
        assert list(outcome.rang) == rang


def test_somebody_can_take_the_call_the_second_time(tmp_path: Path, shipped: Snapshot) -> None:
    outcome = played(tmp_path, shipped, parties="{others: no answer, Jamison White: [no answer, accept]}")
    assert outcome.rang.count("Jamison White") == 2
    assert (outcome.answered_by, outcome.ends) == ("Jamison White", "answered")


EVERYBODY = "[Jamison White, Lasha Dalakishvili, triggerfish-1, triggerfish-2]"


@pytest.mark.parametrize(
    ("keys", "caller", "ends"),
    [
        ('"2, 1, 1"', '"+18165550191"', "call back"),
        ('"2, 1, 8165550117#"', None, "call back"),
        ('"2, -, 2"', None, "voicemail"),
        ('"2"', None, "answering service"),
    ],
)
def test_with_everybody_on_another_call_the_line_is_played(
    tmp_path: Path, shipped: Snapshot, keys: str, caller: str | None, ends: str
) -> None:
    more = {} if caller is None else {"caller": caller}
    outcome = played(tmp_path, shipped, at=MORNING, keys=keys, on_a_call=EVERYBODY, **more)
    assert outcome.ends == ends
    assert any("keep your place in line" in words for words in outcome.heard)
    assert "Jamison White" not in outcome.rang


def test_whoever_is_on_another_call_is_passed_over(tmp_path: Path, shipped: Snapshot) -> None:
    outcome = played(tmp_path, shipped, at=MORNING, keys='"0"', on_a_call="[Jamison White]")
    assert outcome.rang == ("Lasha Dalakishvili",)
    assert any("passes Jamison White over" in step.does for step in outcome.steps)


def test_a_client_is_recognised_by_name_or_number(tmp_path: Path, shipped: Snapshot) -> None:
    for caller in ("example-clinic", '"+18165550160"'):
        outcome = played(tmp_path, shipped, at=MORNING, keys='"0"', caller=caller)
        assert (outcome.priority, outcome.tags) == ("high", ("example-clinic",))


def test_of_phones_that_ring_at_once_the_first_that_accepts_has_the_call(tmp_path: Path, shipped: Snapshot) -> None:
    groups = {
        name: replace(group, strategy=RingStrategy.SIMULTANEOUS) for name, group in shipped.roster.ring_groups.items()
    }
    snapshot = replace(shipped, roster=replace(shipped.roster, ring_groups=groups))
    outcome = played(tmp_path, snapshot, at=MORNING, keys='"0"', parties="{Jamison White: voicemail}")
    assert outcome.rang == ("Jamison White", "Lasha Dalakishvili")
    assert outcome.answered_by == "Lasha Dalakishvili"
    nobody = played(tmp_path, snapshot, at=MORNING, keys='"0"', parties="{others: no answer}")
    assert nobody.rang[:4] == ("Jamison White", "Lasha Dalakishvili", "triggerfish-1", "triggerfish-2")
    assert nobody.ends == "voicemail"


def test_without_a_message_the_call_ends_as_hung_up(tmp_path: Path, shipped: Snapshot) -> None:
    outcome = played(tmp_path, shipped, parties="{others: busy}", message="none")
    assert outcome.ends == "hung up"
    assert any("did not hear a message" in words for words in outcome.heard)


def test_keys_tags_and_priority_are_seen(tmp_path: Path, shipped: Snapshot) -> None:
    outcome = played(tmp_path, shipped, at=MORNING, keys='"3, 1042#"')
    assert outcome.tags == ("existing-ticket",)
    assert outcome.keyed == {"ticket_number": "1042"}
    assert outcome.priority == "high"


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ("{rings: [Lasha Dalakishvili]}", "expected to ring Lasha Dalakishvili, and it rang Jamison White"),
        ("{rings: []}", "expected to ring nobody, and it rang Jamison White"),
        ("{answered_by: triggerfish-1}", "expected answered_by triggerfish-1, and it was Jamison White"),
        ("{priority: low}", "expected priority low, and it was emergency"),
        ("{ends: voicemail}", "expected ends voicemail, and it was answered"),
        ("{ticket_number: '7'}", "expected ticket_number 7, and it was nobody or nothing"),
        ("{tags: [new]}", "expected the tags new, and there were none"),
        ("{hears: [closed, sesame]}", 'expected the caller to hear "sesame" after "closed", and they never did'),
        ("{hears: analyst in Rome}", 'expected the caller to hear "analyst in Rome", and they never did'),
        ("{never_hears: [CLOSED]}", 'expected the caller never to hear "CLOSED", and they did'),
    ],
)
def test_what_does_not_come_true_is_told_at_its_line(
    tmp_path: Path, shipped: Snapshot, expect: str, message: str
) -> None:
    (problem,) = failures(case(tmp_path, expect), shipped)
    assert (problem.file, problem.line) == (f"{FOLDER}/some.yaml", 2)
    assert problem.message.startswith(f'case "a case": {message}; the call went like this:\n')


def test_a_failure_tells_the_whole_call_with_its_reasons(tmp_path: Path, shipped: Snapshot) -> None:
    (problem,) = failures(case(tmp_path, "{ends: voicemail}", parties="{Jamison White: busy}"), shipped)
    story = problem.message.splitlines()[1:]
    assert story[0].startswith(
        "      03:00:00  a call arrives   · the main line starts flow main [ivr_flows/lines.yaml:"
    )
    assert any("rings Jamison White for 25 seconds" in line and "schedules/on_call.yaml:" in line for line in story)
    assert any(f"Jamison White: busy   · so the case says [{FOLDER}/some.yaml:2]" in line for line in story)
    assert any("Lasha Dalakishvili takes the call" in line for line in story)


def test_the_call_is_told_once_for_all_that_failed(tmp_path: Path, shipped: Snapshot) -> None:
    first, second = failures(case(tmp_path, "{ends: voicemail, priority: low}"), shipped)
    assert "the call went like this" in first.message
    assert second.message == 'case "a case": expected ends voicemail, and it was answered'


def test_what_holds_and_what_is_not_asked_for_is_no_problem(tmp_path: Path, shipped: Snapshot) -> None:
    expect = "{hears: [Service  Desk, CLOSED now, Press 1], rings: [Jamison White], tags: [], priority: emergency}"
    assert failures(case(tmp_path, expect), shipped) == []


def test_two_numbers_of_one_person_are_one_ring_for_the_case(tmp_path: Path, shipped: Snapshot) -> None:
    people = dict(shipped.roster.people)
    people["Jamison White"] = replace(people["Jamison White"], phones=("+18165550101", "+18165550111"))
    snapshot = replace(shipped, roster=replace(shipped.roster, people=people))
    outcome = played(tmp_path, snapshot, parties="{Jamison White: no answer}")
    assert outcome.rang == ("Jamison White", "Lasha Dalakishvili")


# `ivr check`.


def folder_with(tmp_path: Path, text: str) -> Path:
    for path in [*ROOT.glob("ivr_flows/**/*.yaml"), *ROOT.glob("schedules/*.yaml")]:
        if FOLDER not in path.as_posix():
            write(tmp_path, {path.relative_to(ROOT).as_posix(): path.read_bytes()})
    write(tmp_path, {f"{FOLDER}/some.yaml": text.encode()})
    return tmp_path


FAILS = f"cases:\n  - {{name: fails, line: main, at: {NIGHT}, keys: '1', expect: {{ends: voicemail}}}}\n"


def test_check_plays_the_cases_and_fails_with_them(tmp_path: Path) -> None:
    folder = str(folder_with(tmp_path, FAILS))
    failed = CliRunner().invoke(check, ["--config", folder])
    assert failed.exit_code == 1
    assert failed.output.startswith(f"{FOLDER}/some.yaml:2:")
    assert 'case "fails": expected ends voicemail, and it was answered' in failed.output
    assert failed.output.endswith("1 fault.\n")
    assert CliRunner().invoke(check, ["--config", folder, "--no-cases"]).exit_code == 0


def test_check_tells_how_many_cases_hold(tmp_path: Path) -> None:
    folder = str(folder_with(tmp_path, FAILS.replace("voicemail", "answered")))
    assert CliRunner().invoke(check, ["--config", folder]).output.endswith("; 1 case played\n")


def test_cases_are_not_played_on_a_bad_configuration_but_their_form_is_told(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, FAILS.replace("voicemail", "well"))
    write(folder, {MAIN: b"flow: main\n"})
    output = CliRunner().invoke(check, ["--config", str(folder)]).output
    assert f'{MAIN}:1:1: "nodes" is missing' in output
    assert "cases.1.expect.ends: expected one of" in output
    assert "the call went like this" not in output
