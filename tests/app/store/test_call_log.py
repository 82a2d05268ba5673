"""The log shows every call once, newest first, by each filter, while calls keep coming in."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import create_engine

from app.cdr.records import CallRecord, Disposition
from app.store import BadCursor, CallFilters, Page, Store
from app.store.call_log import page_query
from app.store.paging import packed
from tests.app.store.samples import AT, facts, leg, record, sid


def fill(store: Store, *records: CallRecord) -> None:
    with store.turn() as turn:
        for each in records:
            turn.open(each)


def found(store: Store, filters: CallFilters, *, limit: int = 100) -> list[str]:
    """The SIDs of all pages."""
    page = store.calls.page(filters, limit=limit)
    sids = [each.call.call_sid for each in page.items]
    while page.next is not None:
        page = store.calls.page(filters, limit=limit, cursor=page.next)
        sids += [each.call.call_sid for each in page.items]
    return sids


def at(minutes: int) -> CallRecord:
    return record(minutes, started_at=AT + timedelta(minutes=minutes))


def test_an_empty_log_is_one_empty_page(store: Store) -> None:
    assert store.calls.page(CallFilters(), limit=10) == Page(items=(), next=None)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 100])
def test_pages_are_complete_and_newest_first(store: Store, limit: int) -> None:
    """Also where several calls began in the same instant."""
    fill(store, *(at(minutes) for minutes in (3, 1, 2)), *(record(number) for number in (9, 7, 8, 6)))
    newest_first = [sid(number) for number in (3, 2, 1, 9, 8, 7, 6)]
    assert found(store, CallFilters(), limit=limit) == newest_first


def test_pages_neither_skip_nor_repeat_while_calls_come_in(store: Store) -> None:
    fill(store, *(at(minutes) for minutes in range(1, 11)))
    seen = []
    cursor: str | None = None
    for step in range(4):
        page = store.calls.page(CallFilters(), limit=3, cursor=cursor)
        seen += [each.call.call_sid for each in page.items]
        cursor = page.next
        fill(store, at(100 + step))
    assert seen == [sid(minutes) for minutes in range(10, 0, -1)]
    assert cursor is None


def test_a_page_carries_legs_and_tickets(store: Store) -> None:
    whole = replace(record(1), legs=(leg(1, turn=2), leg(1, turn=3)))
    fill(store, whole, at(2))
    newest, oldest = store.calls.page(CallFilters(), limit=5).items
    assert newest.legs == ()
    assert oldest.legs == whole.legs
    assert (oldest.ticket.number, newest.ticket.number) == (1001, 1002)


FILTERS = [
    (CallFilters(), {1, 2, 3, 4, 5, 6}),
    (CallFilters(since=AT + timedelta(minutes=3)), {3, 4, 5, 6}),
    (CallFilters(until=AT + timedelta(minutes=3)), {1, 2}),
    (CallFilters(since=AT + timedelta(minutes=2), until=AT + timedelta(minutes=5)), {2, 3, 4}),
    (CallFilters(line="alternate"), {2, 4}),
    (CallFilters(line="nowhere"), set()),
    (CallFilters(disposition=Disposition.ABANDONED), {3}),
    (CallFilters(line="alternate", disposition=Disposition.IN_PROGRESS), {2}),
    (CallFilters(caller="+18165550103"), {3}),
    (CallFilters(caller="+19135550103"), {5}),
    (CallFilters(caller="(816) 555-0103"), {3, 5}),
    (CallFilters(caller="555-0103"), {3, 5}),
    (CallFilters(caller="0103"), set()),
    (CallFilters(caller=""), set()),
    (CallFilters(q="1003"), {3}),
    (CallFilters(q=" #1003 "), {3}),
    (CallFilters(q="1"), set()),
    (CallFilters(q="999999"), set()),
    (CallFilters(q="816-555-0103"), {3, 5}),
    (CallFilters(q=sid(6)), {6}),
    (CallFilters(q="  "), {1, 2, 3, 4, 5, 6}),
    (CallFilters(q="jamison WHITE"), {4}),
    (CallFilters(q="nobody'; DROP TABLE calls --"), set()),
    (CallFilters(q="\0\ud800%_"), set()),
    (CallFilters(q="٣٣٣"), set()),
]


@pytest.mark.parametrize(("filters", "numbers"), FILTERS)
def test_each_filter(store: Store, filters: CallFilters, numbers: set[int]) -> None:
    fill(
        store,
        record(1, started_at=AT + timedelta(minutes=1), caller=""),
        record(2, started_at=AT + timedelta(minutes=2), caller="+18165550102", line="alternate"),
        record(
            3,
            started_at=AT + timedelta(minutes=3),
            caller="+18165550103",
            disposition=Disposition.ABANDONED,
        ),
        record(
            4,
            started_at=AT + timedelta(minutes=4),
            caller="+18165550104",
            line="alternate",
            disposition=Disposition.ANSWERED,
            answered_by="Jamison White",
        ),
        record(5, started_at=AT + timedelta(minutes=5), caller="+19135550103"),
        record(6, started_at=AT + timedelta(minutes=6), caller="anonymous"),
    )
    newest_first = [sid(number) for number in sorted(numbers, reverse=True)]
    assert found(store, filters) == newest_first
    assert found(store, filters, limit=1) == newest_first


@pytest.mark.parametrize(
    "cursor", ["", "x", "é", "bnVsbA", "W10", "WzEsMl0", "WzFlOTksICJhIl0", "A" * 5000, "W05hTiwiYSJd"]
)
def test_a_cursor_that_is_not_ours_is_refused(sqlite_store: Store, cursor: str) -> None:
    with pytest.raises(BadCursor):
        sqlite_store.calls.page(CallFilters(), limit=1, cursor=cursor)


def test_a_timeline_is_in_order(store: Store) -> None:
    with store.turn() as turn:
        turn.tell(sid(1), 1, facts("second", at=AT + timedelta(seconds=1)))
        turn.tell(sid(1), 0, facts("first"))
    assert [entry.at for entry in store.calls.timeline(sid(1))] == [AT, AT + timedelta(seconds=1)]
    assert store.calls.timeline(sid(2)) == ()


PLANNED = [
    CallFilters(),
    CallFilters(since=AT, until=AT),
    CallFilters(line="main"),
    CallFilters(disposition=Disposition.VOICEMAIL, since=AT),
    CallFilters(caller="+18165550103"),
    CallFilters(q="1001"),
    CallFilters(q="555-0103"),
    CallFilters(q="Jamison White"),
]


@pytest.mark.parametrize("filters", PLANNED)
@pytest.mark.parametrize("cursor", [None, packed(AT, sid(1))])
def test_no_page_walks_or_sorts_the_whole_log(sqlite_url: str, filters: CallFilters, cursor: str | None) -> None:
    query = page_query(filters, limit=50, cursor=cursor)
    engine = create_engine(sqlite_url)
    sql = query.compile(engine, compile_kwargs={"literal_binds": True})
    with engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
    engine.dispose()
    walks = [step for step in plan if "TEMP B-TREE" in step or step == "SCAN calls"]
    assert walks == []
