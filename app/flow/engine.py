"""Takes a call from one wait to the next: (position, event, scene) → what to say and do, where it waits, why.

Pure: the same arguments give the same turn. It never leaves a caller without a next step: whatever cannot be
carried out leads to the flow's `on_error`, and what fails there to the flow of last resort.
"""

from dataclasses import replace
from datetime import datetime

from app.flow import last_resort
from app.flow.asking import ask, chosen, collected, mark, offer
from app.flow.calling_back import settle, settled
from app.flow.choosing_language import offer_language
from app.flow.holding import hold_ended, tell_over, waited
from app.flow.messages import (
    CALLER_HUNG_UP,
    CallArrived,
    CallerLeft,
    DialEnded,
    Event,
    FactKind,
    Faulted,
    Hangup,
    HoldEnded,
    HoldWaited,
    KeysPressed,
    Play,
    Position,
    RecordingEnded,
    Silence,
    Turn,
)
from app.flow.nodes import (
    CallbackNode,
    CollectNode,
    EscalateNode,
    GoNode,
    HangupNode,
    HoursNode,
    LanguageNode,
    MenuNode,
    Node,
    PartyNode,
    PeopleNode,
    PlayNode,
    QueueNode,
    RecogniseNode,
    RingAssigneeNode,
    RingNode,
    SayNode,
    SetNode,
    TicketStatusNode,
    VoicemailNode,
)
from app.flow.queueing import join, queue_key, queue_left, queue_waited
from app.flow.reaching import dial_over, dial_party, party_ended, reach, rung_ended
from app.flow.recognising import follow_up, recognise, tell_status
from app.flow.recording import is_reviewed, message_over, record, recorded, reviewed
from app.flow.run import Run
from app.flow.scene import Scene

STEP_LIMIT = 50
FAULT_LIMIT = 3


class FlowFault(Exception):  # noqa: N818 (the house's name for it)
    """Even the flow of last resort could not go on. Carries the flow, the node and the reason."""

    def __init__(self, flow: str, node: str, reason: str) -> None:
        super().__init__(f"{flow}/{node}: {reason}")
        self.flow, self.node, self.reason = flow, node, reason


def first_position(*, line: str, flow: str, revision: str, at: datetime, language: str = "en") -> Position:
    """Where every call begins: before the first node of its line's flow."""
    epoch = int(at.timestamp())
    return Position(
        line=line,
        flow=flow,
        node="",
        turn=0,
        revision=revision,
        started_at=epoch,
        entered_at=epoch,
        language=language,
    )


def advance(position: Position, event: Event, scene: Scene) -> Turn:
    """What happens next on a call at `position` when `event` occurs. Raises FlowFault only if nothing is left."""
    walk = _Walk(Run(position, scene))
    if isinstance(event, CallerLeft):
        walk.leave(event)
    else:
        walk.go(walk.resume(event))
    return walk.run.turn()


class _Walk:
    """The way through the nodes within one turn, and around whatever cannot be carried out."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._faults = 0

    def go(self, target: str | None) -> None:
        """Enters nodes until one waits or ends the call; loops and missing nodes become faults."""
        steps = 0
        while target is not None:
            steps += 1
            flow = self.run.scene.flow(self.run.position.flow)
            node = flow.nodes.get(target) if flow else None
            if node is None:
                target = self.fault(f"there is no node {target}")
            elif steps > STEP_LIMIT:
                # Nobody is to hear the loop's words over and over before hearing that it failed.
                self.run.instructions.clear()
                steps, target = 0, self.fault(f"more than {STEP_LIMIT} steps without the caller doing anything")
            else:
                self.run.move(target)
                target = self.enter(node)

    def fault(self, reason: str) -> str:
        """Records what went wrong and names the node that takes over."""
        self._faults += 1
        run, position = self.run, self.run.position
        if self._faults > FAULT_LIMIT:
            raise FlowFault(position.flow, position.node, reason)
        flow = run.scene.flow(position.flow)
        run.tell(
            FactKind.FAULT_MET,
            because=reason,
            source=flow.source if flow else None,
            detail={"flow": position.flow, "node": position.node},
        )
        if flow is None or self._faults > 1 or flow.on_error not in flow.nodes:
            run.position = replace(position, flow=last_resort.NAME)
            return last_resort.last_resort(run.scene.roster).start
        return flow.on_error

    def enter(self, node: Node) -> str | None:
        """Carries out a node on arrival; returns the next one, or None when it waits or the call is over."""
        run = self.run
        match node:
            case SayNode():
                run.say(node.prompt)
                run.tell(FactKind.PROMPT_SAID, because=f"prompt {node.prompt}", source=node.source)
                return node.next
            case PlayNode():
                run.instructions.append(Play(node.audio))
                run.tell(FactKind.PROMPT_SAID, because=f"audio {node.audio}", source=node.source)
                return node.next
            case MenuNode() | CollectNode() | CallbackNode() | VoicemailNode():
                self.ask_caller(node)
            case HoursNode():
                return self.check_hours(node)
            case RingAssigneeNode() | RingNode() | EscalateNode() | QueueNode() | PartyNode():
                return self.reach_somebody(node)
            case SetNode():
                mark(run, node)
                return node.next
            case RecogniseNode():
                return recognise(run, node)
            case TicketStatusNode():
                return tell_status(run, node)
            case LanguageNode():
                return offer_language(run, node)
            case GoNode():
                return self.change_flow(node)
            case HangupNode():
                self.hang_up(node)
        return None

    def resume(self, event: Event) -> str | None:
        """What the waiting node makes of the event; a node that cannot be waited for any more is a fault."""
        if isinstance(event, CallArrived):
            return self.arrive()
        if isinstance(event, Faulted):
            return self.fault(event.reason)
        run = self.run
        flow = run.scene.flow(run.position.flow)
        node = flow.nodes.get(run.position.node) if flow else None
        match node, event:
            case MenuNode(), KeysPressed() | Silence():
                return chosen(run, node, event)
            case CollectNode(), KeysPressed() | Silence():
                return collected(run, node, event)
            case RingNode() | EscalateNode() | RingAssigneeNode(), DialEnded():
                return rung_ended(run, node, event)
            case RingNode() | EscalateNode() | RingAssigneeNode() | QueueNode(), HoldEnded() | HoldWaited():
                return self.on_hold(node, event)
            case QueueNode(), KeysPressed() | Silence():
                queue_key(run, node, event)
                return None
            case CallbackNode(), KeysPressed() | Silence():
                return settled(run, node, event)
            case PartyNode(), DialEnded():
                return party_ended(run, node, event)
            case VoicemailNode(), KeysPressed() | Silence() if is_reviewed(run.position):
                return reviewed(run, node, event)
            case VoicemailNode(), RecordingEnded() | Silence():
                return recorded(run, node, event)
            case _:
                return self.fault(f"{type(event).__name__} does not fit the node {run.position.node}")

    def ask_caller(self, node: MenuNode | CollectNode | CallbackNode | VoicemailNode) -> None:
        match node:
            case MenuNode():
                offer(self.run, node)
            case CollectNode():
                ask(self.run, node)
            case CallbackNode():
                settle(self.run, node)
            case VoicemailNode():
                record(self.run, node)

    def reach_somebody(self, node: PeopleNode | QueueNode | PartyNode) -> str | None:
        match node:
            case QueueNode():
                return join(self.run, node)
            case PartyNode():
                return self.reach_party(node)
            case RingAssigneeNode():
                follow_up(self.run, node)
        return reach(self.run, node)

    def on_hold(self, node: PeopleNode | QueueNode, event: HoldEnded | HoldWaited) -> str | None:
        run = self.run
        if isinstance(event, HoldEnded):
            return queue_left(run, node, event) if isinstance(node, QueueNode) else hold_ended(run, node, event)
        if isinstance(node, QueueNode):
            queue_waited(run, node)
        else:
            waited(run, node)
        return None

    def arrive(self) -> str:
        run = self.run
        line = run.scene.book.line(run.position.line)
        flow = run.scene.flow(run.position.flow)
        run.tell(
            FactKind.CALL_ARRIVED,
            because=f"the {line.title} starts flow {line.flow}",
            source=line.source,
            detail={"line": line.name, "revision": run.position.revision},
        )
        return flow.start if flow else self.fault(f"there is no flow {run.position.flow}")

    def leave(self, event: CallerLeft) -> None:
        run, after = self.run, event.after
        if isinstance(after, DialEnded):
            dial_over(run, None, after, because=CALLER_HUNG_UP, left=True)
        elif isinstance(after, HoldEnded):
            tell_over(run, None, after, because=CALLER_HUNG_UP)
        elif isinstance(after, RecordingEnded):
            message_over(run, after.seconds, recording=after.recording, source=None)
        run.tell(FactKind.CALLER_LEFT, because=f"the caller hung up at {run.position.flow}/{run.position.node}")

    def check_hours(self, node: HoursNode) -> str:
        hours = self.run.scene.roster.hours.get(node.hours)
        if hours is None:
            return self.fault(f"there are no business hours {node.hours}")
        state = self.run.scene.hours_state(hours, at=self.run.scene.at)
        self.run.tell(
            FactKind.HOURS_CHECKED,
            because=state.because,
            source=state.source,
            detail={"open": state.is_open, "holiday": state.holiday, "hours": node.hours},
        )
        if state.is_open:
            return node.open
        if state.holiday is not None:
            return node.named.get(state.holiday) or node.holiday or node.closed
        return node.closed

    def reach_party(self, node: PartyNode) -> str | None:
        party = self.run.scene.roster.outside_parties.get(node.party)
        if party is None:
            return self.fault(f"there is no outside party {node.party}")
        dial_party(self.run, node, party)
        return None

    def change_flow(self, node: GoNode) -> str:
        run = self.run
        flow = run.scene.flow(node.flow)
        because = f"{run.position.node} goes to flow {node.flow}"
        run.tell(FactKind.FLOW_CHANGED, because=because, source=node.source)
        if flow is None:
            return self.fault(f"there is no flow {node.flow}")
        run.position = replace(run.position, flow=node.flow)
        return node.node or flow.start

    def hang_up(self, node: HangupNode) -> None:
        if node.prompt is not None:
            self.run.say(node.prompt)
        self.run.instructions.append(Hangup())
        because = f"{self.run.position.node} ends the call"
        self.run.tell(FactKind.CALL_FINISHED, because=because, source=node.source)
