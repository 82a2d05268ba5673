"""What happens when: scripts that wait, and the order in which they wake. Knows nothing of telephones.

A script is a generator. `signal = yield seconds` sleeps until a signal is posted to it or the seconds
are over (then it gets None); `yield None` sleeps until a signal.
"""

import heapq
from collections import deque
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import TypeVar

from app.simulator.clock import VirtualClock, WallClock
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


class _Agenda:
    """Alarms in order of time and, at one instant, in order of asking."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Alarm]] = []

    def add(self, alarm: Alarm, order: int) -> None:
        heapq.heappush(self._heap, (alarm.at, order, alarm))

    def first(self) -> tuple[datetime, int] | None:
        """When the next alarm is due, and when it was asked for; those called off are forgotten."""
        while self._heap and self._heap[0][2].called_off:
            heapq.heappop(self._heap)
        return self._heap[0][:2] if self._heap else None

    def take(self) -> Alarm:
        return heapq.heappop(self._heap)[2]

    def shift(self, by: timedelta) -> None:
        """Move every alarm, each by as much."""
        for _, _, alarm in self._heap:
            alarm.at += by
        self._heap = [(alarm.at, order, alarm) for _, order, alarm in self._heap]


class Every:
    """Something that happens again and again until it is stopped."""

    def __init__(self, timeline: "Timeline", seconds: float, action: Callable[[], None]) -> None:
        self._timeline = timeline
        self._seconds = seconds
        self._action = action
        self._is_stopped = False
        self._set()

    def stop(self) -> None:
        """It happens no more."""
        self._is_stopped = True

    def _set(self) -> None:
        self._timeline.after(self._seconds, self._play, background=True)

    def _play(self) -> None:
        if self._is_stopped:
            return
        self._action()
        self._set()


class Timeline:
    """Runs what is due, in order of time and, at one instant, in order of asking.

    What is in the background (see `every`) happens in its turn and alone keeps nothing going: `run` is
    over when nothing else is due, `play_until` goes on to its instant.
    """

    def __init__(self, clock: VirtualClock | WallClock) -> None:
        self._clock = clock
        self._due = _Agenda()
        self._background = _Agenda()
        self._asked = 0

    def now(self) -> datetime:
        return self._clock.now()

    def after(self, seconds: float, action: Callable[[], None], *, background: bool = False) -> Alarm:
        """Have `action` called `seconds` from now."""
        alarm = Alarm(self._clock.now() + timedelta(seconds=seconds), action)
        self._asked += 1
        (self._background if background else self._due).add(alarm, self._asked)
        return alarm

    def every(self, seconds: float, action: Callable[[], None]) -> Every:
        """Have `action` called every `seconds`, for the first time `seconds` from now, until it is stopped."""
        return Every(self, seconds, action)

    def start(self, script: Script[None]) -> "Process":
        """Begin a script at this instant."""
        return Process(self, script)

    def run(self) -> None:
        """Play on until nothing is due any more but what is in the background."""
        while self._due.first() is not None:
            self._play(self._next())

    def play_until(self, at: datetime) -> None:
        """Play all that is due up to `at`, the background included, and make it `at`."""
        while (agenda := self._next_or_none()) is not None and (first := agenda.first()) is not None and first[0] <= at:
            self._play(agenda)
        if isinstance(self._clock, VirtualClock):
            self._clock.move_to(max(at, self._clock.now()))

    def spend(self, seconds: float) -> None:
        """Let time pass within an action: whatever was due meanwhile comes late."""
        if isinstance(self._clock, VirtualClock):
            self._clock.advance(seconds)

    def turn(self) -> AbstractContextManager[None]:
        """Held by whoever acts on the simulated world from outside an action."""
        return nullcontext()

    def unlocked(self) -> AbstractContextManager[None]:
        """Held while an action waits for somebody else, who may act on the simulated world meanwhile."""
        return nullcontext()

    def _next(self) -> _Agenda:
        agenda = self._next_or_none()
        if agenda is None:
            raise AssertionError("asked for what is next while nothing is due")
        return agenda

    def _next_or_none(self) -> _Agenda | None:
        due, background = self._due.first(), self._background.first()
        if due is None:
            return None if background is None else self._background
        return self._due if background is None or due < background else self._background

    def _play(self, agenda: _Agenda) -> None:
        alarm = agenda.take()
        if isinstance(self._clock, VirtualClock):
            self._clock.move_to(max(alarm.at, self._clock.now()))
        alarm.action()


class Process:
    """One running script with its letter box."""

    __slots__ = ("_alarm", "_begun", "_is_awake", "_letters", "_script", "_timeline", "over")

    def __init__(self, timeline: Timeline, script: Script[None]) -> None:
        self._timeline = timeline
        self._script = script
        self._letters: deque[Signal] = deque()
        self._alarm: Alarm | None = timeline.after(0, self._wake)
        self._begun = False
        self._is_awake = False
        self.over = False

    def post(self, signal: Signal) -> None:
        """Deliver a signal; it wakes the script at this instant, after what is already due now."""
        if self.over:
            return
        self._letters.append(signal)
        if len(self._letters) == 1 and not self._is_awake:
            self._sleep(0)

    def _sleep(self, seconds: float | None) -> None:
        if self._alarm is not None:
            self._alarm.call_off()
        self._alarm = None if seconds is None else self._timeline.after(seconds, self._wake)

    def _wake(self) -> None:
        self._alarm = None
        letter = self._letters.popleft() if self._letters and self._begun else None
        self._begun = True
        self._is_awake = True
        try:
            seconds = self._script.send(letter)
        except StopIteration:
            self.over = True
            return
        finally:
            self._is_awake = False
        self._sleep(0 if self._letters else seconds)
