"""The node that keeps a caller in line: what is said while they wait, what their keys mean, and when it is over.

The line itself is kept elsewhere; here is only what this caller hears of it. Where the line is not known the caller
hears music for a while, and then goes where the node leads otherwise.
"""

from dataclasses import replace

from app.flow.dialable import is_dialable
from app.flow.holding import tell_over
from app.flow.in_line import Choice, QueueState
from app.flow.messages import (
    EndHold,
    FactKind,
    Hold,
    HoldEnded,
    HoldResult,
    KeepHolding,
    KeysPressed,
    Play,
    Say,
    Silence,
)
from app.flow.nodes import EscalateNode, QueueNode, RingNode
from app.flow.reaching import conversation_over
from app.flow.run import Run
from app.flow.spoken import SECONDS_A_CHARACTER
from app.flow.standard import (
    QUEUE_BEFORE,
    QUEUE_CALLBACK,
    QUEUE_ESTIMATE,
    QUEUE_MESSAGE,
    QUEUE_NEXT,
    QUEUE_ONE_BEFORE,
    QUEUE_WAIT,
)

CALLBACK_KEY = "1"
MESSAGE_KEY = "2"
MUSIC_SECONDS = 10
# Whoever has taken a call is connected within seconds; a caller who still waits then was not.
CONNECTING_SECONDS = 25
# A short outage puts nobody out of the line, a longer one everybody: nobody is offered to anybody meanwhile.
LAPS_IN_THE_DARK = 2


def people_of(node: QueueNode) -> RingNode | EscalateNode:
    """The node that would ring the same people one after another."""
    if node.group is not None:
        return RingNode(group=node.group, otherwise=node.otherwise, answered=node.answered, source=node.source)
    return EscalateNode(policy=node.policy or "", otherwise=node.otherwise, answered=node.answered, source=node.source)


def join(run: Run, node: QueueNode) -> str | None:
    """Puts the caller in line, on hold; where nobody could be rung for them, names the node that follows."""
    plan = run.scene.plan(people_of(node), entered_at=run.scene.at, language=run.position.language)
    people = list(dict.fromkeys(attempt.person for attempt in plan.attempts))
    reason = None if run.scene.can_hold else "phones cannot be rung for a caller on hold"
    if not people:
        reason = "there is nobody who could be rung"
    if reason is not None:
        run.tell(FactKind.QUEUE_SKIPPED, because=reason, source=node.source)
        return node.otherwise
    if node.say is not None:
        run.say(node.say)
    run.position = replace(run.position, held_at=int(run.scene.at.timestamp()))
    run.wait(Hold(()))
    run.tell(
        FactKind.QUEUE_JOINED,
        because=f"{run.position.node} keeps the caller in line until somebody is free",
        source=node.source,
        detail={
            "flow": run.position.flow,
            "node": run.position.node,
            "people": [*people],
            "language": run.position.language,
            "leg": run.position.turn + 1,
        },
    )
    return None


def queue_waited(run: Run, node: QueueNode) -> None:
    """A lap is over: another one, with what is known of the line, or the end of the wait."""
    state = run.scene.queue()
    in_the_dark = 0 if state is not None else run.position.tries + 1
    if _is_over(run, node, state) or in_the_dark > LAPS_IN_THE_DARK:
        run.instructions.append(EndHold())
        return
    run.position = replace(run.position, lap=run.position.lap + 1, tries=in_the_dark)
    run.wait_on(_lap(run, node, state))


def queue_key(run: Run, node: QueueNode, event: KeysPressed | Silence) -> None:
    """The caller chose something else than waiting; no key, or one that means nothing here, changes nothing."""
    digits = event.digits if isinstance(event, KeysPressed) else ""
    state, choice = run.scene.queue(), _chosen(node, digits)
    if choice is None or (state is not None and state.taken_seconds is not None):
        queue_waited(run, node)
        return
    run.tell(
        FactKind.QUEUE_CHOICE_MADE,
        because=f"key {digits} in the line",
        source=node.source,
        detail={"choice": choice.value, "leg": run.position.turn},
    )
    # Where this cannot be stored, nobody would call back: the caller goes on to somebody instead.
    if choice is Choice.CALLBACK and state is not None and is_dialable(run.scene.caller):
        run.tell(
            FactKind.CALLBACK_ASKED,
            because="the caller asked to be called back",
            source=node.source,
            detail={"callback_number": run.scene.caller, "confirmed": False},
        )
    run.instructions.append(EndHold())


def queue_left(run: Run, node: QueueNode, event: HoldEnded) -> str | None:
    """The caller is out of the line: after a conversation, by their own choice, or because it took too long."""
    people = people_of(node)
    if event.result is HoldResult.CONNECTED:
        tell_over(run, people, event, because="the call was taken")
        return conversation_over(run, people)
    state = run.scene.queue()
    choice = None if state is None or event.result is HoldResult.FAILED else state.choice
    sent_on = state is not None and state.sent_on
    following, because = node.otherwise, "sent on from the desk" if sent_on else "nobody took the call in time"
    if choice is Choice.CALLBACK and node.callback is not None:
        following, because = node.callback, "the caller chose to be called back"
    elif choice is Choice.MESSAGE and node.message is not None:
        following, because = node.message, "the caller chose to leave a message"
    tell_over(run, people, event, because=because)
    return following


def _is_over(run: Run, node: QueueNode, state: QueueState | None) -> bool:
    if _seconds_left(run, node) <= 0:
        return True
    if state is None:
        return False
    never_connected = state.taken_seconds is not None and state.taken_seconds > CONNECTING_SECONDS
    return never_connected or state.unreachable or state.sent_on or state.choice is not None


def _seconds_left(run: Run, node: QueueNode) -> int:
    return run.position.entered_at + node.max_wait_minutes * 60 - int(run.scene.at.timestamp())


def _lap(run: Run, node: QueueNode, state: QueueState | None) -> KeepHolding:
    if state is not None and state.taken_seconds is not None:
        return KeepHolding()
    prompts = tuple(run.scene.say(name, run.position) for name in _announced(node, state))
    spoken = sum(len(prompt.text) for prompt in prompts) * SECONDS_A_CHARACTER
    seconds = min(node.announce_every_seconds, _seconds_left(run, node)) - spoken
    words: tuple[Say | Play, ...] = prompts
    keys = state is not None and (node.callback is not None or node.message is not None)
    return KeepHolding(prompts=words, keys=keys, times=max(1, round(seconds / MUSIC_SECONDS)))


def _announced(node: QueueNode, state: QueueState | None) -> list[str]:
    if state is None:
        return [QUEUE_WAIT]
    said = [{1: QUEUE_NEXT, 2: QUEUE_ONE_BEFORE}.get(state.place, QUEUE_BEFORE)]
    if state.estimate_seconds is not None:
        said.append(QUEUE_ESTIMATE)
    if node.callback is not None:
        said.append(QUEUE_CALLBACK)
    if node.message is not None:
        said.append(QUEUE_MESSAGE)
    return said


def _chosen(node: QueueNode, digits: str) -> Choice | None:
    if digits == CALLBACK_KEY and node.callback is not None:
        return Choice.CALLBACK
    if digits == MESSAGE_KEY and node.message is not None:
        return Choice.MESSAGE
    return None
