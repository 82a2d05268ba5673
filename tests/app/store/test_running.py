"""Processes say what they run on: each has one row, the newest counts, and who is silent is forgotten."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.store import RunningProcess, Store

AT = datetime(2026, 12, 1, 16, tzinfo=UTC)
WEB = RunningProcess(name="desk:1", kind="web", revision="a" * 12, publication=None, refuses=False, seen_at=AT)


def test_what_is_said_again_takes_the_place_of_what_was_said(store: Store) -> None:
    clock = replace(WEB, name="desk:2", kind="clock", refuses=True)
    later = replace(WEB, revision="b" * 12, publication=7, seen_at=AT + timedelta(seconds=30))
    for each in (WEB, clock, later):
        store.running.note(each, forget_before=AT - timedelta(hours=1))
    assert store.running.since(AT - timedelta(seconds=1)) == (clock, later)
    assert store.running.since(AT) == (later,)
    newest = replace(later, seen_at=AT + timedelta(hours=2))
    store.running.note(newest, forget_before=AT + timedelta(hours=1))
    assert store.running.since(AT - timedelta(days=1)) == (newest,)
