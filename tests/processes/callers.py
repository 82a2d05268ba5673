"""Callers of a running service while something is broken, and what must hold for each of them then and afterwards."""

import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import create_engine, text

from app.simulator.caller import CallerScript
from app.simulator.clock import VirtualClock
from app.simulator.events import Purpose
from app.simulator.exchange import Account
from app.simulator.handsets import Behaviour, Handsets, accept, voicemail
from app.simulator.numbers import NumberSettings
from app.simulator.parties import parse_keys
from app.simulator.phone import Phone
from app.simulator.trace import Trace
from app.simulator.wire import HttpWire, Reply
from tests.desk import MAIN, TOKEN
from tests.processes.running import ACCOUNT, JAMISON, Service, eventually

LASHA = "+18165550102"
# The bound is a second; the rest is for a machine that does other things as well.
ANSWERED_WITHIN_SECONDS = 2.5
STORED_WITHIN_SECONDS = 45.0
_WAITING = re.compile(r"(?<!\d)0 bytes wait")


@dataclass
class TimedWire:
    """A wire that knows how long each answer took, in real seconds."""

    seconds: list[float] = field(default_factory=list)
    wire: HttpWire = field(default_factory=HttpWire)

    def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        begun = time.perf_counter()
        try:
            return self.wire.request(method, url, headers=headers, body=body)
        finally:
            self.seconds.append(time.perf_counter() - begun)


@dataclass(frozen=True)
class Played:
    """A call that was played, and how long each of its webhooks took."""

    trace: Trace
    seconds: Sequence[float]

    @property
    def sid(self) -> str:
        return self.trace.call_sid


def caller_number(seed: int) -> str:
    """Somebody else each time: who calls again is recognised, and joins the ticket that is open."""
    return f"+1816555{105 + seed % 40:04}"


def phone(
    service: Service,
    seed: int,
    *,
    wire: TimedWire,
    handsets: Mapping[str, Behaviour] | None = None,
    clock: VirtualClock | None = None,
) -> Phone:
    """A telephone company in virtual time; unless told otherwise Jamison's phone is answered by its voicemail."""
    return Phone(
        wire,
        account=Account(sid=ACCOUNT, base_url=service.base_url),
        auth_token=TOKEN,
        clock=clock or VirtualClock(datetime(2026, 11, 28, 9, tzinfo=UTC)),
        settings=NumberSettings(fallback_url="/voice/fallback"),
        handsets=Handsets(handsets or {JAMISON: voicemail(after_seconds=2)}, default=accept()),
        seed=seed,
    )


def call(service: Service, seed: int, *, keys: str = "1", pause: float = 0.0) -> Played:
    """One call in the night, from the first ring to its end. Each second of it takes `pause` seconds."""
    wire = TimedWire()
    company = phone(service, seed, wire=wire)
    company.every(1.0, lambda: time.sleep(pause))
    trace = company.dial(to=MAIN, from_=caller_number(seed), caller=CallerScript(keys=parse_keys(keys)))
    return Played(trace, wire.seconds)


def calls(service: Service, seeds: Sequence[int], *, pause: float = 0.0) -> list[Played]:
    """Several calls side by side."""
    with ThreadPoolExecutor(len(seeds)) as pool:
        return list(pool.map(lambda seed: call(service, seed, pause=pause), seeds))


def assert_led_on(played: Played, *, connected: str = LASHA) -> None:
    """Every webhook was answered in time with something to go on with, and the caller talked with a person."""
    trace = played.trace
    assert not trace.dropped, trace.ended
    assert trace.failures == []
    assert trace.warnings == []
    asked = trace.requests(Purpose.DOCUMENT, Purpose.FALLBACK, Purpose.FAREWELL, Purpose.CALLBACK)
    assert {each.status for each in asked} == {200}
    assert trace.connected() == [connected]
    assert max(played.seconds) < ANSWERED_WITHIN_SECONDS, sorted(played.seconds)


def spool_of(service: Service) -> str:
    """What /readyz says of the spool."""
    return str(service.get("/readyz")[1]["spool"]["detail"])


def is_all_stored(service: Service) -> bool:
    return _WAITING.search(spool_of(service)) is not None


def assert_recorded_once(
    service: Service, database_url: str, played: Sequence[Played], *, as_told: Played | None = None
) -> None:
    """Once all is stored, each call has a ticket of its own, and the facts of `as_told`, each once and in order."""
    eventually(lambda: is_all_stored(service), within_seconds=STORED_WITHIN_SECONDS)
    engine = create_engine(database_url)
    with engine.connect() as connection:
        sids = [each.sid for each in played]
        rows = connection.execute(text("SELECT call_sid, ticket, disposition, ended_at FROM calls")).all()
        mine = [row for row in rows if row.call_sid in sids]
        assert sorted(row.call_sid for row in mine) == sorted(sids)
        assert len({row.ticket for row in rows}) == len(rows)
        assert {row.disposition for row in mine} == {"answered"}
        assert all(row.ended_at is not None for row in mine)
        assert connection.execute(text("SELECT count(*) FROM tickets")).scalar() == len(rows)
        facts = {sid: _facts(connection.execute(_FACTS, {"sid": sid}).all()) for sid in sids}
        if as_told is not None:
            expected = _facts(connection.execute(_FACTS, {"sid": as_told.sid}).all())
            assert facts == dict.fromkeys(sids, expected)
    engine.dispose()


_FACTS = text("SELECT turn, place, kind, key FROM call_facts WHERE call_sid = :sid ORDER BY turn, place, kind")


def _facts(rows: Sequence[object]) -> list[tuple[int, str]]:
    return [(row.turn, row.kind) for row in rows if row.turn < 5_000_000]  # type: ignore[attr-defined] # not pages
