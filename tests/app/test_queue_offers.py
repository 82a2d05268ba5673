"""The line under real concurrency: however many deal at once, one caller a person, and one phone a caller."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.calls import Calls
from app.cdr.derive import opened
from app.flow.messages import Detail, Fact, FactKind, OrderKind
from app.queue_keeping import keep_line
from app.queue_offers import QueueOffers
from app.store import PlaceOutcome
from oncall import Priority
from tests.desk import TUESDAY_MORNING, Desk, make_desk
from tests.scenarios.switchboard import JAMISON, LASHA, config_with

AT = datetime.fromisoformat(TUESDAY_MORNING)
DEALERS = 8


@pytest.fixture
def desk(postgresql_url: str, tmp_path: Path) -> Iterator[Desk]:
    made = make_desk(postgresql_url, tmp_path, config=config_with(tmp_path, staff=(JAMISON, LASHA)), rest=True)
    yield made
    made.services.store.close()


def in_line(desk: Desk, number: int, *, priority: Priority = Priority.HIGH) -> str:
    """A call that waits in line, known by its number."""
    call_sid, at = f"CA{number:032}", AT - timedelta(seconds=100 - number)
    fact = Fact(
        kind=FactKind.QUEUE_JOINED,
        key="queue_joined",
        at=at,
        because="everybody is busy",
        detail={"flow": "main", "node": "in-line", "people": [JAMISON, LASHA], "language": "en", "leg": 2},
    )
    with desk.services.store.turn() as transaction:
        record = transaction.open(
            opened(
                call_sid=call_sid,
                line="main",
                caller=f"+181655501{number:02}",
                dialled="+18162327483",
                at=at,
                revision=desk.snapshot.revision,
                priority=priority,
            )
        )
        transaction.tell(call_sid, 1, [fact])
        keep_line(transaction, record, [fact])
    return call_sid


def deal_at_once(desk: Desk) -> int:
    """Many deal at the same time; returns how many offers were made in all."""
    offers = QueueOffers(Calls(desk.services))
    with ThreadPoolExecutor(DEALERS) as pool:
        return sum(pool.map(lambda _dealer: offers.deal(), range(DEALERS)))


def test_two_at_once_never_ring_a_person_for_two_callers(desk: Desk) -> None:
    callers = [in_line(desk, number) for number in range(10, 30)]
    assert deal_at_once(desk) == 2
    with desk.services.store.turn() as transaction:
        offers = transaction.queue.offers()
    assert Counter(offer.person for offer in offers) == {JAMISON: 1, LASHA: 1}
    assert {offer.call_sid for offer in offers} <= set(callers[:2])


def test_each_offer_rings_one_phone_once(desk: Desk) -> None:
    in_line(desk, 10)
    assert deal_at_once(desk) == 2
    orders = desk.services.store.outbox.claim(now=AT + timedelta(seconds=1), limit=50, lease_seconds=60)
    rings = [order for order in orders if order.kind is OrderKind.RING_PHONE]
    assert sorted(str(order.payload["number"]) for order in rings) == ["+18165550101", "+18165550102"]
    assert len({order.key for order in rings}) == 2


def test_an_emergency_gets_everybody_who_is_free(desk: Desk) -> None:
    in_line(desk, 10)
    emergency = in_line(desk, 20, priority=Priority.EMERGENCY)
    assert deal_at_once(desk) == 2
    with desk.services.store.turn() as transaction:
        assert {offer.call_sid for offer in transaction.queue.offers()} == {emergency}


def test_two_keys_at_once_have_one_winner(desk: Desk) -> None:
    """Both phones ring for one caller, and both keys are pressed in the same instant."""
    call_sid = in_line(desk, 10)
    deal_at_once(desk)
    calls = Calls(desk.services)
    with desk.services.store.turn() as transaction:
        exchanges = [offer.exchange for offer in transaction.queue.offers()]

    def accept(exchange: int) -> bool:
        with desk.services.store.turn() as transaction:
            record = transaction.load(call_sid)
            place = transaction.queue.place(call_sid, 2)
            assert record is not None
            assert place is not None
            if place.left_at is not None:
                return False
            detail: dict[str, Detail] = {"leg": exchange, "leg_sid": f"CA{exchange}"}
            fact = Fact(kind=FactKind.LEG_ACCEPTED, key=f"a{exchange}", at=AT, because="key", detail=detail)
            calls.records.store_facts(transaction, record, exchange, [fact])
            return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(accept, exchanges)) == [False, True]
    place = desk.services.store.queue.of_call(call_sid, 2)
    assert place is not None
    assert place.outcome is PlaceOutcome.ANSWERED
    assert place.owner in {JAMISON, LASHA}


def test_a_caller_of_whom_nothing_is_heard_any_more_is_not_offered(desk: Desk) -> None:
    call_sid = in_line(desk, 10)
    desk.clock.show(AT + timedelta(minutes=5))
    assert deal_at_once(desk) == 0
    place = desk.services.store.queue.of_call(call_sid, 2)
    assert place is not None
    assert place.outcome is PlaceOutcome.ABANDONED


def test_a_phone_of_which_nothing_is_heard_makes_room_for_another_attempt(desk: Desk) -> None:
    """No report ever comes: after a while the same people are rung again, under another number."""
    in_line(desk, 10)
    assert deal_at_once(desk) == 2
    desk.clock.show(AT + timedelta(seconds=40))
    assert deal_at_once(desk) == 0
    desk.clock.show(AT + timedelta(seconds=101))
    assert deal_at_once(desk) == 2
