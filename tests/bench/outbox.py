"""How long it takes to claim 500 due orders of 100,000, and to find that nothing is due."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from sqlalchemy import create_engine, text

from app.flow.messages import Detail, Order, OrderKind
from app.store import Lane, Store

WAITING = 100_000
CLAIMED = 500
_BATCH = 5_000
_ROUNDS = 15
_POLLS = 300
_AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
_LEASE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Claiming:
    """Seconds, medians of rounds: to claim 500 due orders, to find nothing due, and to tell how each kind stands.

    `claim_cpu` is what this process computed for a claim: on a busy machine the rest is waiting.
    """

    claim: float
    claim_cpu: float
    idle: float
    standing: float


def measure(_folder: Path, urls: Mapping[str, str]) -> dict[str, Claiming]:
    """The figures for each of these migrated databases, whose orders are added to. Nothing else is left behind."""
    return {name: _measured(url) for name, url in urls.items()}


def print_figures(figures: Mapping[str, Claiming]) -> None:
    """A line for each database."""
    print(f"\nOutbox with {WAITING:,} orders; medians of {_ROUNDS} rounds, in milliseconds.\n")
    print(f"{'':12}{f'claim {CLAIMED}':>12}{'of it CPU':>12}{'idle poll':>12}{'figures':>12}")
    for name, each in figures.items():
        values = (each.claim, each.claim_cpu, each.idle, each.standing)
        print(f"{name:12}{''.join(f'{value * 1e3:12.2f}' for value in values)}")


def _measured(url: str) -> Claiming:
    store = Store.open(url, timeout_seconds=30)
    try:
        _fill(store)
        _settle_down(url)
        idle = _seconds(_POLLS, lambda: store.outbox.claim(now=_AT, limit=CLAIMED, lease_seconds=_LEASE_SECONDS))
        due_at = _AT + timedelta(days=1)
        claims = [_claim(store, url, due_at) for _ in range(_ROUNDS)]
        return Claiming(
            claim=median(wall for wall, _ in claims),
            claim_cpu=median(cpu for _, cpu in claims),
            idle=idle,
            standing=_seconds(5, lambda: store.orders.standing(now=due_at)),
        )
    finally:
        store.close()


def _claim(store: Store, url: str, now: datetime) -> tuple[float, float]:
    """Seconds of one claim, and of computing for it.

    What was claimed is then given back, for no real worker holds so many for so long.
    """
    claim = partial(store.outbox.claim, now=now, limit=CLAIMED, lease_seconds=_LEASE_SECONDS, lane=Lane.URGENT)
    computed = process_time()
    seconds = _seconds(1, claim)
    computed = process_time() - computed
    engine = create_engine(url)
    with engine.begin() as connection:
        given_back = connection.execute(text("UPDATE outbox SET claimed_until = NULL WHERE claimed_until IS NOT NULL"))
        assert given_back.rowcount == CLAIMED
    engine.dispose()
    return seconds, computed


def _fill(store: Store) -> None:
    for first in range(0, WAITING, _BATCH):
        with store.turn() as turn:
            turn.order([_order(number) for number in range(first, first + _BATCH)])


def _order(number: int) -> Order:
    payload: dict[str, Detail] = {
        "call_sid": f"CA{number:032x}",
        "number": f"+1816555{100 + number % 100:04}",
        "url": f"/voice/legs/{number:064x}",
        "status": f"/voice/legs/{number:064x}/status",
        "timeout": 20,
    }
    due_at = _AT + timedelta(seconds=1 + number / 10)
    return Order(kind=OrderKind.RING_PHONE, key=f"ring:CA{number:032x}:3", due_at=due_at, payload=payload)


def _settle_down(url: str) -> None:
    """What the database does by itself in a quiet minute is done now."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("VACUUM ANALYZE outbox"))
        else:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    engine.dispose()


def _seconds(rounds: int, deed: Callable[[], object]) -> float:
    took = []
    for _ in range(rounds):
        begun = perf_counter()
        deed()
        took.append(perf_counter() - begun)
    return median(took)
