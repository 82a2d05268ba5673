"""Configurations at the desk: what is in force, what changed, and going back to what was, with a reason and a name."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.accounts import Role
from app.config.folder import read_folder
from app.publishing import Deed, Publishing
from app.running import SILENT_AFTER, running, tell_running
from app.store import PublicationKind
from tests.app.edits import ROOT
from tests.app.test_publishing import send_everybody_away
from tests.app.web.desk.visits import Visit, shortened, signed_in
from tests.desk import Desk, make_desk

LASHA = "Lasha Dalakishvili"
HOURS = "schedules/hours.yaml"
OPEN, SHORTER = "Mon-Fri: 08:00-17:00", "Mon-Fri: 08:00-16:00"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "config"
    for name, data in read_folder(ROOT).contents.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


@pytest.fixture
def desk(sqlite_url: str, folder: Path, tmp_path: Path) -> Iterator[Desk]:
    made = make_desk(sqlite_url, tmp_path, config=folder)
    yield made
    made.services.store.close()


@pytest.fixture
def supervisor(desk: Desk) -> Visit:
    return signed_in(desk.services, LASHA, Role.SUPERVISOR)


def edit(folder: Path, old: str, new: str, *, name: str = HOURS) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))


def published(desk: Desk, folder: Path, message: str = "as it was") -> str:
    publishing, at = Publishing(desk.services.store), desk.clock.at
    draft = publishing.draft_of_files(read_folder(folder), at=at)
    publishing.publish(draft, Deed(by="Jamison White", at=at, message=message))
    desk.services.config.look()
    return draft.snapshot.revision


def text(visit: Visit, address: str) -> str:
    return visit.opens(address).get_data(as_text=True)


def mark(page: str) -> str:
    found = re.search(r'name="mark" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_where_nothing_is_published_the_folder_rules_and_its_faults_are_told(
    desk: Desk, folder: Path, supervisor: Visit
) -> None:
    page = text(supervisor, "/desk/revisions")
    assert "the folder rules" in page
    assert desk.services.config.current().revision in page
    assert "Nothing was ever published" in page
    edit(folder, OPEN, "Mon-Fri: 08:00-25:00")
    desk.services.config.look()
    page = text(supervisor, "/desk/revisions")
    line = (folder / HOURS).read_text()[: (folder / HOURS).read_text().index("08:00-25:00")].count("\n") + 1
    assert f"<code>{HOURS}:{line}</code>" in page
    assert "cannot be used, since 10:00" in page


def test_the_folder_is_published_once_what_it_changes_was_shown(desk: Desk, folder: Path, supervisor: Visit) -> None:
    before = published(desk, folder)
    edit(folder, OPEN, SHORTER)
    page = text(supervisor, "/desk/revisions/publish")
    assert "Mon-Fri open 08:00-16:00 instead of open 08:00-17:00" in page
    assert desk.services.store.publications.newest().revision == before  # type: ignore[union-attr] # there is one
    shown = mark(page)
    assert supervisor.sends("/desk/revisions/publish", mark=shown, because=" ").status_code == 422
    text(supervisor, "/desk/revisions/publish")
    assert supervisor.sends("/desk/revisions/publish", mark=shown, because="we close at four").status_code == 303
    newest = desk.services.store.publications.newest()
    assert newest is not None
    assert (newest.author, newest.message, newest.kind) == (LASHA, "we close at four", PublicationKind.PUBLISHED)
    page = text(supervisor, "/desk/revisions")
    assert page.count("in force</span>") == 1
    assert "we close at four" in page
    (entry,) = desk.services.store.audit.list(limit=1).items
    assert (entry.actor, entry.action) == (LASHA, "configuration_published")
    assert "It is in force already" in text(supervisor, "/desk/revisions/publish")


def test_only_what_was_shown_is_published(desk: Desk, folder: Path, supervisor: Visit) -> None:
    published(desk, folder)
    edit(folder, OPEN, SHORTER)
    shown = mark(text(supervisor, "/desk/revisions/publish"))
    edit(folder, SHORTER, "Mon-Fri: 08:00-15:00")
    answer = supervisor.sends("/desk/revisions/publish", mark=shown, because="why")
    assert (answer.status_code, "08:00-15:00" in answer.text) == (409, True)
    shown = mark(text(supervisor, "/desk/revisions/publish"))
    # Somebody else publishes meanwhile.
    published(desk, folder, "quicker")
    edit(folder, "08:00-15:00", "08:00-14:00")
    assert supervisor.sends("/desk/revisions/publish", mark=shown, because="why").status_code == 409
    newest = desk.services.store.publications.newest()
    assert newest is not None
    assert newest.message == "quicker"


def test_faults_in_the_folder_are_told_and_nothing_is_published(desk: Desk, folder: Path, supervisor: Visit) -> None:
    shown = mark(text(supervisor, "/desk/revisions/publish"))
    edit(folder, OPEN, "Mon-Fri: 08:00-25:00")
    page = text(supervisor, "/desk/revisions/publish")
    assert f"<code>{HOURS}:" in page
    assert 'name="mark"' not in page
    supervisor.opens("/desk/account")
    assert supervisor.sends("/desk/revisions/publish", mark=shown, because="why").status_code == 409
    assert desk.services.store.publications.newest() is None


def test_going_back_is_a_new_entry_with_its_reason(desk: Desk, folder: Path, supervisor: Visit) -> None:
    first = published(desk, folder)
    edit(folder, OPEN, SHORTER)
    published(desk, folder, "we close at four")
    page = text(supervisor, "/desk/revisions/1")
    assert first in page
    assert "Go back to it" in page
    assert "Go back to it" not in text(supervisor, "/desk/revisions/2")
    page = text(supervisor, "/desk/revisions/1/back")
    assert "Mon-Fri open 08:00-17:00 instead of open 08:00-16:00" in page
    sent = supervisor.sends("/desk/revisions/1/back", mark=mark(page), because="callers were confused")
    assert sent.status_code == 303
    newest = desk.services.store.publications.newest()
    assert newest is not None
    assert (newest.revision, newest.kind, newest.author) == (first, PublicationKind.ROLLED_BACK, LASHA)
    assert newest.message == "callers were confused"


def test_gaps_are_shown_and_allowed_only_with_a_reason(folder: Path, supervisor: Visit) -> None:
    send_everybody_away(folder)
    page = text(supervisor, "/desk/revisions/publish")
    assert "An emergency would reach nobody" in page
    shown = mark(page)
    assert supervisor.sends("/desk/revisions/publish", mark=shown, because="why").status_code == 422
    text(supervisor, "/desk/revisions/publish")
    sent = supervisor.sends("/desk/revisions/publish", mark=shown, because="why", allow_gaps="the desk is closed then")
    assert sent.status_code == 303
    assert "the desk is closed then" in text(supervisor, "/desk/revisions/1")


def test_publishing_is_ended_with_a_reason(desk: Desk, folder: Path, supervisor: Visit) -> None:
    published(desk, folder)
    text(supervisor, "/desk/revisions")
    assert supervisor.sends("/desk/revisions/stop", because="").status_code == 422
    text(supervisor, "/desk/revisions")
    assert supervisor.sends("/desk/revisions/stop", because="one machine is enough").status_code == 303
    page = text(supervisor, "/desk/revisions")
    assert "the folder rules" in page
    assert "one machine is enough" in page
    assert "none: the folders rule" in text(supervisor, "/desk/revisions/2")


@pytest.mark.parametrize("address", ["9", "0", "99999999999", "9/back", "2/back"])
def test_what_was_never_published_is_not_there(desk: Desk, folder: Path, supervisor: Visit, address: str) -> None:
    published(desk, folder)
    text(supervisor, "/desk/revisions")
    supervisor.sends("/desk/revisions/stop", because="why")
    assert supervisor.opens(f"/desk/revisions/{address}").status_code == 404


def test_the_history_goes_on_where_a_page_ended(desk: Desk, folder: Path) -> None:
    supervisor = signed_in(shortened(desk.services, 2))
    hours = ("08:00-17:00", "08:00-16:00", "08:00-15:00")
    for old, new in zip(hours, (*hours[1:], ""), strict=True):
        published(desk, folder, f"until {old[-5:]}")
        if new:
            edit(folder, f"Mon-Fri: {old}", f"Mon-Fri: {new}")
    first = text(supervisor, "/desk/revisions")
    assert re.findall(r">(until \d\d:00)<", first) == ["until 15:00", "until 16:00"]
    assert re.findall(r">(until \d\d:00)<", text(supervisor, "/desk/revisions?before=2")) == ["until 17:00"]
    assert supervisor.opens("/desk/revisions?before=nonsense").status_code == 200


def test_each_process_says_what_it_runs_on_until_it_is_silent(desk: Desk, folder: Path, supervisor: Visit) -> None:
    assert "No process has spoken yet" in text(supervisor, "/desk/revisions")
    tell_running(desk.services, "web")
    revision = published(desk, folder)
    assert "not yet the newest" in text(supervisor, "/desk/revisions")
    tell_running(desk.services, "web")
    (process,) = running(desk.services)
    assert (process.kind, process.revision, process.publication, process.refuses) == ("web", revision, 1, False)
    assert "as it should be" in text(supervisor, "/desk/revisions")
    desk.clock.show(desk.clock.at + SILENT_AFTER + timedelta(seconds=1))
    assert running(desk.services) == ()
