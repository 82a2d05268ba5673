"""The people of a simulated world: callers and staff as the simulated Twilio plays them, made from a plan's words."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from app.simulator import Behaviour, CallerScript, MessageEnd, Moment, parse_keys
from app.simulator.handsets import accept, busy, decline, fail, hangs_up, ignore, voicemail
from tests.simulation.plan import Pickup, Visit

STAFF = {
    "Jamison White": "+18165550101",
    "Lasha Dalakishvili": "+18165550102",
    "triggerfish-1": "+18165550103",
    "triggerfish-2": "+18165550104",
}
SERVICE, SERVICE_NUMBER = "answering-service", "+18165550150"
LINES = {"main": "+18162327483", "alternate": "+18166760434"}

_Made = Callable[[Pickup], Behaviour]
_MANNERS: dict[str, _Made] = {
    "accepts": lambda told: accept(after_seconds=told.after, talks_for_seconds=told.talks_for),
    "waits for the caller to hang up": lambda told: accept(after_seconds=told.after, talks_for_seconds=None),
    "presses late": lambda told: replace(
        accept(after_seconds=told.after, talks_for_seconds=told.talks_for), presses_after_seconds=14.0
    ),
    "wrong key first": lambda told: accept(after_seconds=told.after, keys=("5", "1"), talks_for_seconds=told.talks_for),
    "declines": lambda told: decline(after_seconds=told.after),
    "voicemail": lambda told: voicemail(after_seconds=told.after),
    "hangs up": lambda told: hangs_up(after_seconds=told.after, stays_seconds=4.0),
    "says nothing": lambda told: hangs_up(after_seconds=told.after, stays_seconds=70.0),
    "ignores": lambda _told: ignore(),
    "busy": lambda _told: busy(),
    "fails": lambda _told: fail(),
    "service": lambda told: accept(after_seconds=told.after, keys=(), talks_for_seconds=told.talks_for, lines=None),
}
MANNERS = tuple(_MANNERS)
_ACK = re.compile(r"\bACK (\d+)")


def behaviour(pickup: Pickup) -> Behaviour:
    """What a phone does that rings."""
    return _MANNERS[pickup.manner](pickup)


def script(visit: Visit) -> CallerScript:
    """What a caller does."""
    return CallerScript(
        keys=parse_keys(visit.keys),
        presses_after_seconds=visit.presses_after,
        hangs_up_after_seconds=visit.patience,
        hangs_up_at=None if visit.hangs_up_at is None else Moment(visit.hangs_up_at),
        hangs_up_delay_seconds=visit.hangs_up_delay,
        message_seconds=visit.message_seconds,
        message_end=MessageEnd(visit.message_end),
        talks_for_seconds=visit.talks_for,
    )


def answering(acks: Iterator[bool]) -> Callable[[str], str | None]:
    """Somebody who answers a text that asks for it, when `acks` says so; then again the next time."""

    def answer(body: str) -> str | None:
        asked = _ACK.search(body)
        return f"ack {asked[1]}" if asked and next(acks, False) else None

    return answer
