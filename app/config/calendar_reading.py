"""What an iCalendar file says about when somebody is away: its events as spans of time, and those it cannot read.

It keeps nothing of what an event is about: titles, places and guests of somebody's own calendar are not ours to know.
Rules of RFC 5545; https://www.rfc-editor.org/rfc/rfc5545
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from oncall import day_starts_at, instant

MAX_EVENTS = 2000
MAX_SPANS = 5000
_BEGINS = b"BEGIN:VEVENT"
# No rota is read further, and a rule without end has to stop somewhere.
_FIRST, _LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2051, 1, 1, tzinfo=UTC)
_TELLING = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
_KEPT = ("UID", *_TELLING, "TRANSP", "STATUS", "X-MICROSOFT-CDO-BUSYSTATUS")
_OWN_ZONE = "X-WR-TIMEZONE"
_NOT_AWAY = {"TRANSP": {"TRANSPARENT"}, "STATUS": {"CANCELLED"}}
_BUSY = "X-MICROSOFT-CDO-BUSYSTATUS"  # [MS-OXCICAL] 2.1.3.1.1.20.31
_NOT_BUSY = {"FREE", "WORKINGELSEWHERE"}
_FREQUENCIES = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)


class NotACalendar(ValueError):  # noqa: N818 (reads as what it says)
    """A file of which nothing can be used, in words for whoever put it there."""


@dataclass(frozen=True, slots=True)
class Away:
    """A span (UTC, half-open) in which somebody is away, and the line its event begins on."""

    starts_at: datetime
    ends_at: datetime
    line: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An event that does not count, the line it begins on, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a calendar says: spans in order of time, those that meet made one, and events left out."""

    away: tuple[Away, ...]
    left_out: tuple[LeftOut, ...]


def read_calendar(data: bytes, *, zone: ZoneInfo) -> Reading:
    """Return when the calendar's owner is away, from 2020 to 2050. Raises NotACalendar.

    Whole days and times without a zone are local to `zone`. Events shown as free, and cancelled ones, do not
    count. One that cannot be read is left out, the others count.
    """
    calendar = _parsed(data)
    away: list[Away] = []
    left_out: list[LeftOut] = []
    for series in _by_series(_events(calendar, data)):
        line = series[0][0]
        try:
            away.extend(_spans(series, zone, own_zone=calendar.get(_OWN_ZONE)))
        except _UNREADABLE as fault:
            left_out.append(LeftOut(line, str(fault) or type(fault).__name__))
        if len(away) > MAX_SPANS:
            raise NotACalendar(f"has more than {MAX_SPANS} times away: export only the days off")
    return Reading(_joined(away), tuple(left_out))


def reduced(data: bytes) -> bytes:
    """Return the calendar with only what says when somebody is away, in an order of its own. Raises NotACalendar.

    The same days give the same bytes, whatever stamps the program that exports them puts in each time.
    """
    from icalendar import Calendar, Event  # noqa: PLC0415 (as in _parsed)

    calendar, made = _parsed(data), Calendar()
    made["PRODID"], made["VERSION"] = "-//OffSite//Time off//EN", "2.0"
    if _OWN_ZONE in calendar:
        made[_OWN_ZONE] = calendar[_OWN_ZONE]
    for zone in calendar.walk("VTIMEZONE"):
        made.add_component(zone)
    events = []
    for _, event in _events(calendar, data):
        kept = Event()
        for name in _KEPT:
            if name in event:
                kept[name] = event[name]
        # Required by the standard, and of no meaning here: a real one would differ each time.
        kept.add("DTSTAMP", _FIRST)
        if _readable(event):
            events.append(kept)
    for event in sorted(events, key=lambda each: each.to_ical()):
        made.add_component(event)
    return bytes(made.to_ical())


_Event = tuple[int, Any]  # the line it begins on, and icalendar's component


def _parsed(data: bytes) -> Any:  # noqa: ANN401 (icalendar's component)
    # Slow to import, and only needed where somebody keeps a calendar.
    from icalendar import Calendar  # noqa: PLC0415

    try:
        found = Calendar.from_ical(data)
    except _UNREADABLE as fault:
        raise NotACalendar("is no iCalendar file: export it again from the calendar program") from fault
    if found.name != "VCALENDAR":
        raise NotACalendar("is no iCalendar file: it must begin with BEGIN:VCALENDAR")
    return found


def _events(calendar: Any, data: bytes) -> list[_Event]:  # noqa: ANN401 (icalendar's component)
    components = calendar.walk("VEVENT")
    if len(components) > MAX_EVENTS:
        raise NotACalendar(f"has {len(components)} events, more than {MAX_EVENTS}: export only the days off")
    lines = [number for number, line in enumerate(data.splitlines(), 1) if line.strip().upper() == _BEGINS]
    if len(lines) != len(components):
        lines = [1] * len(components)
    return list(zip(lines, components, strict=True))


def _by_series(events: Iterable[_Event]) -> list[list[_Event]]:
    """Group an event that recurs with the changes to single times of it; without a UID it stands alone."""
    series: dict[str, list[_Event]] = {}
    for line, event in events:
        series.setdefault(str(event.get("UID") or f"line {line}"), []).append((line, event))
    return list(series.values())


def _spans(series: Sequence[_Event], zone: ZoneInfo, *, own_zone: Any) -> Iterator[Away]:  # noqa: ANN401 (as in _parsed)
    import recurring_ical_events  # noqa: PLC0415 (as in _parsed)
    from icalendar import Calendar  # noqa: PLC0415

    alone = Calendar()
    if own_zone is not None:
        # Some programs write all times in UTC and name here the zone in which an event recurs.
        alone[_OWN_ZONE] = own_zone
    for _, event in series:
        _refuse_unreadable(event)
        alone.add_component(event)
    for each in recurring_ical_events.of(alone, components=["VEVENT"]).between(_FIRST, _LAST):
        if not _is_away(each):
            continue
        starts_at, ends_at = _instant(each.start, zone), _instant(each.end, zone)
        if starts_at < ends_at:
            yield Away(starts_at, ends_at, series[0][0])


def _readable(event: Any) -> bool:  # noqa: ANN401 (icalendar's component)
    try:
        _refuse_unreadable(event)
    except ValueError:
        return False
    return True


def _refuse_unreadable(event: Any) -> None:  # noqa: ANN401 (icalendar's component)
    """Raise ValueError for an event whose times are not to be trusted, or would take for ever to work out."""
    for name, _reason in event.errors:
        if name in _TELLING:
            raise ValueError(f"its {name} cannot be read")
    if "DTSTART" not in event:
        raise ValueError("it has no DTSTART")
    starts = event["DTSTART"]
    named = starts.params.get("TZID")
    if named and isinstance(starts.dt, datetime) and starts.dt.tzinfo is None:
        raise ValueError(f"its time zone {named} is not known")
    if "DTEND" in event and _comparable(event["DTEND"].dt) < _comparable(starts.dt):
        raise ValueError("it ends before it starts")
    _refuse_endless(event)


def _refuse_endless(event: Any) -> None:  # noqa: ANN401 (icalendar's component)
    found = event.get("RRULE", [])
    for rule in found if isinstance(found, list) else [found]:
        often = {str(each) for each in rule.get("FREQ", [])}
        if not often <= _FREQUENCIES or any(len(rule.get(part, [])) > 1 for part in ("BYHOUR", "BYMINUTE", "BYSECOND")):
            raise ValueError("it recurs more often than once a day")
        if often & {"DAILY", "WEEKLY"} and any(part in rule for part in ("BYMONTHDAY", "BYYEARDAY")):
            raise ValueError("it recurs by a rule that may never come true")


def _comparable(value: date) -> datetime:
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _is_away(event: Any) -> bool:  # noqa: ANN401 (icalendar's component)
    if any(str(event.get(name, "")).upper() in values for name, values in _NOT_AWAY.items()):
        return False
    return str(event.get(_BUSY, "")).upper() not in _NOT_BUSY


def _instant(value: date, zone: ZoneInfo) -> datetime:
    if not isinstance(value, datetime):
        return day_starts_at(value, zone=zone)
    if value.tzinfo is None:
        return instant(value.date(), value.time(), zone=zone)
    return value.astimezone(UTC)


def _joined(spans: Iterable[Away]) -> tuple[Away, ...]:
    joined: list[Away] = []
    for each in sorted(spans, key=lambda span: (span.starts_at, span.ends_at)):
        last = joined[-1] if joined else None
        if last is not None and each.starts_at <= last.ends_at:
            joined[-1] = Away(last.starts_at, max(last.ends_at, each.ends_at), last.line)
        else:
            joined.append(each)
    return tuple(joined)
