"""Turns schedules/on_call.yaml into schedules: layers with their rotations, overrides, time off.

Local dates and times become instants here, in the zone of the file; how turns follow one another is known elsewhere.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from app.config import duty_words as words
from app.config.duty_models import (
    DatedShiftModel,
    LayerModel,
    OnCallFile,
    OnlyModel,
    OverrideModel,
    ScheduleModel,
    TemporaryModel,
    TimeOffModel,
    TurnModel,
)
from app.config.duty_report import Page
from app.config.source import Path
from oncall import (
    BusinessHours,
    DatedShift,
    HolidayLimit,
    Layer,
    Limits,
    Override,
    OverrideKind,
    Rotation,
    Schedule,
    TemporarySchedule,
    TimeOff,
    Turn,
    instant,
)

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Rota:
    """The file being read, the names it may mention, and the dated parts that concern every schedule."""

    page: Page[OnCallFile]
    content: OnCallFile
    people: frozenset[str]
    hours: Mapping[str, BusinessHours]
    hours_names: frozenset[str]
    zone: ZoneInfo

    def person(self, path: Path, name: str | None) -> None:
        self.page.must_exist(path, name, "person", self.people)

    def moment(self, moment: words.Moment, zone: ZoneInfo) -> datetime:
        return instant(moment.on, moment.at or time(0), zone=zone)

    def zone_of(self, schedule: str) -> ZoneInfo:
        model = self.content.schedules.get(schedule)
        return words.read_zone(model.zone) if model and model.zone else self.zone


def build_schedules(
    page: Page[OnCallFile],
    *,
    people: frozenset[str],
    hours: Mapping[str, BusinessHours],
    hours_names: frozenset[str],
    away: tuple[TimeOff, ...] = (),
) -> Mapping[str, Schedule]:
    """Return the schedules of the file by name; those at fault are left out and their faults noted.

    `hours_names` are all business hours that are written, `hours` those without faults. `away` is time off
    written elsewhere than in this file.
    """
    content = page.content
    if content is None:
        return MappingProxyType({})
    rota = _Rota(page, content, people, hours, hours_names, words.read_zone(content.zone))
    overrides, away = tuple(_overrides(rota)), (*_time_off(rota), *away)
    temporary = _temporary(rota)
    made: dict[str, Schedule] = {}
    for name in _dependencies_first(rota):
        model = content.schedules[name]
        made[name] = Schedule(
            name=name,
            title=model.title,
            zone=rota.zone_of(name),
            layers=tuple(_layers(rota, name, model)),
            source=page.source("schedules", name),
            hours=hours.get(model.business_hours or ""),
            temporary=tuple(each for schedule, each in temporary if schedule == name),
            time_off=away,
            overrides=tuple(each for each in overrides if each.schedule == name),
            never_same_as=made.get(model.never_same_as or ""),
        )
    return MappingProxyType({name: made[name] for name in content.schedules if name in made})


def _dependencies_first(rota: _Rota) -> Iterator[str]:
    """Yield schedules so that one comes after the schedule it keeps apart from; a circle is a fault."""
    schedules = rota.content.schedules
    done: set[str] = set()
    for name in schedules:
        chain = [name]
        while chain[-1] not in done:
            other = schedules[chain[-1]].never_same_as
            path = ("schedules", chain[-1], "never_same_as")
            if other is None or not rota.page.must_exist(path, other, "schedule", schedules):
                break
            if other in chain:
                message = f"leads in a circle ({' → '.join([*chain, other])}): take it out of one of them"
                rota.page.fault(path, message)
                break
            chain.append(other)
        for each in reversed(chain):
            if each not in done:
                done.add(each)
                yield each


def _layers(rota: _Rota, schedule: str, model: ScheduleModel) -> Iterator[Layer]:
    path: Path = ("schedules", schedule)
    rota.page.must_exist((*path, "business_hours"), model.business_hours, "business hours", rota.hours_names)
    seen: set[str] = set()
    for index, layer in enumerate(model.layers):
        here = (*path, "layers", index)
        if layer.name in seen:
            rota.page.fault((*here, "name"), f'another layer is called "{layer.name}" too: choose another name')
        seen.add(layer.name)
        if layer.only and layer.only.holidays is not HolidayLimit.ANY and model.business_hours is None:
            message = 'needs "business_hours" in the schedule: name whose holidays count'
            rota.page.fault((*here, "only", "holidays"), message)
        made = _layer(rota, here, layer, rota.hours.get(model.business_hours or ""))
        if made is not None:
            yield made


def _layer(rota: _Rota, path: Path, model: LayerModel, hours: BusinessHours | None) -> Layer | None:
    turns = tuple(_turn(rota, (*path, "turns", index), turn) for index, turn in enumerate(model.turns))
    handoff = words.read_handoff(model.handoff)
    if hours is None and "business" in model.every and _names_hours(rota, path):
        return None  # the business hours have faults of their own, told where they are
    try:
        cadence = words.cadence(words.read_every(model.every), handoff, words.read_date(model.starts_on), hours=hours)
    except words.MisfitError as error:
        rota.page.fault((*path, error.key), str(error))
        return None
    rotation = Rotation(cadence, handoff.at, turns)
    return Layer(model.name, rotation, rota.page.source(*path), _limits(model.only))


def _names_hours(rota: _Rota, path: Path) -> bool:
    return rota.content.schedules[str(path[1])].business_hours is not None


def _turn(rota: _Rota, path: Path, model: TurnModel) -> Turn:
    for index, name in enumerate(model.who):
        rota.person((*path, "who", index), name)
    if len(set(model.who)) < len(model.who):
        rota.page.fault(path, "names a person twice: name each person once")
    begins = words.read_date(model.from_) if model.from_ else None
    ends = words.read_date(model.until) if model.until else None
    if begins and ends and ends < begins:
        rota.page.fault((*path, "until"), f"{ends} is before {begins}: exchange the dates")
    return Turn(model.who, rota.page.source(*path), begins, ends)


def _limits(model: OnlyModel | None) -> Limits | None:
    if model is None:
        return None
    times = words.read_spans(model.times) if model.times else ()
    days = frozenset(words.read_days(model.days)) if model.days else frozenset(range(7))
    return Limits(times, days, model.holidays)


def _overrides(rota: _Rota) -> Iterator[Override]:
    seen: list[tuple[Override, str | None]] = []
    for index, model in enumerate(rota.content.overrides):
        path: Path = ("overrides", index)
        rota.page.must_exist((*path, "schedule"), model.schedule, "schedule", rota.content.schedules)
        for key in ("replace_with", "instead_of", "add", "remove"):
            rota.person((*path, key), getattr(model, key))
        override = _override(rota, path, model)
        _must_be_forward(rota, path, override.starts_at, override.ends_at)
        subject = override.instead_of if override.kind is OverrideKind.REPLACE else override.person
        for other, other_subject in seen:
            if subject == other_subject and _collide(override, other):
                message = f"overlaps the override at {other.source}, which changes the same: shorten one of them"
                rota.page.fault(path, message)
        seen.append((override, subject))
        yield override


def _override(rota: _Rota, path: Path, model: OverrideModel) -> Override:
    zone = rota.zone_of(model.schedule)
    kind = OverrideKind.ADD if model.add else OverrideKind.REMOVE if model.remove else OverrideKind.REPLACE
    return Override(
        schedule=model.schedule,
        starts_at=rota.moment(words.read_moment(model.from_), zone),
        ends_at=rota.moment(words.read_moment(model.until), zone),
        kind=kind,
        person=model.replace_with or model.add or model.remove or "",
        instead_of=model.instead_of,
        author=model.by,
        reason=model.reason,
        source=rota.page.source(*path),
    )


def _collide(one: Override, other: Override) -> bool:
    same = one.schedule == other.schedule and one.kind is other.kind
    return same and one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _time_off(rota: _Rota) -> Iterator[TimeOff]:
    for index, model in enumerate(rota.content.time_off):
        path: Path = ("time_off", index)
        rota.person((*path, "person"), model.person)
        starts_at, ends_at = _off_span(rota, model)
        _must_be_forward(rota, path, starts_at, ends_at)
        yield TimeOff(model.person, starts_at, ends_at, model.reason, rota.page.source(*path))


def _off_span(rota: _Rota, model: TimeOffModel) -> tuple[datetime, datetime]:
    begins, ends = words.read_date_or_moment(model.from_), words.read_date_or_moment(model.until)
    if ends.at is None:  # the last date is a day off too
        ends = words.Moment(ends.on + _ONE_DAY, None)
    return rota.moment(begins, rota.zone), rota.moment(ends, rota.zone)


def _temporary(rota: _Rota) -> list[tuple[str, TemporarySchedule]]:
    return [_one_temporary(rota, index, each) for index, each in enumerate(rota.content.temporary_schedules)]


def _one_temporary(rota: _Rota, index: int, model: TemporaryModel) -> tuple[str, TemporarySchedule]:
    path: Path = ("temporary_schedules", index)
    rota.page.must_exist((*path, "schedule"), model.schedule, "schedule", rota.content.schedules)
    shifts: list[DatedShift] = []
    for number, each in enumerate(model.shifts):
        here = (*path, "shifts", number)
        shift = _dated_shift(rota, here, each, zone=rota.zone_of(model.schedule))
        for other in shifts:
            if shift.starts_at < other.ends_at and other.starts_at < shift.ends_at:
                message = f"overlaps the shift at {other.source}: name both people in one shift, or shorten one"
                rota.page.fault(here, message)
        shifts.append(shift)
    return model.schedule, TemporarySchedule(model.name, tuple(shifts), rota.page.source(*path))


def _dated_shift(rota: _Rota, path: Path, model: DatedShiftModel, *, zone: ZoneInfo) -> DatedShift:
    for index, name in enumerate(model.who):
        rota.person((*path, "who", index), name)
    starts_at = rota.moment(words.read_moment(model.from_), zone)
    ends_at = rota.moment(words.read_moment(model.until), zone)
    _must_be_forward(rota, path, starts_at, ends_at)
    return DatedShift(model.who, starts_at, ends_at, rota.page.source(*path))


def _must_be_forward(rota: _Rota, path: Path, starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        rota.page.fault((*path, "until"), 'is not after "from": check both dates')
