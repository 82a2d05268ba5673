"""A slow second opinion on who is on call, written from the rules and not from the code.

It walks real time minute by minute and knows one thing about clocks: the furthest a wall clock has ever shown. A
local time has come as soon as the clock has shown it or something later. Everything else it decides on plain
local times, one day after the other, with nothing worked out ahead.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@dataclass
class OracleMember:
    who: list[str]
    begins: date | None = None
    ends: date | None = None

    def belongs(self, on: date) -> bool:
        return (self.begins is None or on >= self.begins) and (self.ends is None or on <= self.ends)


@dataclass
class OracleLayer:
    kind: str  # days, weekdays, monthday, nthweekday, business
    count: int
    first: date
    handoff: time
    members: list[OracleMember]
    weekdays: tuple[int, ...] = ()
    place: tuple[int, int] = (0, 0)  # day of month, or nth and weekday
    times: list[tuple[time, time]] = field(default_factory=list)
    serves_weekdays: frozenset[int] = frozenset(range(7))
    holidays: str = "any"


@dataclass
class OracleOverride:
    begins: datetime
    ends: datetime
    kind: str
    person: str
    instead_of: str | None = None


@dataclass
class OracleSchedule:
    layers: list[OracleLayer]
    closed: set[date]
    business_weekdays: set[int]
    overrides: list[OracleOverride] = field(default_factory=list)
    quick: list[OracleOverride] = field(default_factory=list)
    away: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    turns: dict[int, list[tuple[datetime, list[list[str]]]]] = field(default_factory=dict)

    def prepare(self, until: date) -> None:
        """Deal every turn from the beginning, one day after the other."""
        for number, layer in enumerate(self.layers):
            self.turns[number] = list(self._dealt(layer, until))

    def who(self, wall: datetime) -> list[str]:
        return self._changed(self._base(wall)[0], wall)

    def backup(self, wall: datetime, primary: list[str]) -> list[str]:
        """Say who has this schedule when it must not name the people of another."""
        base, following = self._base(wall)
        people = self._changed(base, wall)
        result = [person for person in people if person not in primary]
        for person in people:
            if person in primary:
                free = [each for each in following if each not in primary and each not in result]
                result += free[:1]
        return result

    def _dealt(self, layer: OracleLayer, until: date) -> Iterator[tuple[datetime, list[list[str]]]]:
        served = -1
        on, passed = layer.first, 0
        while on <= until:
            due = self._handoff_falls_on(layer, on, passed)
            passed += self._counts(layer, on)
            if due:
                order = [(served + 1 + step) % len(layer.members) for step in range(len(layer.members))]
                there = [index for index in order if layer.members[index].belongs(on)]
                if there:
                    served = there[0]
                yield datetime.combine(on, layer.handoff), [layer.members[index].who for index in there]
            on += DAY

    def _counts(self, layer: OracleLayer, on: date) -> int:
        """Say whether the day uses up some of a turn."""
        if layer.kind == "business":
            return int(on.weekday() in self.business_weekdays and on not in self.closed)
        if layer.kind in ("monthday", "nthweekday"):
            return int(_month_place(layer, on))
        return 1

    def _handoff_falls_on(self, layer: OracleLayer, on: date, passed: int) -> bool:
        if layer.kind == "weekdays":
            return on.weekday() in layer.weekdays
        return bool(self._counts(layer, on)) and passed % layer.count == 0

    def _base(self, wall: datetime) -> tuple[list[str], list[str]]:
        gone = {person for person, begins, ends in self.away if begins <= wall < ends}
        for number in reversed(range(len(self.layers))):
            if not self._serves(self.layers[number], wall):
                continue
            order = next((order for begins, order in reversed(self.turns[number]) if begins <= wall), [])
            present = [person for who in order[:1] for person in who if person not in gone]
            if present:
                return present, [person for who in order[1:] for person in who if person not in gone]
        return [], []

    def _serves(self, layer: OracleLayer, wall: datetime) -> bool:
        for on in (wall.date() - DAY, wall.date()):
            if on.weekday() not in layer.serves_weekdays:
                continue
            if layer.holidays != "any" and (on in self.closed) != (layer.holidays == "only"):
                continue
            for begins, ends in layer.times or [(time(0), time(0))]:
                last = on if ends > begins else on + DAY
                if datetime.combine(on, begins) <= wall < datetime.combine(last, ends):
                    return True
        return False

    def _changed(self, people: list[str], wall: datetime) -> list[str]:
        return self._overridden(self.quick, self._overridden(self.overrides, people, wall), wall)

    def _overridden(self, overrides: list[OracleOverride], people: list[str], wall: datetime) -> list[str]:
        active = [each for each in overrides if each.begins <= wall < each.ends]
        placed = dict.fromkeys(people, -1)
        for number, each in enumerate(active):
            if each.kind == "replace" and each.instead_of is None:
                placed = {each.person: number}
        for number, each in enumerate(active):
            if each.kind == "add":
                placed[each.person] = max(number, placed.get(each.person, -1))
        placed = self._followed(placed, active)
        for number, each in enumerate(active):
            if each.kind == "remove" and placed.get(each.person, number) < number:
                del placed[each.person]
        return list(placed)

    def _followed(self, placed: dict[str, int], active: list[OracleOverride]) -> dict[str, int]:
        result: dict[str, int] = {}
        for person, number in placed.items():
            seen = [person]
            last = number
            while True:
                steps = [
                    (order, each)
                    for order, each in enumerate(active)
                    if each.kind == "replace" and each.instead_of == seen[-1]
                ]
                if not steps or steps[-1][1].person in seen:
                    break
                last = steps[-1][0]
                seen.append(steps[-1][1].person)
            result[seen[-1]] = max(last, result.get(seen[-1], -1))
        return result


def _month_place(layer: OracleLayer, on: date) -> bool:
    length = monthrange(on.year, on.month)[1]
    if layer.kind == "monthday":
        return on.day == min(layer.place[0], length)
    nth, weekday = layer.place
    such = [day for day in range(1, length + 1) if date(on.year, on.month, day).weekday() == weekday]
    return on.day == such[nth - 1 if nth > 0 else nth]


def furthest_wall_times(zone: ZoneInfo, begins: datetime, minutes: int) -> Iterator[tuple[datetime, datetime]]:
    """Yield each minute of real time with the furthest that clocks in the zone have shown by then."""
    at = begins - 2 * DAY
    furthest = datetime.min  # noqa: DTZ901 - a wall clock has no zone
    while at < begins + minutes * MINUTE:
        furthest = max(furthest, at.astimezone(zone).replace(tzinfo=None))
        if at >= begins:
            yield at, furthest
        at += MINUTE


def as_instant(zone: ZoneInfo, wall: datetime) -> datetime:
    """Find the first real minute at which the furthest shown has reached the local time, by looking."""
    at = wall.replace(tzinfo=UTC) - timedelta(hours=16)
    while at.astimezone(zone).replace(tzinfo=None) < wall:
        at += MINUTE
    return at
