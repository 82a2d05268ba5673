"""Short ways to make schedules for tests. Times are local in the zone given, Chicago unless said otherwise."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall import (
    BusinessHours,
    DayException,
    EveryDays,
    ExceptionKind,
    Layer,
    Limits,
    OpenSpan,
    Override,
    OverrideKind,
    Rotation,
    Schedule,
    Source,
    TimeOff,
    Turn,
    instant,
)

CHICAGO = ZoneInfo("America/Chicago")
JAMISON, LASHA, FISH_1, FISH_2 = "Jamison White", "Lasha Dalakishvili", "triggerfish-1", "triggerfish-2"
FILE = "schedules/on_call.yaml"
ALL_DAY = OpenSpan(time(0), time(0))


def src(line: int = 1) -> Source:
    return Source(FILE, line)


def local(text: str, zone: ZoneInfo = CHICAGO) -> datetime:
    """Read a local date and time such as "2026-11-26 17:00"."""
    wall = datetime.fromisoformat(text)
    return instant(wall.date(), wall.time(), zone=zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def on(text: str) -> date:
    return date.fromisoformat(text)


def span(text: str) -> OpenSpan:
    opens, _, closes = text.partition("-")
    return OpenSpan(time.fromisoformat(opens), time.fromisoformat(closes))


def hours(
    *,
    zone: ZoneInfo = CHICAGO,
    week: str = "08:00-17:00",
    days: range | tuple[int, ...] = range(5),
    closed: dict[str, str] | None = None,
    half: dict[str, tuple[str, str]] | None = None,
) -> BusinessHours:
    spans = tuple(span(each) for each in week.split(", "))
    exceptions = {
        on(day): DayException(name, ExceptionKind.HOLIDAY, (), src(70)) for day, name in (closed or {}).items()
    }
    exceptions |= {
        on(day): DayException(name, ExceptionKind.HALF_DAY, (span(text),), src(71))
        for day, (name, text) in (half or {}).items()
    }
    return BusinessHours("desk", zone, tuple(spans if day in days else () for day in range(7)), exceptions, src(60))


def turn(*people: str, begins: str | None = None, ends: str | None = None, line: int = 1) -> Turn:
    return Turn(people, src(line), on(begins) if begins else None, on(ends) if ends else None)


def weekly(*people: str, first: str = "2025-12-22", handoff: str = "08:00") -> Rotation:
    turns = tuple(turn(person, line=10 + line) for line, person in enumerate(people))
    return Rotation(EveryDays(on(first), 7), time.fromisoformat(handoff), turns)


def daily(*people: str, first: str = "2025-12-22", handoff: str = "08:00") -> Rotation:
    turns = tuple(turn(person, line=20 + line) for line, person in enumerate(people))
    return Rotation(EveryDays(on(first), 1), time.fromisoformat(handoff), turns)


def layer(rotation: Rotation, *, name: str = "weekly turn", limits: Limits | None = None) -> Layer:
    return Layer(name, rotation, src(5), limits)


def schedule(
    *layers: Layer,
    name: str = "on-call",
    zone: ZoneInfo = CHICAGO,
    desk: BusinessHours | None = None,
    overrides: tuple[Override, ...] = (),
    time_off: tuple[TimeOff, ...] = (),
    never_same_as: Schedule | None = None,
) -> Schedule:
    return Schedule(
        name=name,
        title="Analyst",
        zone=zone,
        layers=layers,
        source=src(3),
        hours=desk,
        overrides=overrides,
        time_off=time_off,
        never_same_as=never_same_as,
    )


def override(
    begins: str,
    ends: str,
    *,
    put: str = "",
    instead_of: str | None = None,
    add: str = "",
    remove: str = "",
    line: int = 31,
    schedule_name: str = "on-call",
) -> Override:
    kind = OverrideKind.ADD if add else OverrideKind.REMOVE if remove else OverrideKind.REPLACE
    return Override(
        schedule=schedule_name,
        starts_at=local(begins),
        ends_at=local(ends),
        kind=kind,
        person=put or add or remove,
        instead_of=instead_of,
        author=LASHA,
        reason="swap",
        source=src(line),
    )


def away(person: str, begins: str, ends: str, *, line: int = 50) -> TimeOff:
    return TimeOff(person, local(begins), local(ends), "vacation", src(line))


def names(given: Schedule, at: datetime, quick: tuple[Override, ...] = ()) -> list[str]:
    return [duty.person for duty in given.coverage(at=at, quick=quick).people]


WEEK = timedelta(days=7)
