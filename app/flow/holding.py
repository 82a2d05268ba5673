"""A caller on hold while several phones ring: how long that goes on, and what follows when it is over."""

from dataclasses import replace

from app.flow.messages import EndHold, FactKind, HoldEnded, HoldResult, KeepHolding
from app.flow.nodes import PeopleNode
from app.flow.reaching import NOBODY_FURTHER, conversation_over, exhausted, go_on, out_of_time, pinned_plan
from app.flow.run import Run
from oncall import Plan

# Beyond its ringing a phone may take this long: to be placed, to be picked up late, and to hear the accept prompt.
ANSWERING_SECONDS = 30
# When no phone could be placed by then, phones are rung one after another without the provider's calls interface.
PLACING_SECONDS = 8


def waited(run: Run, node: PeopleNode) -> None:
    """Goes on holding, or takes the caller off hold because nobody is left who might take the call.

    Without knowledge of the phones the clock alone decides: every wait has an end.
    """
    plan, hold = pinned_plan(run, node), run.scene.hold
    rung_at = hold.rung_at if hold is not None else None
    since = run.position.held_at if rung_at is None else max(run.position.held_at, int(rung_at.timestamp()))
    seconds = int(run.scene.at.timestamp()) - since
    longest = plan.attempts[run.position.rung].ring_seconds + ANSWERING_SECONDS
    taken = hold is not None and hold.taken
    nobody_left = hold is not None and not hold.taken and hold.ringing == 0
    none_placed = hold is not None and hold.placed == 0 and seconds >= PLACING_SECONDS
    too_long = seconds >= (2 * longest if taken else longest)
    if too_long or nobody_left or none_placed or (not taken and out_of_time(run, plan) is not None):
        run.instructions.append(EndHold())
        return
    first = run.position.lap <= 1
    run.position = replace(run.position, lap=run.position.lap + 1)
    if not first and node.between is not None and not taken:
        run.say(node.between)
    run.wait_on(KeepHolding())


def hold_ended(run: Run, node: PeopleNode, event: HoldEnded) -> str | None:
    """The caller is off hold: the conversation is over, or the next phones ring."""
    if event.result is HoldResult.CONNECTED:
        tell_over(run, node, event, because="the call was taken")
        return conversation_over(run, node)
    plan = pinned_plan(run, node)
    over = out_of_time(run, plan)
    hold = run.scene.hold
    if event.result is HoldResult.FAILED or hold is None or hold.placed == 0:
        # Ringing at once did not work, whatever the reason: the same phones are rung one after another.
        tell_over(run, node, event, because="holding failed; the same phones are rung one after another")
        run.position = replace(run.position, tries=1, lap=0)
        return go_on(run, node, plan, run.position.rung)
    following = _after_batch(plan, run.position.rung)
    if over is None and following >= len(plan.attempts):
        over = NOBODY_FURTHER
    tell_over(run, node, event, because=f"not taken; {over or 'the next people are rung'}")
    run.position = replace(run.position, lap=0)
    return exhausted(run, node, plan) if over else go_on(run, node, plan, following)


def tell_over(run: Run, node: PeopleNode | None, event: HoldEnded, *, because: str) -> None:
    """Records how the time on hold ended."""
    run.tell(
        FactKind.HOLD_ENDED,
        because=because,
        source=node.source if node else None,
        detail={"leg": run.position.turn, "result": event.result.value},
    )


def _after_batch(plan: Plan, rung: int) -> int:
    batch = plan.attempts[rung].batch
    return next(
        (place for place in range(rung, len(plan.attempts)) if plan.attempts[place].batch != batch),
        len(plan.attempts),
    )
