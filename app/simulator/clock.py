"""Time inside the simulator: it stands still until somebody moves it, or runs as told. Knows no machine's clock."""

from collections.abc import Callable
from datetime import datetime, timedelta


class VirtualClock:
    """An instant that only moves when told to, so that thirty seconds of ringing take none.

    `start` must be aware. `tell`, when given, hears every new instant: a service running in the same
    process shares the caller's time by it.
    """

    def __init__(self, start: datetime, *, tell: Callable[[datetime], None] | None = None) -> None:
        if start.tzinfo is None:
            raise ValueError("the virtual clock needs an instant with a zone")
        self._now = start
        self._tell = tell
        if tell is not None:
            tell(start)

    def now(self) -> datetime:
        """The present instant, aware."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self.move_to(self._now + timedelta(seconds=seconds))

    def move_to(self, at: datetime) -> None:
        """Make it `at`; an instant already past is a mistake of the caller (ValueError)."""
        if at < self._now:
            raise ValueError(f"time runs forward: {at} is before {self._now}")
        if at == self._now:
            return
        self._now = at
        if self._tell is not None:
            self._tell(at)


class WallClock:
    """Real time, as whoever owns the machine's clock tells it: `now` returns an aware instant."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._ask = now

    def now(self) -> datetime:
        """The present instant, aware."""
        return self._ask()
