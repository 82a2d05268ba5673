"""One simulated world: machines, a telephone company, callers and staff, played in virtual time from a plan.

The real application, store, deliveries and sweeps run; the only clock is the world's, the only chance its seed.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from itertools import chain, repeat
from operator import attrgetter
from pathlib import Path
from random import Random
from typing import Any, ClassVar, NoReturn, TypeVar

import structlog

from app import jobs
from app.logs import mask_numbers
from app.simulator import (
    Handsets,
    NumberSettings,
    Phone,
    RestSwitches,
    Switches,
    Trace,
    VirtualClock,
    accept,
)
from app.simulator.events import Happened
from app.simulator.exchange import Account
from app.telephony.overrides import OVERRIDES
from tests.simulation import edits, people
from tests.simulation.digest import Digest
from tests.simulation.invariants import Afterwards, Story, Violation
from tests.simulation.machines import BASE_URL, TOKEN, Balancer, Machine, Surroundings
from tests.simulation.perils import CLOCK_JUMP, REST, PerilousWire, Perils
from tests.simulation.plan import Breakage, Edit, Plan, StaffText, Visit
from tests.simulation.telling import told
from tests.simulation.witness import TABLES, Witness

Kind = TypeVar("Kind", Switches, RestSwitches)
# When nothing breaks any more, everything still open comes to its end within so long; two runs of it at most.
_CALM = timedelta(minutes=20)
_MOST_CALMS = 15
# A delivery that waits keeps the whole of this world waiting, as it does not where it has a thread of its own.
_REST_SLOW_SECONDS = 2.0
# From one look of the clock process to the next when nothing has happened and nothing is due; and while somebody waits
# in line, whom only time can make ready for an offer.
_LONGEST_SECONDS = 60.0
_LINE_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a plan. `digest` is of everything that happened; `call_seconds` adds up all callers' calls."""

    plan: Plan
    digest: str
    calls: int
    call_seconds: float
    world_seconds: float
    violations: tuple[Violation, ...]
    met: Counter[str]


class World:
    """A plan on its way. `template` is a migrated SQLite file that is copied, unless a `database_url` is given."""

    witness_kind: ClassVar[type[Witness]] = Witness

    def __init__(self, plan: Plan, folder: Path, *, template: Path | None = None, database_url: str = "") -> None:
        self.plan = plan
        self._folder = folder
        if template is not None:
            # In this process's memory, as long as a connection is open: the witness's always is.
            database_url = f"sqlite:///file:/{folder.name}?vfs=memdb&uri=true"
        self._random = Random(plan.seed)  # noqa: S311 - repeatability is wanted, secrecy is not
        self._clock = VirtualClock(datetime.fromisoformat(plan.starts_at).astimezone(UTC))
        self.logs: list[tuple[datetime, MutableMapping[str, Any]]] = []
        self.notes: list[tuple[datetime, str]] = []
        self.visits: dict[str, Visit] = {}
        self.traces: list[Trace] = []
        self.violations: list[Violation] = []
        self._unrecorded: list[Trace] = []
        self._is_calm = False
        # Masked as in production, then kept instead of printed.
        structlog.configure(
            processors=[mask_numbers, self._log],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            cache_logger_on_first_use=False,
        )
        self.perils = Perils(self._clock.now)
        self.witness = self.witness_kind(database_url, lambda: self.perils.changes)
        if template is not None:
            self.witness.fill(template)
        self.phone = self._phone(database_url)
        self._timetable = Timetable(self)

    def _phone(self, database_url: str) -> Phone:
        edits.write(self._folder / "config")
        self.around = Surroundings(
            database_url=database_url,
            config=self._folder / "config",
            folder=self._folder,
            now=self._clock.now,
            after=self._after,
            perils=self.perils,
            chance=self._random.random,
            note=self.note,
            rest=lambda: self.phone.rest_app(),  # noqa: PLW0108 - the phone is made after this
        )
        self.webs = [Machine(name, disk, self.around, self._may_die) for name, disk in (("web1", "a"), ("web2", "b"))]
        self.timekeeper = Machine("clock", "a", self.around, self._may_die, is_web=False)
        self.balancer = Balancer(self.webs)
        plan = self.plan
        phone = Phone(
            PerilousWire(self.balancer, self.perils, self.complain),
            account=Account(
                sid=self.timekeeper.services.settings.account_sid,
                base_url=BASE_URL,
                owned_numbers=frozenset(people.LINES.values()),
            ),
            auth_token=TOKEN,
            clock=self._clock,
            settings=NumberSettings(
                voice_url=f"/voice/incoming{OVERRIDES}", fallback_url=f"/voice/fallback{OVERRIDES}"
            ),
            switches=_set(Switches(), plan.twilio),
            rest=_set(RestSwitches(), plan.twilio_rest),
            handsets=self._handsets(),
            seed=plan.seed,
        )
        phone.after_request(self._looked)
        for who, number in people.STAFF.items():
            acks = chain(plan.replies.get(who, ()), self._later_acks())
            phone.on_text(number, people.answering(acks), after_seconds=15.0 + len(who))
        return phone

    def _handsets(self) -> Handsets:
        numbers = people.STAFF | {people.SERVICE: people.SERVICE_NUMBER}
        behaviours = {
            numbers[who]: [people.behaviour(each) for each in pickups]
            for who, pickups in self.plan.pickups.items()
            if pickups
        }
        return Handsets(behaviours, default=accept())

    def _later_acks(self) -> Iterator[bool]:
        """Whoever has no plan keeps silent until all is calm."""
        return (self._is_calm for _ in repeat(None))

    # The run.

    def run(self) -> Outcome:
        """Play the plan to its end, and the calm after it."""
        self._set_up()
        self._play(timedelta(hours=self.plan.hours))
        self._begin_calm()
        for _ in range(_MOST_CALMS):
            self._play(_CALM)
            if self._is_quiet():
                break
        # A call that ended just now is left alone for two minutes: its own webhooks may still come.
        self._play(timedelta(minutes=3))
        self._timetable.reconcile()
        self._play(timedelta(minutes=2))
        self.violations.extend(Afterwards(self._story()).check())
        for machine in (*self.webs, self.timekeeper):
            machine.services.store.close()
        outcome = self._outcome()
        self.witness.close()
        return outcome

    def _set_up(self) -> None:
        for visit in self.plan.visits:
            self._after(visit.after, partial(self._visit, visit))
        for text in self.plan.texts:
            self._after(text.after, partial(self._text, text))
        for edit in self.plan.edits:
            self._after(edit.after, partial(self._edit, edit))
        for breakage in self.plan.breakages:
            self._after(breakage.after, partial(self._break, breakage))
        self._timetable.begin()

    def _play(self, length: timedelta) -> None:
        self.phone.let_pass(length.total_seconds())

    def _begin_calm(self) -> None:
        """Everything works again, and everybody answers."""
        self._check_emergencies()
        self.perils.end()
        self.phone.rest_faults.clear()
        for machine in (*self.webs, self.timekeeper):
            machine.clock.wrong_by = timedelta()
        self._edit(Edit(after=0, name=edits.SHIPPED))
        self._is_calm = True
        for number in people.STAFF.values():
            self.phone.handsets.behave(number, accept(talks_for_seconds=120.0))
        self.phone.handsets.behave(people.SERVICE_NUMBER, accept(keys=(), lines=None, talks_for_seconds=120.0))
        self.note("calm")

    def _is_quiet(self) -> bool:
        alive = any(trace.ended is None for trace in self.traces)
        waits = self.witness.rows("SELECT count(*) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL AND urgent")
        return not alive and not waits[0][0] and not self.spooled()

    # What the plan has happen.

    def _visit(self, visit: Visit) -> None:
        trace = self.phone.begin(to=people.LINES[visit.line], from_=visit.number, caller=people.script(visit))
        self.visits[trace.call_sid] = visit
        self.traces.append(trace)
        self._unrecorded.append(trace)

    def _text(self, text: StaffText) -> None:
        ticket = self.witness.newest_ticket() or 0
        body = text.body.replace("{ticket}", str(ticket))
        self.phone.text(from_=people.STAFF[text.person], to=people.LINES["main"], body=body)

    def _edit(self, edit: Edit) -> None:
        edits.write(self.around.config, edit.name)
        self.note(f"configuration: {edit.name}")
        for place, machine in enumerate((*self.webs, self.timekeeper)):
            self._after(1.0 + 3.0 * place, partial(machine.works, machine.look_at_configuration))

    def _break(self, breakage: Breakage) -> None:
        kind, times = breakage.kind, breakage.times
        self.note(f"{kind} {breakage.machine} {breakage.point}".rstrip())
        if kind in REST:
            self.perils.met[kind] += times
            fault = getattr(self.phone.rest_faults, REST[kind])
            fault(_REST_SLOW_SECONDS, times) if kind == "rest slow" else fault(times)
        elif kind == CLOCK_JUMP:
            self.perils.met[CLOCK_JUMP] += 1
            self._machine(breakage.machine).clock.wrong_by = timedelta(seconds=breakage.seconds)
        else:
            self.perils.begin(breakage)
        self._timetable.wake()

    def _machine(self, name: str) -> Machine:
        return next(machine for machine in (*self.webs, self.timekeeper) if machine.name == name)

    def _may_die(self, machine: Machine) -> bool:
        """The last web process that is up is spared: without any, nothing of ours could help a caller."""
        return not machine.is_web or all(other.is_up for other in self.webs)

    # After every request.

    def _looked(self) -> None:
        for machine in self.webs:
            if machine.is_up and machine.has_orders:
                # The threads of a web process are quick, and not always as quick.
                self._after(self._random.choice((0.0, 0.0, 0.2, 1.5)), partial(machine.works, machine.deliver))
                machine.has_orders = False
        self._check_recorded()
        self._check_emergencies()
        self._timetable.wake()

    def _check_recorded(self) -> None:
        waiting: list[Trace] = []
        spooled = self.spooled() if self._unrecorded else frozenset()
        for trace in self._unrecorded:
            if self.witness.knows(trace.call_sid):
                continue
            if trace.call_sid not in spooled and Story.was_answered(trace):
                self.complain(f"lost: call {trace.call_sid} was answered and stands nowhere")
                continue
            waiting.append(trace)
        self._unrecorded = waiting

    def _check_emergencies(self) -> None:
        for number in self.witness.unpaged_emergencies():
            if not any(event["event"] == "order_dead" for _, event in self.logs):
                self.complain(f"unowned: emergency {number} has no owner and no page to come")

    def spooled(self) -> frozenset[str]:
        """The calls that wait on the disks of the machines."""
        spools = {machine.disk: machine.services.spool for machine in self.webs}.values()
        return frozenset(entry.call_sid for spool in spools if spool.size() for entry in spool.read())

    def complain(self, text: str) -> None:
        """Something is not as it must be."""
        violation = Violation.of(text, at=self._clock.now())
        if all(violation.text != known.text for known in self.violations):
            self.violations.append(violation)

    # The telling.

    def note(self, text: str) -> None:
        """Something happened to the world itself."""
        self.notes.append((self._clock.now(), text))

    def _log(self, _logger: object, method: str, event: MutableMapping[str, Any]) -> NoReturn:
        kept = {name: str(value).replace(str(self._folder), "…") for name, value in event.items()}
        self.logs.append((self._clock.now(), {"level": method, **kept}))
        raise structlog.DropEvent

    def told(self) -> Iterator[str]:
        """What happened, line by line."""
        logged = ((at, f"log {' '.join(map(str, entry.values()))}") for at, entry in self.logs)
        return told(self.phone.journal, chain(logged, ((at, f"** {text}") for at, text in self.notes)))

    def _story(self) -> Story:
        tables = {name: self.witness.table(name) for name in TABLES}
        texts = self.phone.texts()
        return Story(
            plan=self.plan,
            visits=self.visits,
            traces=self.traces,
            journal=self.phone.journal,
            rung=[call for call in self.phone.calls if call.fields.get("Direction") == "outbound-api"],
            texts=texts,
            tables=tables,
            logs=self.logs,
            spooled=self.spooled(),
            met=self.perils.met,
        )

    def _outcome(self) -> Outcome:
        ended = [trace.ended for trace in self.traces]
        return Outcome(
            plan=self.plan,
            digest=self._digest(),
            calls=len(self.traces),
            call_seconds=float(sum(end.seconds for end in ended if end is not None)),
            world_seconds=(self._clock.now() - datetime.fromisoformat(self.plan.starts_at)).total_seconds(),
            violations=tuple(self.violations),
            met=self.perils.met,
        )

    def _digest(self) -> str:
        """Of every request and reply, everything heard and pressed, every log entry and every row in the end."""
        digest = Digest()
        digest.add([_told(event) for event in self.phone.journal.events])
        digest.add(self.logs)
        digest.add(self.notes)
        for name in TABLES:
            digest.add(self.witness.raw(name))
        digest.add([violation.text for violation in self.violations])
        return digest.told()

    # Time.

    def now(self) -> datetime:
        return self._clock.now()

    def _after(self, seconds: float, action: Callable[[], None]) -> None:
        self.phone.timeline.after(seconds, action)

    @property
    def is_restless(self) -> bool:
        """Whether the clock process may find something to do in any second."""
        all_up = all(machine.is_up for machine in (*self.webs, self.timekeeper))
        return not all_up or self._has_spool()

    def _has_spool(self) -> bool:
        return any(machine.services.spool.size() for machine in self.webs)


@dataclass
class Timetable:
    """The clock process of a world. Seconds in which the database says that nothing is due are passed over.

    Passing over is no weakening: a sweep that finds nothing due changes nothing.
    """

    world: World
    _next_at: datetime | None = None
    _number: int = 0
    _next: dict[str, datetime] = field(default_factory=dict)
    _jobs_at: datetime | None = None
    _jobs: tuple[tuple[str, float, Callable[[Any], object]], ...] = field(default_factory=lambda: tuple(_jobs()))

    def begin(self) -> None:
        self._at(1.0)

    def wake(self) -> None:
        """Something happened: look within a second."""
        soon = self.world.now() + timedelta(seconds=1)
        if self._next_at is not None and self._next_at > soon:
            self._at(1.0)

    def reconcile(self) -> None:
        """Compare the provider's list of calls with ours, now."""
        machine = self.world.timekeeper
        machine.works(partial(jobs.sweep_calls, machine.services))

    def _at(self, seconds: float) -> None:
        self._number += 1
        self._next_at = self.world.now() + timedelta(seconds=seconds)
        self.world.phone.timeline.after(seconds, partial(self._tick, self._number), background=True)

    def _tick(self, number: int) -> None:
        if number != self._number:
            return
        machine, witness = self.world.timekeeper, self.world.witness
        if witness.is_due(machine.clock.now()):
            machine.works(machine.deliver)
        if witness.in_line() and self._is_time("deal_line", _LINE_SECONDS):
            machine.works(partial(jobs.deal_line, machine.services))
        if self.world._has_spool() and self._is_time("replay", 3):
            for each in (machine, *self.world.webs):
                with suppress(OSError):
                    each.works(each.replay)
        if self._jobs_at is None or self.world.now() >= self._jobs_at:
            for name, seconds, job in self._jobs:
                if self._is_time(name, seconds):
                    machine.works(partial(job, machine.services))
            self._jobs_at = min(self._next[name] for name, _, _ in self._jobs)
        self._at(self._pause())

    def _is_time(self, name: str, seconds: float) -> bool:
        now, due_at = self.world.now(), self._next.get(name)
        if due_at is not None and now < due_at:
            return False
        self._next[name] = now + timedelta(seconds=seconds)
        return True

    def _pause(self) -> float:
        world = self.world
        if world.is_restless:
            return 1.0
        longest = _LINE_SECONDS if world.witness.in_line() else _LONGEST_SECONDS
        due_at = world.witness.next_due()
        if due_at is None:
            return longest
        return min(longest, max(1.0, (due_at - world.now()).total_seconds()))


def _jobs() -> Iterator[tuple[str, float, Callable[[Any], object]]]:
    """The clock process's own timetable but what is done above, and but people's calendars, which are fetched.

    Where a sweep costs much and finds little it comes more seldom: what is lost stays so longer.
    """
    done_otherwise = {"deal_line", "replay", "pull_time_off", "publish_calendars"}
    every = {job.__name__: (seconds, job) for job, seconds in (*jobs.EVERYWHERE, *jobs.BY_THE_LEADER)}
    for name, (seconds, job) in every.items():
        if name not in done_otherwise:
            yield name, max(seconds, _SELDOM.get(name, 0.0)), job
    yield "sweep_calls", _SELDOM["sweep_calls"], jobs.sweep_calls


_SELDOM = {
    "sweep_reminders": 120.0,
    "sweep_tickets": 300.0,
    "sweep_pages": 300.0,
    "count_finished": 300.0,
    "keep_figures": 3600.0,
    "keep_words": 600.0,
    "tell_clock": 3600.0,
    "look_ahead": 14400.0,
    "send_list": 3600.0,
    "sweep_voicemail": 3600.0,
    "keep_fallback": 3600.0,
    "sweep_calls": 3600.0,
}


def _told(event: Happened) -> tuple[object, ...]:
    """An event as plain values: pickled itself, each would say anew what it is made of."""
    kind: Any = type(event)
    return (kind.__name__, *_parts(kind)(event))


@cache
def _parts(kind: Any) -> Callable[[Happened], tuple[object, ...]]:
    return attrgetter(*(part.name for part in fields(kind)))


def _set(usual: Kind, told: Mapping[str, Any]) -> Kind:
    """The switches set as told; closed sets are told by their values."""
    kinds = {name: type(getattr(usual, name)) for name in told}
    return replace(usual, **{name: kinds[name](value) for name, value in told.items()})


@contextmanager
def simulated() -> Iterator[None]:
    """Worlds are made and played within this: configurations are built once, and logging is left as it was."""
    forget = edits.remember_builds()
    try:
        yield
    finally:
        forget()
        structlog.reset_defaults()
