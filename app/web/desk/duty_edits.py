"""Forms that change who is on call: taken or handed over, time off, ended again. Each says first what it changes."""

from dataclasses import dataclass
from http import HTTPMethod, HTTPStatus
from typing import Final
from zoneinfo import ZoneInfo

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import EVERY_ROLE
from app.duty_changes import Handing, Leave, Verdict, hit_by, made_together
from app.services import Services
from app.web.desk import states
from app.web.desk.doors import Page
from app.web.desk.duty_forms import duty_of_visitor, handing_in, leave_in, seen, who_is_here
from app.web.desk.duty_mine import HERE as MINE
from app.web.desk.duty_periods import HERE
from app.web.desk.look import Look, address_with, zone_of
from app.web.desk.notices import back_to
from oncall import Roster, Shift

_UNFILLED: Final = "Say who, and until when. Dates and times are those of the desk."
_WAYS: Final = ("take", "give", "arrange")


def pages(services: Services) -> tuple[Page, ...]:
    """The forms of changes."""
    edits, post = _Edits(services), HTTPMethod.POST
    end = "/oncall/changes/<int:number>/end"
    return (
        Page(rule="/oncall/change", name="change_duty", view=edits.change, roles=EVERY_ROLE),
        Page(rule="/oncall/change", name="make_duty_change", view=edits.make_change, roles=EVERY_ROLE, method=post),
        Page(rule="/oncall/away", name="time_off", view=edits.away, roles=EVERY_ROLE),
        Page(rule="/oncall/away", name="make_time_off", view=edits.make_away, roles=EVERY_ROLE, method=post),
        Page(rule=end, name="end_duty_change", view=edits.end, roles=EVERY_ROLE),
        Page(rule=end, name="make_duty_end", view=edits.make_end, roles=EVERY_ROLE, method=post),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """What a form holds: as it was sent, or as it is first shown."""

    schedule: str = ""
    person: str = ""
    instead_of: str = ""
    starts: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class _Edits:
    """Each page by its name."""

    services: Services

    def change(self) -> ResponseReturnValue:
        return self._change_form(self._first_form(), way=self._way(request.args.get("do", "")))

    def make_change(self) -> ResponseReturnValue:
        wanted, way = handing_in(request.form, self._zone), self._way(request.form.get("do", ""))
        form = _sent()
        if wanted is None:
            return self._change_form(form, way=way, verdict=Verdict(refusals=(_UNFILLED,))), _WRONG
        verdict, is_done = self._looked_or_done(wanted)
        if is_done:
            return back_to(_calendar(wanted.schedule), "duty_changed")
        return self._change_form(form, way=way, verdict=verdict), _status(verdict)

    def away(self) -> ResponseReturnValue:
        who = who_is_here(self.services)
        given = request.args
        person = given.get("person") if who.oversees else None
        form = _Form(person=person or who.person or "", starts=given.get("from", ""), until=given.get("until", ""))
        return self._away_form(form)

    def make_away(self) -> ResponseReturnValue:
        wanted, form = leave_in(request.form, self._zone), _sent()
        if wanted is None:
            return self._away_form(form, verdict=Verdict(refusals=(_UNFILLED,))), _WRONG
        verdict, is_done = self._looked_or_done(wanted)
        if is_done:
            is_own = wanted.person == who_is_here(self.services).person
            return back_to(MINE if is_own else HERE, "time_off_noted")
        return self._away_form(form, verdict=verdict, wanted=wanted), _status(verdict)

    def end(self, number: int) -> ResponseReturnValue:
        verdict = duty_of_visitor(self.services).look_at_cancelling(number)
        return states.not_found("change, or it is over") if verdict is None else self._end_form(number, verdict)

    def make_end(self, number: int) -> ResponseReturnValue:
        verdict = duty_of_visitor(self.services).cancel(number)
        if verdict is None:
            return states.not_found("change, or it is over")
        if verdict.refusals:
            return self._end_form(number, verdict), HTTPStatus.CONFLICT
        return back_to(HERE, "duty_ended")

    def _looked_or_done(self, wanted: Handing | Leave) -> tuple[Verdict, bool]:
        """What it changes, and whether it was done: only what the reader has been shown is done."""
        duty = duty_of_visitor(self.services)
        verdict = duty.look(wanted)
        mark = seen(verdict, at=self.services.clock.now())
        if verdict.refusals or request.form.get("seen") != mark:
            return verdict, False
        made = duty.make(wanted)
        return made, not made.refusals

    def _first_form(self) -> _Form:
        """What is nearly always meant: until the one who is on call now goes off."""
        given, roster, at = request.args, self._roster, self.services.clock.now()
        who, way = who_is_here(self.services), self._way(request.args.get("do", ""))
        schedule = given.get("schedule", "")
        schedule = schedule if schedule in roster.schedules else next(iter(roster.schedules))
        quick = self.services.store.overrides.quick(at=at)
        on = roster.who_is_on(schedule, at=at, quick=quick)
        until = given.get("until") or (Look(self.services, at, self._zone).field(on.until) if on.until else "")
        present = next((duty.person for duty in on.people if duty.person != who.person), "")
        return _Form(
            schedule=schedule,
            person=(who.person or "") if way == "take" else given.get("person", ""),
            instead_of=(who.person or "") if way == "give" else given.get("instead_of", present),
            starts=given.get("from", ""),
            until=until,
        )

    def _change_form(self, form: _Form, *, way: str, verdict: Verdict | None = None) -> str:
        mark = seen(verdict, at=self.services.clock.now()) if verdict else ""
        who = who_is_here(self.services)
        return render_template(
            "oncall_change.html", form=form, way=way, verdict=verdict, mark=mark, who=who, **self._lists()
        )

    def _away_form(self, form: _Form, *, verdict: Verdict | None = None, wanted: Leave | None = None) -> str:
        mark = seen(verdict, at=self.services.clock.now()) if verdict else ""
        hits = self._hits(wanted) if wanted else {}
        chosen = dict(wanted.stand_ins) if wanted else {}
        who = who_is_here(self.services)
        return render_template(
            "oncall_away.html",
            form=form,
            verdict=verdict,
            mark=mark,
            who=who,
            hits=hits,
            chosen=chosen,
            off=self._time_off(form.person),
            **self._lists(),
        )

    def _hits(self, wanted: Leave) -> dict[str, tuple[Shift, ...]]:
        """The shifts that the time off touches, by schedule."""
        guard = duty_of_visitor(self.services).guard(self.services.store.overrides.recent(at=self.services.clock.now()))
        found = {name: hit_by(guard, wanted, name) for name in self._roster.schedules}
        return {name: shifts for name, shifts in found.items() if shifts}

    def _time_off(self, person: str) -> list[object]:
        at = self.services.clock.now()
        off = {
            (each.starts_at, each.ends_at, each.reason): each
            for schedule in self._roster.schedules.values()
            for each in schedule.time_off
            if each.person == person and each.ends_at > at
        }
        return [off[key] for key in sorted(off)]

    def _end_form(self, number: int, verdict: Verdict) -> str:
        at = self.services.clock.now()
        together = made_together(self.services.store.overrides.recent(at=at), number, at=at)
        return render_template("oncall_end.html", number=number, verdict=verdict, together=together, **self._lists())

    def _lists(self) -> dict[str, object]:
        return {"schedules": self._roster.schedules, "people": list(self._roster.people)}

    def _way(self, text: str) -> str:
        """Staff take or give; only who oversees, or is nobody on the staff list, sees the whole form."""
        who = who_is_here(self.services)
        if text in _WAYS[:2] and who.person is not None:
            return text
        return "arrange" if who.oversees or who.person is None else "take"

    @property
    def _roster(self) -> Roster:
        return self.services.config.current().roster

    @property
    def _zone(self) -> ZoneInfo:
        return zone_of(self.services)


_WRONG: Final = HTTPStatus.UNPROCESSABLE_ENTITY


def _status(verdict: Verdict) -> HTTPStatus:
    return _WRONG if verdict.refusals else HTTPStatus.OK


def _calendar(schedule: str) -> str:
    return address_with(HERE, {"schedule": schedule})


def _sent() -> _Form:
    form = request.form
    return _Form(
        schedule=form.get("schedule", ""),
        person=form.get("person", ""),
        instead_of=form.get("instead_of", ""),
        starts=form.get("from", ""),
        until=form.get("until", ""),
    )
