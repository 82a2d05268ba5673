"""What forms about duty say: who sends them, and instants as clocks at the desk show them."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from app.accounts import OVERSEERS
from app.duty_changes import DutyChanges, Handing, Leave, Turn, Verdict, Who
from app.services import Services
from app.web.desk.doors import visitor
from app.web.desk.given_dates import YEARS
from oncall import instant

_STAND_IN: Final = "for-"
_LONGEST: Final = 120
_UNREADABLE: Final = "Say from when and until when as a date and a time."
_NOT_WITHIN: Final = "That part is not within the turn."


def who_is_here(services: Services) -> Who:
    """The visitor as the use case of duty takes them: somebody on the staff list if their account has that name."""
    mine = visitor()
    people = services.config.current().roster.people
    return Who(name=mine.name, person=mine.name if mine.name in people else None, oversees=mine.role in OVERSEERS)


def duty_of_visitor(services: Services) -> DutyChanges:
    """What the visitor can do to duty."""
    return DutyChanges(services, who_is_here(services))


def instant_in(text: str, zone: ZoneInfo) -> datetime | None:
    """The instant (UTC) that such a field means; None when it is empty or unreadable.

    An hour that comes twice means the first one, one that is skipped the moment after it.
    """
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        return None
    if wall.tzinfo is not None or wall.year not in YEARS:
        return None
    return instant(wall.date(), wall.time().replace(second=0, microsecond=0), zone=zone)


def handing_in(form: Mapping[str, str], zone: ZoneInfo) -> Handing | None:
    """Who takes over from whom; None while the form is not filled in."""
    ends_at, starts_at = instant_in(form.get("until", ""), zone), instant_in(form.get("from", ""), zone)
    person, schedule = form.get("person", "")[:_LONGEST], form.get("schedule", "")[:_LONGEST]
    if ends_at is None or not person or not schedule or (form.get("from") and starts_at is None):
        return None
    return Handing(
        schedule=schedule,
        person=person,
        instead_of=form.get("instead_of", "")[:_LONGEST] or None,
        starts_at=starts_at,
        ends_at=ends_at,
    )


def leave_in(form: Mapping[str, str], zone: ZoneInfo) -> Leave | None:
    """Who is away and who stands in; None while the form is not filled in."""
    ends_at, starts_at = instant_in(form.get("until", ""), zone), instant_in(form.get("from", ""), zone)
    person = form.get("person", "")[:_LONGEST]
    if ends_at is None or not person or (form.get("from") and starts_at is None):
        return None
    named = {key.removeprefix(_STAND_IN): value for key, value in form.items() if key.startswith(_STAND_IN) and value}
    return Leave(person=person, starts_at=starts_at, ends_at=ends_at, stand_ins=named)


def as_choice(turn: Turn) -> str:
    """A turn as the value of a choice."""
    return f"{turn.schedule} {turn.starts_at:%Y%m%dT%H%M%S} {turn.ends_at:%Y%m%dT%H%M%S}"


def turn_in(text: str) -> Turn | None:
    """The turn that such a value means; None for anything else."""
    schedule, _, span = text[:_LONGEST].partition(" ")
    try:
        starts_at, ends_at = (datetime.strptime(f"{each}+0000", "%Y%m%dT%H%M%S%z") for each in span.split(" "))
    except ValueError:
        return None
    return Turn(schedule=schedule, starts_at=starts_at, ends_at=ends_at)


def part_in(form: Mapping[str, str], name: str, zone: ZoneInfo) -> tuple[Turn | None, str]:
    """The turn that such a choice means, or the part of it that stands beside it; and what is wrong with that part."""
    turn = turn_in(form.get(name, ""))
    texts = form.get(f"{name}_from", ""), form.get(f"{name}_until", "")
    starts_at, ends_at = (instant_in(text, zone) for text in texts)
    if turn is None:
        return None, ""
    if (texts[0] and starts_at is None) or (texts[1] and ends_at is None):
        return None, _UNREADABLE
    part = turn.part(starts_at=starts_at, ends_at=ends_at)
    return part, "" if part else _NOT_WITHIN


def seen(verdict: Verdict, *, at: datetime) -> str:
    """What a reader was shown, as a mark to compare; what begins at once begins whenever they are ready."""
    shown = [
        (each.schedule, each.starts_at if each.starts_at > at else None, each.ends_at, each.before, each.after)
        for each in verdict.changes
    ]
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]
