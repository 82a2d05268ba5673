"""The kinds of node a flow is made of, one frozen class each, with every way out a caller can take.

Nodes know names (prompts, groups, policies), never phone numbers, texts or Twilio.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from oncall import Priority, Source


class Collected(StrEnum):
    """What digits keyed by a caller mean."""

    CALLBACK_NUMBER = "callback_number"
    TICKET_NUMBER = "ticket_number"


@dataclass(frozen=True, slots=True, kw_only=True)
class SayNode:
    """Speaks a prompt and goes on."""

    type: ClassVar[str] = "say"
    prompt: str
    next: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayNode:
    """Plays an audio file by its https address and goes on."""

    type: ClassVar[str] = "play"
    audio: str
    next: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """What one key of a menu does: where it leads, and the priority, tags and language it gives the call."""

    go: str
    priority: Priority | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuNode:
    """Offers keys. A wrong key or silence repeats it `tries` times in all, then `otherwise` follows."""

    type: ClassVar[str] = "menu"
    prompt: str
    options: Mapping[str, Option]
    otherwise: str
    tries: int = 2
    wait_seconds: int = 5
    wrong_key: str | None = None
    silence: str | None = None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursNode:
    """Branches on a business-hours calendar; `named` maps a holiday's name to a node of its own."""

    type: ClassVar[str] = "hours"
    hours: str
    open: str
    closed: str
    holiday: str | None = None
    named: Mapping[str, str] = field(default_factory=dict)
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class RingNode:
    """Rings a ring group by its strategy until somebody accepts; `otherwise` when nobody does.

    `nobody`: there is nobody to ring. `busy`: nobody took the call, and somebody is talking on another call, or was and
    has not been rung since.
    """

    type: ClassVar[str] = "ring"
    group: str
    otherwise: str
    nobody: str | None = None
    busy: str | None = None
    answered: str | None = None
    say: str | None = None
    between: str | None = None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalateNode:
    """Climbs an escalation policy until somebody accepts; `otherwise` when nobody does.

    `nobody`: there is nobody to ring. `busy`: nobody took the call, and somebody is talking on another call, or was and
    has not been rung since.
    """

    type: ClassVar[str] = "escalate"
    policy: str
    otherwise: str
    nobody: str | None = None
    busy: str | None = None
    answered: str | None = None
    say: str | None = None
    between: str | None = None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class RingAssigneeNode:
    """Rings the person who has the caller's open ticket; `otherwise` when they do not take the call.

    `nobody`: nobody has the ticket, or they are away, or there is no such ticket. Outside `hours` they are rung only
    while they are on call.
    """

    type: ClassVar[str] = "ring_assignee"
    otherwise: str
    nobody: str | None = None
    busy: str | None = None
    answered: str | None = None
    hours: str | None = None
    ring_seconds: int = 25
    say: str | None = None
    between: str | None = None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueNode:
    """Keeps the caller in line until somebody of a ring group or an escalation policy is free and takes the call.

    `callback` and `message`: where the keys 1 and 2 lead; a way that is not given is not offered. `otherwise`: nobody
    took the call within `max_wait_minutes`, or nobody can be rung for a caller on hold.
    """

    type: ClassVar[str] = "queue"
    otherwise: str
    group: str | None = None
    policy: str | None = None
    callback: str | None = None
    message: str | None = None
    answered: str | None = None
    say: str | None = None
    max_wait_minutes: int = 15
    announce_every_seconds: int = 30
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackNode:
    """Settles which number is called back: the caller's own, read out for a yes, or another one keyed.

    `otherwise`: no number could be had.
    """

    type: ClassVar[str] = "callback"
    confirm: str
    ask: str
    next: str
    otherwise: str
    wrong: str | None = None
    tries: int = 2
    wait_seconds: int = 6
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyNode:
    """Connects an outside party, which presses no key: bridged means answered."""

    type: ClassVar[str] = "party"
    party: str
    otherwise: str
    answered: str | None = None
    say: str | None = None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class VoicemailNode:
    """Records a message; `empty` follows when nothing was said (default: `next`).

    `review`: the caller may record it again before it is kept.
    """

    type: ClassVar[str] = "voicemail"
    prompt: str
    next: str
    empty: str | None = None
    max_seconds: int = 180
    silence_seconds: int = 6
    review: bool = False
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectNode:
    """Asks for digits that mean `into`; `otherwise` when `tries` attempts gave none that fit."""

    type: ClassVar[str] = "collect"
    prompt: str
    into: Collected
    next: str
    otherwise: str
    min_digits: int
    max_digits: int
    tries: int = 2
    wait_seconds: int = 6
    wrong: str | None = None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNode:
    """Gives the call a priority, tags or a language, and goes on."""

    type: ClassVar[str] = "set"
    next: str
    priority: Priority | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class RecogniseNode:
    """Greets the caller and looks at the number; ways out that are not given are as `unknown`.

    `again`: a second call within a quarter of an hour; `again_emergency`: one that thereby is an emergency.
    `open_ticket`: the number has a ticket that is still open. `known`: a client of schedules/clients.yaml.
    """

    type: ClassVar[str] = "recognise"
    greeting: str
    unknown: str
    blocked: str
    known: str | None = None
    open_ticket: str | None = None
    again: str | None = None
    again_emergency: str | None = None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketStatusNode:
    """Speaks how the caller's open ticket stands; `unknown` when that cannot be told."""

    type: ClassVar[str] = "ticket_status"
    next: str
    unknown: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageNode:
    """Offers a language in that language, unless the call is in it already; the key is an option of the menu after."""

    type: ClassVar[str] = "language"
    language: str
    prompt: str
    next: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class GoNode:
    """Continues in another flow, at its start or at one of its nodes."""

    type: ClassVar[str] = "go"
    flow: str
    node: str | None = None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class HangupNode:
    """Ends the call, after an optional last prompt."""

    type: ClassVar[str] = "hangup"
    prompt: str | None = None
    source: Source


Node = (
    SayNode
    | PlayNode
    | MenuNode
    | HoursNode
    | RingNode
    | EscalateNode
    | RingAssigneeNode
    | QueueNode
    | CallbackNode
    | PartyNode
    | VoicemailNode
    | CollectNode
    | SetNode
    | RecogniseNode
    | TicketStatusNode
    | LanguageNode
    | GoNode
    | HangupNode
)


PeopleNode = RingNode | EscalateNode | RingAssigneeNode
"""The nodes that ring people of ours, who take a call with a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A named script of nodes. `on_error` is where every fault inside it leads."""

    name: str
    start: str
    on_error: str
    nodes: Mapping[str, Node]
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A number callers dial (E.164), the flow it starts and the priority a call has before any choice."""

    name: str
    title: str
    number: str
    flow: str
    priority: Priority
    source: Source


def exits(node: Node) -> tuple[str, ...]:
    """Every node of the same flow that this node can lead to, in the order a reader would list them."""
    match node:
        case SayNode() | PlayNode() | SetNode() | LanguageNode():
            return (node.next,)
        case MenuNode():
            return (*(option.go for option in node.options.values()), node.otherwise)
        case HoursNode():
            return _present(node.open, node.closed, node.holiday, *node.named.values())
        case RingNode() | EscalateNode() | RingAssigneeNode():
            return _present(node.answered, node.nobody, node.busy, node.otherwise)
        case QueueNode():
            return _present(node.answered, node.callback, node.message, node.otherwise)
        case PartyNode():
            return _present(node.answered, node.otherwise)
        case VoicemailNode():
            return _present(node.next, node.empty)
        case CollectNode() | CallbackNode():
            return (node.next, node.otherwise)
        case RecogniseNode():
            return _present(node.blocked, node.again_emergency, node.again, node.open_ticket, node.known, node.unknown)
        case TicketStatusNode():
            return (node.next, node.unknown)
        case GoNode() | HangupNode():
            return ()


def _present(*names: str | None) -> tuple[str, ...]:
    return tuple(name for name in names if name is not None)
