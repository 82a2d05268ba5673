"""Dialled phones and their owners: who picks up, when, and what they press. Knows no caller."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.simulator.parties import KeyPad, Moment, Reactions
from app.simulator.signals import HungUp


class Pickup(StrEnum):
    """What happens when a phone is rung."""

    ANSWERED = "answered"
    IGNORED = "ignored"
    BUSY = "busy"
    FAILED = "failed"
    BY_HAND = "by hand"  # rings until somebody decides


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the owner of a dialled phone does.

    answers_after_seconds: from the first ring. keys: one entry per prompt heard (see parse_keys), each
    pressed `presses_after_seconds` into its prompt. hangs_up_after_seconds: puts the phone down this
    long after picking up when nothing has come of it. talks_for_seconds: once connected; None leaves it
    to the caller. lines: how many talks the phone can have at once; None when it is never engaged, as
    voicemail is not.
    """

    name: str
    pickup: Pickup = Pickup.ANSWERED
    answers_after_seconds: float = 6.0
    keys: tuple[str, ...] = ()
    presses_after_seconds: float | None = 3.0
    hangs_up_after_seconds: float | None = None
    talks_for_seconds: float | None = 60.0
    lines: int | None = 1


def accept(
    *,
    after_seconds: float = 6.0,
    keys: tuple[str, ...] = ("1",),
    talks_for_seconds: float | None = 60.0,
    lines: int | None = 1,
) -> Behaviour:
    """Answers and presses 1; pass other keys for a wrong one first: ("5", "1"). An answering service has many lines."""
    return Behaviour(
        "accept", answers_after_seconds=after_seconds, keys=keys, talks_for_seconds=talks_for_seconds, lines=lines
    )


def decline(*, after_seconds: float = 6.0) -> Behaviour:
    """Answers and presses 2."""
    return Behaviour("decline", answers_after_seconds=after_seconds, keys=("2",), hangs_up_after_seconds=60.0)


def voicemail(*, after_seconds: float = 22.0) -> Behaviour:
    """A voicemail picks up, presses nothing and goes on for a minute; 0 seconds is a phone switched off."""
    return Behaviour(
        "voicemail",
        answers_after_seconds=after_seconds,
        hangs_up_after_seconds=60.0,
        talks_for_seconds=60.0,
        lines=None,
    )


def hangs_up(*, after_seconds: float = 6.0, stays_seconds: float = 2.0) -> Behaviour:
    """Answers and puts the phone down again without a key."""
    return Behaviour("hangs up", answers_after_seconds=after_seconds, hangs_up_after_seconds=stays_seconds)


def ignore() -> Behaviour:
    """Lets it ring."""
    return Behaviour("ignore", Pickup.IGNORED)


def busy() -> Behaviour:
    """Is engaged."""
    return Behaviour("busy", Pickup.BUSY)


def fail() -> Behaviour:
    """Cannot be reached at all: no such number, no route."""
    return Behaviour("fail", Pickup.FAILED)


def by_hand(*keys: str) -> Behaviour:
    """Rings until somebody decides what to do; once answered, presses `keys`, one entry a prompt, and talks on."""
    return Behaviour(
        "by hand",
        Pickup.BY_HAND,
        keys=keys,
        presses_after_seconds=1.5,
        hangs_up_after_seconds=None,
        talks_for_seconds=None,
    )


BEHAVIOURS: Mapping[str, Behaviour] = {
    "accept": accept(),
    "decline": decline(),
    "voicemail": voicemail(),
    "voicemail-at-once": voicemail(after_seconds=0.0),
    "hangs-up": hangs_up(),
    "ignore": ignore(),
    "busy": busy(),
    "fail": fail(),
}


class Handsets:
    """Who has which number. Several behaviours for one number follow each other, the last one stays."""

    def __init__(
        self,
        behaviours: Mapping[str, Behaviour | Sequence[Behaviour]] | None = None,
        *,
        default: Behaviour | None = None,
    ) -> None:
        self._behaviours = dict(behaviours or {})
        self._default = default or ignore()
        self._rung: dict[str, int] = {}
        self._talks: Counter[str] = Counter()

    def ring(self, number: str) -> Behaviour:
        """What this number does this time."""
        found = self._behaviours.get(number, self._default)
        if isinstance(found, Behaviour):
            return found
        times = self._rung.get(number, 0)
        self._rung[number] = times + 1
        return found[min(times, len(found) - 1)]

    def behave(self, number: str, *behaviours: Behaviour) -> None:
        """From now on this number does this."""
        self._behaviours[number] = behaviours
        self._rung.pop(number, None)

    def engage(self, number: str | None) -> None:
        """Somebody begins to use this phone."""
        if number:
            self._talks[number] += 1

    def release(self, number: str | None) -> None:
        """Somebody has put this phone down."""
        if number:
            self._talks[number] -= 1

    def engaged(self, number: str) -> int:
        """How many calls go on with this phone."""
        return self._talks[number]


class Owner:
    """The owner of a dialled phone following a behaviour."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self._key_pad = KeyPad(behaviour.keys, after_seconds=behaviour.presses_after_seconds)

    def reactions(self, moment: Moment, *, prompt_seconds: float = 0.0) -> Reactions:
        match moment:
            case Moment.MENU:
                return self._key_pad.next_keys(prompt_seconds)
            case Moment.PICKED_UP if self.behaviour.hangs_up_after_seconds is not None:
                return ((self.behaviour.hangs_up_after_seconds, HungUp()),)
            case Moment.TALKING if self.behaviour.talks_for_seconds is not None:
                return ((self.behaviour.talks_for_seconds, HungUp()),)
            case _:
                return ()
