"""How things look on pages: instants in the desk's zone, spans, numbers, words. Lent to every template as `look`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, request

from app.accounts import EVERY_ROLE, OVERSEERS, Role, Visitor
from app.cdr.records import Ticket
from app.services import Services
from app.web.desk import assets, doors, forms
from app.web.desk.notices import taken_notice
from app.written import Dates
from oncall import local_date, local_time

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_NORTH_AMERICAN = 12
_WITHIN = re.compile(r"\+1(\d{3})(\d{3})(\d{4})\b")
THEMES = ("auto", "light", "dark")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the top of each page leads: who sees it there, and the key that, after g, goes there.

    `simulated`: it is there only while calls come from the simulator.
    """

    name: str
    title: str
    to: str
    roles: frozenset[Role]
    key: str
    simulated: bool = False


PLACES = (
    Place("board", "Board", "/desk/board", EVERY_ROLE, "b"),
    Place("calls", "Calls", "/desk/calls", OVERSEERS, "c"),
    Place("tickets", "Tickets", "/desk/tickets", EVERY_ROLE, "t"),
    Place("voicemail", "Voicemail", "/desk/voicemail", EVERY_ROLE, "v"),
    Place("oncall", "On call", "/desk/oncall", EVERY_ROLE, "o"),
    Place("reports", "Reports", "/desk/reports", OVERSEERS, "r"),
    Place("admin", "Admin", "/desk/admin", OVERSEERS, "a"),
    Place("phone", "Phone", "/desk/phone", EVERY_ROLE, "p", simulated=True),
)


@dataclass(frozen=True, slots=True)
class Due:
    """When something is due, in words, and whether that is over."""

    at: datetime
    words: str
    over: bool


@dataclass(frozen=True, slots=True)
class Look:
    """What templates ask for, on one page and at one moment."""

    services: Services
    at: datetime
    zone: ZoneInfo

    @property
    def visitor(self) -> Visitor | None:
        return doors.visitor_or_none()

    @property
    def theme(self) -> str:
        """What the reader chose; `auto` follows their device."""
        chosen = request.cookies.get("desk-theme", "")
        return chosen if chosen in THEMES else THEMES[0]

    @property
    def places(self) -> tuple[Place, ...]:
        """The places this visitor may go to."""
        visitor = self.visitor
        is_here = self.services.settings.simulated
        return tuple(
            place for place in PLACES if visitor and visitor.role in place.roles and (is_here or not place.simulated)
        )

    @property
    def token(self) -> str:
        """The token of this document's forms."""
        return forms.new_token(self.services)

    @property
    def notice(self) -> str:
        """What is to be said of what was just done; empty for nothing."""
        return taken_notice()

    def asset(self, name: str) -> str:
        """The address of a file pages are drawn with."""
        return assets.address_of(name)

    def may(self, *roles: str) -> bool:
        """Whether this visitor has one of these roles."""
        visitor = self.visitor
        return visitor is not None and visitor.role in roles

    def when(self, at: datetime) -> str:
        """An instant such as "Tue 1 Dec 10:00", without the date when it is today's."""
        today = local_date(self.at, zone=self.zone)
        dates = Dates(self.zone, today.year)
        # Seconds are for the timeline of a call.
        return dates.near(at.replace(second=0, microsecond=0), today=today)

    def day(self, at: datetime) -> str:
        """The date of an instant, such as "Tue 1 Dec"."""
        today = local_date(self.at, zone=self.zone)
        return Dates(self.zone, today.year).day(local_date(at, zone=self.zone))

    def moment(self, at: datetime) -> str:
        """An instant with its date, such as "Tue 1 Dec 10:00", today's too."""
        today = local_date(self.at, zone=self.zone)
        return Dates(self.zone, today.year).moment(at.replace(second=0, microsecond=0))

    def field(self, at: datetime) -> str:
        """An instant as a field for date and time holds it."""
        return f"{local_time(at, zone=self.zone):%Y-%m-%dT%H:%M}"

    def zone_name(self, at: datetime) -> str:
        """The name of the zone at an instant, such as "CST"."""
        return f"{local_time(at, zone=self.zone):%Z}"

    def clock(self, at: datetime) -> str:
        """The time of day to the second."""
        return f"{local_time(at, zone=self.zone):%H:%M:%S}"

    def utc(self, at: datetime) -> str:
        """The same in UTC, for those who hover."""
        return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"

    def iso(self, at: datetime) -> str:
        """The same for programs."""
        return at.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def ago(self, at: datetime) -> str:
        """How long ago it was."""
        return f"{spoken(self.at - at)} ago" if self.at - at >= timedelta(minutes=1) else "just now"

    def span(self, span: timedelta) -> str:
        """A span in its two largest units, such as "2 h 10 min"."""
        return spoken(span)

    def due(self, at: datetime) -> Due:
        """When something is due."""
        left = at - self.at
        over = left < timedelta(0)
        return Due(at, f"overdue by {spoken(-left)}" if over else f"in {spoken(left)}", over)

    def next_due(self, ticket: Ticket) -> Due | None:
        """What of a ticket is due first."""
        times = [at for at in (ticket.update_due_at, ticket.resolve_due_at) if at is not None]
        if not times or ticket.resolved_at is not None or ticket.closed_at is not None:
            return None
        return self.due(min(times))

    def seconds(self, seconds: float | None) -> str:
        """A span such as "1:34"; a dash for none."""
        return "–" if seconds is None else counted_out(int(seconds))  # noqa: RUF001 (a dash, as typographers set it)

    def number(self, number: str | None) -> str:
        """A phone number as people here write it."""
        if not number:
            return "withheld"
        if number.startswith("+1") and len(number) == _NORTH_AMERICAN:
            return f"{number[2:5]}-{number[5:8]}-{number[8:]}"
        return number

    def prose(self, text: str) -> str:
        """A sentence of the service, with phone numbers as people here write them."""
        return _WITHIN.sub(r"\1-\2-\3", text)

    def words(self, name: str) -> str:
        """A word of the record as it is read."""
        return name.replace("_", " ")

    def with_query(self, **changes: str | None) -> str:
        """The address of this page with other parameters; None takes one away."""
        kept: Mapping[str, str | None] = {**request.args.to_dict(), **changes}
        return address_with(request.path, kept)


def address_with(path: str, parameters: Mapping[str, str | None]) -> str:
    """An address with its query, without what is empty."""
    from urllib.parse import urlencode  # noqa: PLC0415 (one function of a large module)

    query = urlencode({name: value for name, value in parameters.items() if value})
    return f"{path}?{query}" if query else path


def spoken(span: timedelta) -> str:
    """A span in its two largest units, such as "2 h 10 min"."""
    seconds = int(span.total_seconds())
    if seconds < _MINUTE:
        return "less than a minute"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAY:
        minutes = seconds % _HOUR // _MINUTE
        return f"{seconds // _HOUR} h{f' {minutes} min' if minutes else ''}"
    hours = seconds % _DAY // _HOUR
    return f"{seconds // _DAY} d{f' {hours} h' if hours else ''}"


def counted_out(seconds: int) -> str:
    """A span as clocks count it, such as "1:34" or "1:02:05"."""
    minutes, rest = divmod(seconds, _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def zone_of(services: Services) -> ZoneInfo:
    """The zone of the desk's business hours; UTC where there are none."""
    hours = next(iter(services.config.current().roster.hours.values()), None)
    return ZoneInfo("UTC") if hours is None else hours.zone


def lend_look(blueprint: Blueprint, services: Services) -> None:
    """Lends `look` to every template of the desk."""

    @blueprint.context_processor
    def look() -> dict[str, object]:
        return {"look": Look(services, services.clock.now(), zone_of(services))}
