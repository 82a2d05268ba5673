"""Writes shifts as an iCalendar document (RFC 5545) that calendar programs can subscribe to.

What is shown and when it changed is decided elsewhere.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.feeds.events import Event, Subject, SubjectKind, zone_span
from app.feeds.zones import described
from oncall import Roster

REFRESH = timedelta(hours=1)
# SEQUENCE is a 32-bit number: seconds since this instant fit until 2088.
_SEQUENCE_FROM = datetime(2020, 1, 1, tzinfo=UTC)


def calendar(subject: Subject, events: Sequence[Event], stamps: Mapping[str, datetime], roster: Roster) -> bytes:
    """Return the document. The same arguments give the same bytes."""
    # Slow to import, and a desk without subscribers does without.
    from icalendar import Calendar, vDuration  # noqa: PLC0415

    made = Calendar()
    made.add("PRODID", "-//OffSite//On call//EN")
    made.add("VERSION", "2.0")
    made.add("CALSCALE", "GREGORIAN")
    for name in ("NAME", "X-WR-CALNAME"):
        made.add(name, f"On call: {_title(subject, roster)}")
    made.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    made["X-PUBLISHED-TTL"] = vDuration(REFRESH)
    zones = {event.shift.schedule: roster.schedules[event.shift.schedule].zone for event in events}
    if events:
        starts_at, ends_at = zone_span(list(events))
        for zone in sorted(set(zones.values()), key=lambda each: each.key):
            made.add_component(described(zone, starts_at=starts_at, ends_at=ends_at))
    for event in events:
        made.add_component(_event(event, subject, zones[event.shift.schedule], stamps[event.uid]))
    return bytes(made.to_ical())


def _event(event: Event, subject: Subject, zone: ZoneInfo, changed_at: datetime) -> Any:  # noqa: ANN401 (icalendar's)
    from icalendar import Event as Component  # noqa: PLC0415 (as above)

    shift, made = event.shift, Component()
    who = f"{shift.person}, " if subject.kind is SubjectKind.SCHEDULE else ""
    made.add("UID", event.uid)
    # A document without METHOD: this is when the event last changed (RFC 5545, 3.8.7.2).
    made.add("DTSTAMP", changed_at)
    made.add("LAST-MODIFIED", changed_at)
    made.add("SEQUENCE", int((changed_at - _SEQUENCE_FROM).total_seconds()))
    made.add("DTSTART", _local(shift.starts_at, zone))
    made.add("DTEND", _local(shift.ends_at, zone))
    made.add("SUMMARY", f"On call: {who}{event.part}")
    made.add("DESCRIPTION", event.because)
    made.add("CLASS", "PRIVATE")
    # A week on call must not make a person look busy all week.
    made.add("TRANSP", "TRANSPARENT")
    made.add("CATEGORIES", ["On call"])
    return made


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    """Return an instant in local time, or in UTC where local time would say another instant.

    A local time that comes twice means the first of the two in iCalendar (RFC 5545, 3.3.5), and so does it to
    calendar programs; the second can only be written in UTC.
    """
    local = at.astimezone(zone)
    return at.astimezone(UTC) if local.fold else local


def _title(subject: Subject, roster: Roster) -> str:
    schedule = roster.schedules.get(subject.name) if subject.kind is SubjectKind.SCHEDULE else None
    return schedule.title if schedule else subject.name
