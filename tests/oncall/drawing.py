"""Random schedules for property tests, each made twice: for the oracle, and for the code under test."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from oncall import (
    LAST,
    BusinessDays,
    BusinessHours,
    Cadence,
    DayException,
    DayOfMonth,
    EveryDays,
    EveryMonths,
    ExceptionKind,
    HolidayLimit,
    Layer,
    Limits,
    OpenSpan,
    Override,
    OverrideKind,
    Rotation,
    Schedule,
    TimeOff,
    Turn,
    WeekdayOfMonth,
    WeekParts,
)
from tests.oncall.making import src
from tests.oncall.oracle import OracleLayer, OracleMember, OracleOverride, OracleSchedule, as_instant

PEOPLE = [f"triggerfish-{number}" for number in range(1, 5)]
ZONES = (
    "America/Chicago",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Havana",
    "Pacific/Chatham",
    "Asia/Beirut",
    "America/St_Johns",
    "Africa/Casablanca",
    "Antarctica/Troll",
)
DAY = timedelta(days=1)


@dataclass
class Drawn:
    """A primary and a backup schedule, made twice, and where to look."""

    zone: ZoneInfo
    begins: datetime
    primary: Schedule
    backup: Schedule
    quick: tuple[Override, ...]
    oracle_primary: OracleSchedule
    oracle_backup: OracleSchedule


def transitions(zone: ZoneInfo, first: int, last: int) -> list[datetime]:
    """Find the days on which the zone's clocks change, by looking at each."""
    at, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last, 12, 31, tzinfo=UTC)
    found = []
    while at < end:
        if at.astimezone(zone).utcoffset() != (at + DAY).astimezone(zone).utcoffset():
            found.append(at)
        at += DAY
    return found


CHANGES = {name: transitions(ZoneInfo(name), 2024, 2029) for name in ZONES}
_AT_NIGHT = [time(hour, minute) for hour in range(4) for minute in (0, 15, 30, 45)]  # when clocks change
times = st.one_of(st.sampled_from(_AT_NIGHT), st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45])))


@st.composite
def drawn(draw: st.DrawFn, *, years_back: int = 2) -> Drawn:
    name = draw(st.sampled_from(ZONES))
    zone = ZoneInfo(name)
    begins = draw(_window(name))
    around = begins.date()
    closed = set(draw(st.lists(st.builds(lambda n: around + n * DAY, st.integers(-4, 5)), max_size=3)))
    weekdays = set(draw(st.sampled_from([(0, 1, 2, 3, 4), (6, 0, 1, 2), (0, 1, 2, 3, 4, 5, 6)])))
    first = around - timedelta(days=draw(st.integers(0, years_back * 366)))
    oracles = [
        OracleSchedule(draw(_layers(first, around)), closed, weekdays, away=draw(_away(around))) for _ in range(2)
    ]
    oracles[1].away = oracles[0].away
    for each in oracles:
        each.overrides, each.quick = draw(_overrides(around)), draw(_overrides(around))
        each.prepare(around + 5 * DAY)
    made = _made(oracles, zone)
    quick = tuple(
        _override(each, schedule, zone)
        for oracle, schedule in zip(oracles, ("on-call", "on-call-backup"), strict=True)
        for each in oracle.quick
    )
    return Drawn(zone, begins, made[0], made[1], quick, oracles[0], oracles[1])


@st.composite
def _window(draw: st.DrawFn, name: str) -> datetime:
    near_a_change = draw(st.booleans())
    if CHANGES[name] and near_a_change:
        return draw(st.sampled_from(CHANGES[name])) - timedelta(hours=draw(st.integers(0, 20)))
    return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=draw(st.integers(0, 6 * 8766)))


@st.composite
def _layers(draw: st.DrawFn, first: date, around: date) -> list[OracleLayer]:
    return [draw(_layer(first, around)) for _ in range(draw(st.integers(1, 3)))]


@st.composite
def _layer(draw: st.DrawFn, first: date, around: date) -> OracleLayer:
    kind = draw(st.sampled_from(["days", "days", "weekdays", "monthday", "nthweekday", "business"]))
    place = (draw(st.sampled_from([1, 15, 29, 30, 31])), 0)
    parts: tuple[int, ...] = ()
    if kind in ("monthday", "nthweekday"):
        first = first.replace(day=1)
    if kind == "nthweekday":
        place = (draw(st.sampled_from([1, 2, 4, LAST])), draw(st.integers(0, 6)))
    if kind == "weekdays":
        parts = tuple(sorted(draw(st.sets(st.integers(0, 6), min_size=1, max_size=3))))
        while first.weekday() not in parts:
            first += DAY
    return OracleLayer(
        kind=kind,
        count=draw(st.sampled_from([1, 2, 3, 7])),
        first=first,
        handoff=draw(times),
        members=draw(st.lists(_member(around), min_size=1, max_size=4)),
        weekdays=parts,
        place=place,
        times=draw(_times()),
        serves_weekdays=frozenset(draw(st.sampled_from([range(7), range(5), (5, 6), (0, 6)]))),
        holidays=draw(st.sampled_from(["any", "any", "only", "never"])),
    )


@st.composite
def _member(draw: st.DrawFn, around: date) -> OracleMember:
    who = draw(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=2, unique=True))
    near = st.one_of(st.none(), st.none(), st.builds(lambda n: around + n * DAY, st.integers(-30, 3)))
    return OracleMember(who, draw(near), draw(near))


@st.composite
def _times(draw: st.DrawFn) -> list[tuple[time, time]]:
    pairs = draw(st.lists(st.tuples(times, times), max_size=2))
    return [pair for pair in pairs if pair[0] != pair[1]]


@st.composite
def _stretch(draw: st.DrawFn, around: date) -> tuple[datetime, datetime]:
    begins = datetime.combine(around, time(0)) + timedelta(minutes=15 * draw(st.integers(-100, 200)))
    return begins, begins + timedelta(minutes=15 * draw(st.integers(1, 150)))


@st.composite
def _away(draw: st.DrawFn, around: date) -> list[tuple[str, datetime, datetime]]:
    people = draw(st.lists(st.sampled_from(PEOPLE), max_size=3))
    return [(person, *draw(_stretch(around))) for person in people]


@st.composite
def _overrides(draw: st.DrawFn, around: date) -> list[OracleOverride]:
    count = draw(st.sampled_from([0, 0, 1, 2, 4]))
    return [draw(_one_override(around)) for _ in range(count)]


@st.composite
def _one_override(draw: st.DrawFn, around: date) -> OracleOverride:
    begins, ends = draw(_stretch(around))
    kind = draw(st.sampled_from(["replace", "replace", "add", "remove"]))
    instead_of = draw(st.one_of(st.none(), st.sampled_from(PEOPLE))) if kind == "replace" else None
    return OracleOverride(begins, ends, kind, draw(st.sampled_from(PEOPLE)), instead_of)


def _made(oracles: list[OracleSchedule], zone: ZoneInfo) -> list[Schedule]:
    made: list[Schedule] = []
    for oracle, name in zip(oracles, ("on-call", "on-call-backup"), strict=True):
        desk = _hours(oracle, zone)
        made.append(
            Schedule(
                name=name,
                title=name,
                zone=zone,
                layers=tuple(_real_layer(each, desk, number) for number, each in enumerate(oracle.layers)),
                source=src(),
                hours=desk,
                time_off=tuple(
                    TimeOff(person, as_instant(zone, begins), as_instant(zone, ends), "leave", src())
                    for person, begins, ends in oracle.away
                ),
                overrides=tuple(_override(each, name, zone) for each in oracle.overrides),
                never_same_as=made[0] if made else None,
            )
        )
    return made


def _hours(oracle: OracleSchedule, zone: ZoneInfo) -> BusinessHours:
    spans = (OpenSpan(time(8), time(17)),)
    week = tuple(spans if day in oracle.business_weekdays else () for day in range(7))
    closed = {on: DayException("Holiday", ExceptionKind.HOLIDAY, (), src()) for on in oracle.closed}
    return BusinessHours("desk", zone, week, closed, src())


def _real_layer(layer: OracleLayer, desk: BusinessHours, number: int) -> Layer:
    turns = tuple(
        Turn(tuple(member.who), src(place), member.begins, member.ends) for place, member in enumerate(layer.members)
    )
    limits = Limits(tuple(OpenSpan(*pair) for pair in layer.times), layer.serves_weekdays, HolidayLimit(layer.holidays))
    rotation = Rotation(_cadence(layer, desk), layer.handoff, turns)
    return Layer(f"layer {number}", rotation, src(number), limits)


def _cadence(layer: OracleLayer, desk: BusinessHours) -> Cadence:
    match layer.kind:
        case "days":
            return EveryDays(layer.first, layer.count)
        case "weekdays":
            return WeekParts(layer.first, layer.weekdays)
        case "monthday":
            return EveryMonths(layer.first, layer.count, DayOfMonth(layer.place[0]))
        case "nthweekday":
            return EveryMonths(layer.first, layer.count, WeekdayOfMonth(*layer.place))
        case _:
            return BusinessDays(layer.first, layer.count, desk)


def _override(each: OracleOverride, schedule: str, zone: ZoneInfo) -> Override:
    return Override(
        schedule=schedule,
        starts_at=as_instant(zone, each.begins),
        ends_at=as_instant(zone, each.ends),
        kind=OverrideKind(each.kind),
        person=each.person,
        instead_of=each.instead_of,
        author="Jamison White",
        reason="swap",
        source=src(),
    )
