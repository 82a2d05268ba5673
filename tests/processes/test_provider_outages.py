"""The calls interface away while phones are to ring at once: callers reach a person all the same."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count, cycle
from pathlib import Path

import pytest

from app.simulator.caller import CallerScript
from app.simulator.clock import VirtualClock
from app.simulator.events import QueueJoined, QueueLeft
from app.simulator.handsets import ignore
from app.simulator.parties import parse_keys
from app.simulator.trace import Trace
from tests.desk import MAIN
from tests.processes.callers import LASHA, Played, TimedWire, assert_led_on, assert_recorded_once, caller_number, phone
from tests.processes.running import JAMISON, Service, running

pytestmark = pytest.mark.slow
_seeds = count(1)
# On a Tuesday morning, when the desk's own people are rung first.
OPEN_AT = datetime(2026, 12, 1, 16, tzinfo=UTC)
_BROKEN = b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nbroken"


class BrokenDoor:
    """Where the calls interface should be: it refuses connections, or breaks them off, hangs and fails in turn."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.asked = 0
        self._door: socket.socket | None = None
        self._hanging: list[socket.socket] = []

    def open(self) -> None:
        """From now on it takes connections."""
        self._door = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, args=(self._door,), daemon=True).start()

    def close(self) -> None:
        """From now on nobody is there, and nobody has been."""
        doors, self._door = [self._door] if self._door else [], None
        for each in (*doors, *self._hanging):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._hanging.clear()
        self.asked = 0

    def _serve(self, door: socket.socket) -> None:
        ways = cycle((self._hanging.append, _break_off, _fail))
        with suppress(OSError):
            while True:
                near, _ = door.accept()
                self.asked += 1
                next(ways)(near)


def _break_off(near: socket.socket) -> None:
    near.close()


def _fail(near: socket.socket) -> None:
    with near, suppress(OSError):
        near.recv(65536)
        near.sendall(_BROKEN)


@pytest.fixture(scope="module")
def door() -> Iterator[BrokenDoor]:
    door = BrokenDoor()
    yield door
    door.close()


@pytest.fixture(scope="module")
def service(door: BrokenDoor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose OffSite group is rung at once."""
    folder = tmp_path_factory.mktemp("provider")
    environ = {
        "DATABASE_URL": f"sqlite:///{folder}/ivr.db",
        "TWILIO_API_BASE_URL": f"http://127.0.0.1:{door.port}",
        "IVR_CLOCK": OPEN_AT.isoformat(),
    }
    with running(folder, environ, change=rung_at_once) as started:
        yield started


def rung_at_once(folder: Path) -> None:
    staff = folder / "schedules" / "staff.yaml"
    staff.write_text(staff.read_text().replace("strategy: hunt", "strategy: simultaneous"))


def is_on_hold(trace: Trace) -> bool:
    return any(trace.of(QueueJoined)) and not any(trace.of(QueueLeft))


@pytest.mark.parametrize("way", ["refused", "broken"])
def test_the_same_phones_are_rung_one_after_another(service: Service, door: BrokenDoor, way: str) -> None:
    door.close()
    if way == "broken":
        door.open()
    seed, wire = next(_seeds), TimedWire()
    company = phone(service, seed, wire=wire, handsets={JAMISON: ignore()}, clock=VirtualClock(OPEN_AT))
    caller = CallerScript(keys=parse_keys("2"))
    trace = company.begin(to=MAIN, from_=caller_number(seed), caller=caller)
    # A second on hold takes a quarter of a second, for the service waits in real time.
    company.every(1.0, lambda: time.sleep(0.25 if is_on_hold(trace) else 0.0))
    company.run()
    played = Played(trace, wire.seconds)
    assert_led_on(played, connected=LASHA)
    assert_recorded_once(service, service.environ["DATABASE_URL"], [played])
    assert (door.asked > 0) == (way == "broken")
