"""Lists of tickets: what is due soonest first, page after page without a loss, along indexes, and counted shortly."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine

from app.cdr.records import TicketStatus, TicketUpdate
from app.flow.messages import Fact, FactKind
from app.store import BadCursor, Store, TicketFilters
from app.store import ticket_lists as lists
from oncall import Priority
from tests.app.store.samples import AT, record, sid

NEW, TAKEN, WORKED, WAITING = (
    TicketStatus.NEW,
    TicketStatus.ACKNOWLEDGED,
    TicketStatus.IN_PROGRESS,
    TicketStatus.WAITING,
)
LASHA = "Lasha Dalakishvili"


def hours(count: float) -> datetime:
    return AT + timedelta(hours=count)


TICKETS: dict[int, dict[str, Any]] = {
    1: {"created_at": hours(2)},
    2: {"created_at": hours(1)},  # found late: its call came before the other's
    3: {"status": TAKEN, "update_due_at": hours(1.5), "resolve_due_at": hours(9), "assignee": LASHA},
    4: {"status": WORKED, "update_due_at": hours(5), "resolve_due_at": hours(0.5), "assignee": "triggerfish-1"},
    5: {"status": WORKED, "priority": Priority.LOW, "assignee": LASHA},
    6: {"status": WAITING, "assignee": LASHA},
    7: {"status": WAITING, "resolve_due_at": hours(4)},
    8: {"status": TicketStatus.RESOLVED, "resolve_due_at": hours(0), "resolved_at": AT, "assignee": LASHA},
    9: {"status": TAKEN, "update_due_at": hours(4)},
}


@pytest.fixture
def filled(store: Store) -> Store:
    with store.turn() as turn:
        for number, changes in TICKETS.items():
            made = record(number, tags=("st-lukes",) if number % 2 else ("other", "x"))
            turn.open(replace(made, ticket=replace(made.ticket, **changes)))
    return store


def soonest(store: Store, filters: TicketFilters, limit: int) -> list[int]:
    """The numbers on all pages, without the first thousand."""
    page = store.ticket_lists.soonest(filters, limit=limit)
    found = [*page.items]
    while page.next is not None:
        page = store.ticket_lists.soonest(filters, limit=limit, cursor=page.next)
        assert page.items, "a page that was announced is empty"
        found += page.items
    return [(each.ticket.number or 0) - 1000 for each in found]


SOONEST = [
    (TicketFilters(), [4, 3, 1, 2, 7, 9, 5, 6]),
    (TicketFilters(status=NEW), [1, 2]),
    (TicketFilters(status=WAITING), [7, 6]),
    (TicketFilters(status=WORKED), [4, 5]),
    (TicketFilters(assignee=LASHA), [3, 5, 6]),
    (TicketFilters(unowned=True), [1, 2, 7, 9]),
    (TicketFilters(due_before=hours(4.5)), [4, 3, 7, 9]),
    (TicketFilters(priority=Priority.LOW), [5]),
    (TicketFilters(client="st-lukes"), [3, 1, 7, 9, 5]),
    (TicketFilters(client="st_lukes"), []),
    (TicketFilters(client="lukes"), []),
    (TicketFilters(q="1007"), [7]),
]


@pytest.mark.parametrize(("filters", "numbers"), SOONEST)
def test_what_is_due_soonest_is_first_and_what_is_over_is_not_there(
    filled: Store, filters: TicketFilters, numbers: list[int]
) -> None:
    for limit in (100, 3, 2, 1):
        assert soonest(filled, filters, limit) == numbers, limit


def test_the_newest_first_with_the_version_their_files_have(filled: Store) -> None:
    with filled.turn() as turn:
        turn.tickets.note(1009, TicketUpdate(at=AT, author=LASHA, kind="note", text="looked at"))
    page = filled.ticket_lists.newest(TicketFilters(), limit=4)
    assert [each.ticket.number for each in page.items] == [1009, 1008, 1007, 1006]
    for each in page.items:
        file = filled.tickets.get(each.ticket.number or 0)
        assert file is not None
        assert each.version == file.version
    rest = filled.ticket_lists.newest(TicketFilters(), limit=9, cursor=page.next)
    assert [each.ticket.number for each in rest.items] == [1005, 1004, 1003, 1002, 1001]
    assert rest.next is None


def test_tickets_of_a_client_are_looked_for_so_many_at_a_time(filled: Store) -> None:
    few = lists.TicketLists(filled._read, client_window=4)
    found, cursor, pages = [], None, 0
    while pages == 0 or cursor is not None:
        page = few.newest(TicketFilters(client="st-lukes"), limit=100, cursor=cursor)
        found += [each.ticket.number for each in page.items]
        cursor, pages = page.next, pages + 1
    assert found == [1009, 1007, 1005, 1003, 1001]
    assert pages == 3


def test_the_open_are_counted_and_too_many_are_not(filled: Store) -> None:
    counts = filled.ticket_lists.open_counts(assignee=LASHA, at=hours(1))
    assert (counts.everybodys, counts.mine, counts.nobodys, counts.overdue) == (8, 3, 4, 1)
    assert counts.statuses == {NEW: 2, TAKEN: 2, WORKED: 2, WAITING: 2}
    counts = lists.TicketLists(filled._read, most_counted=3).open_counts(assignee=LASHA, at=hours(1))
    assert (counts.everybodys, counts.mine, counts.statuses) == (3, None, None)


def test_the_calls_of_a_ticket_with_whom_they_had_paged(filled: Store) -> None:
    paged = Fact(kind=FactKind.PAGED, key="page:1", at=hours(1), because="on call", detail={"party": LASHA})
    with filled.turn() as turn:
        owner = turn.load(sid(3))
        assert owner is not None
        turn.open(replace(record(12, started_at=hours(3)), ticket=owner.ticket))
        turn.tell(sid(3), 90, [paged])
    found = filled.ticket_lists.calls_of(1003)
    assert [call.call_sid for call in found.calls] == [sid(3), sid(12)]
    assert [(each.fact, each.detail["party"]) for each in found.pages] == [("paged", LASHA)]
    assert filled.ticket_lists.calls_of(9999) == lists.CallsOf((), ())


@pytest.mark.parametrize("cursor", ["", "x", "...x", "a...", ".!..", "1.2.3.4", "....", ". ..", "9" * 30 + "..."])
def test_a_mark_that_is_not_ours_is_refused(sqlite_store: Store, cursor: str) -> None:
    with pytest.raises(BadCursor):
        sqlite_store.ticket_lists.soonest(TicketFilters(), limit=1, cursor=cursor)


INDEXES = {"new": "ix_tickets_status", "update": "ix_tickets_update_due_at", "resolution": "ix_tickets_resolve_due_at"}


def test_what_is_due_is_read_along_an_index_without_sorting(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    place = lists._Place(
        {lists._Stream.NEW: 5}, dict.fromkeys((lists._Stream.UPDATE, lists._Stream.RESOLUTION), (AT, 5))
    )
    filters = TicketFilters(assignee=LASHA, unowned=False)
    new, update, resolution = (lists._Stream(name) for name in INDEXES)
    queries = {
        "new": lists._by_number(new, filters, place)[0],
        "update": lists._by_due(update, filters, place),
        "resolution": lists._by_due(resolution, filters, place),
    }
    with engine.connect() as connection:
        for name, index in INDEXES.items():
            words = str(queries[name].limit(50).compile(engine, compile_kwargs={"render_postcompile": True}))
            plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", (5,) * words.count("?")).all())
            assert f"INDEX {index}" in plan, (name, plan)
            assert "TEMP B-TREE" not in plan, (name, plan)
    engine.dispose()
