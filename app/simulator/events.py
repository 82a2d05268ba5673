"""What can happen in a played call, as plain values. Nothing here decides anything.

Every event has the instant `at` and the leg's `sid`. `number` is the number that was dialled for a
dialled leg, and "" for the caller's own leg.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Purpose(StrEnum):
    """Why a request was made."""

    DOCUMENT = "document"  # its reply steers the call
    FALLBACK = "fallback"  # likewise, after a failure
    FAREWELL = "farewell"  # an action of a party who has gone: the reply is ignored
    CALLBACK = "callback"  # reports only
    MEDIA = "media"


class EndReason(StrEnum):
    """Why the call ended."""

    CALLER_HUNG_UP = "caller hung up"
    HANGUP = "hung up by the service"
    END_OF_DOCUMENT = "the document ended"
    REJECTED = "rejected"
    APPLICATION_ERROR = "application error"
    LOOP = "too many requests"


class LegOutcome(StrEnum):
    """How a dialled leg ended."""

    BRIDGED = "bridged"
    REFUSED = "refused"  # picked up, and its screening document or the party hung up
    LOST_RACE = "lost race"  # another phone was faster
    CALLER_LEFT = "caller left"  # before anybody was connected
    NO_ANSWER = "no answer"
    BUSY = "busy"
    FAILED = "failed"
    CALLED_OFF = "called off"  # stopped ringing by REST
    ENDED = "ended"  # answered, and over without having been connected with anybody


@dataclass(frozen=True, slots=True)
class Happened:
    at: datetime
    sid: str


@dataclass(frozen=True, slots=True)
class Dialled(Happened):
    """The caller dialled our number."""

    caller: str | None
    dialled: str


@dataclass(frozen=True, slots=True)
class Requested(Happened):
    """One attempt at one request, as it went over the wire; status 0 means no reply."""

    purpose: Purpose
    method: str
    url: str
    params: Mapping[str, str]
    status: int
    body: bytes
    token: str


@dataclass(frozen=True, slots=True)
class Heard(Happened):
    """A party was told something; `seconds` is how long all of it takes to say, `language` as its document says."""

    number: str
    text: str
    seconds: float
    language: str = ""


@dataclass(frozen=True, slots=True)
class Played(Happened):
    """A party was played a recording, the beep ("beep") or waiting music."""

    number: str
    url: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Pressed(Happened):
    number: str
    key: str


@dataclass(frozen=True, slots=True)
class Gathered(Happened):
    """A prompt for keys is over; `digits` is empty when nobody pressed any."""

    number: str
    digits: str


@dataclass(frozen=True, slots=True)
class CallAnswered(Happened):
    """The caller's leg was answered: billing starts."""


@dataclass(frozen=True, slots=True)
class Ringing(Happened):
    """A dialled phone rings and shows `caller_id`."""

    number: str
    caller_id: str


@dataclass(frozen=True, slots=True)
class LegAnswered(Happened):
    number: str


@dataclass(frozen=True, slots=True)
class LegBridged(Happened):
    """A dialled party and the caller hear each other."""

    number: str


@dataclass(frozen=True, slots=True)
class LegEnded(Happened):
    """A dialled leg is over; `seconds` since it was answered, `status` as Twilio reports it."""

    number: str
    outcome: LegOutcome
    status: str
    seconds: int


@dataclass(frozen=True, slots=True)
class QueueJoined(Happened):
    """Somebody waits in a queue, at this place."""

    number: str
    queue: str
    position: int


@dataclass(frozen=True, slots=True)
class QueueLeft(Happened):
    """Somebody waits no more: `result` is "taken out", or Twilio's QueueResult."""

    number: str
    queue: str
    result: str


@dataclass(frozen=True, slots=True)
class Texted(Happened):
    """A text message was sent; `status` is what became of it at once."""

    from_: str
    to: str
    body: str
    status: str


@dataclass(frozen=True, slots=True)
class RecordingMade(Happened):
    recording_sid: str
    url: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Silence(Happened):
    """The caller heard nothing for `seconds`, up to this instant."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Warned(Happened):
    """Twilio's debugger would show this; the call goes on."""

    text: str


@dataclass(frozen=True, slots=True)
class Failed(Happened):
    """A document could not be retrieved or executed."""

    code: str
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class ReplyIgnored(Happened):
    """The service answered the action of a party who has gone; `empty` says it told nothing to do."""

    url: str
    empty: bool


@dataclass(frozen=True, slots=True)
class ReplayDiffered(Happened):
    """The same request delivered twice got two different replies."""

    url: str
    first: bytes
    second: bytes


@dataclass(frozen=True, slots=True)
class CallEnded(Happened):
    """The caller's leg is over; `seconds` since it was dialled, `status` as Twilio reports it."""

    reason: EndReason
    status: str
    seconds: int


Event = (
    Dialled
    | Requested
    | Heard
    | Played
    | Pressed
    | Gathered
    | CallAnswered
    | Ringing
    | LegAnswered
    | LegBridged
    | LegEnded
    | QueueJoined
    | QueueLeft
    | Texted
    | RecordingMade
    | Silence
    | Warned
    | Failed
    | ReplyIgnored
    | ReplayDiffered
    | CallEnded
)
