"""What is told of a call once it is over: a line in the log, and what it adds to the figures.

Each call is told of once, a minute after its end and from its record, whichever process ended it. Counting where calls
end would miss those of a process that dies before it has counted, those that are stored or found afterwards, and what
a report that comes late makes of a call.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import structlog

from app.cdr.records import Call, CallRecord
from app.services import Services
from app.store import StoreUnavailable, Tally

# Reports about a call, such as that of its recording, are in by then.
SETTLED: Final = timedelta(seconds=60)
# Calls that began longer ago are looked for by the far look alone.
_NEAR: Final = timedelta(hours=2)
# As long as Twilio lets a call last, and as far back as what waited in a spool may lie.
_FAR: Final = timedelta(days=3)
_KEPT: Final = timedelta(days=4)

CALLS_ENDED: Final = "ivr_calls_ended"
LEGS_ENDED: Final = "ivr_legs_ended"
WAIT: Final = "ivr_call_wait_seconds"
TALK: Final = "ivr_call_talk_seconds"
# Upper bounds in seconds of the waits that are told apart; the service level of a desk lies among them.
WAIT_BOUNDS: Final = (5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)
_RUNGS: Final = 4
_log = structlog.get_logger(__name__)


def tallies(record: CallRecord) -> Iterator[Tally]:
    """What one call adds to the figures: itself, its wait, its talk, and each phone that was rung by its team.

    A wait adds to `le` of its bucket alone, and to `sum`. A rung is which attempt of the call it was, counted from 1.
    """
    call = record.call
    labels = {"line": call.line, "disposition": call.disposition.value}
    yield Tally(CALLS_ENDED, 1, labels)
    wait = call.wait_seconds or 0
    bound = next((f"{bound:g}" for bound in WAIT_BOUNDS if wait <= bound), "+Inf")
    yield Tally(WAIT, 1, {**labels, "le": bound})
    yield Tally(WAIT, wait, {**labels, "le": "sum"})
    yield Tally(TALK, call.talk_seconds or 0, {"line": call.line})
    turns = list(dict.fromkeys(leg.turn for leg in sorted(record.legs, key=lambda leg: leg.started_at)))
    for leg in record.legs:
        rung = turns.index(leg.turn) + 1
        told = str(rung) if rung < _RUNGS else f"{_RUNGS}+"
        yield Tally(LEGS_ENDED, 1, {"team": leg.team, "rung": told, "outcome": leg.outcome.value})


def count_finished(services: Services) -> None:
    """Tells of the calls of the last hours that are over; what fails is done the next time."""
    _count(services, back=_NEAR)


def count_late(services: Services) -> None:
    """Tells of calls that began long ago and were stored or found only now, and forgets what cannot come again."""
    _count(services, back=_FAR)
    try:
        services.store.tallies.forget(began_before=services.clock.now() - _KEPT)
    except StoreUnavailable as fault:
        _log.warning("figures_wait", reason=fault.reason)


def _count(services: Services, *, back: timedelta) -> None:
    at = services.clock.now()
    try:
        counted = services.store.tallies.count(tallies, began_after=at - back, ended_before=at - SETTLED)
    except StoreUnavailable as fault:
        _log.warning("figures_wait", reason=fault.reason)
        return
    for record in counted:
        _tell(record.call, phones_rung=len(record.legs))


def _tell(call: Call, *, phones_rung: int) -> None:
    _log.info(
        "call_over",
        call_sid=call.call_sid,
        ticket=call.ticket,
        line=call.line,
        priority=call.priority.value,
        disposition=call.disposition.value,
        wait_seconds=call.wait_seconds,
        talk_seconds=call.talk_seconds,
        phones_rung=phones_rung,
        ended_at=call.ended_at.isoformat() if call.ended_at else None,
        revision=call.config_revision,
    )
