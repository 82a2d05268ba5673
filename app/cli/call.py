"""`ivr call`: plays one call through the real web application and prints what everybody hears and why."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from random import SystemRandom
from tempfile import TemporaryDirectory
from wsgiref.types import StartResponse, WSGIEnvironment

import click

from app.calls import Calls
from app.cdr.records import CallRecord, TimelineEntry
from app.cli.environment import Instant, desk_zone, instant_or_now, settings_or_exit, snapshot_or_exit
from app.config.in_force import ConfigStore
from app.config.snapshot import Snapshot
from app.errands import deliveries
from app.outbox import Deliveries
from app.queue_offers import QueueOffers
from app.services import Services, wire
from app.settings import Settings
from app.simulator.caller import CallerScript, MessageEnd
from app.simulator.clock import VirtualClock
from app.simulator.exchange import Account
from app.simulator.handsets import BEHAVIOURS, Behaviour, Handsets, accept
from app.simulator.parties import Moment, parse_keys
from app.simulator.phone import Phone
from app.simulator.trace import Trace
from app.simulator.transcript import clock_time, lines
from app.simulator.wire import WsgiWire
from app.store import StoreUnavailable
from app.telephony.outbound import TwilioTelephony

DEFAULT_CALLER = "+18165550199"
SEEDS = 2**48
TALK_SECONDS = 60.0
LONG_TALK_SECONDS = 180.0
MOST_OTHERS = 20
BETWEEN_OTHERS_SECONDS = 10.0
UNTIL_THEY_TALK_SECONDS = 30.0
LONGEST_IN_LINE_MINUTES = 60
# Never reached: requests to it stay in this process.
IN_PROCESS = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A played call: what went over the telephone, and what the record says of it."""

    trace: Trace
    journal: Trace
    music_url: str
    record: CallRecord | None
    timeline: tuple[TimelineEntry, ...]


@dataclass(slots=True)
class _Company:
    """The telephone company of one played call: the phones there are, and its REST interface once it is there."""

    handsets: Handsets
    phone: Phone | None = None

    def rest(self, environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self.phone is None:
            raise ConnectionError("the telephone company is not there yet")
        return self.phone.rest_app()(environment, start_response)


@click.command()
@click.argument("line")
@click.option("--at", type=Instant(), help="When the call comes (default: now; without a zone: the desk's).")
@click.option("--from", "caller", default=DEFAULT_CALLER, show_default=True, help="The caller's number.")
@click.option("--keys", default="", help='Keys, one per prompt: "1", "3,1042#"; - stays silent at a prompt.')
@click.option("--party", "parties", multiple=True, metavar="NAME=BEHAVIOUR", help="What a party's phone does.")
@click.option("--hang-up-at", type=click.Choice([moment.value for moment in Moment]), help="Caller gives up there.")
@click.option("--message-seconds", default=20.0, show_default=True, help="Length of a message the caller leaves.")
@click.option(
    "--others",
    type=click.IntRange(0, MOST_OTHERS),
    default=0,
    help="So many others call just before, press the same keys and talk for three minutes: the line is heard so.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the call, its legs, timeline and ticket as JSON.")
def call(
    line: str,
    at: datetime | None,
    caller: str,
    keys: str,
    parties: tuple[str, ...],
    hang_up_at: str | None,
    message_seconds: float,
    others: int,
    as_json: bool,
) -> None:
    """Plays one call to LINE (main, alternate or a number) and prints what the caller hears, who rings and why.

    BEHAVIOUR is accept, decline, voicemail, busy, ignore, fail, hangs-up or voicemail-at-once. Parties that are not
    named accept. In simulation the call is kept in the database like any other; with a Twilio account it is not.
    """
    settings = settings_or_exit()
    snapshot = snapshot_or_exit(settings.config_dir)
    dialled = _number(line, snapshot)
    handsets = _handsets(parties, snapshot, talks_for_seconds=LONG_TALK_SECONDS if others else TALK_SECONDS)
    # Whoever calls answers a call-back, and rings off before the member of staff does.
    handsets.behave(caller, accept(keys=(), talks_for_seconds=TALK_SECONDS / 2))
    script = CallerScript(
        keys=parse_keys(keys),
        hangs_up_at=Moment(hang_up_at) if hang_up_at else None,
        message_seconds=message_seconds,
        message_end=MessageEnd.PRESSES_KEY,
    )
    clock = VirtualClock(instant_or_now(at, snapshot).astimezone(UTC))
    company = _Company(handsets)
    with _services(settings, company, clock) as services:
        phone = _phone(services, company, clock)
        _others_call(phone, others, dialled=dialled, script=script)
        played = _play(services, phone, dialled=dialled, caller=caller, script=script)
    if as_json:
        click.echo(json.dumps(_as_json(played), indent=2, default=str))
    else:
        _print(played, _names(snapshot), desk_zone(snapshot))


def simulated_account(services: Services) -> Account:
    """The account at the telephone company that stands in for Twilio: it owns the numbers of all lines."""
    lines = services.config.current().book.lines.values()
    return Account(
        sid=services.settings.account_sid,
        base_url=services.settings.public_base_url,
        owned_numbers=frozenset(line.number for line in lines),
    )


def _phone(services: Services, company: _Company, clock: VirtualClock) -> Phone:
    from app.web.factory import make_app  # noqa: PLC0415 (the web framework is loaded only where it is used)

    settings = services.settings
    phone = Phone(
        WsgiWire(make_app(services), settings.public_base_url),
        account=simulated_account(services),
        auth_token=settings.auth_tokens[0],
        clock=clock,
        handsets=company.handsets,
        # Every played call is a call of its own in the record.
        seed=SystemRandom().randrange(SEEDS),
    )
    company.phone = phone
    carry_out, line = deliveries(services), QueueOffers(Calls(services))
    phone.after_request(lambda: _deliver(carry_out, clock))
    phone.every(1.0, lambda: _deliver(carry_out, clock))
    phone.every(1.0, lambda: _deal(line))
    return phone


def _others_call(phone: Phone, others: int, *, dialled: str, script: CallerScript) -> None:
    """Others of whom nobody knows the number; each has a few seconds before the next."""
    for _ in range(others):
        phone.begin(to=dialled, from_=None, caller=CallerScript(keys=script.keys))
        phone.let_pass(BETWEEN_OTHERS_SECONDS)
    if others:
        phone.let_pass(UNTIL_THEY_TALK_SECONDS)


def _play(services: Services, phone: Phone, *, dialled: str, caller: str, script: CallerScript) -> Played:
    trace = phone.begin(to=dialled, from_=caller or None, caller=script)
    phone.run()
    _wait_out_the_line(services, phone, trace.call_sid)
    calls = services.store.calls
    return Played(
        trace=trace,
        journal=phone.journal,
        music_url=f"{services.settings.public_base_url}/voice/hold-music.wav",
        record=calls.get(trace.call_sid),
        timeline=calls.timeline(trace.call_sid),
    )


def _wait_out_the_line(services: Services, phone: Phone, call_sid: str) -> None:
    """Goes on until the call-back that was asked for is over, for as long as anybody would watch."""
    for _ in range(LONGEST_IN_LINE_MINUTES):
        if all(place.call_sid != call_sid for place in services.store.queue.open()):
            return
        phone.let_pass(60)
        phone.run()


def _deal(line: QueueOffers) -> None:
    """What the clock process does each second: whoever is free is offered to callers in line."""
    line.deal()


def _deliver(carry_out: Deliveries, clock: VirtualClock) -> None:
    carry_out.deliver_due(clock.now())


@contextmanager
def _services(settings: Settings, company: _Company, clock: VirtualClock) -> Iterator[Services]:
    with TemporaryDirectory() as scratch:
        if not settings.simulated:
            # A rehearsal leaves no ticket in the database of the real desk.
            settings = replace(settings, database_url=f"sqlite:///{Path(scratch) / 'rehearsal.db'}")
        # Phones rung through Twilio's REST interface are rung by the simulator too.
        settings = replace(settings, twilio_api_base_url=IN_PROCESS)
        telephony = TwilioTelephony(settings, application=company.rest)
        # The files as they are in the folder: who plays a call wants to hear an edit, published or not.
        config = ConfigStore(settings.config_dir, clock=clock.now)
        services = wire(settings, clock=clock, telephony=telephony, config=config)
        try:
            services.store.upgrade()
            yield services
        except StoreUnavailable as fault:
            click.echo(f"The database cannot be used: {fault.reason}. Is DATABASE_URL right?", err=True)
            raise click.exceptions.Exit(1) from fault
        finally:
            services.store.close()


def _number(line: str, snapshot: Snapshot) -> str:
    known = snapshot.book.lines.get(line)
    if known is not None:
        return known.number
    if line.startswith("+") or line.isdigit():
        return line
    raise click.BadParameter(f"there is no line {line!r}; there are: {', '.join(snapshot.book.lines)}, or a number")


def _names(snapshot: Snapshot) -> dict[str, str]:
    roster = snapshot.roster
    numbers = {number: person.name for person in roster.people.values() for number in person.phones}
    return numbers | {party.number: party.title for party in roster.outside_parties.values()}


def _handsets(parties: tuple[str, ...], snapshot: Snapshot, *, talks_for_seconds: float) -> Handsets:
    # The second key says, after a call-back, that the person was spoken to.
    taking = accept(keys=("1", "1"), talks_for_seconds=talks_for_seconds)
    roster = snapshot.roster
    numbers = {person.name: person.phones for person in roster.people.values()}
    numbers |= {party.name: (party.number,) for party in roster.outside_parties.values()}
    behaviours: dict[str, Behaviour] = {}
    for text in parties:
        name, _, behaviour = text.rpartition("=")
        if name not in numbers:
            raise click.BadParameter(
                f"there is no party {name!r}; there are: {', '.join(numbers)}", param_hint="--party"
            )
        if behaviour not in BEHAVIOURS:
            known = ", ".join(BEHAVIOURS)
            raise click.BadParameter(f"{behaviour!r} is no behaviour; there are: {known}", param_hint="--party")
        does = taking if behaviour == taking.name else BEHAVIOURS[behaviour]
        behaviours |= dict.fromkeys(numbers[name], does)
    return Handsets(behaviours, default=taking)


def _print(played: Played, names: Mapping[str, str], zone: tzinfo) -> None:
    music = played.music_url
    entries = [(event.at, 0, words.replace(music, "music")) for event, words in lines(played.journal, names=names)]
    entries += [(entry.at, 1, _reason(entry)) for entry in played.timeline if _worth_telling(entry)]
    started = entries[0][0].astimezone(zone)
    click.echo(f"{started:%A %d %B %Y, %Z}\n")
    for at, _, words in sorted(entries, key=lambda entry: entry[:2]):
        click.echo(f"{clock_time(at, zone)}  {words}")
    if played.record is not None:
        click.echo("")
        _print_record(played.record)


def _worth_telling(entry: TimelineEntry) -> bool:
    return bool(entry.detail.get("source"))


def _reason(entry: TimelineEntry) -> str:
    return f"    · {entry.because}   [{entry.detail['source']}]"


def _print_record(record: CallRecord) -> None:
    call_, ticket = record.call, record.ticket
    click.echo(f"Call     {call_.call_sid} on the {call_.line} line: {call_.disposition}")
    for leg in record.legs:
        click.echo(f"  rang   {leg.party:24} {leg.outcome:22} {leg.because}   [{leg.source}]")
    click.echo(f"Ticket   {ticket.number}  {ticket.priority}, {ticket.status}: {ticket.subject}")


def _as_json(played: Played) -> dict[str, object]:
    record = played.record
    return {
        "call_sid": played.trace.call_sid,
        "heard": played.trace.heard_texts(),
        "call": asdict(record.call) if record else None,
        "legs": [asdict(leg) for leg in record.legs] if record else [],
        "ticket": asdict(record.ticket) if record else None,
        "timeline": [asdict(entry) for entry in played.timeline],
    }
