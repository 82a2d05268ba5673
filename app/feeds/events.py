"""Which shifts a feed shows, and what identifies each of them over time. It knows no iCalendar."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import NAMESPACE_DNS, uuid5

from oncall import Override, Roster, Schedule, Shift

_NAMESPACE = uuid5(NAMESPACE_DNS, "on-call.offsiteinc.co")
_FEED = "feed"
MONTHS_BACK = 6
MONTHS_AHEAD = 13


class SubjectKind(StrEnum):
    """What a feed can be about."""

    PERSON = "person"
    SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose shifts a feed shows: those of a person in all schedules, or all those of a schedule."""

    kind: SubjectKind
    name: str

    @property
    def token_name(self) -> str:
        """The name of the feed's token, such as feed:person:Jamison White."""
        return f"{_FEED}:{self.kind}:{self.name}"

    def token_name_of(self, holder: str) -> str:
        """The name of the token by which somebody reads a schedule, such as feed:schedule:on-call:Jamison White."""
        return f"{self.token_name}:{holder}" if holder else self.token_name

    @classmethod
    def of_token(cls, name: str) -> "Subject | None":
        """Return the subject a token is named after; None when it is no feed's."""
        token, _, rest = name.partition(":")
        kind, _, subject = rest.partition(":")
        if token != _FEED or kind not in set(SubjectKind):
            return None
        # No colon is in the name of a schedule; what follows one is whose address it is.
        known_as = subject.partition(":")[0] if kind == SubjectKind.SCHEDULE else subject
        return cls(SubjectKind(kind), known_as)


@dataclass(frozen=True, slots=True)
class Window:
    """The span (UTC, half-open) whose shifts are shown."""

    starts_at: datetime
    ends_at: datetime


def months_around(at: datetime) -> Window:
    """Return the window at an instant: half a year back and a year ahead, at least.

    It moves on with the months and not with the hours, so that a feed in which nothing happened stays the same.
    """
    month = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return Window(_shifted(month, -MONTHS_BACK), _shifted(month, MONTHS_AHEAD))


def _shifted(month: datetime, months: int) -> datetime:
    number = month.year * 12 + month.month - 1 + months
    return month.replace(year=number // 12, month=number % 12 + 1)


@dataclass(frozen=True, slots=True)
class Event:
    """A shift in a feed.

    `uid` stays while the shift is that of the same person from the same instant on in the same schedule; whatever
    else may change about it is in `content`.
    """

    uid: str
    shift: Shift
    part: str
    because: str
    subjects: tuple[Subject, Subject]

    @property
    def content(self) -> str:
        """All that is shown of the event besides what its `uid` stands for, as text to compare."""
        return f"{self.shift.ends_at.isoformat()}\n{self.part}\n{self.because}"


def events_of(roster: Roster, window: Window, *, quick: tuple[Override, ...] = ()) -> tuple[Event, ...]:
    """Return every shift of every schedule in the window, in order of time, each whole and once.

    `quick` are overrides made outside the configuration.
    """
    events: dict[str, Event] = {}
    for schedule in roster.schedules.values():
        part = _part(schedule, roster)
        for shift in roster.shifts(schedule.name, after=window.starts_at, until=window.ends_at, quick=quick):
            event = _event(shift, part)
            events.setdefault(event.uid, event)
    return tuple(sorted(events.values(), key=lambda event: (event.shift.starts_at, event.uid)))


def _event(shift: Shift, part: str) -> Event:
    identity = f"{shift.schedule}\n{shift.person}\n{shift.starts_at.isoformat()}"
    subjects = (Subject(SubjectKind.PERSON, shift.person), Subject(SubjectKind.SCHEDULE, shift.schedule))
    # Without the line it was written on: an edit above that line is no news to anybody's calendar.
    because = shift.because.replace(f" ({shift.source})", "")
    return Event(str(uuid5(_NAMESPACE, identity)), shift, part, because, subjects)


def _part(schedule: Schedule, roster: Roster) -> str:
    """Return the schedule as people know it, and whether it is a first duty or the backup of one."""
    if schedule.never_same_as is not None:
        return f"{schedule.title} (backup)"
    has_backup = any(each.never_same_as is schedule for each in roster.schedules.values())
    return f"{schedule.title} (primary)" if has_backup else schedule.title


def zone_span(events: list[Event]) -> tuple[datetime, datetime]:
    """Return instants well before and well after all the events: time zones are told for what lies between."""
    starts = min(event.shift.starts_at for event in events)
    ends = max(event.shift.ends_at for event in events)
    return starts - timedelta(days=400), ends + timedelta(days=400)
