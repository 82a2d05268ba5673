"""How often phones were rung in certain spans: only what rang counts, and nobody reads a whole table for it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import create_engine

from app.cdr.records import LegOutcome
from app.store import Store
from app.store.night_rings import ASKED, Rung
from tests.app.store.samples import leg, record

JAMISON, LASHA = "Jamison White", "Lasha Dalakishvili"
# 22:00 to 06:00 in Chicago, three nights running.
NIGHTS = [(datetime(2026, 12, on, 4, tzinfo=UTC), datetime(2026, 12, on, 12, tzinfo=UTC)) for on in (2, 3, 4)]
FIRST, LAST = NIGHTS[0], NIGHTS[-1]
SECOND = timedelta(seconds=1)
Rings = Iterable[tuple[datetime, dict[str, Any]]]


def stored(store: Store, number: int, began: datetime, rings: Rings) -> None:
    """A call that began then, and when whose phones began to ring."""
    legs = tuple(leg(number, turn=2 + at, started_at=when, **each) for at, (when, each) in enumerate(rings))
    with store.turn() as turn:
        turn.open(replace(record(number, started_at=began), legs=legs))


def test_a_ring_counts_by_when_it_began(store: Store) -> None:
    of_lasha = {"party": LASHA}
    cases: list[tuple[datetime, Rings]] = [
        (FIRST[0] - 20 * SECOND, [(FIRST[0] - SECOND, {}), (FIRST[0], {}), (FIRST[0] + 20 * SECOND, of_lasha)]),
        (FIRST[1] - 20 * SECOND, [(FIRST[1] - SECOND, of_lasha), (FIRST[1], {})]),
        # Somebody who waits since the evening, and one for whom a phone rings long after.
        (FIRST[0] - timedelta(minutes=119), [(FIRST[0] + timedelta(minutes=1), {})]),
        (FIRST[0] - timedelta(hours=3), [(FIRST[0] + timedelta(minutes=1), {})]),
        (LAST[0] + SECOND, [(LAST[0] + 2 * SECOND, {})]),
        (LAST[1] + SECOND, [(LAST[1] + 2 * SECOND, {})]),
    ]
    for number, (began, rings) in enumerate(cases):
        stored(store, number, began, rings)
    assert store.rings.rung(NIGHTS) == Rung({JAMISON: 3, LASHA: 2}, None)
    assert store.rings.rung([LAST]) == Rung({JAMISON: 1}, None)
    assert store.rings.rung([]) == Rung({}, None)


def test_what_did_not_ring_does_not_count(store: Store) -> None:
    for number, outcome in enumerate(LegOutcome):
        stored(store, number, FIRST[0], [(FIRST[0] + SECOND, {"party": outcome.value, "outcome": outcome})])
    rung = store.rings.rung(NIGHTS).times
    assert rung == {each: 1 for each in LegOutcome if each not in {LegOutcome.BUSY, LegOutcome.FAILED}}


def test_years_of_nights_are_asked_for_in_few_questions(store: Store) -> None:
    nights = [(FIRST[0] - timedelta(days=back), FIRST[1] - timedelta(days=back)) for back in range(20)]
    for number, (starts_at, _) in enumerate(nights):
        stored(store, number, starts_at, [(starts_at + SECOND, {})])
    assert store.rings.rung(nights) == Rung({JAMISON: 20}, None)


def test_where_there_is_too_much_only_the_last_nights_count_and_it_is_said(store: Store) -> None:
    for number in range(9):
        night = NIGHTS[number // 3]
        stored(store, number, night[0] + number * SECOND, [(night[0] + timedelta(minutes=1), {})])
    assert store.rings.rung(NIGHTS, most=4) == Rung({JAMISON: 6}, NIGHTS[1][0])
    assert store.rings.rung(NIGHTS[1:], most=4) == Rung({JAMISON: 6}, None)


def test_no_table_is_read_whole(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        for question in ASKED:
            told_in = question.compile(engine)
            values = tuple(0 for _ in told_in.positiontup or ())
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {told_in}", values).all()
            plan = [row[3] for row in rows]
            reads = [step for step in plan if "calls" in step or "legs" in step]
            spans = len(values) // 4
            assert sum("ix_calls_started_at" in step for step in reads) == spans, plan
            assert sum("SEARCH legs USING PRIMARY KEY (call_sid=?)" in step for step in reads) == spans, plan
            assert not any(step.startswith("SCAN") for step in reads), plan
    engine.dispose()
