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
from app.web.desk.duty_forms import as_choice, duty_of_visitor, part_in, who_is_here
from app.web.desk.duty_mine import shifts_of
from app.web.desk.look import zone_of
from app.web.desk.notices import back_to
from oncall import Override, Shift

HERE: Final = "/desk/oncall/swaps"
_AHEAD: Final = timedelta(days=90)
_LONGEST: Final = 120
_UNSAID: Final = "Say which turn, and who is to take it."
_BEGUN: Final = "This turn has begun: say from when on it is to be taken. From now on, hand it over."
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
    """A swap, what accepting it would change while it is open, and what the reader may do to it.

    `whole` is the turn of which only a part is asked for.
    """

    swap: Swap
    verdict: Verdict | None
    whole: Shift | None
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
        quick = self.services.store.overrides.quick(at=self.services.clock.now())
        mine = [self._shown(each, verdicts.get(each.id), who, quick) for each in swaps]
        others, turns = [name for name in roster.people if name != who.person], self._turns(who.person, quick)
        usual = next((choice for choice, each in turns if each.starts_at > self.services.clock.now()), "")
        return render_template(
            "oncall_swaps.html",
            who=who,
            open_swaps=[each for each in mine if each.verdict],
            past=[each for each in mine if not each.verdict],
            turns=turns,
            others={name: self._turns(name, quick) for name in others},
            chosen=request.values.get("turn", usual),
            asked=request.form.get("asked", ""),
            back=request.form.get("in_return", ""),
            sent=request.form,
            schedules=roster.schedules,
            refusals=refusals,
        )

    def ask(self) -> ResponseReturnValue:
        asked, zone, at = request.form.get("asked", "")[:_LONGEST], zone_of(self.services), self.services.clock.now()
        (turn, fault), (back, other) = (part_in(request.form, name, zone) for name in ("turn", "in_return"))
        has_begun = any(each is not None and each.starts_at <= at for each in (turn, back))
        wrong = fault or other or ("" if turn and asked else _UNSAID) or (_BEGUN if has_begun else "")
        if turn is None or wrong:
            return self.show((wrong,)), HTTPStatus.UNPROCESSABLE_ENTITY
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
        """A person's turns that are not over, as choices."""
        at, roster = self.services.clock.now(), self.services.config.current().roster
        shifts = shifts_of(roster, person, quick, after=at, until=at + _AHEAD)
        turns = [Turn(schedule=each.schedule, starts_at=each.starts_at, ends_at=each.ends_at) for each in shifts]
        return [(as_choice(each), each) for each in turns]

    def _shown(self, swap: Swap, verdict: Verdict | None, who: Who, quick: tuple[Override, ...]) -> Shown:
        is_open = verdict is not None
        return Shown(
            swap,
            verdict,
            self._whole(swap, quick) if is_open else None,
            may_accept=is_open and (who.oversees or who.person == swap.asked),
            may_withdraw=is_open and (who.oversees or who.person == swap.asker),
        )

    def _whole(self, swap: Swap, quick: tuple[Override, ...]) -> Shift | None:
        """The asker's turn of which only a part is asked for; None where all of it is."""
        roster, part = self.services.config.current().roster, (swap.starts_at, swap.ends_at)
        if swap.schedule not in roster.schedules:
            return None
        for each in roster.shifts(swap.schedule, after=part[0], until=part[1], quick=quick):
            if each.person == swap.asker and each.starts_at <= part[0] and part[1] <= each.ends_at:
                return each if (each.starts_at, each.ends_at) != part else None
        return None
