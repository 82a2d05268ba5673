"""The machines of a simulated world: web processes behind a balancer and the clock process, each of the real parts.

A machine that is killed loses its memory and keeps its disk. No thread runs in any of them: what their threads would
do, the world has done at instants of its own.
"""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from app.config import watch
from app.errands import deliveries, replay
from app.outbox import Deliveries
from app.outbox.delivery import BATCH
from app.services import Services, wire
from app.settings import Settings, read_settings
from app.simulator import Reply, WireDown, WsgiWire
from app.simulator.wire import Breakdown
from app.store import StoreUnavailable
from app.telephony.outbound import TwilioTelephony
from app.web.factory import telephone_app
from tests.simulation.perils import KILL, Killed, PerilousSpool, PerilousStore, Perils

BASE_URL = "https://desk.example.org"
TOKEN = "0123456789abcdef0123456789abcdef"
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
RESTART_SECONDS = 3.0


@dataclass
class WorldClock:
    """The clock of one machine: the world's time, and by how much it is wrong."""

    world: Callable[[], datetime]
    wrong_by: timedelta = timedelta()

    def now(self) -> datetime:
        return self.world() + self.wrong_by


@dataclass
class Surroundings:
    """What the machines of a world share."""

    database_url: str
    config: Path
    folder: Path
    now: Callable[[], datetime]
    after: Callable[[float, Callable[[], None]], object]
    perils: Perils
    chance: Callable[[], float]
    note: Callable[[str], None]
    rest: Callable[[], WSGIApplication]
    spool_sizes: dict[Path, int] = field(default_factory=dict)

    def settings(self, disk: str) -> Settings:
        """The environment of a machine that keeps its things on this disk."""
        environ = {
            "DATABASE_URL": self.database_url,
            "IVR_CONFIG_DIR": str(self.config),
            "PUBLIC_BASE_URL": BASE_URL,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_API_BASE_URL": "http://127.0.0.1:9",
            "SECRET_KEY": "a secret for tests only",
            "DATA_KEYS": base64.b64encode(b"k" * 32).decode(),
        }
        return read_settings(environ, instance_dir=self.folder / disk)


@dataclass
class Machine:
    """One process. `passes` is asked at every step at which it may be killed."""

    name: str
    disk: str
    around: Surroundings
    may_die: Callable[["Machine"], bool]
    is_up: bool = False
    is_web: bool = True
    has_orders: bool = False
    is_spared: bool = False
    clock: WorldClock = field(init=False)
    services: Services = field(init=False)
    deliveries: Deliveries = field(init=False)
    _asked_for: str = ""

    def __post_init__(self) -> None:
        self.clock = WorldClock(self.around.now)
        self.start()

    def start(self) -> None:
        """Begin with an empty memory."""
        around = self.around
        settings = around.settings(self.disk)
        store = PerilousStore.open(settings.database_url, monotonic=self._seconds)
        store.endanger(around.perils, self)
        store.overrides._monotonic = self._seconds
        services = wire(
            settings, clock=self.clock, store=store, telephony=TwilioTelephony(settings, application=self._ask)
        )
        spool = PerilousSpool(settings.instance_dir / "spool")
        spool.machine, spool.sizes = self, around.spool_sizes
        self.services = replace(services, spool=spool)
        self.deliveries = replace(deliveries(self.services), random=around.chance)
        store.outbox.listen(self._ordered)
        self._wire = WsgiWire(self._application(), BASE_URL) if self.is_web else None
        self.is_up, self.has_orders = True, False

    def _application(self) -> WSGIApplication:
        """The telephone's part. The first process is told addresses as they came, as gunicorn tells them.

        It has a door for that, the other has not: both doors are asked about the same calls.
        """
        application = telephone_app(self.services)
        if self.name != "web1":
            return application

        def told(environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            return application({**environment, "RAW_URI": self._asked_for}, start_response)

        return told

    def passes(self, point: str) -> None:
        """Raise Killed when it is told to die here.

        The last web process that is up is spared, and one that answers for a document that was lost.
        """
        for told in () if self.is_spared else self.around.perils.kills:
            if told.machine == self.name and told.point == point and self.may_die(self):
                self.around.perils.kills.remove(told)
                self.around.perils.met[f"{KILL} {self.name.rstrip('12')} {point}"] += 1
                raise Killed(self.name)

    def dies(self) -> None:
        """Be gone; start again after a while."""
        self.is_up = False
        self.around.note(f"{self.name} killed")
        # What the system does for a dead process: its connections end, and with them open transactions.
        self.services.store.close()
        self.around.after(RESTART_SECONDS, self.start)

    def works(self, deed: Callable[[], object]) -> None:
        """Do something that may be the last thing the process does; while the database is away, do without."""
        if not self.is_up:
            return
        try:
            with suppress(StoreUnavailable):
                deed()
        except Killed:
            self.dies()

    def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer a webhook, or die over it."""
        assert self._wire is not None
        self.is_spared = "/voice/fallback" in url
        self._asked_for = url.removeprefix(BASE_URL)
        try:
            self.passes("before request")
            reply = self._wire.request(method, url, headers=headers, body=body)
            self.passes("after request")
        except Killed:
            self.dies()
            raise WireDown(Breakdown.PROTOCOL, "connection reset") from None
        finally:
            self.is_spared = False
        return reply

    def deliver(self) -> None:
        """Carry out all orders that are due, and those that come of them."""
        delivered = BATCH
        while delivered == BATCH or self.has_orders:
            self.has_orders = False
            delivered = self.deliveries.deliver_due(self.clock.now())

    def replay(self) -> None:
        """Store what its disk holds for the database."""
        replay(self.services)

    def look_at_configuration(self) -> None:
        """What the watch on the folder does when its time has come."""
        watch.look_once(self.services.config)

    def _ordered(self) -> None:
        self.has_orders = True

    def _seconds(self) -> float:
        return (self.around.now() - _SINCE).total_seconds()

    def _ask(self, environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.passes("before asking")
        answer = self.around.rest()(environment, start_response)
        self.passes("after asking")
        return answer


@dataclass
class Balancer:
    """Hands every request to the next machine that is up."""

    machines: Sequence[Machine]
    last: Machine | None = None
    _turn: int = 0

    def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        up = [machine for machine in self.machines if machine.is_up]
        if not up:
            raise WireDown(Breakdown.CONNECT, "no machine is up")
        self._turn += 1
        self.last = up[self._turn % len(up)]
        return self.last.request(method, url, headers=headers, body=body)
