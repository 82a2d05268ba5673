"""`ivr exchange`: the telephone exchange of a simulation, whose phones are on the phone page of the web desk.

It plays the service as of a chosen moment: an application of its own over the same database, on a clock of its own.
"""

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from random import SystemRandom
from wsgiref.types import StartResponse, WSGIEnvironment

import click
import structlog

from app.calls import Calls
from app.cli.call import IN_PROCESS, SEEDS, simulated_account
from app.cli.environment import live_snapshot_or_exit, settings_or_exit
from app.clock import SystemClock
from app.config.watch import watch
from app.errands import deliveries
from app.logs import configure_logs
from app.outbox import Deliveries
from app.queue_offers import QueueOffers
from app.services import Services, wire
from app.settings import Settings
from app.simulator.clock import WallClock
from app.simulator.exchange import SECONDS_A_CHARACTER
from app.simulator.handsets import Handsets, by_hand
from app.simulator.live import Company, Door
from app.simulator.phone import Phone
from app.simulator.rest.server import RestServer
from app.simulator.wire import WsgiWire
from app.store import Lane, StoreUnavailable
from app.telephony.outbound import TwilioTelephony
from app.web.desk.phone_exchange import exchange_key

LOOK_SECONDS = 0.5
CONFIG_POLL_SECONDS = 2.0
# Mails and webhooks leave this machine: they are sent by the service, in its own time.
LANES = (Lane.URGENT, Lane.URGENT, Lane.RECORDINGS)
_log = structlog.get_logger(__name__)


@click.command()
@click.option("--port", type=int, required=True, help="Where it listens on this machine.")
def exchange(port: int) -> None:
    """The telephone exchange of a simulation alone; `ivr serve` starts it where no Twilio account is set."""
    settings = settings_or_exit()
    if not settings.simulated:
        raise click.UsageError("A Twilio account is set: calls come from there.")
    live_snapshot_or_exit(settings)
    configure_logs(settings.log_format)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with served(settings, port):
        _log.info("exchange_started", port=port)
        stop.wait()


class Moment:
    """The clock of the calls: the machine's, or so far ahead of it as was chosen."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The present instant of the calls, in UTC."""
        return SystemClock().now() + self._ahead

    def choose(self, at: datetime | None) -> None:
        """Let it be `at`, or the present for None and for what is past.

        What is ordered for a moment to come lies beyond what the service looks at: neither does the other's work.
        """
        ahead = timedelta() if at is None else at - SystemClock().now()
        self._ahead = max(ahead, timedelta())


@dataclass(slots=True)
class _Rest:
    """Twilio's REST API, once there is a telephone company to answer it."""

    phone: Phone | None = None

    def __call__(self, environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self.phone is None:
            raise ConnectionError("the telephone company is not there yet")
        return self.phone.rest_app()(environment, start_response)


@dataclass(slots=True)
class Live:
    """An exchange at work: `company` has the phones, `door` lets the web desk at them."""

    services: Services
    company: Company
    door: Door
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _alarms: list[threading.Event] = field(default_factory=list)

    def open(self) -> None:
        """Begin to play calls and to carry out orders."""
        self.company.open()
        self.services.store.outbox.listen(self._wake)
        work = deliveries(self.services)
        for lane in LANES:
            self._begin(partial(_carry_out, work, lane))
        line = QueueOffers(Calls(self.services))
        self._begin(line.deal)
        # Whether the desk was opened or closed by hand.
        self._begin(lambda: self.services.store.desk.refresh(at=self.services.clock.now()))

    def close(self) -> None:
        """Stop all of it."""
        self._stopping.set()
        self._wake()
        for thread in self._threads:
            thread.join(timeout=10)
        self.company.close()

    def _begin(self, work: Callable[[], object]) -> None:
        alarm = threading.Event()
        thread = threading.Thread(target=self._run, args=(work, alarm), daemon=True)
        self._alarms.append(alarm)
        self._threads.append(thread)
        thread.start()

    def _wake(self) -> None:
        for alarm in self._alarms:
            alarm.set()

    def _run(self, work: Callable[[], object], alarm: threading.Event) -> None:
        while not self._stopping.is_set():
            alarm.wait(LOOK_SECONDS)
            alarm.clear()
            try:
                work()
            except StoreUnavailable as fault:
                _log.warning("exchange_waits", reason=fault.reason)
            except Exception as fault:  # noqa: BLE001 (one fault does not end the exchange)
                _log.error("exchange_broke", fault=type(fault).__name__)


def _carry_out(work: Deliveries, lane: Lane) -> None:
    while work.deliver_due(work.services.clock.now(), lane=lane, limit=5):
        pass


def live_exchange(settings: Settings, moment: Moment, *, seconds_a_character: float = SECONDS_A_CHARACTER) -> Live:
    """An exchange over `settings`, with an application of its own; nothing runs until it is opened."""
    from app.web.factory import make_app  # noqa: PLC0415 (the web framework is loaded only where it is used)

    rest = _Rest()
    settings = replace(settings, twilio_api_base_url=IN_PROCESS)
    services = wire(settings, clock=moment, telephony=TwilioTelephony(settings, application=rest))
    phone = Phone(
        WsgiWire(make_app(services), settings.public_base_url),
        account=simulated_account(services),
        auth_token=settings.auth_tokens[0],
        clock=WallClock(moment.now),
        handsets=Handsets(default=by_hand()),
        seed=SystemRandom().randrange(SEEDS),
        seconds_a_character=seconds_a_character,
    )
    rest.phone = phone
    company = Company(phone, set_clock=moment.choose)
    return Live(services, company, Door(company, rest=phone.rest_app(), key=exchange_key(settings)))


@contextmanager
def served(settings: Settings, port: int) -> Iterator[Live]:
    """An exchange that listens on this machine for as long as the block lasts."""
    live = live_exchange(settings, Moment())
    watch(live.services.config, every_seconds=CONFIG_POLL_SECONDS)
    live.open()
    try:
        with RestServer(live.door, host="127.0.0.1", port=port):
            yield live
    finally:
        live.close()
        live.services.store.close()
