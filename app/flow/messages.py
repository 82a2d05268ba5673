"""The vocabulary between the flow engine and the world: events in, instructions and facts out.

No provider's words: a telephone company is translated to and from these at the edge.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from oncall import Priority, Source

# Laps of waiting are numbered far above the turns of any flow.
LAP = 1_000
# Facts that belong to no turn of the flow are kept under numbers from here on, which no flow reaches.
END_TURN = 1_000_000
# Phones rung to call back who left a message are numbered from here on, behind the turns of stray requests.
CALLBACK_TURN = 5_000_000
CALLER_HUNG_UP = "the caller hung up"
Detail = str | int | float | bool | None | list["Detail"] | dict[str, "Detail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a call is: all that is needed to go on with it when nothing else can be read.

    `started_at` and `entered_at` are whole seconds since the epoch (UTC): the first ring, and the entry into
    the waiting node, at which its plan of people was fixed. Nothing personal is ever in here.

    `lap` counts the rounds of waiting within one turn, while phones ring for a caller on hold since `held_at`.
    `call_sid` is the caller's call, in addresses given to phones that are rung as calls of their own. `passed_over`
    has a bit for each place of the plan that was not rung because its person was talking.
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
    lap: int = 0
    held_at: int = 0
    call_sid: str = ""
    passed_over: int = 0

    @property
    def exchange(self) -> int:
        """The number of this webhook exchange within its call: one for each turn, and one for each lap of waiting."""
        return self.turn + self.lap * LAP

    @property
    def began_at(self) -> datetime:
        """The instant of the first ring, to the second."""
        return datetime.fromtimestamp(self.started_at, tz=UTC)


def turn_of(exchange: int) -> int:
    """The turn of the flow that an exchange, or a phone rung within it, belongs to."""
    return exchange if exchange >= END_TURN else exchange % LAP


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
    """A message was recorded: length in seconds before trimming. `by_silence`: the last of them were silent.

    `recording` is what the provider calls it; None when it did not say.
    """

    seconds: int
    by_silence: bool = False
    recording: str | None = None


@dataclass(frozen=True, slots=True)
class HoldWaited:
    """A lap of waiting on hold is over."""


class HoldResult(StrEnum):
    """How a caller's time on hold ended. Untold: the webhook that said it never reached us."""

    CONNECTED = "connected"
    GIVEN_UP = "given_up"
    FAILED = "failed"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEnded:
    """The caller is off hold: after a conversation, because nobody took the call, or because holding failed."""

    result: HoldResult


@dataclass(frozen=True, slots=True)
class CallerLeft:
    """The caller hung up; nothing that is answered now will be heard. `after` is what had just ended."""

    after: DialEnded | RecordingEnded | HoldEnded | None = None


@dataclass(frozen=True, slots=True)
class Faulted:
    """Something of ours failed (a forged position, a missing node): go on where faults lead."""

    reason: str


Event = CallArrived | KeysPressed | Silence | DialEnded | RecordingEnded | HoldWaited | HoldEnded | CallerLeft | Faulted


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
    """Record a message of at most `max_seconds` in this language, ended by the hash key or by silence."""

    max_seconds: int
    silence_seconds: int
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """One phone to ring for a caller on hold: the number (E.164) and its place in the plan."""

    number: str
    rung: int
    ring_seconds: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Put the caller on hold and ring these phones at once; the first accept key takes the call."""

    phones: tuple[Ring, ...]


@dataclass(frozen=True, slots=True)
class KeepHolding:
    """Go on with the caller on hold: these words, music so many times over, then the next lap.

    `keys`: a key pressed meanwhile ends the lap.
    """

    prompts: tuple[Say | Play, ...] = ()
    keys: bool = False
    times: int = 1


@dataclass(frozen=True, slots=True)
class EndHold:
    """Take the caller off hold; what follows is decided when they are."""


Instruction = Say | Play | Gather | Dial | Record | Hold | KeepHolding | EndHold | Hangup


class FactKind(StrEnum):
    """Everything that can be said to have happened on a call, in the past tense."""

    CALL_ARRIVED = "call_arrived"
    CALL_FOUND = "call_found"
    CALLER_RECOGNISED = "caller_recognised"
    CALLER_BLOCKED = "caller_blocked"
    CALLED_AGAIN = "called_again"
    OPEN_TICKET_FOUND = "open_ticket_found"
    TICKET_JOINED = "ticket_joined"
    LANGUAGE_CHOSEN = "language_chosen"
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
    LEG_TOO_LATE = "leg_too_late"
    LEG_CONNECTED = "leg_connected"
    LEG_ENDED = "leg_ended"
    DIAL_ENDED = "dial_ended"
    PERSON_BUSY = "person_busy"
    HOLD_ENDED = "hold_ended"
    QUEUE_JOINED = "queue_joined"
    QUEUE_SKIPPED = "queue_skipped"
    QUEUE_CHOICE_MADE = "queue_choice_made"
    SENT_ON = "sent_on"
    CALLBACK_ASKED = "callback_asked"
    CALLBACK_TRIED = "callback_tried"
    CALLBACK_PICKED_UP = "callback_picked_up"
    CALLBACK_UNANSWERED = "callback_unanswered"
    CALLBACK_GIVEN_UP = "callback_given_up"
    CALLBACK_SPOKEN = "callback_spoken"
    MESSAGE_CALLBACK_ASKED = "message_callback_asked"
    RECORDING_STARTED = "recording_started"
    RECORDING_ENDED = "recording_ended"
    RECORDING_REPEATED = "recording_repeated"
    RECORDING_STORED = "recording_stored"
    MESSAGE_KEPT = "message_kept"
    MESSAGE_LOST = "message_lost"
    MESSAGE_ERASED = "message_erased"
    FLOW_CHANGED = "flow_changed"
    FAULT_MET = "fault_met"
    CALLER_LEFT = "caller_left"
    PAGED = "paged"
    TEXT_LOST = "text_lost"
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


class OrderKind(StrEnum):
    """Everything that can be ordered to be done outside the answer to a webhook."""

    RING_PHONE = "ring_phone"
    OFFER = "offer"
    END_LEG = "end_leg"
    SEND_TEXT = "send_text"
    PAGE = "page"
    FETCH_RECORDING = "fetch_recording"
    DELETE_RECORDING = "delete_recording"
    MAIL = "mail"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Something to be done after the turn is stored, no earlier than `due_at`: once, however often it is ordered.

    `key` names it among all orders ever given. `payload` is what whoever carries it out needs to know; an instant
    there, in ISO 8601 under `until`, is when it is no longer wanted.
    """

    kind: OrderKind
    key: str
    due_at: datetime
    payload: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The answer to one event: what to say and do, where the call then waits (None: it is over), and why.

    `orders` are to be stored with the facts and carried out after that.
    """

    instructions: tuple[Instruction, ...]
    position: Position | None
    facts: tuple[Fact, ...]
    orders: tuple[Order, ...] = ()
