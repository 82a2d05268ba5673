"""What happens when: scripts that wait, and the order in which they wake. Knows nothing of telephones.

A script is a generator. `signal = yield seconds` sleeps until a signal is posted to it or the seconds
are over (then it gets None); `yield None` sleeps until a signal.
"""

import heapq
from collections import deque
from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from typing import TypeVar

from app.simulator.clock import VirtualClock
from app.simulator.signals import Signal

Result = TypeVar("Result")
Script = Generator[float | None, Signal | None, Result]


class Alarm:
    """Something due at an instant; it can be called off."""

    __slots__ = ("action", "at", "called_off")

    def __init__(self, at: datetime, action: Callable[[], None]) -> None:
        self.at = at
        self.action = action
        self.called_off = False

    def call_off(self) -> None:
        """Make sure it never happens, and that the clock is not moved for its sake."""
        self.called_off = True


class Timeline:
    """Runs what is due, in order of time and, at one instant, in order of asking."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._due: list[tuple[datetime, int, Alarm]] = []
        self._asked = 0

    def now(self) -> datetime:
        return self._clock.now()

    def after(self, seconds: float, action: Callable[[], None]) -> Alarm:
        """Have `action` called `seconds` from now."""
        alarm = Alarm(self._clock.now() + timedelta(seconds=seconds), action)
        self._asked += 1
        heapq.heappush(self._due, (alarm.at, self._asked, alarm))
        return alarm

    def start(self, script: Script[None]) -> "Process":
        """Begin a script at this instant."""
        return Process(self, script)

    def run(self) -> None:
        """Play on until nothing is due any more."""
        while self._due:
            _, _, alarm = heapq.heappop(self._due)
            if alarm.called_off:
                continue
            self._clock.move_to(max(alarm.at, self._clock.now()))
            alarm.action()


class Process:
    """One running script with its letter box."""

    __slots__ = ("_alarm", "_begun", "_letters", "_script", "_timeline", "over")

    def __init__(self, timeline: Timeline, script: Script[None]) -> None:
        self._timeline = timeline
        self._script = script
        self._letters: deque[Signal] = deque()
        self._alarm: Alarm | None = timeline.after(0, self._wake)
        self._begun = False
        self.over = False

    def post(self, signal: Signal) -> None:
        """Deliver a signal; it wakes the script at this instant, after what is already due now."""
        if self.over:
            return
        self._letters.append(signal)
        if len(self._letters) == 1:
            self._sleep(0)

    def _sleep(self, seconds: float | None) -> None:
        if self._alarm is not None:
            self._alarm.call_off()
        self._alarm = None if seconds is None else self._timeline.after(seconds, self._wake)

    def _wake(self) -> None:
        self._alarm = None
        letter = self._letters.popleft() if self._letters and self._begun else None
        self._begun = True
        try:
            seconds = self._script.send(letter)
        except StopIteration:
            self.over = True
            return
        self._sleep(0 if self._letters else seconds)
