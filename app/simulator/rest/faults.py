"""What goes wrong with REST requests, on demand and counted. Breaks nothing itself."""

from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """How a request goes wrong."""

    TOO_MANY = "too many requests"  # 429, code 20429: not processed
    SERVER_ERROR = "server error"  # 500: not processed
    REFUSED = "connection refused"  # not processed
    REPLY_LOST = "reply lost"  # processed, and nobody hears of it
    SLOW = "slow"  # processed, and answered late


@dataclass(slots=True)
class Fault:
    """One way to go wrong, for the next `times` requests to paths that hold `path` (None: for ever)."""

    kind: FaultKind
    times: int | None
    path: str
    method: str | None
    seconds: float = 0.0


class Faults:
    """The faults in force; the oldest that fits is taken first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def too_many(self, times: int | None = None, *, path: str = "", method: str | None = None) -> None:
        """Answer the next requests with 429, unprocessed."""
        self._add(Fault(FaultKind.TOO_MANY, times, path, method))

    def server_error(self, times: int | None = None, *, path: str = "", method: str | None = None) -> None:
        """Answer the next requests with 500, unprocessed."""
        self._add(Fault(FaultKind.SERVER_ERROR, times, path, method))

    def refuse(self, times: int | None = None, *, path: str = "", method: str | None = None) -> None:
        """Refuse the next connections."""
        self._add(Fault(FaultKind.REFUSED, times, path, method))

    def lose_reply(self, times: int | None = None, *, path: str = "", method: str | None = None) -> None:
        """Process the next requests and break the connection before answering: the outcome is unknown."""
        self._add(Fault(FaultKind.REPLY_LOST, times, path, method))

    def slow(self, seconds: float, times: int | None = None, *, path: str = "", method: str | None = None) -> None:
        """Process the next requests, and answer so many (virtual) seconds later."""
        self._add(Fault(FaultKind.SLOW, times, path, method, seconds))

    def clear(self) -> None:
        """Everything works again."""
        self._faults.clear()

    def next_for(self, method: str, path: str) -> Fault | None:
        """The fault that befalls this request, if any; it is used up by it."""
        for fault in self._faults:
            if fault.path in path and fault.method in {None, method}:
                self._use(fault)
                return fault
        return None

    def _add(self, fault: Fault) -> None:
        if fault.times != 0:
            self._faults.append(fault)

    def _use(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times == 0:
            self._faults.remove(fault)
