"""A whole desk for tests: the real application twice over one database, and phones that ring, all in virtual time.

A scenario reads as a call: `desk.dials(MAIN, keys="1")`, then what was heard, who rang, and what the record says.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from app import create_app
from app.cdr.records import Call, CallRecord, Disposition, Leg, LegOutcome, Ticket, TimelineEntry
from app.config.snapshot import Snapshot
from app.errands import deliveries
from app.outbox import Deliveries
from app.services import Services, wire
from app.settings import Settings, read_settings
from app.simulator.caller import CallerScript
from app.simulator.clock import VirtualClock
from app.simulator.events import CallEnded
from app.simulator.exchange import Account
from app.simulator.handsets import Behaviour, Handsets, accept
from app.simulator.numbers import NumberSettings
from app.simulator.parties import parse_keys
from app.simulator.phone import Phone
from app.simulator.switches import RestSwitches, Switches
from app.simulator.texts import TextFate
from app.simulator.trace import Trace
from app.simulator.wire import Reply, Wire, WsgiWire
from app.store import Store, StoreUnavailable
from app.telephony.outbound import TwilioTelephony
from tests.databases import PATIENCE_SECONDS

MAIN = "+18162327483"
ALTERNATE = "+18166760434"
CALLER = "+18165550191"
CONFIG = Path(__file__).parents[1]
BASE_URL = "https://desk.example.org"
TOKEN = "0123456789abcdef0123456789abcdef"
SATURDAY_NIGHT = "2026-11-28T03:00-06:00"
TUESDAY_MORNING = "2026-12-01T10:00-06:00"
THANKSGIVING = "2026-11-26T10:00-06:00"


@dataclass
class FakeClock:
    """A clock that shows the virtual time."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def show(self, at: datetime) -> None:
        self.at = at.astimezone(UTC)


class SeveralMachines:
    """A load balancer before several copies of the service: every request goes to the next one."""

    def __init__(self, wires: Sequence[Wire]) -> None:
        self._next = cycle(wires)

    def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        return next(self._next).request(method, url, headers=headers, body=body)


@dataclass
class PlayedCall:
    """A call that was played, and the questions a test asks about it."""

    trace: Trace
    services: Services
    names: Mapping[str, str]

    @property
    def sid(self) -> str:
        return self.trace.call_sid

    @property
    def record(self) -> CallRecord:
        found = self.services.store.calls.get(self.sid)
        assert found is not None, "the call left no record"
        return found

    @property
    def call(self) -> Call:
        return self.record.call

    @property
    def ticket(self) -> Ticket:
        return self.record.ticket

    @property
    def legs(self) -> tuple[Leg, ...]:
        return self.record.legs

    @property
    def timeline(self) -> tuple[TimelineEntry, ...]:
        return self.services.store.calls.timeline(self.sid)

    def told(self, fact: str) -> list[TimelineEntry]:
        """The timeline's entries of one kind."""
        return [entry for entry in self.timeline if entry.fact == fact]

    def rang(self) -> list[str]:
        """The names of those whose phones rang, in order."""
        return [self.names[number] for number in self.trace.rang()]

    def outcomes(self) -> list[tuple[str, LegOutcome]]:
        """Each party rung and what the record says came of it, in order."""
        return [(leg.party, leg.outcome) for leg in self.legs]

    def ended(self) -> CallEnded:
        assert self.trace.ended is not None, "the caller is still on the line"
        return self.trace.ended


@dataclass
class Desk:
    """The service desk under test. `at` is when the next call comes."""

    services: Services
    clock: FakeClock
    phones: dict[str, Behaviour | Sequence[Behaviour]] = field(default_factory=dict)
    switches: Switches = field(default_factory=Switches)
    rest_switches: RestSwitches = field(default_factory=RestSwitches)
    fallback_url: str | None = None
    seed: int = 1
    make_wire: Callable[[], Wire] | None = None
    rest_fault: str = ""
    text_fates: dict[str, TextFate] = field(default_factory=dict)
    phones_company: Phone | None = None

    @property
    def snapshot(self) -> Snapshot:
        return self.services.config.current()

    def names(self) -> dict[str, str]:
        """Whose each number is."""
        roster = self.snapshot.roster
        parties = {party.number: party.name for party in roster.outside_parties.values()}
        return {number: person.name for person in roster.people.values() for number in person.phones} | parties

    def phone(self, name: str, *behaviours: Behaviour) -> "Desk":
        """What somebody's phones do when they ring; several behaviours follow each other."""
        does = behaviours[0] if len(behaviours) == 1 else behaviours
        self.phones |= {number: does for number, owner in self.names().items() if owner == name}
        return self

    def everybody(self, behaviour: Behaviour) -> "Desk":
        """What all phones do, outside parties included."""
        self.phones = dict.fromkeys(self.names(), behaviour)
        return self

    def twilio(self, **switches: object) -> "Desk":
        """How this Twilio behaves where its documentation leaves it open."""
        self.switches = replace(self.switches, **switches)  # type: ignore[arg-type] # each switch has its own type
        return self

    def wire(self) -> Wire:
        if self.make_wire is not None:
            return self.make_wire()
        copy = replace(self.services)
        return SeveralMachines([WsgiWire(create_app(each), BASE_URL) for each in (self.services, copy)])

    def dials(
        self,
        number: str,
        *,
        at: str = TUESDAY_MORNING,
        keys: str = "",
        caller: str | None = CALLER,
        script: CallerScript | None = None,
    ) -> PlayedCall:
        """Plays one call to its end."""
        self.seed += 1
        script = script or CallerScript()
        phone = Phone(
            self.wire(),
            account=Account(
                sid=self.services.settings.account_sid, base_url=BASE_URL, owned_numbers=frozenset({MAIN, ALTERNATE})
            ),
            auth_token=TOKEN,
            clock=VirtualClock(datetime.fromisoformat(at), tell=self.clock.show),
            settings=NumberSettings(fallback_url=self.fallback_url),
            handsets=Handsets(self.phones, default=accept()),
            switches=self.switches,
            rest=self.rest_switches,
            seed=self.seed,
        )
        self._connect(phone)
        trace = phone.dial(to=number, from_=caller, caller=replace(script, keys=parse_keys(keys)) if keys else script)
        return PlayedCall(trace, self.services, self.names())

    def _connect(self, phone: Phone) -> None:
        """Lets the service's orders reach this telephone company: at once, and by the clock's sweep each second."""
        self.phones_company = phone
        for number, fate in self.text_fates.items():
            phone.text_fate(number, fate)
        if not self.services.can_ring:
            return
        if self.rest_fault == "down":
            phone.rest_faults.refuse()
        elif self.rest_fault == "too many":
            phone.rest_faults.too_many()
        carry_out = deliveries(self.services)
        phone.after_request(lambda: deliver(carry_out, self.clock))
        phone.every(1.0, lambda: deliver(carry_out, self.clock))

    def rest_door(self, environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Twilio's REST API, as it stands when it is asked."""
        assert self.phones_company is not None
        return self.phones_company.rest_app()(environment, start_response)


def deliver(carry_out: Deliveries, clock: FakeClock) -> None:
    """Carries out all that is due; an outage of the database is the outage of a sweep."""
    with suppress(StoreUnavailable):
        carry_out.deliver_due(clock.now())


def settings_for(database_url: str, folder: Path, *, config: Path = CONFIG, rest: bool = False) -> Settings:
    """Settings of a service that is simulated and keeps its things in `folder`; `rest`: it can ring phones itself."""
    environ = {
        "DATABASE_URL": database_url,
        "IVR_CONFIG_DIR": str(config),
        "PUBLIC_BASE_URL": BASE_URL,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "SECRET_KEY": "a secret for tests only",
    }
    if rest:
        environ["TWILIO_API_BASE_URL"] = "http://127.0.0.1:9"
    return read_settings(environ, instance_dir=folder / "instance")


def make_desk(
    database_url: str, folder: Path, *, store: Store | None = None, config: Path = CONFIG, rest: bool = False
) -> Desk:
    """A desk over a migrated database."""
    store = store or Store.open(database_url, timeout_seconds=PATIENCE_SECONDS)
    clock = FakeClock(datetime.fromisoformat(TUESDAY_MORNING).astimezone(UTC))
    settings = settings_for(database_url, folder, config=config, rest=rest)
    desks: list[Desk] = []

    def door(environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return desks[0].rest_door(environment, start_response)

    telephony = TwilioTelephony(settings, application=door)
    desks.append(Desk(wire(settings, clock=clock, store=store, telephony=telephony), clock))
    return desks[0]


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk on SQLite."""
    made = make_desk(sqlite_url, tmp_path)
    yield made
    made.services.store.close()


@pytest.fixture
def desk_on_each(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk, once on each kind of database."""
    made = make_desk(database_url, tmp_path)
    yield made
    made.services.store.close()


def assert_cared_for(played: PlayedCall) -> None:
    """What holds for every call: nobody dropped, no silence, no complaint of Twilio's, a ticket, an end."""
    trace = played.trace
    assert not trace.dropped, trace.ended
    assert not trace.dead_air, trace.longest_silence_seconds
    assert trace.warnings == []
    assert trace.replays_that_differed == []
    assert played.ticket.number is not None
    assert played.call.ended_at is not None
    assert played.call.disposition is not Disposition.IN_PROGRESS
    assert all(leg.outcome is not LegOutcome.RINGING for leg in played.legs)
