"""The whole configuration as one revision: loaded, refused, swapped in, and kept for calls in progress."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.config.folder import Files, read_folder
from app.config.in_force import ConfigStore
from app.config.problems import ConfigError
from app.config.snapshot import check, load
from tests.app.config.configurations import GOOD, NOON, ROOT, built, found, good_files, with_changes, write

BAD_FLOW = b"flow: night\n"
PROMPTS = "ivr_flows/prompts/en.yaml"
STAFF = "schedules/staff.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, good_files())
    return tmp_path


@pytest.fixture
def clock() -> Iterator[datetime]:
    return (NOON + timedelta(minutes=minute) for minute in range(100))


@pytest.fixture
def store(folder: Path, clock: Iterator[datetime]) -> ConfigStore:
    return ConfigStore(folder, clock=lambda: next(clock), keep=3)


def reword(folder: Path, text: str) -> None:
    path = folder / PROMPTS
    path.write_text(path.read_text().replace("Welcome.", text))


# The shipped configuration.


@pytest.mark.parametrize("month", range(1, 13))
def test_what_we_ship_has_no_problem_and_no_warning_in_any_month(month: int) -> None:
    problems, summary = check(ROOT, at=datetime(2026, month, 1, tzinfo=UTC))
    assert problems == []
    assert str(summary).startswith(f"revision {summary.revision} is good: ")


def test_both_shipped_numbers_start_the_same_service() -> None:
    book = load(ROOT).book
    main, alternate = book.line_for("+18162327483"), book.line_for("+18166760434")
    assert (main.name, alternate.name) == ("main", "alternate")
    assert main.flow == alternate.flow
    assert main.title != alternate.title
    assert book.line_for("+18165550199") == main, "a number nobody listed is treated as the first line"


def test_every_shipped_prompt_is_there_in_spanish() -> None:
    book = load(ROOT).book
    for name in book.prompts["en"]:
        spoken = book.prompt(name, "es")
        assert spoken is not None
        assert spoken.language_tag == "es-US"


# The book.


def test_a_prompt_missing_in_a_language_is_spoken_in_the_default_one() -> None:
    spanish = "language: es-US\nvoice: Polly.Lupe-Neural\nprompts:\n  welcome: Bienvenido.\n"
    book = built({"ivr_flows/prompts/es.yaml": spanish}).book
    welcome, bye = book.prompt("welcome", "es"), book.prompt("bye", "es")
    assert welcome is not None
    assert (welcome.text, welcome.voice) == ("Bienvenido.", "Polly.Lupe-Neural")
    assert bye is not None
    assert bye.language_tag == "en-US"
    assert book.prompt("welcome", "fr") == book.prompt("welcome", "en")
    assert book.prompt("no-such-prompt", "en") is None


def test_a_text_folded_over_lines_is_one_sentence() -> None:
    text = good_files()[PROMPTS].decode().replace("Welcome.", ">-\n    Welcome\n    to us.")
    spoken = built({PROMPTS: text}).book.prompt("welcome", "en")
    assert spoken is not None
    assert spoken.text == "Welcome to us."


def test_every_part_of_the_book_says_where_it_was_written() -> None:
    book = built({}).book
    flow = book.flow("main")
    assert flow is not None
    assert str(flow.source) == "ivr_flows/main.yaml:1"
    assert str(flow.nodes["menu"].source) == "ivr_flows/main.yaml:7"
    assert str(book.line("alternate").source) == "ivr_flows/lines.yaml:3"
    assert book.flow("no-such-flow") is None
    assert book.line("no-such-line") == book.line("main")


def test_a_snapshot_cannot_be_changed() -> None:
    snapshot = built({})
    with pytest.raises(dataclasses.FrozenInstanceError):
        snapshot.revision = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        snapshot.book.flows["main"] = snapshot.book.flows["night"]  # type: ignore[index]


# Revisions.


def test_the_same_files_are_the_same_revision_wherever_they_lie(folder: Path) -> None:
    assert load(folder).revision == load(GOOD).revision == built({}).revision


def test_any_changed_byte_and_any_changed_name_is_another_revision() -> None:
    files = good_files()
    moved = {name.replace("night", "nacht"): data for name, data in files.items()}
    noted = {**files, STAFF: files[STAFF] + b"# note\n"}
    assert len({Files(each).revision for each in (files, moved, noted)}) == 3


def test_text_moved_from_one_file_to_the_next_is_another_revision() -> None:
    assert Files({"a": b"xy", "b": b"z"}).revision != Files({"a": b"x", "b": b"yz"}).revision


def test_files_that_are_no_configuration_make_no_revision(folder: Path) -> None:
    before = load(folder).revision
    write(folder, {"ivr_flows/.main.yaml.swp": b"x", "ivr_flows/README.md": b"x", "ivr_flows/.hidden.yaml": b"x"})
    assert load(folder).revision == before


# What is told.


@pytest.mark.parametrize(
    "file", ["ivr_flows/lines.yaml", PROMPTS, STAFF, "schedules/hours.yaml", "schedules/on_call.yaml"]
)
def test_a_file_the_service_needs_is_missed(file: str) -> None:
    assert f"{file}:1:1: there is no such file, and the service needs it" in map(str, found(with_changes({file: None})))


def test_a_folder_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    problems, summary = check(tmp_path / "nowhere")
    assert [problem.message for problem in problems] == ["there is no such folder: it holds ivr_flows/ and schedules/"]
    assert str(summary) == "0 files read: 1 error, 0 warnings; nothing was loaded"


def test_an_empty_folder_is_told_as_such(tmp_path: Path) -> None:
    assert [problem.message for problem in check(tmp_path)[0]] == ["there is no configuration in this folder"]


def test_a_file_that_cannot_be_read_is_a_problem_and_no_crash(folder: Path) -> None:
    (folder / "ivr_flows/dangling.yaml").symlink_to(folder / "nowhere")
    assert [str(problem) for problem in check(folder)[0]] == [
        "ivr_flows/dangling.yaml:1:1: cannot be read: no such file or directory"
    ]


def test_faults_of_flows_and_of_schedules_are_told_together() -> None:
    told = found(
        with_changes(
            {
                STAFF: good_files()[STAFF].decode().replace("team: offsite", "team: ofsite", 1),
                "ivr_flows/night.yaml": "flow: night\n",
            }
        )
    )
    assert {problem.file for problem in told} == {STAFF, "ivr_flows/night.yaml"}


def test_a_file_that_cannot_be_read_does_not_make_its_names_unknown() -> None:
    told = found(with_changes({STAFF: "people: [", "ivr_flows/night.yaml": "flow: ["}))
    assert {problem.file for problem in told} == {STAFF, "ivr_flows/night.yaml"}


def test_a_gap_in_the_next_28_days_is_a_warning_at_the_schedule() -> None:
    text = good_files()["schedules/on_call.yaml"].decode()
    weekdays = text.replace("starts_on:", "only: {days: Mon-Fri}, starts_on:")
    snapshot = built({"schedules/on_call.yaml": weekdays}, at=NOON)
    (warning,) = snapshot.warnings
    assert str(warning) == (
        "schedules/on_call.yaml:3:1: warning: a gap from Sat 28 Nov 2026 00:00 to Mon 30 Nov 2026 00:00"
        " (and 3 more gaps within 28 days): nobody is on call in schedule on-call: no layer covers this time"
    )
    assert built({"schedules/on_call.yaml": weekdays}).warnings == (), "without an instant nothing is asked"


def test_check_counts_what_it_read(folder: Path) -> None:
    _, summary = check(folder, at=NOON)
    assert str(summary) == (
        f"revision {load(folder).revision} is good: "
        "8 files, 2 flows, 11 nodes, 4 prompts, 2 people, 1 schedule; 0 errors, 0 warnings"
    )


# The store.


def test_a_service_does_not_start_on_a_bad_configuration(folder: Path) -> None:
    (folder / "ivr_flows/night.yaml").write_bytes(BAD_FLOW)
    with pytest.raises(ConfigError):
        ConfigStore(folder, clock=lambda: NOON)


def test_a_good_edit_goes_live_whole(store: ConfigStore, folder: Path) -> None:
    before = store.current()
    reword(folder, "Hello.")
    assert store.reload() == []
    after = store.current()
    welcome = after.book.prompt("welcome", "en")
    assert welcome is not None
    assert welcome.text == "Hello."
    assert after.revision == after.book.revision == after.roster.revision != before.revision


def test_a_bad_edit_keeps_the_last_good_one_and_says_why_and_since_when(store: ConfigStore, folder: Path) -> None:
    before = store.current()
    (folder / "ivr_flows/night.yaml").write_bytes(BAD_FLOW)
    told = store.reload()
    assert store.current() is before
    assert store.fault is not None
    assert list(store.fault.problems) == told != []
    since_at = store.fault.since_at
    store.reload()
    assert store.fault.since_at == since_at, "it is bad since it was first seen to be"


def test_a_mended_file_ends_the_fault(store: ConfigStore, folder: Path) -> None:
    good = (folder / "ivr_flows/night.yaml").read_bytes()
    (folder / "ivr_flows/night.yaml").write_bytes(BAD_FLOW)
    store.reload()
    (folder / "ivr_flows/night.yaml").write_bytes(good)
    assert store.reload() == []
    assert store.fault is None


def test_a_call_in_progress_finds_the_revision_it_began_with_until_that_is_too_old(
    store: ConfigStore, folder: Path
) -> None:
    first = store.current()
    for word in ("Welcome. 1", "Welcome. 2"):
        reword(folder, word)
        store.reload()
    assert store.revision(first.revision) is first
    reword(folder, "Welcome. 3")
    store.reload()
    assert store.revision(first.revision) is None
    assert store.revision(store.current().revision) is store.current()


def test_going_back_to_an_earlier_edit_makes_it_the_newest_again(store: ConfigStore, folder: Path) -> None:
    first = store.current().revision
    original = (folder / PROMPTS).read_bytes()
    reword(folder, "Hello.")
    store.reload()
    (folder / PROMPTS).write_bytes(original)
    store.reload()
    assert store.current().revision == first


def test_a_revision_is_named_by_its_files_and_by_nothing_else(store: ConfigStore, folder: Path) -> None:
    assert read_folder(folder).revision == store.current().revision
    (folder / PROMPTS).touch()
    assert read_folder(folder).revision == store.current().revision
    reword(folder, "Hello.")
    assert read_folder(folder).revision != store.current().revision
