"""Who is on call: now and next in every schedule, and a schedule as a timeline, a week or a month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import EVERY_ROLE
from app.duty_changes import Who, may_end
from app.services import Services
from app.store import QuickOverride
from app.web.desk.doors import Page
from app.web.desk.duty_calendar import Laid, Part, laid_out, parts_of, tones_of
from app.web.desk.duty_forms import who_is_here
from app.web.desk.duty_periods import VIEWS, Period, period_of
from app.web.desk.look import zone_of
from oncall import Coverage, Override, OverrideKind, Roster, Shift

_WEEK = 7


def pages(services: Services) -> tuple[Page, ...]:
    """The calendar of duty."""
    return (Page(rule="/oncall", name="oncall", view=_Duty(services).show, roles=EVERY_ROLE),)


@dataclass(frozen=True, slots=True)
class Now:
    """Who is on call in a schedule, who is next, and whether that is the reader."""

    schedule: str
    title: str
    coverage: Coverage
    following: Shift | None
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Overrides made together that are in force or to come, and whether the reader may end them."""

    overrides: tuple[QuickOverride, ...]
    may_end: bool

    @property
    def first(self) -> QuickOverride:
        return self.overrides[0]


@dataclass(frozen=True, slots=True)
class Day:
    """One date of the calendar: what falls on it, in each lane that is shown."""

    on: date
    is_within: bool
    parts: tuple[tuple[Part, ...], ...]


@dataclass(frozen=True, slots=True)
class _Duty:
    """The page over these services."""

    services: Services

    def show(self) -> ResponseReturnValue:
        roster, at = self.services.config.current().roster, self.services.clock.now()
        who = who_is_here(self.services)
        period = period_of(request.args, roster.schedules, at=at, zone=zone_of(self.services))
        # Whatever was in force since the beginning of what is drawn still shows in it.
        recent = self.services.store.overrides.recent(at=min(at, period.starts_at + timedelta(days=1)))
        quick = tuple(each.as_override() for each in recent)
        laid = laid_out(roster, period, quick, at=at)
        return render_template(
            "oncall.html",
            now=now_of(roster, quick, at=at, person=who.person),
            period=period,
            views=[(title, period.shown_as(view).address, view == period.view) for view, title in VIEWS],
            pickers=[
                (each.title, period.of(name).address, name == period.schedule)
                for name, each in roster.schedules.items()
            ],
            schedules=roster.schedules,
            laid=laid,
            weeks=_weeks(laid, period),
            standing=standing_of(recent, who, at=at, schedule=period.schedule),
            who=who,
            tones=tones_of(roster),
        )


def now_of(roster: Roster, quick: tuple[Override, ...], *, at: datetime, person: str | None) -> list[Now]:
    """Who is on call in each schedule; `person` is the reader."""
    found = []
    for name, schedule in roster.schedules.items():
        coverage = roster.who_is_on(name, at=at, quick=quick)
        is_mine = person in {duty.person for duty in coverage.people}
        found.append(Now(name, schedule.title, coverage, roster.who_is_next(name, at=at, quick=quick), is_mine))
    return found


def standing_of(
    recent: Sequence[QuickOverride], who: Who, *, at: datetime, schedule: str | None = None
) -> tuple[Standing, ...]:
    """What people have changed and is not over, those made together as one, the one that begins first first."""
    groups: dict[tuple[object, ...], list[QuickOverride]] = {}
    for each in recent:
        if each.withdrawn_at is None and each.ends_at > at:
            groups.setdefault((each.author, each.created_at, each.reason), []).append(each)
    wanted = [each for each in groups.values() if schedule is None or schedule in {one.schedule for one in each}]
    shown = [Standing(tuple(_told(group)), may_end(group, who)) for group in wanted]
    return tuple(sorted(shown, key=lambda one: one.first.starts_at))


def _told(group: list[QuickOverride]) -> list[QuickOverride]:
    """Time off stands in every schedule: it is told once, and after it who stands in."""
    off = [each for each in group if each.kind is OverrideKind.REMOVE]
    return off[:1] + [each for each in group if each.kind is not OverrideKind.REMOVE]


def _weeks(laid: Laid, period: Period) -> list[list[Day]]:
    """The dates of a period in rows of seven; a month shows the final schedule, a week all lanes."""
    if period.view == "timeline":
        return []
    lanes = laid.lanes if period.view == "week" else (laid.final,)
    days = [Day(on, period.is_within(on), tuple(parts_of(lane, on, period) for lane in lanes)) for on in period.days()]
    return [days[first : first + _WEEK] for first in range(0, len(days), _WEEK)]
