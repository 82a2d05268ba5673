"""Nodes that ring somebody: who, in which order, what counts as taken, and who is next when it was not."""

from dataclasses import replace
from datetime import datetime

from app.flow.messages import Dial, DialEnded, DialStatus, FactKind, Hangup
from app.flow.nodes import EscalateNode, Node, PartyNode, RingNode
from app.flow.run import Run
from oncall import OutsideParty, Plan


def reach(run: Run, node: RingNode | EscalateNode) -> str | None:
    plan = run.scene.plan(node, entered_at=run.scene.at)
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
    ring(run, plan, 0)
    return None


def rung_ended(run: Run, node: RingNode | EscalateNode, event: DialEnded) -> str | None:
    if was_accepted(event):
        dial_over(run, node, event, because="the call was taken")
        return conversation_over(run, node)
    entered_at = datetime.fromtimestamp(run.position.entered_at, tz=run.scene.at.tzinfo)
    plan, rung = run.scene.plan(node, entered_at=entered_at), run.position.rung + 1
    waited = int(run.scene.at.timestamp()) - run.position.entered_at
    if rung >= len(plan.attempts):
        dial_over(run, node, event, because="not taken; there is nobody further to ring")
        return node.otherwise
    if plan.max_wait_seconds is not None and waited >= plan.max_wait_seconds:
        dial_over(run, node, event, because=f"not taken; the caller has waited {waited} seconds, the most allowed")
        return node.otherwise
    dial_over(run, node, event, because="not taken; the next person is rung")
    if node.between is not None:
        run.say(node.between)
    ring(run, plan, rung)
    return None


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
    attempt = plan.attempts[rung]
    run.position = replace(run.position, rung=rung)
    run.wait(Dial(number=attempt.number, ring_seconds=attempt.ring_seconds, screened=True))
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


def conversation_over(run: Run, node: RingNode | EscalateNode | PartyNode) -> str | None:
    if node.answered is not None:
        return node.answered
    run.instructions.append(Hangup())
    run.tell(FactKind.CALL_FINISHED, because="the conversation is over", source=node.source)
    return None


def was_accepted(event: DialEnded) -> bool:
    """A staff leg counts as answered with its key *and* the bridge.

    Where the record cannot be read, the bridge alone is believed: a screened leg is bridged by its key only.
    Where the provider does not tell of the bridge, the key alone is believed.
    """
    if event.bridged is None:
        return event.accepted is True
    return event.bridged and event.accepted is not False


def was_connected(event: DialEnded) -> bool:
    """An outside party presses no key: bridged means answered; untold, a completed dial does."""
    return event.status is DialStatus.COMPLETED if event.bridged is None else event.bridged


def _plan_reason(node: RingNode | EscalateNode, plan: Plan) -> str:
    subject = f"ring group {node.group}" if isinstance(node, RingNode) else f"escalation policy {node.policy}"
    if plan.attempts:
        return subject
    reasons = "; ".join(f"{skipped.name}: {skipped.because}" for skipped in plan.skipped)
    return f"{subject} names nobody who can be rung{f' ({reasons})' if reasons else ''}"
