"""The kinds of call every telephone company must be able to carry, and every way Twilio may carry them.

A table of switches and a table of plots; what must hold in each stands in the tests.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from itertools import count
from pathlib import Path
from sqlite3 import connect
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import make_url

from app.cdr.records import CallRecord, Disposition
from app.services import Services
from app.simulator import (
    CallerScript,
    MessageEnd,
    Moment,
    Switches,
    accept,
    decline,
    ignore,
    voicemail,
)
from app.store import Store
from tests.desk import ALTERNATE, MAIN, SATURDAY_NIGHT, THANKSGIVING, TUESDAY_MORNING, Desk, FakeClock, make_desk

JAMISON, LASHA, FIRST, SECOND = "Jamison White", "Lasha Dalakishvili", "triggerfish-1", "triggerfish-2"
SERVICE = "answering-service"
LINES = {"main": MAIN, "alternate": ALTERNATE}
MOMENTS = {
    "open": TUESDAY_MORNING,
    "night": SATURDAY_NIGHT,
    "holiday": THANKSGIVING,
    "spring-night": "2027-03-14T01:59:30-06:00",
    "autumn-night": "2026-11-01T01:59:30-05:00",
}
# Withheld, spelled, malformed: nothing in here can be called back.
ODD_CALLERS = {
    "anonymous": "Anonymous",
    "restricted": "RESTRICTED",
    "unavailable": "unavailable",
    "unknown": "Unknown",
    "private": "private",
    "withheld": "withheld",
    "blocked": "BLOCKED",
    "spelled-anonymous": "+266696687",
    "spelled-restricted": "+7378742833",
    "spelled-unavailable": "+86282452253",
    "spelled-blocked": "+2562533",
    "spelled-unknown": "+8656696",
    "short": "+464",
    "sip": "sip:reading-room@pbx.example.org",
    "client": "client:reading-room",
    "400-digits": "+1" + "8" * 400,
    "empty": "",
}


class SharedServices:
    """One wired service and database for many calls; each desk made of it has calls of its own."""

    def __init__(self, services: Services, clock: FakeClock) -> None:
        self.services, self._clock, self._seeds = services, clock, count(1000, 1000)

    def _forget_callers(self) -> None:
        """Whoever calls next has not called before, though all of them call with one number."""
        file = make_url(self.services.settings.database_url).database
        with closing(connect(str(file), isolation_level=None)) as database:
            database.execute("UPDATE calls SET caller_tail = NULL WHERE caller_tail IS NOT NULL")

    def desk(self) -> Desk:
        self._forget_callers()
        return Desk(self.services, self._clock, seed=next(self._seeds))


@contextmanager
def shared_services(template: Path, *, open_store: Callable[[str], Store] = Store.open) -> Iterator[SharedServices]:
    """Services over a copy of a migrated SQLite file, kept in memory where the system can: these calls are many."""
    memory = Path("/dev/shm")  # noqa: S108 (only a place for a folder of our own)
    folder = Path(mkdtemp(prefix="ivr-", dir=memory if memory.is_dir() else None))
    try:
        shutil.copyfile(template, folder / "ivr.db")
        url = f"sqlite:///{folder}/ivr.db"
        made = make_desk(url, folder, store=open_store(url))
        yield SharedServices(made.services, made.clock)
        made.services.store.close()
    finally:
        shutil.rmtree(folder)


def _variants() -> Iterator[Switches]:
    """Every switch at every value other than its default, one at a time."""
    spoken_for: dict[str, list[Any]] = {
        "abandoned_dial_status": ["no-answer"],
        "loser_status": ["no-answer"],
        "refused_dial_status": ["no-answer"],
        "server_error_code": ["11217"],
        "unreachable_code": ["11200"],
        "callback_jitter_seconds": [8.0],
        "caller_id": ["Anonymous", "+266696687", "", "+1" + "8" * 400],
    }
    usual = Switches()
    for field in fields(Switches):
        if field.name == "signature":  # a request that is signed wrongly is no call
            continue
        default = getattr(usual, field.name)
        values: list[Any]
        match default:
            case bool():
                values = [not default]
            case StrEnum():
                values = [value for value in type(default) if value is not default]
            case _:
                values = spoken_for[field.name]
        for value in values:
            yield replace(usual, **{field.name: value})


VARIANTS = (Switches(), *_variants())


def name_of(switches: Switches) -> str:
    """What differs from the usual, in a word fit for a test's name."""
    usual = Switches()
    told = [
        f"{field.name}={str(value)[:12] or 'empty'}"
        for field in fields(Switches)
        if (value := getattr(switches, field.name)) != getattr(usual, field.name)
    ]
    return ",".join(told) or "as-documented"


@dataclass(frozen=True)
class Plot:
    """A kind of call: what the phones and the caller do. Keys differ while the desk is open and while closed."""

    set_up: Callable[[Desk], object]
    open_keys: str
    closed_keys: str
    script: CallerScript

    def keys(self, moment: str) -> str:
        return self.open_keys if moment == "open" else self.closed_keys


def _overflow(refuser: Callable[[], Any]) -> Callable[[Desk], object]:
    def set_up(desk: Desk) -> object:
        return desk.everybody(ignore()).phone(LASHA, refuser()).phone(SECOND, refuser())

    return set_up


def _everybody_ignores(desk: Desk) -> object:
    return desk.everybody(ignore())


def _nothing_special(desk: Desk) -> object:
    return desk


PLOTS = {
    "answered": Plot(_nothing_special, "2", "1", CallerScript()),
    "answered-caller-hangs-up": Plot(_nothing_special, "2", "1", CallerScript(talks_for_seconds=30)),
    "answered-after-a-wrong-key": Plot(lambda desk: desk.everybody(accept(keys=("7", "1"))), "2", "1", CallerScript()),
    "declined-everywhere-then-message": Plot(_overflow(decline), "1", "1", CallerScript()),
    "voicemails-then-message": Plot(_overflow(lambda: voicemail(after_seconds=4)), "0", "1", CallerScript()),
    "message-ended-by-key": Plot(
        _everybody_ignores, "0", "0", CallerScript(message_end=MessageEnd.PRESSES_KEY, keys=("0",))
    ),
    "silent-message": Plot(
        _everybody_ignores, "1", "1", CallerScript(message_seconds=0, message_end=MessageEnd.SILENCE)
    ),
    "hangs-up-ringing": Plot(
        _everybody_ignores, "2", "1", CallerScript(hangs_up_at=Moment.RINGING, hangs_up_delay_seconds=4)
    ),
    "hangs-up-screening": Plot(
        lambda desk: desk.everybody(voicemail(after_seconds=2)),
        "2",
        "1",
        CallerScript(hangs_up_at=Moment.RINGING, hangs_up_delay_seconds=6),
    ),
    "hangs-up-in-the-menu": Plot(
        _nothing_special, "", "", CallerScript(hangs_up_at=Moment.MENU, hangs_up_delay_seconds=2)
    ),
    "silent-in-the-menu": Plot(_nothing_special, "", "", CallerScript()),
    "answering-service": Plot(
        lambda desk: desk.everybody(ignore()).phone(SERVICE, accept(keys=())), "0", "0", CallerScript()
    ),
}

_ABANDONED = {"hangs-up-ringing", "hangs-up-screening", "hangs-up-in-the-menu"}
_MESSAGE = {"declined-everywhere-then-message", "voicemails-then-message", "message-ended-by-key"}


def disposition_of(plot: str, moment: str) -> Disposition:
    """How a call of this plot ends, whatever Twilio does with its open questions."""
    if plot in _ABANDONED:
        return Disposition.ABANDONED
    if plot in _MESSAGE:
        return Disposition.VOICEMAIL
    if plot == "silent-message":
        return Disposition.ABANDONED
    if plot == "answering-service" or (plot == "silent-in-the-menu" and moment != "open"):
        return Disposition.ANSWERING_SERVICE
    return Disposition.ANSWERED


def what_happened(record: CallRecord) -> dict[str, object]:
    """All of a record that does not name this one call: no SIDs, no ticket number, no instants."""
    call, ticket = record.call, record.ticket
    return {
        "call": (call.line, call.caller, call.disposition, call.answered_by, call.priority, call.tags, call.stage),
        "callback": call.callback_number,
        "legs": [(leg.party, leg.outcome, leg.number, leg.because, leg.source) for leg in record.legs],
        "ticket": (ticket.subject, ticket.status, ticket.priority, ticket.assignee, ticket.requester),
        "acknowledged": ticket.acknowledged_at is not None,
    }
