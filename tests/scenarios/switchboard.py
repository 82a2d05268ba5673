"""A desk with few people and many callers at once, in virtual time: who waits, who is rung, what comes of it."""

import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from app.calls import Calls
from app.errands import deliveries
from app.queue_offers import QueueOffers
from app.simulator.caller import CallerScript
from app.simulator.clock import VirtualClock
from app.simulator.events import Heard
from app.simulator.exchange import Account
from app.simulator.handsets import Handsets, accept
from app.simulator.numbers import NumberSettings
from app.simulator.parties import parse_keys
from app.simulator.phone import Phone
from app.store import Place, Store, StoreUnavailable
from tests.databases import PATIENCE_SECONDS
from tests.desk import (
    ALTERNATE,
    BASE_URL,
    CONFIG,
    MAIN,
    TOKEN,
    TUESDAY_MORNING,
    Desk,
    PlayedCall,
    deliver,
    make_desk,
)

JAMISON, LASHA, FIRST, SECOND = "Jamison White", "Lasha Dalakishvili", "triggerfish-1", "triggerfish-2"


def config_with(folder: Path, *, staff: tuple[str, ...], minutes: int = 15) -> Path:
    """A copy of the configuration whose open desk consists of these people, and whose callers wait so long at most."""
    config = folder / "config"
    for name in ("ivr_flows", "schedules"):
        shutil.copytree(CONFIG / name, config / name)
    shutil.rmtree(config / "ivr_flows" / "cases")
    _edit(
        config / "schedules" / "staff.yaml",
        "members: [Jamison White, Lasha Dalakishvili]",
        f"members: [{', '.join(staff)}]",
    )
    on_call = "      - {schedule: on-call, ring_seconds: 25}\n"
    desk = "      - {ring_group: offsite}\n      - {ring_group: triggerfish}\n" + on_call
    open_desk = "      - {ring_group: offsite}\n" + on_call
    policies = config / "schedules" / "escalation.yaml"
    _edit(policies, desk, "      - {ring_group: offsite}\n")
    rest = "      - {ring_group: triggerfish}\n      - {schedule: on-call-backup, ring_seconds: 25}\n"
    _edit(policies, open_desk + rest, "      - {ring_group: offsite}\n")
    _edit(config / "ivr_flows" / "main.yaml", "max_wait_minutes: 15", f"max_wait_minutes: {minutes}")
    return config


def _edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text, (file.name, old)
    file.write_text(text.replace(old, new))


@dataclass
class Switchboard:
    """The desk while several calls go on. Time passes by `let_pass` and `run`."""

    desk: Desk
    at: str = TUESDAY_MORNING
    phone: Phone = field(init=False)
    _callers: int = 0

    def __post_init__(self) -> None:
        desk = self.desk
        account = Account(
            sid=desk.services.settings.account_sid, base_url=BASE_URL, owned_numbers=frozenset({MAIN, ALTERNATE})
        )
        self.phone = Phone(
            desk.wire(),
            account=account,
            auth_token=TOKEN,
            clock=VirtualClock(datetime.fromisoformat(self.at), tell=desk.clock.show),
            settings=NumberSettings(),
            handsets=Handsets(desk.phones, default=accept()),
            switches=desk.switches,
            seed=desk.seed,
        )
        desk.phones_company = self.phone
        carry_out = deliveries(desk.services)
        self.phone.after_request(lambda: deliver(carry_out, desk.clock))
        self.phone.every(1.0, lambda: deliver(carry_out, desk.clock))
        self.phone.every(1.0, self.deal)

    def deal(self) -> None:
        """What the clock process does each second."""
        with suppress(StoreUnavailable):
            QueueOffers(Calls(self.desk.services)).deal()

    def caller(
        self, keys: str, *, number: str | None = "", script: CallerScript | None = None, to: str = MAIN
    ) -> PlayedCall:
        """Somebody calls now and presses these keys; without a number given, everybody has one of their own."""
        self._callers += 1
        from_ = f"+181655501{30 + self._callers:02}" if number == "" else number
        script = script or CallerScript()
        made = CallerScript(
            **{name: getattr(script, name) for name in script.__dataclass_fields__ if name != "keys"},
            keys=parse_keys(keys),
        )
        trace = self.phone.begin(to=to, from_=from_, caller=made)
        return PlayedCall(trace, self.desk.services, self.desk.names())

    def let_pass(self, seconds: float) -> None:
        self.phone.let_pass(seconds)

    def run(self) -> None:
        self.phone.run()

    def was_in_line(self, played: PlayedCall) -> bool:
        return bool(played.told("queue_joined"))

    def place(self, played: PlayedCall) -> Place:
        """The call's place in line."""
        turns = [entry.detail["leg"] for entry in played.told("queue_joined")]
        assert turns, "the call was never in line"
        place = self.desk.services.store.queue.of_call(played.sid, int(str(turns[-1])))
        assert place is not None
        return place


def heard(played: PlayedCall) -> str:
    """All that the caller was told, in order."""
    return " | ".join(event.text for event in played.trace.events if isinstance(event, Heard))


def make_switchboard(
    database_url: str,
    folder: Path,
    *,
    staff: tuple[str, ...] = (JAMISON,),
    minutes: int = 15,
    store: type[Store] = Store,
    at: str = TUESDAY_MORNING,
) -> Switchboard:
    """A desk of these people over a migrated database; their phones are set before anybody calls."""
    config = config_with(folder, staff=staff, minutes=minutes)
    opened = store.open(database_url, timeout_seconds=PATIENCE_SECONDS)
    return Switchboard(make_desk(database_url, folder, store=opened, config=config, rest=True), at=at)
