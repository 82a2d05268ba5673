"""The timeline in real time: several threads play what is due, one at a time. Knows nothing of telephones."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import sleep

from app.simulator.clock import WallClock
from app.simulator.timeline import Alarm, Timeline

_PLAYERS = 4


class RealTimeline(Timeline):
    """Plays events when their time has come, from `begin_playing` to `stop_playing`.

    The simulated world is touched by one thread at a time: the one that has the turn. A player that waits
    for a web service lets go of it, so that the service's own requests are answered meanwhile.
    What an action raises is kept in `faults`; the others go on.
    """

    def __init__(self, clock: WallClock) -> None:
        super().__init__(clock)
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._owner: int | None = None
        self._players: list[threading.Thread] = []
        self._is_playing = False
        self.faults: list[Exception] = []

    def after(self, seconds: float, action: Callable[[], None], *, background: bool = False) -> Alarm:
        with self.turn():
            alarm = super().after(seconds, action, background=background)
            self._changed.notify()
            return alarm

    def begin_playing(self, *, players: int = _PLAYERS) -> None:
        """Start the threads; at most `players` requests to web services are under way at once."""
        self._is_playing = True
        self._players = [threading.Thread(target=self._play_on, daemon=True) for _ in range(players)]
        for player in self._players:
            player.start()

    def stop_playing(self) -> None:
        """Stop the threads and wait for them; what is due later never happens."""
        with self.turn():
            self._is_playing = False
            self._changed.notify_all()
        for player in self._players:
            player.join()

    def shift(self, set_clock: Callable[[], None]) -> None:
        """Let `set_clock` set the clock, forward or back; what is due is as far away as it was before."""
        with self.turn():
            before = self.now()
            set_clock()
            by = self.now() - before
            self._due.shift(by)
            self._background.shift(by)
            self._changed.notify_all()

    def spend(self, seconds: float) -> None:
        with self.unlocked():
            sleep(seconds)

    @contextmanager
    def turn(self) -> Iterator[None]:
        if self._owner == threading.get_ident():
            yield
            return
        with self._lock:
            self._owner = threading.get_ident()
            try:
                yield
            finally:
                self._owner = None

    @contextmanager
    def unlocked(self) -> Iterator[None]:
        if self._owner != threading.get_ident():
            yield
            return
        self._owner = None
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()
            self._owner = threading.get_ident()

    def _play_on(self) -> None:
        with self.turn():
            while self._is_playing:
                agenda = self._next_or_none()
                first = None if agenda is None else agenda.first()
                if agenda is None or first is None:
                    self._wait(None)
                elif (left := (first[0] - self.now()).total_seconds()) > 0:
                    self._wait(left)
                else:
                    self._play_safely(agenda.take())

    def _play_safely(self, alarm: Alarm) -> None:
        try:
            alarm.action()
        except Exception as fault:  # noqa: BLE001 (one call's fault is not the exchange's end)
            self.faults.append(fault)

    def _wait(self, seconds: float | None) -> None:
        self._owner = None
        self._changed.wait(seconds)
        self._owner = threading.get_ident()
