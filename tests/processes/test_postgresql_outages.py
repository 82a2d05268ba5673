"""PostgreSQL away, in every way it can be: callers notice nothing, and afterwards nothing is missing or there twice."""

import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.databases import PostgresqlServer, start_postgresql
from tests.processes.callers import Played, assert_led_on, assert_recorded_once, call, calls, is_all_stored
from tests.processes.postgresql_faults import (
    Fault,
    Relay,
    address_of,
    crash,
    down,
    locked,
    out_of_connections,
    read_only,
    silent,
    standby_of,
)
from tests.processes.running import Service, running

pytestmark = pytest.mark.slow
_seeds = count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    """A PostgreSQL server that may be broken."""
    folder = Path(tempfile.mkdtemp(prefix="ivr-pg-"))
    started = start_postgresql(folder / "data")
    started.make_template()
    yield started
    started.handle.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def database(server: PostgresqlServer) -> str:
    return server.make()


@pytest.fixture(scope="module")
def service(server: PostgresqlServer, database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("faults"), {"DATABASE_URL": server.url(database)}) as started:
        yield started


@pytest.fixture(scope="module")
def in_peace(service: Service) -> Played:
    """A call while all is well, to compare the others with."""
    played = call(service, next(_seeds))
    assert_led_on(played)
    return played


@pytest.mark.parametrize("fault", [silent, down, out_of_connections, locked, read_only])
def test_calls_go_on_while_it_is_away_and_are_stored_once_afterwards(
    service: Service, server: PostgresqlServer, database: str, in_peace: Played, fault: Fault
) -> None:
    with fault(server, database):
        played = calls(service, [next(_seeds), next(_seeds)])
        for each in played:
            assert_led_on(each)
        assert not is_all_stored(service)
    assert_recorded_once(service, server.url(database), played, as_told=in_peace)


def test_calls_go_on_while_another_server_takes_over(tmp_path: Path) -> None:
    folder, relay = Path(tempfile.mkdtemp(prefix="ivr-pg-")), Relay()
    folder.chmod(0o777)
    primary = start_postgresql(folder / "primary")
    try:
        primary.make_template()
        database = primary.make()
        with standby_of(primary, folder / "standby") as standby:
            relay.lead_to(address_of(primary))
            url = f"postgresql+psycopg://postgres@127.0.0.1:{relay.port}/{database}"
            with running(tmp_path, {"DATABASE_URL": url}) as service:
                before = call(service, next(_seeds))
                crash(primary)
                relay.lead_to(None)
                between = calls(service, [next(_seeds), next(_seeds)])
                standby.take_over()
                relay.lead_to(standby.address)
                afterwards = call(service, next(_seeds))
                played = [before, *between, afterwards]
                for each in played:
                    assert_led_on(each)
                assert_recorded_once(service, url, played, as_told=before)
    finally:
        relay.close()
        primary.handle.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
