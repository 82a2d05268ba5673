"""Calls are found by words that people wrote about their tickets: all of them, the newest first, and soon."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.cdr.records import TicketUpdate
from app.store import CallFilters, Store, TicketFilters
from app.store.ticket_words import MOST_TICKETS, words_in
from tests.app.store.samples import AT, record, sid

LATER = AT + timedelta(minutes=1)
WRITTEN = {
    1: ["The PACS viewer at Mercy is black", "Rebooted the viewer"],
    2: ["Scanner in room 4 prints nothing"],
    3: ["Viewer slow, asked Mercy for a screenshot; screensaver off"],
    4: ["Écran noir à l'hôpital, 50 % of the café_latte queue"],
}


def written(store: Store, texts: dict[int, list[str]] = WRITTEN) -> None:
    """A call for each number, and what was written about its ticket."""
    for number, entries in texts.items():
        with store.turn() as turn:
            opened = turn.open(record(number, started_at=AT + timedelta(seconds=number)))
            assert opened.ticket.number is not None
            for text in entries:
                turn.tickets.note(
                    opened.ticket.number, TicketUpdate(at=AT, author="Jamison White", kind="update", text=text)
                )


def kept(store: Store) -> Store:
    while store.words.keep(at=LATER):
        pass
    return store


def found(store: Store, q: str, *, since: datetime | None = None, line: str | None = None) -> list[str]:
    """The SIDs of all pages."""
    sids: list[str] = []
    cursor: str | None = None
    while True:
        page = store.calls.page(CallFilters(q=q, since=since, line=line), limit=2, cursor=cursor)
        sids += [each.call.call_sid for each in page.items]
        cursor = page.next
        if cursor is None:
            return sids


CASES = [
    ("viewer", [3, 1]),
    ("VIEWER mercy", [3, 1]),
    ("mercy, viewer!", [3, 1]),
    ("viewer black", [1]),
    ("black scanner", []),
    ("scan", [2]),
    ("scre", [3]),
    ("viewer scre", [3]),
    ("sc", []),
    ("scre viewer", []),
    ("écran", [4]),
    ("latte", [4]),
    ("nothing at all", []),
    ("%_", []),
    ("'; DROP TABLE calls --", []),
    ("\0\ud800 viewer", [3, 1]),
    ("room", [2]),
    ("a b c", []),
]


@pytest.mark.parametrize(("q", "numbers"), CASES)
def test_calls_are_found_by_all_words_the_last_of_which_may_be_a_beginning(
    sqlite_store: Store, q: str, numbers: list[int]
) -> None:
    written(sqlite_store)
    assert found(kept(sqlite_store), q) == [sid(number) for number in numbers]


def test_both_databases_find_the_same(store: Store) -> None:
    written(store)
    kept(store)
    assert {q: found(store, q) for q, _ in CASES} == {q: [sid(number) for number in numbers] for q, numbers in CASES}


def test_other_filters_hold_and_pages_go_on(store: Store) -> None:
    written(store, {number: ["the viewer again"] for number in range(1, 8)})
    kept(store)
    assert found(store, "viewer") == [sid(number) for number in range(7, 0, -1)]
    assert found(store, "viewer", since=AT + timedelta(seconds=6)) == [sid(7), sid(6)]
    assert found(store, "viewer", line="alternate") == []


def test_who_answered_is_still_found_by_name(sqlite_store: Store) -> None:
    written(sqlite_store, {1: ["told Lasha Dalakishvili"]})
    with sqlite_store.turn() as turn:
        turn.open(record(2, answered_by="Lasha Dalakishvili"))
    kept(sqlite_store)
    assert found(sqlite_store, "lasha dalakishvili") == [sid(2)]
    assert found(sqlite_store, "told lasha") == [sid(1)]


def test_what_is_changed_later_counts_and_what_is_gone_does_not(store: Store) -> None:
    written(store, {1: ["the viewer"]})
    kept(store)
    with store.turn() as turn:
        before = turn.load(sid(1))
        assert before is not None
        turn.save(before, replace(before, ticket=replace(before.ticket, subject="Archive unreachable")))
        turn.tickets.note(1001, TicketUpdate(at=AT, author="Jamison White", kind="subject", text="subject changed"))
    assert found(store, "archive") == []
    assert found(kept(store), "archive") == [sid(1)]
    with store.turn() as turn:
        before = turn.load(sid(1))
        assert before is not None
        turn.save(before, replace(before, ticket=replace(before.ticket, subject="Printer")))
        turn.tickets.note(1001, TicketUpdate(at=AT, author="Jamison White", kind="subject", text="subject changed"))
    assert found(kept(store), "archive") == []
    assert found(store, "subject") == [], "what the service writes is not what people wrote"


def test_what_may_still_be_overtaken_waits(sqlite_store: Store) -> None:
    written(sqlite_store)
    assert sqlite_store.words.keep(at=AT + timedelta(seconds=4)) == 0
    assert sqlite_store.words.keep(at=AT + timedelta(seconds=5)) == 5
    assert sqlite_store.words.keep(at=AT + timedelta(seconds=6)) == 0


def test_numbers_of_phones_are_no_words() -> None:
    assert words_in(["Call +1 816 555 0142 about x-ray 7, X-Ray!"]) == ("call", "about", "ray")


def test_of_very_many_the_newest_are_found(sqlite_store: Store) -> None:
    written(sqlite_store, {number: ["viewer"] for number in range(1, MOST_TICKETS + 4)})
    kept(sqlite_store)
    sids = found(sqlite_store, "viewer")
    assert sids == [sid(number) for number in range(MOST_TICKETS + 3, 3, -1)]


@pytest.mark.parametrize(("q", "numbers"), [("viewer", [1003, 1001]), ("scan", [1002]), ("nobody wrote this", [])])
def test_tickets_are_found_by_the_same_words_in_each_of_their_lists(store: Store, q: str, numbers: list[int]) -> None:
    written(store)
    kept(store)
    filters = TicketFilters(q=q)
    assert [each.ticket.number for each in store.tickets.page(filters, limit=10).items] == numbers
    assert [each.ticket.number for each in store.ticket_lists.newest(filters, limit=10).items] == numbers
    soonest = store.ticket_lists.soonest(TicketFilters(q=q, is_open=True), limit=10).items
    assert sorted(each.ticket.number or 0 for each in soonest) == sorted(numbers)


def test_the_name_of_whoever_has_a_ticket_finds_what_they_have_and_no_words(sqlite_store: Store) -> None:
    with sqlite_store.turn() as turn:
        opened = turn.open(record(1, started_at=AT))
        turn.save(opened, replace(opened, ticket=replace(opened.ticket, assignee="triggerfish-1")))
    written(sqlite_store, {2: ["asked triggerfish-1 for the key"]})
    kept(sqlite_store)
    found_by_name = sqlite_store.ticket_lists.newest(TicketFilters(q="triggerfish-1"), limit=10).items
    assert [each.ticket.number for each in found_by_name] == [1001]
