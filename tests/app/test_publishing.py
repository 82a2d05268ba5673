"""Publishing refuses what would do callers harm, tells what changes, and can be taken back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.config.folder import read_folder
from app.config.problems import ConfigError
from app.published_calendars import publish_calendars
from app.publishing import Deed, HasGaps, NoSuchPublication, Publishing
from app.store import NotTheNewest, Publication, PublicationKind, Store
from app.time_off_feeds import CannotFetch
from tests.app.edits import ROOT
from tests.desk import Desk, make_desk
from tests.outages import leaving

NOW = datetime(2026, 12, 1, 16, tzinfo=UTC)
LINES = "ivr_flows/lines.yaml"
ON_CALL = "schedules/on_call.yaml"
CALENDAR = "schedules/time_off/lasha.ics"
AWAY = b"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//a test//EN
BEGIN:VEVENT
UID:1
DTSTAMP:20261101T000000Z
DTSTART;VALUE=DATE:20261210
DTEND;VALUE=DATE:20261211
SUMMARY:away
END:VEVENT
END:VCALENDAR
"""
FETCHED = "[{person: Lasha Dalakishvili, file: lasha.ics, url: 'https://calendar.example.org/lasha.ics'}]"
EVERYBODY = ("Jamison White", "Lasha Dalakishvili", "triggerfish-1", "triggerfish-2")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "config"
    for name, data in read_folder(ROOT).contents.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


@pytest.fixture
def publishing(store: Store) -> Publishing:
    return Publishing(store)


@pytest.fixture
def desk(sqlite_url: str, folder: Path, tmp_path: Path) -> Iterator[Desk]:
    made = make_desk(sqlite_url, tmp_path, config=folder)
    yield made
    made.services.store.close()


def edit(folder: Path, old: str, new: str, *, name: str = LINES) -> None:
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def deed(message: str = "", **changes: object) -> Deed:
    return replace(Deed(by="Lasha Dalakishvili", at=NOW, message=message), **changes)  # type: ignore[arg-type] # per field


def publish(publishing: Publishing, folder: Path, message: str = "") -> Publication:
    return publishing.publish(publishing.draft_of_folder(folder, at=NOW), deed(message))


def test_the_first_publication_says_that_there_was_none(publishing: Publishing, folder: Path) -> None:
    made = publish(publishing, folder, "we begin")
    assert made.number == 1
    assert made.revision == read_folder(folder).revision
    assert made.difference == "Nothing was published, and each machine ran on its own folder."
    assert publishing.files(str(made.revision)).contents == read_folder(folder).contents


def test_the_difference_to_what_is_in_force_is_kept_in_plain_english(publishing: Publishing, folder: Path) -> None:
    publish(publishing, folder)
    edit(folder, "title: main line", "title: first line")
    made = publish(publishing, folder)
    assert "line main: now called first line instead of main line" in made.difference


def test_publishing_the_same_again_changes_nothing(publishing: Publishing, folder: Path) -> None:
    first = publish(publishing, folder)
    assert publish(publishing, folder) == first
    assert len(publishing.store.publications.page(10)) == 1


def test_a_fault_refuses_everything(publishing: Publishing, folder: Path) -> None:
    edit(folder, "flow: main", "flow: mian")
    with pytest.raises(ConfigError, match="mian"):
        publishing.draft_of_folder(folder, at=NOW)


def test_a_call_that_goes_otherwise_than_its_case_says_refuses_too(publishing: Publishing, folder: Path) -> None:
    cases = folder / "ivr_flows" / "cases"
    cases.mkdir()
    words = "cases:\n  - name: nobody is rung\n    line: main\n    at: 2026-11-28 03:00\n    keys: ['1']\n"
    (cases / "own.yaml").write_text(words + "    expect: {answered_by: Jamison Black}\n")
    with pytest.raises(ConfigError):
        publishing.draft_of_folder(folder, at=NOW)


def send_everybody_away(folder: Path) -> None:
    """Everybody is off for two days before Christmas, and nobody is on call."""
    days = ", ".join(f"{{person: {name}, from: 2026-12-22, until: 2026-12-23}}" for name in EVERYBODY)
    edit(folder, "time_off: []", f"time_off: [{days}]", name=ON_CALL)


def test_a_draft_is_held_against_what_was_newest_when_it_was_made(publishing: Publishing, folder: Path) -> None:
    draft = publishing.draft_of_folder(folder, at=NOW)
    edit(folder, "title: main line", "title: first line")
    winner = publish(publishing, folder)
    with pytest.raises(NotTheNewest) as refused:
        publishing.publish(draft, deed())
    assert refused.value.newest == winner
    assert len(publishing.store.publications.page(10)) == 1


def test_going_back_is_a_new_entry_with_the_old_files(publishing: Publishing, folder: Path) -> None:
    first = publish(publishing, folder, "first")
    edit(folder, "title: main line", "title: first line")
    publish(publishing, folder, "second")
    draft = publishing.draft_of_revision(str(first.revision)[:6], at=NOW)
    made = publishing.publish(draft, deed("callers were confused", kind=PublicationKind.ROLLED_BACK))
    assert (made.number, made.revision, made.kind) == (3, first.revision, PublicationKind.ROLLED_BACK)
    assert "now called main line instead of first line" in made.difference
    assert [each.message for each in publishing.store.publications.page(5)] == [
        "callers were confused",
        "second",
        "first",
    ]


@pytest.mark.parametrize("start", ["", "zzz", "%"])
def test_a_revision_nobody_published_is_named(publishing: Publishing, folder: Path, start: str) -> None:
    publish(publishing, folder)
    with pytest.raises(NoSuchPublication):
        publishing.draft_of_revision(start, at=NOW)


def test_everything_done_is_in_the_audit_log(publishing: Publishing, folder: Path) -> None:
    first = publish(publishing, folder)
    edit(folder, "title: main line", "title: first line")
    publish(publishing, folder)
    back = publishing.draft_of_revision(str(first.revision), at=NOW)
    publishing.publish(back, deed(kind=PublicationKind.ROLLED_BACK))
    publishing.stop(deed(kind=PublicationKind.STOPPED))
    entries = publishing.store.audit.list(limit=10).items
    assert [each.action for each in entries] == [
        "publishing_stopped",
        "configuration_rolled_back",
        "configuration_published",
        "configuration_published",
    ]
    assert all(each.actor == "Lasha Dalakishvili" for each in entries)
    assert entries[1].subject == f"configuration:{first.revision}"


def test_stopping_gives_the_folders_back_and_can_be_undone(publishing: Publishing, folder: Path) -> None:
    assert publishing.stop(deed(kind=PublicationKind.STOPPED)) is None
    publish(publishing, folder)
    assert publishing.stop(deed(kind=PublicationKind.STOPPED)) is not None
    assert publishing.stop(deed(kind=PublicationKind.STOPPED)) is None
    assert publish(publishing, folder).number == 3


# Gaps.


def test_a_rota_with_gaps_is_refused_unless_a_reason_is_given(publishing: Publishing, folder: Path) -> None:
    send_everybody_away(folder)
    draft = publishing.draft_of_folder(folder, at=NOW)
    with pytest.raises(HasGaps) as refused:
        publishing.publish(draft, deed())
    assert refused.value.gaps == draft.gaps
    assert "22 Dec 2026" in draft.gaps[0]
    assert publishing.store.publications.newest() is None
    made = publishing.publish(draft, deed(allow_gaps="the desk is closed then"))
    assert "Gaps that are allowed, because: the desk is closed then" in made.difference
    assert draft.gaps[0] in made.difference


def test_the_shipped_rota_has_none(publishing: Publishing, folder: Path) -> None:
    assert publishing.draft_of_folder(folder, at=NOW).gaps == ()


# Calendars that are fetched.


def test_a_fetched_calendar_is_published_for_all_machines(desk: Desk, folder: Path) -> None:
    publishing = Publishing(desk.services.store)
    edit(folder, "time_off_calendars: []", f"time_off_calendars: {FETCHED}", name=ON_CALL)
    first = publish(publishing, folder)
    desk.clock.show(NOW + timedelta(minutes=15))

    assert publish_calendars(desk.services, fetch=lambda _url: AWAY)
    newest = publishing.store.publications.newest()
    assert newest is not None
    assert (newest.kind, newest.author) == (PublicationKind.CALENDARS, "time_off_calendars")
    assert CALENDAR in publishing.files(str(newest.revision)).contents
    assert newest.written == first.written
    assert not publish_calendars(desk.services, fetch=lambda _url: AWAY), "nothing has changed"

    edit(folder, "title: main line", "title: first line")
    later = publish(publishing, folder)
    assert CALENDAR in publishing.files(str(later.revision)).contents, "an edit takes no day off back"


def test_without_a_publication_no_calendar_is_published(desk: Desk) -> None:
    assert not publish_calendars(desk.services, fetch=lambda _url: AWAY)
    assert desk.services.store.publications.newest() is None


def test_what_cannot_be_fetched_changes_nothing(desk: Desk, folder: Path) -> None:
    edit(folder, "time_off_calendars: []", f"time_off_calendars: {FETCHED}", name=ON_CALL)
    publish(Publishing(desk.services.store), folder)

    def refuse(_url: str) -> bytes:
        raise CannotFetch("its host has no address")

    assert not publish_calendars(desk.services, fetch=refuse)


def test_a_database_that_is_away_stops_no_job(desk: Desk) -> None:
    leaving(desk).leaves_after(0)
    assert not publish_calendars(desk.services)


# In force.


def test_a_desk_answers_by_what_is_published_whatever_stands_in_its_folder(
    sqlite_url: str, folder: Path, tmp_path: Path
) -> None:
    store = Store.open(sqlite_url)
    made = publish(Publishing(store), folder)
    store.close()
    edit(folder, "title: main line", "title: first line")
    desk = make_desk(sqlite_url, tmp_path, config=folder)
    played = desk.dials("+18162327483", keys="1")
    assert played.call.config_revision == made.revision
    desk.services.store.close()
