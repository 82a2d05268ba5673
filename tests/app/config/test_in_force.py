"""What is published is in force on every machine; where nothing is, the folder; and always something good."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.config.folder import Files
from app.config.in_force import ConfigStore
from app.config.last_good import LastGood
from app.config.problems import ConfigError
from app.config.published import Published
from app.config.watch import look_once
from tests.app.config.configurations import NOON, good_files, write
from tests.app.config.publications import FakePublications

PROMPTS = "ivr_flows/prompts/en.yaml"
BAD = {**good_files(), "ivr_flows/night.yaml": b"flow: night\n"}


def worded(text: str) -> dict[str, bytes]:
    files = good_files()
    files[PROMPTS] = files[PROMPTS].replace(b"Welcome.", text.encode())
    return files


@dataclass
class Machine:
    """A machine with a folder, a disk for its copy, and the publications all machines share."""

    path: Path
    publications: FakePublications
    at: datetime = NOON
    number: int = field(default=1)

    def __post_init__(self) -> None:
        self.writes(good_files())

    @property
    def folder(self) -> Path:
        return self.path / f"config-{self.number}"

    @property
    def copy(self) -> LastGood:
        return LastGood(self.path / f"instance-{self.number}" / "last-good.json")

    def writes(self, files: dict[str, bytes]) -> str:
        write(self.folder, files)
        return Files(files).revision

    def starts(self, *, keep: int = 5) -> ConfigStore:
        return ConfigStore(
            self.folder, clock=lambda: self.at, keep=keep, last_good=self.copy, publications=self.publications
        )


@pytest.fixture
def publications() -> FakePublications:
    return FakePublications()


@pytest.fixture
def machine(tmp_path: Path, publications: FakePublications) -> Machine:
    return Machine(tmp_path, publications)


def test_where_nothing_is_published_the_folder_counts(machine: Machine) -> None:
    store = machine.starts()
    assert store.published is None
    revision = machine.writes(worded("Hello."))
    assert store.look()
    assert store.current().revision == revision


def test_what_is_published_counts_on_every_machine_and_no_folder_does(
    machine: Machine, publications: FakePublications
) -> None:
    published = publications.publish(worded("Hello."), at=NOON)
    store = machine.starts()
    assert (store.published, store.current().revision) == (published, published.revision)
    machine.writes(worded("An edit in the folder."))
    assert not store.look()
    assert store.current().revision == published.revision


def test_a_process_moves_to_the_newest_and_fetches_it_once(machine: Machine, publications: FakePublications) -> None:
    store = machine.starts()
    before = store.current().revision
    for word in ("One.", "Two."):
        published = publications.publish(worded(word), at=NOON)
        assert [store.look(), store.look()] == [True, False]
        assert (store.published, store.current().revision) == (published, published.revision)
    assert publications.asked == 2
    assert store.revision(before) is not None, "a call goes on with what it began with"


def test_going_back_to_an_old_one_is_a_new_publication(machine: Machine, publications: FakePublications) -> None:
    first = publications.publish(worded("One."), at=NOON)
    publications.publish(worded("Two."), at=NOON)
    store = machine.starts()
    again = publications.publish(worded("One."), at=NOON)
    assert store.look()
    assert store.current().revision == first.revision
    assert store.published == again


def test_when_publishing_is_stopped_the_folder_counts_again(machine: Machine, publications: FakePublications) -> None:
    publications.publish(worded("Hello."), at=NOON)
    store = machine.starts()
    publications.stop(at=NOON)
    assert store.look()
    assert store.published is None
    assert store.current().revision == Files(good_files()).revision
    assert not store.look()


# Bad ones.


def test_a_publication_this_program_cannot_read_is_refused_once_and_the_last_good_stays(
    machine: Machine, publications: FakePublications
) -> None:
    good = publications.publish(worded("Hello."), at=NOON)
    store = machine.starts()
    publications.publish(BAD, at=NOON)
    assert [store.look(), store.look()] == [True, False]
    assert (store.published, store.current().revision) == (good, good.revision)
    assert str(store.fault).startswith("publication 2 is refused since 2026-11-23T18:00:00Z")
    publications.publish(worded("Mended."), at=NOON)
    assert store.look()
    assert store.fault is None


def test_it_is_logged_and_does_not_end_the_watch(machine: Machine, publications: FakePublications) -> None:
    store = machine.starts()
    publications.publish(BAD, at=NOON)
    assert look_once(store)
    assert store.fault is not None
    assert not look_once(store)


def test_a_start_on_a_bad_publication_takes_the_copy(machine: Machine, publications: FakePublications) -> None:
    good = publications.publish(worded("Hello."), at=NOON)
    machine.starts()
    publications.publish(BAD, at=NOON)
    store = machine.starts()
    assert (store.published, store.current().revision) == (good, good.revision)
    assert store.fault is not None
    assert not store.look(), "it was looked at"


def test_a_new_machine_that_cannot_read_what_is_published_runs_on_its_folder(
    machine: Machine, publications: FakePublications
) -> None:
    publications.publish(BAD, at=NOON)
    store = machine.starts()
    assert store.current().revision == Files(good_files()).revision
    assert store.fault is not None


def test_without_anything_good_nothing_starts(machine: Machine, publications: FakePublications) -> None:
    publications.publish(BAD, at=NOON)
    machine.writes(BAD)
    with pytest.raises(ConfigError):
        machine.starts()


# The database away.


def test_a_process_keeps_what_it_has_while_nobody_can_be_asked(
    machine: Machine, publications: FakePublications
) -> None:
    published = publications.publish(worded("Hello."), at=NOON)
    store = machine.starts()
    publications.is_away = True
    machine.writes(worded("An edit in the folder."))
    assert not store.look()
    assert store.current().revision == published.revision
    publications.is_away = False
    newer = publications.publish(worded("Later."), at=NOON)
    assert store.look()
    assert store.published == newer


def test_a_folder_is_watched_on_while_nobody_can_be_asked(machine: Machine, publications: FakePublications) -> None:
    store = machine.starts()
    publications.is_away = True
    revision = machine.writes(worded("Hello."))
    assert store.look()
    assert store.current().revision == revision


def test_a_start_without_a_database_takes_what_was_published_last_and_not_the_folder(
    machine: Machine, publications: FakePublications
) -> None:
    published = publications.publish(worded("Hello."), at=NOON)
    machine.starts()
    publications.is_away = True
    store = machine.starts()
    assert (store.published, store.current().revision, store.fault) == (published, published.revision, None)
    assert not store.look()
    publications.is_away = False
    assert not store.look(), "it is the newest"
    newer = publications.publish(worded("Later."), at=NOON)
    assert store.look()
    assert store.published == newer


def test_a_new_machine_without_a_database_runs_on_its_folder_until_it_can_ask(
    machine: Machine, publications: FakePublications
) -> None:
    published = publications.publish(worded("Hello."), at=NOON)
    publications.is_away = True
    store = machine.starts()
    assert store.published is None
    publications.is_away = False
    assert store.look()
    assert store.published == published


def test_files_that_cannot_be_fetched_now_are_fetched_later(machine: Machine, publications: FakePublications) -> None:
    store = machine.starts()
    published = publications.publish(worded("Hello."), at=NOON)
    publications.files_are_away = True
    assert not store.look()
    publications.files_are_away = False
    assert store.look()
    assert store.published == published


# Calls that began before this process did.


def test_a_process_that_is_started_anew_knows_the_revisions_of_calls_that_run(
    machine: Machine, publications: FakePublications
) -> None:
    old = publications.publish(worded("Yesterday."), at=NOON - timedelta(days=1))
    ruled = publications.publish(worded("This morning."), at=NOON - timedelta(hours=7))
    bad = publications.publish(BAD, at=NOON - timedelta(hours=2))
    recent = publications.publish(worded("An hour ago."), at=NOON - timedelta(hours=1))
    publications.publish(worded("Now."), at=NOON)
    store = machine.starts()
    store.fetch_earlier()
    assert store.revision(recent.revision) is not None
    assert store.revision(ruled.revision) is not None, "it was in force when the oldest call began"
    assert store.revision(old.revision) is None
    assert store.revision(bad.revision) is None
    store.fetch_earlier()
    assert store.current().revision == store.published.revision if store.published else False


def test_no_more_revisions_are_kept_than_fit(machine: Machine, publications: FakePublications) -> None:
    made = [publications.publish(worded(f"Word {number}."), at=NOON) for number in range(6)]
    store = machine.starts(keep=3)
    store.fetch_earlier()
    kept = [each.number for each in made if store.revision(each.revision) is not None]
    assert kept == [4, 5, 6]


# The copy.


def test_a_copy_of_the_first_version_is_read(tmp_path: Path) -> None:
    path = tmp_path / "copy.json"
    path.write_text('{"a.yaml": "YQ=="}')
    copy = LastGood(path).read()
    assert copy is not None
    assert (copy.files.contents, copy.published) == ({"a.yaml": b"a"}, None)


def test_a_copy_tells_how_it_was_published(tmp_path: Path) -> None:
    published = Published(number=7, revision="abc")
    keeper = LastGood(tmp_path / "copy.json")
    keeper.keep(Files({"a.yaml": b"a"}), published)
    copy = keeper.read()
    assert copy is not None
    assert (copy.files.contents, copy.published) == ({"a.yaml": b"a"}, published)
