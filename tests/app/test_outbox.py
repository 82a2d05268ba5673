"""What is ordered is done: once, in time, and aloud when it cannot be. Whatever fails, and whoever dies meanwhile."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.clock import monotonic
from app.flow.messages import Detail, Order, OrderKind
from app.outbox import Deliveries, DeliveryThread, Handler, phone_handlers
from app.services import Services, wire
from app.settings import read_settings
from app.store import ClaimedOrder, Lane, Store, StoreUnavailable
from app.telephony.outbound import Telephony
from app.telephony.overrides import OVERRIDES
from tests.app.store.samples import leg, record
from tests.fakes import FakeRandom, FakeTelephony, down, no_answer, refused, too_many

AT = datetime(2026, 12, 1, 16, tzinfo=UTC)
CONFIG = Path(__file__).parents[2]
BASE = "https://desk.example.org"
STAFF = "+18165550101"
MAIN = "+18162327483"
ALTERNATE = "+18166760434"
RING: Mapping[str, Detail] = {
    "call_sid": "CA1",
    "number": STAFF,
    "url": "/voice/leg/abc",
    "status": "/voice/leg/abc/status",
    "timeout": 25,
}


@dataclass
class FakeClock:
    at: datetime = AT

    def now(self) -> datetime:
        return self.at

    def passes(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class House:
    """One process, over a database that others may share."""

    services: Services
    clock: FakeClock
    phones: FakeTelephony
    rung: list[tuple[str, str]] = field(default_factory=list)
    handlers: dict[OrderKind, Handler] = field(default_factory=dict)
    random: FakeRandom = field(default_factory=FakeRandom)
    gave_up: list[tuple[str, str]] = field(default_factory=list)
    monotonic: Callable[[], float] = monotonic

    @property
    def deliveries(self) -> Deliveries:
        told = phone_handlers(self.services, rung=lambda order, sid: self.rung.append((order.key, sid)))
        return Deliveries(
            self.services,
            {**told, **self.handlers},
            random=self.random,
            gave_up=lambda order, reason: self.gave_up.append((order.key, reason)),
            monotonic=self.monotonic,
        )

    def order(self, *orders: Order) -> None:
        with self.services.store.turn() as turn:
            turn.order(orders)

    def deliver(self, *, after: float = 0) -> int:
        self.clock.passes(after)
        return self.deliveries.deliver_due(self.clock.now())

    def dead(self) -> list[tuple[str, str]]:
        return [(order.key, order.reason) for order in self.services.store.outbox.dead(99)]

    def waiting(self) -> int:
        return self.services.store.outbox.counts(now=self.clock.now()).waiting


def made(url: str, folder: Path, *, clock: FakeClock | None = None, phones: FakeTelephony | None = None) -> House:
    environ = {
        "IVR_CONFIG_DIR": str(CONFIG),
        "PUBLIC_BASE_URL": BASE,
        "TWILIO_AUTH_TOKEN": "a token for tests only",
        "SECRET_KEY": "a secret for tests only",
    }
    clock = clock or FakeClock()
    phones = phones or FakeTelephony(now=clock.now)
    settings = read_settings(environ, instance_dir=folder / "instance")
    store = Store.open(url, timeout_seconds=10)
    return House(wire(settings, clock=clock, store=store, telephony=phones), clock, phones)


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path) -> Iterator[House]:
    house = made(sqlite_url, tmp_path)
    yield house
    house.services.store.close()


def ring(key: str = "ring", **payload: Detail) -> Order:
    return Order(kind=OrderKind.RING_PHONE, key=key, due_at=AT, payload={**RING, **payload})


def text(key: str = "text", **payload: Detail) -> Order:
    return Order(kind=OrderKind.SEND_TEXT, key=key, due_at=AT, payload={"to": STAFF, "body": "Ticket 1042", **payload})


def mail(key: str = "mail", *, due: float = 0) -> Order:
    return Order(kind=OrderKind.MAIL, key=key, due_at=AT + timedelta(seconds=due), payload={})


# What orders about telephones do.


def test_a_phone_is_rung_from_the_lines_number(house: House) -> None:
    house.order(ring(), ring("other line", number="+18165550102", line="alternate", status=None))
    assert house.deliver() == 2
    first, second = house.phones.rings
    assert (first.to, first.from_, first.timeout_seconds) == (STAFF, MAIN, 25)
    told = (f"{BASE}/voice/leg/abc{OVERRIDES}", f"{BASE}/voice/leg/abc/status{OVERRIDES}")
    assert (first.url, first.status_callback) == told
    assert (second.from_, second.status_callback) == (ALTERNATE, None)
    assert house.rung == [("ring", first.sid), ("other line", second.sid)]
    assert house.gave_up == []
    assert house.deliver(after=999) == 0


def test_a_text_is_sent_and_a_leg_is_ended(house: House) -> None:
    end = Order(kind=OrderKind.END_LEG, key="end", due_at=AT, payload={"leg_sid": "CA9"})
    house.order(text(), end)
    assert house.deliver() == 2
    (sent,) = house.phones.texts
    assert (sent.to, sent.from_, sent.body, sent.status_callback) == (STAFF, MAIN, "Ticket 1042", None)
    assert house.phones.ended == ["CA9"]
    assert house.services.store.outbox.is_result(sent.sid)


@pytest.mark.parametrize("has_answered", [False, True])
def test_a_phone_that_is_to_make_way_is_stopped_only_while_nobody_has_picked_up(
    house: House, *, has_answered: bool
) -> None:
    """Nor is it ended whatever it does by then: between this look and the provider's, somebody may pick up."""
    ringing = leg(leg_sid="CA9", answered_at=AT if has_answered else None)
    with house.services.store.turn() as transaction:
        opened = transaction.open(record())
        transaction.save(opened, replace(opened, legs=(ringing,)))
    payload = {"leg_sid": "CA9", "unanswered_on": ringing.call_sid}
    house.order(Order(kind=OrderKind.END_LEG, key="make way", due_at=AT, payload=payload))
    house.deliver()
    assert house.phones.stopped == ([] if has_answered else ["CA9"])
    assert house.phones.ended == []


def test_the_fake_is_a_telephone_company(house: House) -> None:
    telephony: Telephony = house.phones
    assert telephony is house.services.telephony


# What fails.


def test_a_storm_of_429_delays_and_doubles_nothing(house: House) -> None:
    """Twilio did nothing of what it refused so: no look is needed before the next attempt."""
    house.phones.fail("ring", *[too_many()] * 4)
    house.phones.fail("text", *[too_many()] * 2)
    house.order(ring(), text())
    waits = [house.deliver(after=seconds) for seconds in (0, 1.9, 0.2, 4.9, 0.2, 14.8, 0.3, 59.7, 0.4)]
    assert waits == [2, 0, 2, 0, 2, 0, 1, 0, 1]
    assert len(house.phones.rings) == len(house.phones.texts) == 1
    assert "rung" not in house.phones.asked


def test_who_asks_us_to_wait_is_waited_for(house: House) -> None:
    house.phones.fail("ring", too_many(retry_after=30))
    house.order(ring())
    assert [house.deliver(after=seconds) for seconds in (0, 29, 2)] == [1, 0, 1]
    assert len(house.phones.rings) == 1


def test_what_failed_together_is_not_repeated_together(house: House) -> None:
    house.random = FakeRandom([0.0, 1.0])
    house.phones.fail("ring", down(), down())
    house.order(ring("one"), ring("two", number="+18165550102"))
    assert [house.deliver(after=seconds) for seconds in (0, 1.5, 0.2, 0.6, 0.2)] == [2, 0, 1, 0, 1]


def test_what_is_refused_for_good_is_given_up_aloud(house: House) -> None:
    house.phones.fail("ring", refused(21211))
    house.order(ring("ring:+18165550101"), text())
    with capture_logs() as logs:
        assert house.deliver() == 2
    assert house.dead() == [("ring:+18165550101", "Twilio answers 400, code 21211")]
    assert house.gave_up == house.dead()
    (alarm,) = [entry for entry in logs if entry["event"] == "order_dead"]
    assert alarm["log_level"] == "error"
    assert alarm["kind"] == "ring_phone"
    assert len(house.phones.texts) == 1
    assert house.deliver(after=9999) == 0


def test_patience_ends(house: House) -> None:
    house.phones.fail("ring", *[down()] * 99)
    house.order(ring())
    attempts = sum(house.deliver(after=1200) for _ in range(99))
    assert attempts == 12
    assert house.dead() == [("ring", "Twilio cannot be reached")]
    assert house.phones.rings == []


def test_what_nobody_wants_any_more_is_not_done(house: House) -> None:
    house.phones.fail("ring", down())
    house.order(ring(until=(AT + timedelta(seconds=30)).isoformat()))
    house.deliver()
    assert house.deliver(after=30) == 1
    assert house.phones.rings == []
    assert (house.dead(), house.waiting()) == ([], 0)
    assert house.gave_up == [("ring", "no longer wanted")]


def test_a_fault_of_ours_stops_no_other_order(house: House) -> None:
    house.order(Order(kind=OrderKind.RING_PHONE, key="a", due_at=AT, payload={"number": 5}), ring("b"))
    with capture_logs() as logs:
        assert house.deliver() == 2
    assert [key for key, _ in house.rung] == ["b"]
    (broke,) = [entry for entry in logs if entry["event"] == "order_broke"]
    assert broke["fault"] == "TypeError"
    assert "of phone.py" in broke["where"]


def test_a_kind_nobody_here_carries_out_waits_for_who_does(house: House) -> None:
    house.order(mail())
    assert house.deliver() == 1
    assert house.dead() == []
    done: list[str] = []
    house.handlers[OrderKind.MAIL] = lambda order: done.append(order.key)
    assert [house.deliver(after=seconds) for seconds in (59, 1)] == [0, 1]
    assert done == ["mail"]


# What nobody knows.


@pytest.mark.parametrize("done", [True, False], ids=["it rang", "it did not ring"])
def test_an_unanswered_ring_is_looked_up_before_it_is_repeated(house: House, done: bool) -> None:
    house.phones.done_all_the_same = done
    house.phones.fail("ring", no_answer())
    house.order(ring())
    house.deliver()
    assert [house.deliver(after=seconds) for seconds in (4.9, 0.2)] == [0, 1]
    assert house.phones.asked == (["ring", "rung"] if done else ["ring", "rung", "ring"])
    (only,) = house.phones.rings
    assert house.rung == [("ring", only.sid)]
    assert house.waiting() == 0


@pytest.mark.parametrize("done", [True, False], ids=["it was sent", "it was not sent"])
def test_an_unanswered_text_is_looked_up_before_it_is_repeated(house: House, done: bool) -> None:
    house.phones.done_all_the_same = done
    house.phones.fail("text", no_answer())
    house.order(text(), text("other words", body="Ticket 1043"))
    house.deliver()
    house.deliver(after=6)
    assert sorted(sent.body for sent in house.phones.texts) == ["Ticket 1042", "Ticket 1043"]
    assert house.waiting() == 0


@pytest.mark.parametrize("done", [True, False], ids=["it was done", "it was not done"])
def test_too_late_to_repeat_is_not_too_late_to_look(house: House, done: bool) -> None:
    """A phone that may ring is found, so that it can be called off; one that does not ring is left alone."""
    house.phones.done_all_the_same = done
    house.phones.fail("ring", no_answer())
    house.phones.fail("text", no_answer())
    until = (AT + timedelta(seconds=3)).isoformat()
    house.order(ring(until=until), text(until=until))
    house.deliver()
    house.deliver(after=6)
    assert house.phones.asked == ["ring", "text", "rung", "texted"]
    assert [key for key, _ in house.rung] == ["ring"] * done
    assert len(house.gave_up) == (0 if done else 2)
    assert (house.dead(), house.waiting()) == ([], 0)


def test_a_look_that_fails_leaves_it_uncertain(house: House) -> None:
    house.phones.fail("ring", no_answer())
    house.phones.fail("rung", down(), too_many())
    house.order(ring())
    for seconds in (0, 6, 6, 20):
        house.deliver(after=seconds)
    assert house.phones.asked == ["ring", "rung", "rung", "rung"]
    assert len(house.phones.rings) == 1


def test_a_repetition_that_is_refused_leaves_it_uncertain(house: House) -> None:
    """A list may be late to show what was done."""
    house.phones.done_all_the_same = False
    house.phones.fail("ring", no_answer(), too_many())
    house.order(ring())
    for seconds in (0, 6, 6):
        house.deliver(after=seconds)
    assert house.phones.asked == ["ring", "rung", "ring", "rung", "ring"]


def test_what_another_order_did_is_not_taken_for_this_ones(house: House) -> None:
    """The same phone, rung twice within the minute for two callers, is rung twice."""
    house.order(ring("first caller"))
    house.deliver()
    house.phones.done_all_the_same = False
    house.phones.fail("ring", no_answer())
    house.order(ring("second caller"))
    house.deliver(after=20)
    house.deliver(after=6)
    assert [key for key, _ in house.rung] == ["first caller", "second caller"]
    assert len(house.phones.rings) == 2


def test_two_unanswered_rings_of_one_phone_are_told_apart(house: House) -> None:
    house.phones.fail("ring", no_answer(), no_answer())
    house.order(ring("one"), ring("two"))
    house.deliver()
    house.deliver(after=6)
    assert len(house.phones.rings) == 2
    assert len({sid for _, sid in house.rung}) == 2


# Who dies.


def test_a_process_that_dies_after_the_deed_leaves_it_done_once(house: House) -> None:
    def dies(_order: ClaimedOrder, _sid: str) -> None:
        raise SystemExit

    house.order(ring())
    handlers = phone_handlers(house.services, rung=dies)
    with pytest.raises(SystemExit):
        Deliveries(house.services, handlers).deliver_due(AT)
    assert len(house.phones.rings) == 1
    assert [house.deliver(after=seconds) for seconds in (59, 1)] == [0, 1]
    assert house.phones.asked == ["ring", "rung"]
    assert house.rung == [("ring", house.phones.rings[0].sid)]


def test_a_process_that_dies_before_the_deed_leaves_it_to_another(house: House) -> None:
    def dies() -> None:
        raise SystemExit

    house.phones.fail("ring", dies)
    house.order(ring())
    with pytest.raises(SystemExit):
        house.deliver()
    house.deliver(after=60)
    assert len(house.phones.rings) == 1


def test_an_order_that_kills_whoever_tries_it_ends(house: House) -> None:
    def dies() -> None:
        raise SystemExit

    house.phones.fail("ring", *[dies] * 99)
    house.order(ring())
    for _ in range(12):
        with pytest.raises(SystemExit):
            house.deliver(after=60)
    house.deliver(after=60)
    assert house.dead() == [("ring", "every attempt broke off")]


def test_a_database_that_goes_away_holds_up_no_ring(house: House) -> None:
    """Both phones ring; that they did is found out when the lease lapses."""

    def away(_order: ClaimedOrder, _sid: str) -> None:
        raise StoreUnavailable("cannot connect")

    house.order(ring("one"), ring("two", number="+18165550102"))
    with capture_logs() as logs:
        assert Deliveries(house.services, phone_handlers(house.services, rung=away)).deliver_due(AT) == 2
    assert len(house.phones.rings) == 2
    assert [entry["event"] for entry in logs] == ["order_unrecorded"] * 2
    house.deliver(after=60)
    assert len(house.phones.rings) == 2
    assert sorted(key for key, _ in house.rung) == ["one", "two"]


def test_what_a_slow_provider_leaves_no_time_for_is_handed_back(house: House) -> None:
    ticks = [0.0]
    house.monotonic = lambda: ticks[0]

    def slow() -> None:
        ticks[0] += 25

    house.phones.fail("ring", slow)
    house.order(ring("one"), ring("two", number="+18165550102"))
    assert house.deliver() == 2
    assert [key for key, _ in house.rung] == ["one"]
    assert house.deliver() == 1
    assert "rung" not in house.phones.asked
    assert [key for key, _ in house.rung] == ["one", "two"]


def test_many_at_work_do_everything_once(database_url: str, tmp_path: Path) -> None:
    """Four processes; a provider that refuses now and then, and now and then does not answer."""
    clock = FakeClock()
    phones = FakeTelephony(now=clock.now)
    phones.fail("ring", *[too_many(), None, no_answer(), None, down()] * 8)
    houses = [made(database_url, tmp_path / str(number), clock=clock, phones=phones) for number in range(4)]
    numbers = [f"+1816555{number:04}" for number in range(100, 160)]
    houses[0].order(*(ring(number, number=number) for number in numbers))
    for _ in range(12):
        together([lambda each=each: each.deliver() for each in houses])  # type: ignore[misc]
        clock.passes(7)
        phones.done_all_the_same = not phones.done_all_the_same
    assert sorted(rung.to for rung in phones.rings) == numbers
    assert houses[0].waiting() == 0
    for each in houses:
        each.services.store.close()


def together(deeds: list[Callable[[], object]]) -> None:
    threads = [threading.Thread(target=deed) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# The threads.


def eventually(holds: Callable[[], bool]) -> bool:
    give_up_at = time.monotonic() + 10
    while not holds():
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture
def thread(house: House) -> Iterator[DeliveryThread]:
    thread = DeliveryThread(house.deliveries, every_seconds=3600)
    yield thread
    thread.stop()


def test_what_a_turn_orders_is_done_at_once(house: House, thread: DeliveryThread) -> None:
    house.services.store.outbox.listen(thread.wake)
    before = threading.active_count()
    assert house.waiting() == 0
    house.order()
    assert threading.active_count() == before, "nothing runs until there is something to do"
    for number in range(5):
        house.order(ring(f"{number}", number=f"+1816555010{number}"))
    assert eventually(lambda: len(house.phones.rings) == 5)


def test_phones_ring_together_and_not_one_after_the_other(house: House, thread: DeliveryThread) -> None:
    all_there = threading.Barrier(4)

    def meet() -> None:
        all_there.wait(10)

    house.phones.fail("ring", *[meet] * 4)
    house.order(*(ring(f"{number}", number=f"+1816555010{number}") for number in range(4)))
    thread.wake()
    assert eventually(lambda: len(house.phones.rings) == 4)


def test_mail_that_hangs_keeps_nobody_waiting(house: House) -> None:
    hangs = threading.Event()

    def hang(_order: ClaimedOrder) -> None:
        hangs.wait(10)

    house.handlers[OrderKind.MAIL] = hang
    thread = DeliveryThread(house.deliveries, every_seconds=3600)
    house.order(*(mail(f"{number}") for number in range(9)))
    thread.wake()
    house.order(ring())
    thread.wake()
    assert eventually(lambda: len(house.phones.rings) == 1)
    hangs.set()
    thread.stop()


def test_what_falls_due_later_is_done_without_a_call(house: House) -> None:
    thread = DeliveryThread(house.deliveries, every_seconds=0.01)
    thread.start()
    house.order(ring())
    assert eventually(lambda: len(house.phones.rings) == 1)
    thread.stop()
    house.order(text())
    thread.wake()
    assert house.phones.texts == [], "stopped is stopped"


def test_the_threads_outlive_an_outage(house: House) -> None:
    outages = iter([StoreUnavailable("locked"), ZeroDivisionError()])
    faults: list[str] = []

    class Ailing(Deliveries):
        def deliver_due(self, now: datetime, *, lane: Lane | None = None, limit: int = 20) -> int:
            if (fault := next(outages, None)) is not None:
                faults.append(type(fault).__name__)
                raise fault
            return super().deliver_due(now, lane=lane, limit=limit)

    ailing = Ailing(house.services, phone_handlers(house.services), random=house.random)
    thread = DeliveryThread(ailing, every_seconds=0.01)
    house.order(ring())
    thread.start()
    assert eventually(lambda: len(house.phones.rings) == 1)
    thread.stop()
    assert faults == ["StoreUnavailable", "ZeroDivisionError"]
