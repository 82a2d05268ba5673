"""How calls of a client and messages of a team are found: right, and along an index."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import create_engine

from app.store import CallerNumbers, CallFilters, InboxFilters, Shelf, Span, Store, TeamScope, Voicemail, VoicemailState
from app.store.call_log import CallLog, page_query
from app.store.client_calls import MOST_NUMBERS, Found
from app.store.inbox import inbox_query
from app.store.paging import packed
from oncall import Priority
from tests.app.store.samples import AT, leg, record, sid

HUNDRED = Span("+18165550100", "+18165550199")


@pytest.fixture
def calls(store: Store) -> Store:
    """Forty calls, one a minute, of four numbers in turn; each eighth is an emergency."""
    with store.turn() as turn:
        for number in range(40):
            priority = Priority.EMERGENCY if number % 8 == 0 else Priority.HIGH
            at = AT + timedelta(minutes=number)
            turn.open(record(number, caller=f"+1816555010{number % 4}", started_at=at, priority=priority))
    return store


def numeral(found: str) -> int:
    """Which one it is, as tests count them."""
    return int(f"0x{found[2:]}", 0)


def numbered(store: Store, filters: CallFilters, *, limit: int = 5, log: CallLog | None = None) -> list[int]:
    """Which calls are found, page by page."""
    return [numeral(each) for page in pages(log or store.calls, filters, limit) for each in page]


def pages(log: CallLog, filters: CallFilters, limit: int) -> Iterator[list[str]]:
    cursor: str | None = None
    while True:
        page = log.page(filters, limit=limit, cursor=cursor)
        yield [each.call.call_sid for each in page.items]
        cursor = page.next
        if cursor is None:
            return


@pytest.mark.parametrize(
    ("numbers", "rests"),
    [
        (CallerNumbers(spans=(Span("+18165550101", "+18165550101"),)), {1}),
        (CallerNumbers(spans=(Span("+18165550102", "+18165550109"), Span("+18165550100", "+18165550100"))), {0, 2, 3}),
        (CallerNumbers(spans=(HUNDRED,)), {0, 1, 2, 3}),
        (CallerNumbers(spans=(HUNDRED,), but=(Span("+18165550101", "+18165550102"),)), {0, 3}),
        # The same last digits elsewhere, shorter numbers, and nobody's.
        (CallerNumbers(spans=(Span("+495550100", "+495550109"),)), set()),
        (CallerNumbers(spans=(Span("+181655501000", "+181655501099"),)), set()),
        (CallerNumbers(spans=()), set()),
    ],
)
def test_calls_of_a_clients_numbers_newest_first(calls: Store, numbers: CallerNumbers, rests: set[int]) -> None:
    wanted = [number for number in reversed(range(40)) if number % 4 in rests]
    assert numbered(calls, CallFilters(numbers=numbers)) == wanted
    within = CallFilters(numbers=numbers, since=AT + timedelta(minutes=10), until=AT + timedelta(minutes=20))
    assert numbered(calls, within) == [number for number in wanted if 10 <= number < 20]
    urgent = CallFilters(numbers=numbers, priority=Priority.EMERGENCY)
    assert numbered(calls, urgent) == [number for number in wanted if number % 8 == 0]


def test_a_client_with_very_many_numbers_or_calls_is_found_as_well(store: Store) -> None:
    with store.turn() as turn:
        for number in range(MOST_NUMBERS + 10):
            turn.open(record(number, caller=f"+18165550{100 + number}", started_at=AT + timedelta(minutes=number)))
    wanted = list(reversed(range(MOST_NUMBERS + 10)))
    numbers = CallerNumbers(spans=(HUNDRED,))
    assert numbered(store, CallFilters(numbers=numbers), limit=20) == wanted
    log = CallLog(store._read, most_client_calls=10)
    assert numbered(store, CallFilters(numbers=numbers), limit=20, log=log) == wanted
    assert numbered(store, CallFilters(numbers=numbers, line="main"), limit=20, log=log) == wanted


def test_calls_of_a_priority(calls: Store) -> None:
    assert numbered(calls, CallFilters(priority=Priority.EMERGENCY)) == [32, 24, 16, 8, 0]
    assert len(numbered(calls, CallFilters(priority=Priority.HIGH))) == 35
    assert numbered(calls, CallFilters(priority=Priority.LOW)) == []


def messages(store: Store, count: int) -> None:
    """Messages of as many calls, one a minute: the first of each three is done, each fifth has been deleted."""
    with store.turn() as turn:
        for number in range(count):
            opened = turn.open(record(number, started_at=AT + timedelta(minutes=number)))
            at = opened.call.started_at
            turn.voicemails.add(
                Voicemail(
                    recording_sid=f"RE{number:032x}",
                    call_sid=sid(number),
                    turn=9,
                    ticket=opened.ticket.number or 0,
                    state=VoicemailState.DELETED if number % 5 == 0 else VoicemailState.KEPT,
                    created_at=at,
                    done_at=at if number % 3 == 0 else None,
                    done_by="Lasha Dalakishvili" if number % 3 == 0 else None,
                )
            )


def test_the_shelves_hold_what_they_say_page_by_page(store: Store) -> None:
    messages(store, 20)
    with store.turn() as turn:
        turn.voicemails.claim(f"RE{4:032x}", by="Jamison White", at=AT)
    wanted = {
        Shelf.OPEN: [number for number in reversed(range(20)) if number % 3 and number % 5],
        Shelf.MINE: [4],
        Shelf.DONE: [number for number in reversed(range(20)) if number % 3 == 0 and number % 5],
    }
    for shelf, numbers in wanted.items():
        filters, found, cursor = InboxFilters(shelf=shelf, reader="Jamison White"), list[int](), None
        while True:
            page = store.inbox.page(filters, limit=3, cursor=cursor)
            found.extend(numeral(each.voicemail.recording_sid) for each in page.items)
            cursor = page.next
            if cursor is None:
                break
        assert found == numbers, shelf
        assert all(one > other for one, other in pairwise(found))


def test_a_message_is_for_the_teams_that_were_rung_or_have_its_ticket(store: Store) -> None:
    messages(store, 3)
    with store.turn() as turn:
        for number, teams in ((1, ("offsite",)), (2, ("",))):
            before = turn.load(sid(number))
            assert before is not None
            legs = tuple(leg(number, turn=at, team=team) for at, team in enumerate(teams, 2))
            turn.save(before, replace(before, legs=legs))
    offsite, others = TeamScope("offsite", ("Jamison White",)), TeamScope("triggerfish", ("triggerfish-1",))
    first, second = f"RE{1:032x}", f"RE{2:032x}"

    def seen(scope: TeamScope) -> list[bool]:
        return [store.inbox.get(each, scope=scope) is not None for each in (first, second)]

    assert [seen(scope) for scope in (offsite, others, TeamScope(""))] == [[True, True], [False, True], [False, True]]
    entry = store.inbox.get(first)
    assert entry is not None
    assert entry.teams == ("offsite",)
    with store.turn() as turn:
        before = turn.load(sid(1))
        assert before is not None
        turn.save(before, replace(before, ticket=replace(before.ticket, assignee="triggerfish-1")))
    assert seen(others) == [True, True]
    assert [each.voicemail.recording_sid for each in store.inbox.of_call(sid(1), scope=others)] == [first]
    assert store.inbox.of_call(sid(1), scope=TeamScope("")) == ()


ONE = CallerNumbers(spans=(Span("+18165550101", "+18165550101"), Span("+18165550102", "+18165550102")))
PLANNED = {
    "open": (inbox_query(InboxFilters(shelf=Shelf.OPEN, reader=""), limit=50, cursor=None), "ix_voicemails_open"),
    "mine": (inbox_query(InboxFilters(shelf=Shelf.MINE, reader=""), limit=50, cursor=None), "ix_voicemails_open"),
    "done": (
        inbox_query(
            InboxFilters(shelf=Shelf.DONE, reader="", scope=TeamScope("offsite", ("Jamison White",))),
            limit=50,
            cursor=packed(AT, "RE1"),
        ),
        "ix_voicemails_done",
    ),
    "priority": (
        page_query(CallFilters(priority=Priority.LOW), limit=50, cursor=packed(AT, sid(1))),
        "ix_calls_priority_started_at_call_sid",
    ),
    "usual priority": (
        page_query(CallFilters(priority=Priority.HIGH), limit=50, cursor=None),
        "ix_calls_started_at_call_sid",
    ),
    "client": (
        page_query(
            CallFilters(numbers=ONE), limit=50, cursor=packed(AT, sid(1)), found=Found(tails=("5550101", "5550102"))
        ),
        "ix_calls_caller_tail_started_at_call_sid",
    ),
    "client, and more": (
        page_query(CallFilters(numbers=ONE, priority=Priority.LOW), limit=50, cursor=None, found=Found(numbers=ONE)),
        "ix_calls_caller_tail_started_at_call_sid",
    ),
    "many numbers": (
        page_query(CallFilters(numbers=CallerNumbers(spans=(HUNDRED,))), limit=50, cursor=None),
        "ix_calls_started_at_call_sid",
    ),
}


@pytest.mark.parametrize("name", PLANNED)
def test_every_list_is_read_along_its_index(sqlite_url: str, name: str) -> None:
    query, index = PLANNED[name]
    engine = create_engine(sqlite_url)
    sql = query.compile(engine, compile_kwargs={"literal_binds": True})
    with engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
    engine.dispose()
    assert any(index in step for step in plan), plan
    walks = ("SCAN calls", "SCAN voicemails", "SCAN tickets", "SCAN legs")
    assert [step for step in plan if step in walks] == []
    # Of a client, the newest of each number are put together and sorted: never more than a page of each.
    assert [step for step in plan if "TEMP B-TREE" in step and "client" not in name] == []
