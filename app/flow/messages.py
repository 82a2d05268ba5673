"""The vocabulary between the flow engine and the world: events in, instructions and facts out.

No provider's words: a telephone company is translated to and from these at the edge.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from oncall import Priority, Source

Detail = str | int | float | bool | None | list["Detail"] | dict[str, "Detail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a call is: all that is needed to go on with it when nothing else can be read.

    `started_at` and `entered_at` are whole seconds since the epoch (UTC): the first ring, and the entry into
    the waiting node, at which its plan of people was fixed. Nothing personal is ever in here.
    """

    line: str
    flow: str
    node: str
    turn: int
    revision: str
    started_at: int
    entered_at: int
    rung: int = 0
    tries: int = 0
    priority: Priority | None = None
    language: str = "en"


class DialStatus(StrEnum):
    """How an attempt to reach somebody ended, as the caller's side saw it."""

    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class CallArrived:
    """A caller dialled one of our numbers."""


@dataclass(frozen=True, slots=True)
class KeysPressed:
    """The caller pressed keys: digits, star and hash as dialled, without the finishing key."""

    digits: str


@dataclass(frozen=True, slots=True)
class Silence:
    """The caller pressed nothing while a key was waited for, or recorded nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialEnded:
    """The attempt at a person or party is over and the caller is still there.

    `bridged` is None when the provider does not say. `accepted` tells whether the accept key was seen on that
    leg; None when the record could not be read.
    """

    status: DialStatus
    bridged: bool | None
    accepted: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingEnded:
    """A message was recorded: length in seconds before trimming."""

    seconds: int


@dataclass(frozen=True, slots=True)
class CallerLeft:
    """The caller hung up; nothing that is answered now will be heard. `after` is what had just ended."""

    after: DialEnded | RecordingEnded | None = None


@dataclass(frozen=True, slots=True)
class Faulted:
    """Something of ours failed (a forged position, a missing node): go on where faults lead."""

    reason: str


Event = CallArrived | KeysPressed | Silence | DialEnded | RecordingEnded | CallerLeft | Faulted


@dataclass(frozen=True, slots=True)
class Say:
    """Speak this text in this language and voice."""

    text: str
    language: str
    voice: str | None = None


@dataclass(frozen=True, slots=True)
class Play:
    """Play the audio at this https address."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gather:
    """Wait for keys while and after speaking; `digits` ends it at once, None waits for the hash key."""

    prompts: tuple[Say | Play, ...]
    wait_seconds: int
    digits: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """Ring one number (E.164) for so many seconds. `screened`: bridged only after the accept key."""

    number: str
    ring_seconds: int
    screened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Record a message of at most `max_seconds`, ended by the hash key or by silence."""

    max_seconds: int
    silence_seconds: int


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


Instruction = Say | Play | Gather | Dial | Record | Hangup


class FactKind(StrEnum):
    """Everything that can be said to have happened on a call, in the past tense."""

    CALL_ARRIVED = "call_arrived"
    HOURS_CHECKED = "hours_checked"
    PROMPT_SAID = "prompt_said"
    MENU_OFFERED = "menu_offered"
    KEYS_PRESSED = "keys_pressed"
    WRONG_KEY_PRESSED = "wrong_key_pressed"
    SILENCE_HEARD = "silence_heard"
    PRIORITY_SET = "priority_set"
    TAGS_ADDED = "tags_added"
    DIGITS_COLLECTED = "digits_collected"
    PEOPLE_CHOSEN = "people_chosen"
    NOBODY_TO_RING = "nobody_to_ring"
    LEG_DIALLED = "leg_dialled"
    LEG_RANG = "leg_rang"
    LEG_ANSWERED = "leg_answered"
    LEG_ACCEPTED = "leg_accepted"
    LEG_DECLINED = "leg_declined"
    LEG_ENDED = "leg_ended"
    DIAL_ENDED = "dial_ended"
    RECORDING_STARTED = "recording_started"
    RECORDING_ENDED = "recording_ended"
    RECORDING_STORED = "recording_stored"
    FLOW_CHANGED = "flow_changed"
    FAULT_MET = "fault_met"
    CALLER_LEFT = "caller_left"
    CALL_FINISHED = "call_finished"
    CALL_ENDED = "call_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that happened on a call, with the reason and the place in the YAML that decided it.

    `key` names it within its turn, so that telling it twice changes nothing.
    """

    kind: FactKind
    key: str
    at: datetime
    because: str
    source: Source | None = None
    detail: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The answer to one event: what to say and do, where the call then waits (None: it is over), and why."""

    instructions: tuple[Instruction, ...]
    position: Position | None
    facts: tuple[Fact, ...]
