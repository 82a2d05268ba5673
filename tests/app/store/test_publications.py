"""What was published is kept for good, the newest is in force, and of two who publish at once one is told."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.store import AuditEntry, NotTheNewest, Publication, PublicationKind, Store

NOON = datetime(2026, 11, 23, 18, tzinfo=UTC)
FILES = {"ivr_flows/lines.yaml": b"lines\n", "schedules/staff.yaml": b"\x00\xff staff\n"}


def publication(revision: str | None, *, by: str = "Lasha Dalakishvili") -> Publication:
    return Publication(
        kind=PublicationKind.PUBLISHED if revision else PublicationKind.STOPPED,
        revision=revision,
        written=revision,
        author=by,
        at=NOON,
        message="why",
        difference="what",
    )


def add(store: Store, made: Publication, *, after: int, files: dict[str, bytes] | None = None) -> Publication:
    entry = AuditEntry(at=NOON, actor=made.author, action="configuration_published", subject="configuration:x")
    return store.publications.add(made, FILES if files is None else files, after=after, audit=entry)


def test_nothing_is_in_force_before_something_is_published(store: Store) -> None:
    assert store.publications.in_force() is None
    assert store.publications.newest() is None
    assert store.publications.page(10) == ()
    assert store.publications.files("abc") == {}


def test_what_is_published_is_read_back_byte_for_byte(store: Store) -> None:
    made = add(store, publication("abc"), after=0)
    assert made == replace(publication("abc"), number=1) == store.publications.newest()
    assert store.publications.in_force() == (1, "abc")
    assert store.publications.files("abc") == FILES


def test_the_newest_is_in_force_and_none_is_forgotten(store: Store) -> None:
    add(store, publication("abc"), after=0)
    changed = {**FILES, "ivr_flows/lines.yaml": b"other lines\n"}
    add(store, publication("def"), after=1, files=changed)
    add(store, publication("abc"), after=2)
    assert store.publications.in_force() == (3, "abc")
    assert [each.revision for each in store.publications.page(10)] == ["abc", "def", "abc"]
    assert [each.number for each in store.publications.page(2)] == [3, 2]
    assert store.publications.files("def") == changed
    assert store.publications.files("abc") == FILES


def test_stopping_is_an_entry_too(store: Store) -> None:
    add(store, publication("abc"), after=0)
    add(store, publication(None), after=1, files={})
    assert store.publications.in_force() is None
    newest = store.publications.newest()
    assert newest is not None
    assert (newest.kind, newest.revision) == (PublicationKind.STOPPED, None)


def test_who_did_not_know_the_newest_is_told_it_and_changes_nothing(store: Store) -> None:
    add(store, publication("abc"), after=0)
    with pytest.raises(NotTheNewest) as refused:
        add(store, publication("def", by="Jamison White"), after=0)
    assert refused.value.newest == store.publications.newest()
    assert store.publications.files("def") == {}
    assert len(store.audit.list(limit=10).items) == 1


def test_of_several_who_publish_at_once_one_wins_and_the_others_are_told(store: Store) -> None:
    outcomes: list[str] = []

    def attempt(number: int) -> None:
        try:
            add(store, publication(f"rev{number}"), after=0)
            outcomes.append("published")
        except NotTheNewest as refused:
            outcomes.append("told" if refused.newest else "told nothing")

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["published", "told", "told", "told"]
    assert len(store.publications.page(10)) == 1


def test_a_revision_is_found_by_how_its_name_begins(store: Store) -> None:
    for number, name in enumerate(("abc1", "abc2", "fff", "abc1")):
        add(store, publication(name), after=number)
    assert store.publications.named("abc") == ("abc1", "abc2")
    assert store.publications.named("f") == ("fff",)
    assert store.publications.named("%") == ()
    assert store.publications.named("_") == ()


def test_the_last_publication_of_what_people_wrote_is_found(store: Store) -> None:
    add(store, publication("abc"), after=0)
    add(store, replace(publication("def"), written="abc", at=NOON + timedelta(hours=1)), after=1)
    found = store.publications.last_written("abc")
    assert found is not None
    assert (found.number, found.revision) == (2, "def")
    assert store.publications.last_written("nothing") is None


def test_publishing_is_in_the_audit_log(store: Store) -> None:
    add(store, publication("abc"), after=0)
    [entry] = store.audit.list(limit=10).items
    assert (entry.actor, entry.action) == ("Lasha Dalakishvili", "configuration_published")
