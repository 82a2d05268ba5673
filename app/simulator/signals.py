"""What can reach a leg while it waits: keys, hang-ups, news of the legs it dialled. Plain values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """The party pressed a key."""

    key: str


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
class Bridged:
    """This leg now talks with the one that dialled it."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A dialled leg was picked up."""

    sid: str


@dataclass(frozen=True, slots=True)
class Ready:
    """A dialled leg got through its screening document and may be bridged."""

    sid: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A dialled leg is over."""

    sid: str


Signal = Key | HungUp | SpeechBegan | SpeechEnded | Dropped | Bridged | Answered | Ready | Ended
