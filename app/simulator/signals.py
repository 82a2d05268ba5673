"""What can reach a leg while it waits: keys, hang-ups, orders, news of other legs. Plain values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """The party pressed a key."""

    key: str


@dataclass(frozen=True, slots=True)
class PickedUp:
    """Somebody, or a machine, answers the phone that rings."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The party put the phone down."""


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """The party started speaking."""


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The party stopped speaking."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """The other end has no use for this leg any more."""


@dataclass(frozen=True, slots=True)
class Redirected:
    """The leg is to leave what it does and execute another document: one at a URL, or this TwiML."""

    method: str = "POST"
    url: str = ""
    twiml: str = ""


@dataclass(frozen=True, slots=True)
class Dequeued:
    """A leg that dialled the queue takes this one out of it."""

    by: str


@dataclass(frozen=True, slots=True)
class Bridged:
    """This leg now talks with the one that dialled it, or that took it out of a queue."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A dialled leg was picked up."""

    sid: str


@dataclass(frozen=True, slots=True)
class Ready:
    """Another leg got through its document before the bridge and may be bridged."""

    sid: str


@dataclass(frozen=True, slots=True)
class Ended:
    """Another leg is over, or has no use for this one any more."""

    sid: str


@dataclass(frozen=True, slots=True)
class SomebodyWaits:
    """Somebody joined the queue this leg waits at."""


Signal = (
    Key
    | PickedUp
    | HungUp
    | SpeechBegan
    | SpeechEnded
    | Dropped
    | Redirected
    | Dequeued
    | Bridged
    | Answered
    | Ready
    | Ended
    | SomebodyWaits
)
