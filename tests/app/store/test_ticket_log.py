"""Tickets are found by each filter, newest first, with their calls."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.cdr.records import TicketStatus
from app.store import BadCursor, Store, TicketFilters
from oncall import Priority
from tests.app.store.samples import AT, record, sid


def found(store: Store, filters: TicketFilters, *, limit: int = 100) -> list[int | None]:
    """The numbers on all pages."""
    page = store.tickets.page(filters, limit=limit)
    numbers = [file.ticket.number for file in page.items]
    while page.next is not None:
        page = store.tickets.page(filters, limit=limit, cursor=page.next)
        numbers += [file.ticket.number for file in page.items]
    return numbers


FILTERS = [
    (TicketFilters(), [1005, 1004, 1003, 1002, 1001]),
    (TicketFilters(status=TicketStatus.NEW), [1005, 1004, 1002, 1001]),
    (TicketFilters(priority=Priority.EMERGENCY), [1002]),
    (TicketFilters(priority=Priority.MEDIUM), [1005, 1003, 1001]),
    (TicketFilters(priority=Priority.HIGH, status=TicketStatus.NEW), [1004]),
    (TicketFilters(assignee="Lasha Dalakishvili"), [1005]),
    (TicketFilters(q="1004"), [1004]),
    (TicketFilters(q="#1004"), [1004]),
    (TicketFilters(q="555-0103"), [1003]),
    (TicketFilters(q="Lasha Dalakishvili"), [1005]),
    (TicketFilters(q="999999"), []),
    (TicketFilters(q="\0"), []),
]


@pytest.mark.parametrize(("filters", "numbers"), FILTERS)
def test_each_filter(store: Store, filters: TicketFilters, numbers: list[int]) -> None:
    changes: dict[int, dict[str, object]] = {
        2: {"priority": Priority.EMERGENCY},
        3: {"status": TicketStatus.CLOSED, "closed_at": AT},
        4: {"priority": Priority.HIGH},
        5: {"assignee": "Lasha Dalakishvili"},
    }
    with store.turn() as turn:
        for number in range(1, 6):
            made = record(number, caller=f"+181655501{number:02d}")
            ticket = replace(made.ticket, **changes.get(number, {}))  # type: ignore[arg-type]
            turn.open(replace(made, ticket=ticket))
    assert found(store, filters) == numbers
    assert found(store, filters, limit=1) == numbers
    assert found(store, filters, limit=2) == numbers


def test_a_ticket_names_its_calls_oldest_first(store: Store) -> None:
    with store.turn() as turn:
        ticket = turn.open(record(1, started_at=AT + timedelta(hours=1))).ticket
        turn.open(replace(record(2), ticket=ticket))
    (file,) = store.tickets.page(TicketFilters(), limit=5).items
    assert file.calls == (sid(2), sid(1))
    assert file.updates == ()
    assert file.ticket == ticket
    assert store.tickets.get(1001) == file


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "²", "9" * 20])
def test_a_cursor_that_is_not_ours_is_refused(sqlite_store: Store, cursor: str) -> None:
    with pytest.raises(BadCursor):
        sqlite_store.tickets.page(TicketFilters(), limit=1, cursor=cursor)
