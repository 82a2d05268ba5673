"""The record of one played call, and the questions a test or a reader asks of it. Adds no opinion of its own."""

from collections.abc import Iterator
from typing import TypeVar
from urllib.parse import urlsplit

from app.simulator.events import (
    CallEnded,
    EndReason,
    Event,
    Failed,
    Gathered,
    Heard,
    LegBridged,
    LegEnded,
    LegOutcome,
    Played,
    Purpose,
    RecordingMade,
    ReplayDiffered,
    Requested,
    Ringing,
    Silence,
    Warned,
)

LONGEST_SILENCE_SECONDS = 15.0
Kind = TypeVar("Kind", bound=Event)


class Trace:
    """Everything that happened in a call, in order."""

    def __init__(self, *, call_sid: str, caller: str | None, dialled: str, journal: "Trace | None" = None) -> None:
        self.call_sid = call_sid
        self.caller = caller
        self.dialled = dialled
        self.events: list[Event] = []
        self._journal = journal

    def add(self, event: Event) -> None:
        self.events.append(event)
        if self._journal is not None:
            self._journal.add(event)

    def add_shared(self, event: Event) -> None:
        """Note what another trace of the same journal has told already."""
        self.events.append(event)

    def of(self, kind: type[Kind]) -> Iterator[Kind]:
        """The events of one kind."""
        return (event for event in self.events if isinstance(event, kind))

    def heard_texts(self, number: str = "") -> list[str]:
        """What was said to the caller, or to the phone with this number."""
        return [event.text for event in self.of(Heard) if event.number == number]

    def heard(self, words: str, number: str = "") -> bool:
        """Whether these words were said, letter case aside."""
        return any(words.casefold() in text.casefold() for text in self.heard_texts(number))

    def rang(self) -> list[str]:
        """The numbers that rang, in order."""
        return [event.number for event in self.of(Ringing)]

    def outcomes(self) -> list[tuple[str, LegOutcome]]:
        """How each dialled leg ended, in the order of ending; the last one is the last outcome."""
        return [(event.number, event.outcome) for event in self.of(LegEnded)]

    def connected(self) -> list[str]:
        """The numbers that talked with the caller, in order."""
        return [event.number for event in self.of(LegBridged)]

    def requests(self, *purposes: Purpose, path: str | None = None) -> list[Requested]:
        """The requests made, in order; all purposes when none is named. `path` is compared without the query."""
        return [
            event
            for event in self.of(Requested)
            if (not purposes or event.purpose in purposes) and path in {None, urlsplit(event.url).path}
        ]

    @property
    def ended(self) -> CallEnded | None:
        """How the call ended; None while it is alive."""
        return next(self.of(CallEnded), None)

    @property
    def warnings(self) -> list[str]:
        """What Twilio's debugger would complain of."""
        return [event.text for event in self.of(Warned)]

    @property
    def failures(self) -> list[Failed]:
        """Documents that could not be retrieved or executed."""
        return list(self.of(Failed))

    @property
    def replays_that_differed(self) -> list[ReplayDiffered]:
        return list(self.of(ReplayDiffered))

    @property
    def longest_silence_seconds(self) -> float:
        """The longest time for which the caller, still there, heard nothing."""
        return max((event.seconds for event in self.of(Silence)), default=0.0)

    @property
    def dead_air(self) -> bool:
        """Whether the caller heard nothing for longer than anybody would wait."""
        return self.longest_silence_seconds > LONGEST_SILENCE_SECONDS

    @property
    def dropped(self) -> bool:
        """Whether the caller was put off the line: no conversation, no recording and no last word.

        A prompt that asks for a key is no last word: ending after it hangs up on somebody who was asked.
        """
        if self.ended is None or self.ended.reason in {EndReason.CALLER_HUNG_UP, EndReason.REJECTED}:
            return False
        if self.ended.reason in {EndReason.APPLICATION_ERROR, EndReason.LOOP}:
            return True
        reached = any(isinstance(event, LegBridged | RecordingMade) for event in self.events)
        return not reached and not self._had_a_last_word()

    def _had_a_last_word(self) -> bool:
        for event in reversed(self.events):
            if event.sid != self.call_sid:
                continue
            if isinstance(event, Heard | Played):
                return True
            if isinstance(event, Gathered | Requested) and not self._is_report(event):
                return False
        return False

    @staticmethod
    def _is_report(event: Gathered | Requested) -> bool:
        return isinstance(event, Requested) and event.purpose in {Purpose.CALLBACK, Purpose.MEDIA}
