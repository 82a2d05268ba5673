"""A schedule laid out for the eye: its layers, its overrides and the final schedule as lanes, and cut into days.

Only sums and words, no markup. Every rule of time is asked of `oncall`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from app.web.desk.duty_periods import Period
from app.written import Dates, with_place
from oncall import Gap, Override, OverrideKind, Roster, Schedule, Shift, TimeOff, day_starts_at, local_time

TONES: Final = 6
_NARROWEST: Final = 0.4
# What letters, the edges of a bar and the icon of a gap take of the axis, in hundredths, where it is narrow.
_SIGN: Final = 0.85
_EDGES: Final = 1.6
_ICON: Final = 2.6
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A span (UTC, half-open) of a lane: `kind` is shift, gap, change or off; nobody has a gap.

    `start` and `width` are hundredths of the axis; `tone` is the colour of the person, 0 for none. Pieces that overlap
    stand in different rows. `label` is as much of the name as the bar has room for; all of it is told with the times.
    """

    kind: str
    who: str
    starts_at: datetime
    ends_at: datetime
    because: str
    tone: int = 0
    start: float = 0
    width: float = 0
    row: int = 0
    label: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """One layer, the overrides, time off, or the final schedule (the one with `is_final`)."""

    name: str
    source: str
    pieces: tuple[Piece, ...]
    is_final: bool = False

    @property
    def rows(self) -> int:
        return max((each.row for each in self.pieces), default=0) + 1


@dataclass(frozen=True, slots=True)
class DayMark:
    """A date on the axis: where it begins and how wide it is, in hundredths."""

    on: date
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Part:
    """What of a piece falls on one date; the times are those of clocks at the desk, empty at midnight."""

    piece: Piece
    begins: str
    ends: str


@dataclass(frozen=True, slots=True)
class Laid:
    """A schedule over a period, drawn; `now` is where on the axis the present is, None outside."""

    lanes: tuple[Lane, ...]
    days: tuple[DayMark, ...]
    now: float | None

    @property
    def final(self) -> Lane:
        return self.lanes[-1]

    @property
    def gaps(self) -> tuple[Piece, ...]:
        """Where nobody is on call."""
        return tuple(each for each in self.final.pieces if each.kind == "gap")


def laid_out(roster: Roster, period: Period, quick: tuple[Override, ...], *, at: datetime) -> Laid:
    """Return the lanes of the period's schedule, the lowest layer first and the final schedule last."""
    axis = _Axis(period.starts_at, period.ends_at)
    tones = tones_of(roster)
    lanes = tuple(
        replace(lane, pieces=_in_rows(_placed(each, axis, tones) for each in lane.pieces))
        for lane in _lanes(roster, roster.schedules[period.schedule], axis, quick)
    )
    days = tuple(
        DayMark(on, axis.place(day_starts_at(on, zone=period.zone)), axis.width_of_day(on, period))
        for on in period.days()
    )
    return Laid(lanes, days, axis.place(at) if axis.starts_at <= at < axis.ends_at else None)


def tones_of(roster: Roster) -> Mapping[str, int]:
    """The colour of each person, the same on every page; with many people some share one."""
    return {name: number % TONES + 1 for number, name in enumerate(roster.people)}


def parts_of(lane: Lane, on: date, period: Period) -> tuple[Part, ...]:
    """What of a lane falls on a date, in order of time."""
    starts, ends = (day_starts_at(each, zone=period.zone) for each in (on, on + _ONE_DAY))
    touching = (each for each in lane.pieces if each.starts_at < ends and each.ends_at > starts)
    return tuple(
        Part(
            each,
            _clock(each.starts_at, period) if each.starts_at > starts else "",
            _clock(each.ends_at, period) if each.ends_at < ends else "",
        )
        for each in touching
    )


@dataclass(frozen=True, slots=True)
class _Axis:
    starts_at: datetime
    ends_at: datetime

    def place(self, at: datetime) -> float:
        """Where an instant is, by elapsed time: the day on which clocks change is as long as it is."""
        share = (at - self.starts_at) / (self.ends_at - self.starts_at)
        return round(min(max(share, 0.0), 1.0) * 100, 3)

    def width_of_day(self, on: date, period: Period) -> float:
        starts, ends = (self.place(day_starts_at(each, zone=period.zone)) for each in (on, on + _ONE_DAY))
        return round(ends - starts, 3)


def _placed(piece: Piece, axis: _Axis, tones: Mapping[str, int]) -> Piece:
    start = min(axis.place(piece.starts_at), 100 - _NARROWEST)
    width = max(axis.place(piece.ends_at) - start, _NARROWEST)
    label = _fitting(piece, width)
    return replace(piece, start=start, width=round(width, 3), tone=tones.get(piece.who, 0), label=label)


def _fitting(piece: Piece, width: float) -> str:
    """The longest form of the name that fits a bar: whole, its first part, initials, or nothing."""
    after = " off" if piece.kind == "off" else ""
    initials = "".join(part[0].upper() for part in piece.who.replace("-", " ").split())
    room = (width - _EDGES - (_ICON if piece.kind == "gap" else 0)) / _SIGN
    forms = (piece.who + after, piece.who.split()[0] + after, initials + after, initials)
    return next((form for form in forms if len(form) <= room), "")


def _in_rows(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Give each piece the first row in which nothing else is at that time."""
    free_from: list[datetime] = []
    found: list[Piece] = []
    for piece in sorted(pieces, key=lambda each: each.starts_at):
        row = next((row for row, free in enumerate(free_from) if free <= piece.starts_at), len(free_from))
        free_from[row : row + 1] = [piece.ends_at]
        found.append(replace(piece, row=row))
    return tuple(found)


def _lanes(roster: Roster, schedule: Schedule, axis: _Axis, quick: tuple[Override, ...]) -> Iterator[Lane]:
    for layer in schedule.layers:
        # The layer by itself is a schedule that has nothing else.
        alone = replace(schedule, layers=(layer,), temporary=(), time_off=(), overrides=(), never_same_as=None)
        yield Lane(f"Layer {layer.name}", str(layer.source), _alone(alone, axis))
    for each in schedule.temporary:
        alone = replace(schedule, layers=(), temporary=(each,), time_off=(), overrides=(), never_same_as=None)
        pieces = _alone(alone, axis)
        if pieces:
            yield Lane(f"Temporary schedule {each.name}", str(each.source), pieces)
    away = [_of_time_off(off) for off in schedule.time_off if off.person in schedule.people()]
    changed = [_of_override(each) for each in (*schedule.overrides, *quick) if each.schedule == schedule.name]
    for name, found in (("Time off", away), ("Overrides", changed)):
        pieces = _within(found, axis)
        if pieces:
            yield Lane(name, "", pieces)
    yield Lane("Final schedule", str(schedule.source), _final(roster, schedule, axis, quick), is_final=True)


def _alone(schedule: Schedule, axis: _Axis) -> tuple[Piece, ...]:
    return tuple(map(_of_shift, schedule.shifts(after=axis.starts_at, until=axis.ends_at)))


def _final(roster: Roster, schedule: Schedule, axis: _Axis, quick: tuple[Override, ...]) -> tuple[Piece, ...]:
    after, until = axis.starts_at, axis.ends_at
    shifts = map(_of_shift, roster.shifts(schedule.name, after=after, until=until, quick=quick))
    gaps = map(_of_gap, roster.gaps(schedule.name, after=after, until=until, quick=quick))
    return tuple(sorted((*shifts, *gaps), key=lambda each: each.starts_at))


def _within(pieces: Sequence[Piece], axis: _Axis) -> tuple[Piece, ...]:
    found = (
        each for each in pieces if each.starts_at < min(axis.ends_at, each.ends_at) and each.ends_at > axis.starts_at
    )
    return tuple(sorted(found, key=lambda each: each.starts_at))


def _of_shift(shift: Shift) -> Piece:
    return _piece("shift", shift.person, shift, with_place(shift.because, shift.source))


def _of_gap(gap: Gap) -> Piece:
    return _piece("gap", "Nobody", gap, with_place(gap.because, gap.source))


def _of_time_off(off: TimeOff) -> Piece:
    return _piece("off", off.person, off, with_place(off.reason, off.source))


def _of_override(override: Override) -> Piece:
    kind = "off" if override.kind is OverrideKind.REMOVE else "change"
    told = "; ".join(filter(None, (_deed(override), override.reason)))
    return _piece(kind, override.person, override, with_place(f"{told}, by {override.author}", override.source))


def _deed(override: Override) -> str:
    match override.kind:
        case OverrideKind.REPLACE:
            return f"instead of {override.instead_of or 'whoever is on call'}"
        case OverrideKind.ADD:
            return "as well"
        case OverrideKind.REMOVE:
            return "off"


def _piece(kind: str, who: str, span: Shift | Gap | TimeOff | Override, because: str) -> Piece:
    return Piece(kind=kind, who=who, starts_at=span.starts_at, ends_at=span.ends_at, because=because)


def _clock(at: datetime, period: Period) -> str:
    """A time of day, told apart where clocks show it twice."""
    return Dates(period.zone, period.today.year).near(at, today=local_time(at, zone=period.zone).date())
