"""Callers: what somebody who rings one of our numbers does, and when. Knows no owner of a dialled phone."""

from dataclasses import dataclass
from enum import StrEnum

from app.simulator.parties import BETWEEN_KEYS_SECONDS, KeyPad, Moment, Reactions
from app.simulator.signals import HungUp, Key, SpeechBegan, SpeechEnded


class MessageEnd(StrEnum):
    """How a caller ends a message."""

    HANGS_UP = "hangs up"
    PRESSES_KEY = "presses a key"
    SILENCE = "stays silent"


@dataclass(frozen=True, slots=True)
class CallerScript:
    """What a caller does.

    keys: one entry per prompt heard (see parse_keys); silent when they are used up.
    presses_after_seconds: from the start of a prompt; None hears it out and presses then.
    hangs_up_after_seconds: patience, counted from dialling, even while talking; None waits for ever.
    hangs_up_at: hangs up `hangs_up_delay_seconds` after this moment first comes, unless connected by then;
    "before-answer" hangs up at once, as later there is an answer.
    message_seconds: how long a message they leave; 0 says nothing.
    talks_for_seconds: hangs up this long after being connected; None leaves it to the other side.
    """

    keys: tuple[str, ...] = ()
    presses_after_seconds: float | None = None
    hangs_up_after_seconds: float | None = 3600.0
    hangs_up_at: Moment | None = None
    hangs_up_delay_seconds: float = 3.0
    message_seconds: float = 20.0
    message_end: MessageEnd = MessageEnd.HANGS_UP
    message_key: str = "#"
    talks_for_seconds: float | None = None


_AT_ONCE_SECONDS = 0.1


class Caller:
    """A caller following a script."""

    def __init__(self, script: CallerScript) -> None:
        self._script = script
        self._key_pad = KeyPad(script.keys, after_seconds=script.presses_after_seconds)
        self._moment_came = False

    def reactions(self, moment: Moment, *, prompt_seconds: float = 0.0) -> Reactions:
        return [*self._doings(moment, prompt_seconds), *self._leaving(moment)]

    def _doings(self, moment: Moment, prompt_seconds: float) -> Reactions:
        match moment:
            case Moment.MENU:
                return self._key_pad.next_keys(prompt_seconds)
            case Moment.RECORDING:
                return self._message()
            case Moment.TALKING if self._script.talks_for_seconds is not None:
                return ((self._script.talks_for_seconds, HungUp()),)
            case Moment.DIALLED if self._script.hangs_up_after_seconds is not None:
                return ((self._script.hangs_up_after_seconds, HungUp()),)
            case _:
                return ()

    def _leaving(self, moment: Moment) -> Reactions:
        if moment is not self._script.hangs_up_at or self._moment_came:
            return ()
        self._moment_came = True
        delay = _AT_ONCE_SECONDS if moment is Moment.DIALLED else self._script.hangs_up_delay_seconds
        return ((delay, HungUp()),)

    def _message(self) -> Reactions:
        seconds = self._script.message_seconds
        spoken: Reactions = ((0.0, SpeechBegan()), (seconds, SpeechEnded())) if seconds > 0 else ()
        match self._script.message_end:
            case MessageEnd.HANGS_UP:
                return (*spoken, (seconds + BETWEEN_KEYS_SECONDS, HungUp())) if spoken else ()
            case MessageEnd.PRESSES_KEY:
                return (*spoken, (seconds + BETWEEN_KEYS_SECONDS, Key(self._script.message_key)))
            case MessageEnd.SILENCE:
                return spoken
