"""A call drawn as lanes on one axis of time: the caller's, and one for each phone that rang. Only sums, no markup."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.cdr.records import Call, CallRecord, Leg, TimelineEntry
from app.web.desk.look import counted_out

_STEPS: Final = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
_MOST_MARKS: Final = 6
_SHORTEST: Final = 10.0
_NARROWEST: Final = 0.6


@dataclass(frozen=True, slots=True)
class Bar:
    """A span on a lane: `start` and `width` in hundredths of the axis."""

    kind: str
    start: float
    width: float
    words: str


@dataclass(frozen=True, slots=True)
class Mark:
    """An instant on the axis, in hundredths, with its words."""

    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One party's lane; `leg` is None for the caller's."""

    name: str
    bars: tuple[Bar, ...]
    leg: Leg | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """The lanes of a call, and the marks of its axis."""

    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]
    facts: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class _Axis:
    starts_at: datetime
    seconds: float

    def place(self, at: datetime) -> float:
        return round(min(max((at - self.starts_at).total_seconds() / self.seconds, 0.0), 1.0) * 100, 2)

    def bar(self, kind: str, starts_at: datetime, ends_at: datetime) -> Bar:
        start = min(self.place(starts_at), 100 - _NARROWEST)
        width = max(self.place(ends_at) - start, _NARROWEST)
        seconds = int((ends_at - starts_at).total_seconds())
        return Bar(kind, start, round(width, 2), f"{kind} for {counted_out(seconds)}")


def drawing(record: CallRecord, timeline: tuple[TimelineEntry, ...], *, at: datetime) -> Drawing:
    """The lanes of a call; what is not over is drawn until `at`."""
    call = record.call
    last = call.ended_at or max([at, call.started_at])
    # Phones may ring on after the caller has gone.
    last = max([last, *(leg.ended_at for leg in record.legs if leg.ended_at is not None)])
    axis = _Axis(call.started_at, max((last - call.started_at).total_seconds(), _SHORTEST))
    lanes = (
        Lane("Caller", _callers(call, axis, last)),
        *(Lane(leg.party, _legs(leg, axis, last), leg) for leg in record.legs),
    )
    facts = tuple(Mark(axis.place(each.at), each.fact.replace("_", " ")) for each in timeline)
    return Drawing(lanes, _marks(axis), facts)


def _callers(call: Call, axis: _Axis, last: datetime) -> tuple[Bar, ...]:
    ends_at = call.ended_at or last
    if call.answered_at is None:
        return (axis.bar("waiting", call.started_at, ends_at),)
    waited = axis.bar("waiting", call.started_at, call.answered_at)
    return waited, axis.bar("talking", call.answered_at, max(ends_at, call.answered_at))


def _legs(leg: Leg, axis: _Axis, last: datetime) -> tuple[Bar, ...]:
    ends_at = leg.ended_at or last
    bars = [axis.bar("ringing", leg.started_at, leg.answered_at or leg.accepted_at or ends_at)]
    if leg.answered_at is not None and leg.answered_at != leg.accepted_at:
        bars.append(axis.bar("asked for the key", leg.answered_at, leg.accepted_at or max(ends_at, leg.answered_at)))
    if leg.accepted_at is not None:
        bars.append(axis.bar("talking", leg.accepted_at, max(ends_at, leg.accepted_at)))
    return tuple(bars)


def _marks(axis: _Axis) -> tuple[Mark, ...]:
    step = next((each for each in _STEPS if axis.seconds / each <= _MOST_MARKS), None) or int(
        axis.seconds // _MOST_MARKS
    )
    count = int(axis.seconds // step) + 1
    return tuple(
        Mark(round(number * step / axis.seconds * 100, 2), counted_out(number * step)) for number in range(count)
    )
