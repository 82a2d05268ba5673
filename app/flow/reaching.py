"""Nodes that ring somebody: who, in which order, what counts as taken, and who is next when it was not."""

from dataclasses import replace
from datetime import datetime

from app.flow.messages import Dial, DialEnded, DialStatus, FactKind, Hangup, Hold, Ring
from app.flow.nodes import EscalateNode, Node, PartyNode, PeopleNode, RingNode
from app.flow.run import Run
from app.flow.standard import ON_ANOTHER_CALL
from oncall import Attempt, OutsideParty, Plan

NOBODY_FURTHER = "there is nobody further to ring"


def reach(run: Run, node: PeopleNode) -> str | None:
    """Chooses whom the node rings and begins with the first who is free."""
    plan = run.scene.plan(node, entered_at=run.scene.at, language=run.position.language)
    run.tell(
        FactKind.PEOPLE_CHOSEN if plan.attempts else FactKind.NOBODY_TO_RING,
        because=_plan_reason(node, plan),
        source=node.source,
        detail={
            "people": list(dict.fromkeys(attempt.person for attempt in plan.attempts)),
            "skipped": [f"{skipped.name}: {skipped.because}" for skipped in plan.skipped],
        },
    )
    if not plan.attempts:
        return node.nobody or node.otherwise
    if node.say is not None:
        run.say(node.say)
    if ring_next(run, plan, 0):
        return None
    if node.say is not None:
        # Nobody is rung now, and so nobody is to hear that somebody is.
        run.instructions.pop()
    return exhausted(run, node, plan)


def rung_ended(run: Run, node: PeopleNode, event: DialEnded) -> str | None:
    """One phone rang and is over: either the call was taken, or the next one rings."""
    if was_accepted(event):
        dial_over(run, node, event, because="the call was taken")
        return conversation_over(run, node)
    plan = pinned_plan(run, node)
    over = out_of_time(run, plan)
    if over is None and run.position.rung + 1 >= len(plan.attempts):
        over = NOBODY_FURTHER
    dial_over(run, node, event, because=f"not taken; {over or 'the next person is rung'}")
    if over is None:
        return go_on(run, node, plan, run.position.rung + 1)
    return exhausted(run, node, plan)


def pinned_plan(run: Run, node: PeopleNode) -> Plan:
    """The plan as it was when the call entered the node: a handoff in the middle of a hunt changes nothing."""
    entered_at = datetime.fromtimestamp(run.position.entered_at, tz=run.scene.at.tzinfo)
    return run.scene.plan(node, entered_at=entered_at, language=run.position.language)


def out_of_time(run: Run, plan: Plan) -> str | None:
    """Why the caller is not kept waiting any longer, or None while they may be."""
    waited = int(run.scene.at.timestamp()) - run.position.entered_at
    if plan.max_wait_seconds is None or waited < plan.max_wait_seconds:
        return None
    return f"the caller has waited {waited} seconds, the most allowed"


def go_on(run: Run, node: PeopleNode, plan: Plan, rung: int) -> str | None:
    """Rings from this place of the plan on; where nobody is left, names the node that follows."""
    before = len(run.instructions)
    if node.between is not None:
        run.say(node.between)
    if ring_next(run, plan, rung):
        return None
    del run.instructions[before:]
    return exhausted(run, node, plan)


def exhausted(run: Run, node: PeopleNode, plan: Plan) -> str:
    """The node that follows when nobody is left to ring.

    `busy` while waiting makes sense: somebody is talking, or was and has not been rung since, and the time is not up.
    """
    waits_for_somebody = bool(talking_of(run, plan) | never_rung(run, plan)) and out_of_time(run, plan) is None
    return (node.busy if waits_for_somebody else None) or node.otherwise


def talking_of(run: Run, plan: Plan) -> set[str]:
    """Who of the plan is on another call now, maybe only since their phone rang for this caller too."""
    talking = run.scene.staff(run.scene.at).talking
    return {attempt.person for attempt in plan.attempts if not attempt.even_if_busy and attempt.person in talking}


def never_rung(run: Run, plan: Plan) -> set[str]:
    """Who of the plan was passed over because they were talking, each time it came to them."""
    passed = {place for place in range(len(plan.attempts)) if run.position.passed_over >> place & 1}
    rung = {attempt.person for place, attempt in enumerate(plan.attempts) if place not in passed}
    return {plan.attempts[place].person for place in passed} - rung


def ring_next(run: Run, plan: Plan, rung: int) -> bool:
    """Rings the first of the plan from `rung` on who is not talking; False when there is none."""
    talking = run.scene.staff(run.scene.at).talking
    for place in range(rung, len(plan.attempts)):
        attempt = plan.attempts[place]
        if attempt.person in talking and not attempt.even_if_busy:
            pass_over(run, plan, place)
            continue
        if place > rung:
            run.say(ON_ANOTHER_CALL)
        together = batch_from(run, plan, place, talking)
        if len(together) > 1:
            ring_together(run, plan, together)
        else:
            ring(run, plan, place)
        return True
    return False


def batch_from(run: Run, plan: Plan, place: int, talking: frozenset[str]) -> tuple[int, ...]:
    """The places of the plan that ring at once with this one; alone where phones cannot be rung at once."""
    batch = plan.attempts[place].batch
    if not batch or not run.scene.can_hold or one_by_one(run):
        return (place,)
    rest = [each for each, attempt in enumerate(plan.attempts) if attempt.batch == batch and each >= place]
    free = tuple(each for each in rest if plan.attempts[each].even_if_busy or plan.attempts[each].person not in talking)
    for each in rest:
        if each not in free:
            pass_over(run, plan, each)
    return free


def pass_over(run: Run, plan: Plan, place: int) -> None:
    """Records that somebody is not rung now because they are talking."""
    attempt = plan.attempts[place]
    run.position = replace(run.position, passed_over=run.position.passed_over | 1 << place)
    run.tell(
        FactKind.PERSON_BUSY,
        because=f"{attempt.person} is talking on another call",
        source=attempt.source,
        detail={"party": attempt.person, "number": attempt.number},
    )


def one_by_one(run: Run) -> bool:
    """Whether ringing at once has failed on this call, so that phones are rung in turn."""
    return run.position.tries > 0


def ring_together(run: Run, plan: Plan, places: tuple[int, ...]) -> None:
    """Puts the caller on hold and rings several phones at once."""
    run.position = replace(run.position, rung=places[0], lap=0, held_at=int(run.scene.at.timestamp()))
    phones = tuple(
        Ring(number=plan.attempts[place].number, rung=place, ring_seconds=plan.attempts[place].ring_seconds)
        for place in places
    )
    run.wait(Hold(phones))
    for place in places:
        tell_dialled(run, plan.attempts[place])


def dial_party(run: Run, node: PartyNode, party: OutsideParty) -> None:
    """Connects an outside party."""
    if node.say is not None:
        run.say(node.say)
    run.wait(Dial(number=party.number, ring_seconds=party.ring_seconds, screened=False))
    run.tell(
        FactKind.LEG_DIALLED,
        because=f"{run.position.node} connects {party.title}",
        source=node.source,
        detail={
            "party": party.name,
            "team": "",
            "number": party.number,
            "ring_seconds": party.ring_seconds,
            "screened": False,
            "leg": run.position.turn + 1,
        },
    )


def party_ended(run: Run, node: PartyNode, event: DialEnded) -> str | None:
    answered = was_connected(event)
    dial_over(run, node, event, because="the call was connected" if answered else "not connected")
    return conversation_over(run, node) if answered else node.otherwise


def dial_over(run: Run, node: Node | None, event: DialEnded, *, because: str, left: bool = False) -> None:
    run.tell(
        FactKind.DIAL_ENDED,
        because=because,
        source=node.source if node else None,
        detail={
            "leg": run.position.turn,
            "status": event.status.value,
            "bridged": event.bridged,
            "caller_left": left,
        },
    )


def ring(run: Run, plan: Plan, rung: int) -> None:
    """Rings one phone; the caller hears it ring."""
    attempt = plan.attempts[rung]
    run.position = replace(run.position, rung=rung)
    run.wait(Dial(number=attempt.number, ring_seconds=attempt.ring_seconds, screened=True))
    tell_dialled(run, attempt)


def tell_dialled(run: Run, attempt: Attempt) -> None:
    """Records that a phone rings, and why."""
    run.tell(
        FactKind.LEG_DIALLED,
        because=attempt.because,
        source=attempt.source,
        detail={
            "party": attempt.person,
            "team": attempt.team,
            "number": attempt.number,
            "ring_seconds": attempt.ring_seconds,
            "screened": True,
            "leg": run.position.turn + 1,
        },
    )


def conversation_over(run: Run, node: PeopleNode | PartyNode) -> str | None:
    if node.answered is not None:
        return node.answered
    run.instructions.append(Hangup())
    run.tell(FactKind.CALL_FINISHED, because="the conversation is over", source=node.source)
    return None


def was_accepted(event: DialEnded) -> bool:
    """A staff leg counts as answered with its key *and* the bridge.

    Where the record cannot be read, the bridge alone is believed: a screened leg is bridged by its key only.
    Where the provider does not tell of the bridge, the key is believed, unless the dial was broken off.
    """
    if event.bridged is None:
        return event.accepted is True and event.status is not DialStatus.CANCELLED
    return event.bridged and event.accepted is not False


def was_connected(event: DialEnded) -> bool:
    """An outside party presses no key: bridged means answered; untold, a completed dial does."""
    return event.status is DialStatus.COMPLETED if event.bridged is None else event.bridged


def _plan_reason(node: PeopleNode, plan: Plan) -> str:
    if isinstance(node, RingNode):
        subject = f"ring group {node.group}"
    else:
        subject = f"escalation policy {node.policy}" if isinstance(node, EscalateNode) else "the caller's ticket"
    if plan.attempts:
        return subject
    reasons = "; ".join(f"{skipped.name}: {skipped.because}" for skipped in plan.skipped)
    return f"{subject} names nobody who can be rung{f' ({reasons})' if reasons else ''}"
