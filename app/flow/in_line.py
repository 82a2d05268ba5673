"""The line of callers who wait for somebody to be free: who comes first, who is offered to whom, how long it takes.

Pure rules over what is known of the line; who is free, and how they are rung, is somebody else's knowledge.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

from oncall import Priority

# What a priority is worth in waiting: a call of high priority goes before one of low that came 10 minutes earlier.
HEAD_START = {
    Priority.HIGH: timedelta(minutes=10),
    Priority.MEDIUM: timedelta(minutes=5),
    Priority.LOW: timedelta(0),
}
# Fewer waits than these say nothing about the next one.
FEWEST_WAITS = 5


class Choice(StrEnum):
    """What a caller in line has chosen instead of waiting on."""

    CALLBACK = "callback"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """How a caller in line stands. `place` counts from 1; `estimate_seconds` is None when it cannot be trusted.

    `taken_seconds`: how long ago somebody took the call. `choice`: what the caller has chosen. `unreachable`: phones
    were to be rung for the caller, and none could be. `sent_on`: somebody of the desk has ended the wait.
    """

    place: int = 1
    estimate_seconds: int | None = None
    taken_seconds: int | None = None
    choice: Choice | None = None
    unreachable: bool = False
    sent_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiter:
    """Somebody in line, for dealing: `free` are the free people who may take the call, first choice first.

    `ringing`: how many phones ring for them now. `alone`: never more than one at a time, as for a call-back.
    """

    name: str
    priority: Priority
    free: tuple[str, ...]
    ringing: int = 0
    alone: bool = False


def rank(*, priority: Priority, entered_at: datetime) -> tuple[int, datetime]:
    """Where a caller comes in the line: the smaller, the sooner.

    An emergency is always before others. Among others each priority has a head start, and every minute waited counts
    as much as any other: two callers never change places while they wait, and whoever has waited longer than the
    greatest head start is passed by nobody but emergencies.
    """
    if priority is Priority.EMERGENCY:
        return 0, entered_at
    return 1, entered_at - HEAD_START[priority]


def next_offer(line: Sequence[Waiter], without: Collection[tuple[str, str]] = ()) -> tuple[str, str] | None:
    """Which caller of the line (in order) is offered to which person next, or None when nothing can be.

    Emergencies are rung for by everybody who is free. Then each caller gets one phone, in order, and whoever is left
    over is rung for the first. `without` are (caller, person) that came to nothing just now.
    """

    def offers(waiters: Sequence[Waiter]) -> tuple[str, str] | None:
        pairs = ((waiter.name, person) for waiter in waiters for person in waiter.free)
        return next((pair for pair in pairs if pair not in without), None)

    open_to_more = [waiter for waiter in line if not (waiter.alone and waiter.ringing)]
    emergencies = [waiter for waiter in open_to_more if waiter.priority is Priority.EMERGENCY]
    unrung = [waiter for waiter in open_to_more if not waiter.ringing]
    crowd = [waiter for waiter in open_to_more if not waiter.alone]
    return offers(emergencies) or offers(unrung) or offers(crowd)


def estimate(place: int, waits: Sequence[int]) -> int | None:
    """Seconds the caller at `place` is likely to wait, from recent waits (seconds); None when there are too few."""
    if len(waits) < FEWEST_WAITS:
        return None
    return round(median(waits) * place)
