"""Swaps at the desk: those I am asked for, those I asked for, and asking for one."""

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPMethod, HTTPStatus
from typing import Final

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import EVERY_ROLE
from app.duty_changes import Asking, Swapping, Turn, Verdict, Who
from app.services import Services
from app.store import Swap, SwapOutcome
from app.web.desk import states
from app.web.desk.doors import Page
from app.web.desk.duty_forms import as_choice, duty_of_visitor, turn_in, who_is_here
from app.web.desk.duty_mine import shifts_of
from app.web.desk.notices import back_to
from oncall import Override

HERE: Final = "/desk/oncall/swaps"
_AHEAD: Final = timedelta(days=90)
_LONGEST: Final = 120
_NOTICES: Final = {
    SwapOutcome.ACCEPTED: "swap_accepted",
    SwapOutcome.DECLINED: "swap_declined",
    SwapOutcome.WITHDRAWN: "swap_withdrawn",
}


def pages(services: Services) -> tuple[Page, ...]:
    """The list of swaps, asking, and answering."""
    swaps, post = _Swaps(services), HTTPMethod.POST
    one = "/oncall/swaps/<int:number>"
    return (
        Page(rule="/oncall/swaps", name="swaps", view=swaps.show, roles=EVERY_ROLE),
        Page(rule="/oncall/swaps", name="ask_swap", view=swaps.ask, roles=EVERY_ROLE, method=post),
        Page(rule=one, name="answer_swap", view=swaps.answer, roles=EVERY_ROLE, method=post),
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """A swap, what accepting it would change while it is open, and what the reader may do to it."""

    swap: Swap
    verdict: Verdict | None
    may_accept: bool
    may_withdraw: bool


@dataclass(frozen=True, slots=True)
class _Swaps:
    """Each page by its name."""

    services: Services

    def show(self, refusals: tuple[str, ...] = ()) -> str:
        who, roster = who_is_here(self.services), self.services.config.current().roster
        swapping = Swapping(duty_of_visitor(self.services))
        swaps = [each for each in swapping.recent() if who.oversees or who.person in {each.asker, each.asked}]
        verdicts = swapping.look(swaps)
        mine = [_shown(each, verdicts.get(each.id), who) for each in swaps]
        quick = self.services.store.overrides.quick(at=self.services.clock.now())
        others = [name for name in roster.people if name != who.person]
        return render_template(
            "oncall_swaps.html",
            who=who,
            open_swaps=[each for each in mine if each.verdict],
            past=[each for each in mine if not each.verdict],
            turns=self._turns(who.person, quick),
            others={name: self._turns(name, quick) for name in others},
            chosen=request.values.get("turn", ""),
            asked=request.form.get("asked", ""),
            back=request.form.get("in_return", ""),
            schedules=roster.schedules,
            refusals=refusals,
        )

    def ask(self) -> ResponseReturnValue:
        turn, back = turn_in(request.form.get("turn", "")), turn_in(request.form.get("in_return", ""))
        asked = request.form.get("asked", "")[:_LONGEST]
        if turn is None or not asked:
            return self.show(("Say which turn, and who is to take it.",)), HTTPStatus.UNPROCESSABLE_ENTITY
        verdict = Swapping(duty_of_visitor(self.services)).ask(Asking(asked=asked, turn=turn, in_return=back))
        if verdict.refusals:
            return self.show(verdict.refusals), HTTPStatus.UNPROCESSABLE_ENTITY
        return back_to(HERE, "swap_asked")

    def answer(self, number: int) -> ResponseReturnValue:
        said = request.form.get("outcome", "")
        if said not in set(SwapOutcome):
            return states.refused(HTTPStatus.BAD_REQUEST, "There is no such answer")
        verdict = Swapping(duty_of_visitor(self.services)).answer(number, SwapOutcome(said))
        if verdict is None:
            return states.not_found("swap")
        if verdict.refusals:
            return self.show(verdict.refusals), HTTPStatus.CONFLICT
        return back_to(HERE, _NOTICES[SwapOutcome(said)])

    def _turns(self, person: str | None, quick: tuple[Override, ...]) -> list[tuple[str, Turn]]:
        """A person's turns that have not begun, as choices."""
        at, roster = self.services.clock.now(), self.services.config.current().roster
        shifts = shifts_of(roster, person, quick, after=at, until=at + _AHEAD)
        turns = [
            Turn(schedule=each.schedule, starts_at=each.starts_at, ends_at=each.ends_at)
            for each in shifts
            if each.starts_at > at
        ]
        return [(as_choice(each), each) for each in turns]


def _shown(swap: Swap, verdict: Verdict | None, who: Who) -> Shown:
    is_open = verdict is not None
    return Shown(
        swap,
        verdict,
        may_accept=is_open and (who.oversees or who.person == swap.asked),
        may_withdraw=is_open and (who.oversees or who.person == swap.asker),
    )
