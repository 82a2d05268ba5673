"""What goes on right now is read on both databases, along indexes, and no more of it than anybody reads."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from sqlalchemy import create_engine

from app.cdr.records import Disposition, LegOutcome, TicketStatus
from app.store import MOST_ON_BOARD, Store, board, next_due
from oncall import Priority
from tests.app.store.samples import AT, leg, record

if TYPE_CHECKING:
    from sqlalchemy import ClauseElement

SOON = timedelta(minutes=30)


def test_no_question_reads_a_whole_table(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        for name, (statement, index) in board.INDEXED.items():
            words = str(cast("ClauseElement", statement).compile(engine, compile_kwargs={"render_postcompile": True}))
            plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", (5,) * words.count("?")).all())
            assert f"INDEX {index}" in plan, (name, plan)
            assert "SCAN calls" not in plan, name
    engine.dispose()


def test_calls_that_are_not_over_are_told_with_their_legs(store: Store) -> None:
    with store.turn() as turn:
        turn.open(record(1))
        talked = record(2, disposition=Disposition.ANSWERED, answered_at=AT)
        turn.open(replace(talked, legs=(replace(leg(2), outcome=LegOutcome.ACCEPTED, accepted_at=AT),)))
        turn.open(record(3, ended_at=AT, disposition=Disposition.ABANDONED))
        turn.open(record(4, started_at=AT - timedelta(days=1)))
    found = store.board.going_on(at=AT + timedelta(minutes=1), soon=SOON)
    assert {each.call.call_sid[-1] for each in found.calls} == {"1", "2"}
    assert [len(each.legs) for each in sorted(found.calls, key=lambda each: each.call.call_sid)] == [0, 1]
    assert list(found.talking.values()) == [AT]
    assert found.places == ()


def test_what_is_due_first_is_told_first_and_never_all_of_it(store: Store) -> None:
    with store.turn() as turn:
        for number in range(1, MOST_ON_BOARD + 8):
            made = record(number, ended_at=AT, disposition=Disposition.ANSWERED)
            due_at = AT + timedelta(seconds=number)
            ticket = replace(made.ticket, status=TicketStatus.ACKNOWLEDGED, acknowledged_at=AT, update_due_at=due_at)
            turn.open(replace(made, ticket=ticket))
        late = record(90, ended_at=AT, disposition=Disposition.ANSWERED)
        turn.open(replace(late, ticket=replace(late.ticket, update_due_at=AT + 2 * SOON)))
        lost = record(91, ended_at=AT, disposition=Disposition.ABANDONED)
        turn.open(replace(lost, ticket=replace(lost.ticket, priority=Priority.EMERGENCY, status=TicketStatus.NEW)))
    found = store.board.going_on(at=AT, soon=SOON)
    assert [next_due(each) for each in found.due] == [AT + timedelta(seconds=n) for n in range(1, MOST_ON_BOARD + 1)]
    assert [each.priority for each in found.unowned] == [Priority.EMERGENCY]
    assert found.calls == ()
