"""The visitor's own duty: their next shifts and hours, what changed about them, and the addresses of calendars."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPMethod
from typing import Final

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import EVERY_ROLE
from app.duty_changes import Swapping, is_open
from app.services import Services
from app.web.desk.doors import Page
from app.web.desk.duty import now_of, standing_of
from app.web.desk.duty_feeds import Addresses
from app.web.desk.duty_forms import duty_of_visitor, who_is_here
from app.web.desk.notices import back_to
from oncall import Override, Roster, Shift

HERE: Final = "/desk/oncall/mine"
DAYS: Final = (14, 30, 90)
_USUAL: Final = 30


def pages(services: Services) -> tuple[Page, ...]:
    """My shifts, and the addresses of my calendars."""
    mine = _Mine(services)
    return (
        Page(rule="/oncall/mine", name="my_duty", view=mine.show, roles=EVERY_ROLE),
        Page(rule="/oncall/feed", name="duty_feed", view=mine.feed, roles=EVERY_ROLE, method=HTTPMethod.POST),
    )


@dataclass(frozen=True, slots=True)
class _Mine:
    """Each page by its name."""

    services: Services

    def show(self, *, address: str = "", of: str = "") -> str:
        who, at = who_is_here(self.services), self.services.clock.now()
        days = next((each for each in DAYS if str(each) == request.args.get("days")), _USUAL)
        recent = self.services.store.overrides.recent(at=at)
        quick = tuple(each.as_override() for each in recent)
        roster = self.services.config.current().roster
        shifts = shifts_of(roster, who.person, quick, after=at, until=at + timedelta(days=days))
        standing = [
            each
            for each in standing_of(recent, who, at=at)
            if any(who.person in {one.person, one.instead_of} for one in each.overrides)
        ]
        swaps = [each for each in Swapping(duty_of_visitor(self.services)).recent() if is_open(each, at=at)]
        return render_template(
            "oncall_mine.html",
            who=who,
            days=days,
            choices=[(f"{each} days", f"{HERE}?days={each}", each == days) for each in DAYS],
            shifts=shifts,
            hours=hours_of(shifts, after=at, until=at + timedelta(days=days)),
            now=now_of(roster, quick, at=at, person=who.person),
            standing=standing,
            waiting=[each for each in swaps if each.asked == who.person],
            schedules=roster.schedules,
            calendars=Addresses(self.services).offered(),
            address=address,
            of=of,
        )

    def feed(self) -> ResponseReturnValue:
        """Makes a new address of a calendar and ends the one there was; or only ends it."""
        addresses, schedule = Addresses(self.services), request.form.get("schedule", "")
        if not addresses.is_offered(schedule):
            return back_to(HERE, "nothing")
        if request.form.get("deed") == "end":
            addresses.end(schedule)
            return back_to(HERE, "feed_ended")
        return self.show(address=addresses.renew(schedule), of=schedule)


def shifts_of(
    roster: Roster, person: str | None, quick: tuple[Override, ...], *, after: datetime, until: datetime
) -> tuple[Shift, ...]:
    """The shifts of a person that touch a span, each whole, in every schedule, in order of time."""
    found = [
        shift
        for name in roster.schedules
        for shift in roster.shifts(name, after=after, until=until, quick=quick)
        if shift.person == person
    ]
    return tuple(sorted(found, key=lambda each: (each.starts_at, each.schedule)))


def hours_of(shifts: tuple[Shift, ...], *, after: datetime, until: datetime) -> float:
    """Hours of shifts within a span, by elapsed time."""
    spans = (min(each.ends_at, until) - max(each.starts_at, after) for each in shifts)
    return sum(spans, timedelta()) / timedelta(hours=1)
