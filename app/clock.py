"""The only place that asks what time it is."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the present instant, aware and in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 (the one reader of the clock)


@dataclass(frozen=True, slots=True)
class ShiftedClock:
    """Starts at `start` when it is made, and runs on at the usual speed."""

    start: datetime
    _made_at: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        return self.start + timedelta(seconds=time.monotonic() - self._made_at)


def clock_for(start: datetime | None) -> Clock:
    """The clock a process runs on: the machine's, or one that starts at `start`."""
    return SystemClock() if start is None else ShiftedClock(start.astimezone(UTC))


def monotonic() -> float:
    """Seconds that only ever grow, for measuring how long something of ours took."""
    return time.monotonic()
