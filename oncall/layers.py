"""One layer of a schedule: a rotation, limited to times of day, weekdays or holidays if wanted, less time off.

Turns and limits are worked out in local dates and times and become seconds only through walltime. It does not
know other layers or overrides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from oncall import walltime
from oncall.hours import BusinessHours, OpenSpan
from oncall.pieces import Duty, Slot, Track, clipped, combined, filled, layered
from oncall.rotation import Rotation, Turn
from oncall.source import Source

_ONE_DAY = timedelta(days=1)
_KEPT_SLOTS = 4096


class HolidayLimit(StrEnum):
    """Whether a layer serves on days the desk is closed all day for a holiday or closure."""

    ANY = "any"
    ONLY = "only"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Limits:
    """When a layer serves: times of day (empty: all day), weekdays (Monday is 0), and holidays.

    A time of day that crosses midnight belongs to the day on which it begins.
    """

    times: tuple[OpenSpan, ...] = ()
    weekdays: frozenset[int] = frozenset(range(7))
    holidays: HolidayLimit = HolidayLimit.ANY


@dataclass(frozen=True, slots=True)
class TimeOff:
    """A person who does not serve between two UTC instants; `reason` is for people to read."""

    person: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    source: Source


@dataclass(frozen=True, slots=True)
class DatedShift:
    """One shift of a temporary schedule: people between two UTC instants."""

    people: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    source: Source


@dataclass(frozen=True, slots=True)
class TemporarySchedule:
    """Dated shifts that stand above all layers; where they name nobody, the layers serve."""

    name: str
    shifts: tuple[DatedShift, ...]
    source: Source


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A rotation within a schedule, serving only within its limits."""

    name: str
    rotation: Rotation
    source: Source
    limits: Limits | None = None
    _slots: dict[tuple[str, int], Slot] = field(default_factory=dict, init=False, repr=False)


NOBODY = Slot(())


@dataclass(frozen=True, slots=True)
class Setting:
    """What a layer needs to know of its schedule: name, zone, and whose holidays count.

    `keeps_order` asks for those who would follow in each slot; they cost time and only a backup needs them.
    """

    schedule: str
    zone: ZoneInfo
    hours: BusinessHours | None
    keeps_order: bool = False


def layer_track(layer: Layer, setting: Setting, *, starts: int, ends: int) -> Track[Slot]:
    """Return the layer's pieces that touch the span; where it does not serve there is a hole."""
    dates = list(walltime.dates_touching(starts, ends, zone=setting.zone))
    if layer.limits is None:
        turns = list(_turns(layer, setting, dates=dates, ends=ends))
    else:
        served = _served(layer.limits, setting, dates)
        # Most turns of a layer for holidays are never served: whose they are is only looked up for those that are.
        turns = clipped(list(_turns(layer, setting, dates=dates, ends=ends)), served) if served else []
    return [(begins, following, _slot(layer, setting, turn)) for begins, following, turn in turns]


def temporary_track(temporary: TemporarySchedule, setting: Setting) -> Track[Slot]:
    """Return the shifts of a temporary schedule in order of time."""
    because = f"on call in schedule {setting.schedule}, temporary schedule {temporary.name}"
    return sorted(
        (
            (
                int(walltime.to_epoch(shift.starts_at)),
                int(walltime.to_epoch(shift.ends_at)),
                Slot(tuple(Duty(person, because, shift.source) for person in shift.people)),
            )
            for shift in temporary.shifts
        ),
        key=lambda piece: piece[:2],
    )


def without_time_off(
    track: Track[Slot], away: Sequence[tuple[int, int, TimeOff]], *, starts: int, ends: int
) -> Track[Slot]:
    """Return the track with people on leave taken out of it; a slot left empty names the leave."""
    near = layered(away, starts=starts, ends=ends)
    if len(near) == 1 and not near[0][2]:
        return track
    full = filled(track, NOBODY, starts=starts, ends=ends)
    kept = combined(full, near, _less)
    return [piece for piece in kept if piece[2] is not NOBODY]


def _less(slot: Slot, away: tuple[TimeOff, ...]) -> Slot:
    if not away or slot is NOBODY:
        return slot
    leave = {off.person: off for off in away}
    missing = [leave[duty.person] for duty in slot.duties if duty.person in leave]
    duties = tuple(duty for duty in slot.duties if duty.person not in leave)
    standby = tuple(duty for duty in slot.standby if duty.person not in leave)
    if duties or not missing:
        return Slot(duties, slot.note, slot.source, standby)
    note = " and ".join(f"{off.person} is away, {off.reason} ({off.source})" for off in missing)
    return Slot((), note, missing[0].source, standby)


def _turns(layer: Layer, setting: Setting, *, dates: list[date], ends: int) -> Iterator[tuple[int, int, int]]:
    """Yield the numbers of the turns that begin from the first date on and before `ends`, each up to the next."""
    rotation = layer.rotation
    turn = max(rotation.cadence.turn_of(dates[0]), 0)
    begins = walltime.epoch(rotation.cadence.begins_on(turn), rotation.handoff, zone=setting.zone)
    while begins < ends:
        following = walltime.epoch(rotation.cadence.begins_on(turn + 1), rotation.handoff, zone=setting.zone)
        if following > begins:  # a date that a zone skipped altogether has no turn
            yield begins, following, turn
        turn, begins = turn + 1, following


def _slot(layer: Layer, setting: Setting, turn: int) -> Slot:
    key = (setting.schedule, turn)
    slot = layer._slots.get(key)  # noqa: SLF001 - the cache belongs to this module
    if slot is None:
        if len(layer._slots) > _KEPT_SLOTS:  # noqa: SLF001 - a bound on memory
            layer._slots.clear()  # noqa: SLF001
        slot = layer._slots[key] = _make_slot(layer, setting, turn)  # noqa: SLF001
    return slot


def _make_slot(layer: Layer, setting: Setting, turn: int) -> Slot:
    serving = layer.rotation.serving(turn)
    if serving is None:
        return Slot((), f"layer {layer.name} has nobody in turn ({layer.source})", layer.source)
    because = f"on call in schedule {setting.schedule}, layer {layer.name}"
    duties = _duties(serving, because, turn)
    if not setting.keeps_order:
        return Slot(duties)
    order = layer.rotation.order_from(turn)[1:]
    return Slot(duties, standby=tuple(duty for each in order for duty in _duties(each, because, turn)))


def _duties(turn: Turn, because: str, number: int) -> tuple[Duty, ...]:
    if len(turn.people) == 1:  # nearly always, and worth the half of the time
        return (Duty(turn.people[0], because, turn.source, number),)
    return tuple(Duty(person, because, turn.source, number) for person in turn.people)


def _served(limits: Limits, setting: Setting, dates: Sequence[date]) -> list[tuple[int, int]]:
    """Return the spans of seconds in which the limits let the layer serve, in order, made one where they meet."""
    spans = sorted(
        _seconds(on, span, setting.zone)
        for on in dates
        if _serves_on(limits, setting.hours, on)
        for span in limits.times or (OpenSpan(walltime.MIDNIGHT, walltime.MIDNIGHT),)
    )
    result: list[tuple[int, int]] = []
    for starts, ends in spans:
        if result and starts <= result[-1][1]:
            result[-1] = (result[-1][0], max(ends, result[-1][1]))
        elif starts < ends:
            result.append((starts, ends))
    return result


def _serves_on(limits: Limits, hours: BusinessHours | None, on: date) -> bool:
    if on.weekday() not in limits.weekdays:
        return False
    if limits.holidays is HolidayLimit.ANY:
        return True
    is_holiday = hours is not None and hours.closed_all_day(on) is not None
    return is_holiday is (limits.holidays is HolidayLimit.ONLY)


def _seconds(on: date, span: OpenSpan, zone: ZoneInfo) -> tuple[int, int]:
    last = on if span.closes > span.opens else on + _ONE_DAY
    return walltime.epoch(on, span.opens, zone=zone), walltime.epoch(last, span.closes, zone=zone)
