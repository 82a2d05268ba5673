"""The incoming webhook, whole path, beside the floor and beside the plain durable path."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

from sqlalchemy import create_engine, text

from tests.bench.load import Load, incoming, send_all
from tests.bench.servers import HOST, Server, durable, floor, service

ROUNDS = 5
REQUESTS = 1500
SINGLE = 300
CONNECTIONS = 16
_runs = count()


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians over the rounds: requests a second, CPU seconds a request, p50 and p99 in seconds, bytes a worker."""

    per_second: float
    cpu: float
    p50: float
    p99: float
    single_p50: float
    memory: float


def measure(folder: Path, database_urls: dict[str, str]) -> dict[str, Measured]:
    """Loads every target in turn, round by round, so that all see the same machine."""
    with ExitStack() as stack:
        servers: dict[str, Server] = {
            "floor": stack.enter_context(floor()),
            "durable": stack.enter_context(durable(folder)),
        }
        for name, url in database_urls.items():
            servers[name] = stack.enter_context(service(folder, url))
        for server in servers.values():
            _load(server, 200, CONNECTIONS)
        rounds: dict[str, list[Measured]] = {name: [] for name in servers}
        for _ in range(ROUNDS):
            for name, server in servers.items():
                rounds[name].append(_round(server))
    each = 200 + ROUNDS * (REQUESTS + SINGLE)
    for name, url in database_urls.items():
        if (stored := _stored(url)) != each:
            raise RuntimeError(f"{name} stored {stored} of {each} calls")
    return {name: _median(measured) for name, measured in rounds.items()}


def _stored(url: str) -> int:
    """How many calls have a ticket."""
    engine = create_engine(url)
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM calls JOIN tickets ON ticket = number")).scalar_one())


def _round(server: Server) -> Measured:
    before = server.cpu_seconds()
    busy = _load(server, REQUESTS, CONNECTIONS)
    cpu = (server.cpu_seconds() - before) / REQUESTS
    single = _load(server, SINGLE, 1)
    return Measured(
        per_second=busy.per_second,
        cpu=cpu,
        p50=busy.percentile(0.5),
        p99=busy.percentile(0.99),
        single_p50=single.percentile(0.5),
        memory=server.worker_pss(),
    )


def _load(server: Server, requests: int, connections: int) -> Load:
    run = f"{next(_runs):x}"
    prepared = [incoming(HOST, server.port, number, run=run) for number in range(requests)]
    load = send_all(HOST, server.port, iter(prepared), connections=connections)
    if load.failures:
        raise RuntimeError(f"{load.failures} of {requests} requests were not answered with 200")
    return load


def _median(rounds: list[Measured]) -> Measured:
    def of(figure: Callable[[Measured], float]) -> float:
        return median(figure(each) for each in rounds)

    return Measured(
        per_second=of(lambda each: each.per_second),
        cpu=of(lambda each: each.cpu),
        p50=of(lambda each: each.p50),
        p99=of(lambda each: each.p99),
        single_p50=of(lambda each: each.single_p50),
        memory=of(lambda each: each.memory),
    )
