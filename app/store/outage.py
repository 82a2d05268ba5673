"""What it means that the database does not answer, and for how long nobody need ask it again.

Knows the drivers' error codes. Never repeats SQL, values or a driver's own text: those may hold numbers.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_PAUSE_SECONDS = 2.0


class StoreUnavailable(Exception):  # noqa: N818 - a state of the world rather than an error of ours
    """The database cannot be reached, or did not answer within the bound.

    `reason` is a short phrase fit for a log or a readiness page. `local` means that only this one call or row
    was busy, which says nothing about the database at large.
    """

    def __init__(self, reason: str, *, local: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.local = local


# SQLite result codes (https://www.sqlite.org/rescode.html), primary codes only.
_SQLITE_REASONS = {
    2: "internal error",
    3: "no permission",
    5: "locked",
    6: "locked",
    7: "out of memory",
    8: "read-only",
    9: "too slow",
    10: "input or output error",
    11: "damaged",
    13: "disk full",
    14: "cannot be opened",
    15: "locked",
    23: "no permission",
    26: "not a database",
}
_SQLITE_GENERIC = 1
_NOT_MIGRATED = ("no such table", "no such column", "has no column named")

# PostgreSQL SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html), longest prefix wins.
_POSTGRESQL_REASONS = {
    "08": "cannot connect",
    "25006": "read-only",
    "28": "refused our credentials",
    "3D": "no such database",
    "40": "busy",
    "42501": "no permission",
    "42703": "not migrated",
    "42P01": "not migrated",
    "53": "out of resources",
    "53100": "disk full",
    "53300": "too many connections",
    "55P03": "busy",
    "57": "shutting down",
    "57014": "too slow",
    "58": "input or output error",
    "XX": "damaged",
}

_UNIQUE_VIOLATION = "23505"


def reason_of(fault: BaseException) -> str | None:
    """Why the database is unavailable, or None when the fault is a mistake of ours and must be seen."""
    match fault:
        case PoolTimeout():
            return "all connections busy"
        case DBAPIError(orig=BaseException() as cause):
            return reason_of(cause)
        case sqlite3.Error():
            return _sqlite_reason(fault)
        case _ if type(fault).__module__.startswith("psycopg"):
            return _postgresql_reason(fault)
        case _:
            return None


def _sqlite_reason(cause: sqlite3.Error) -> str | None:
    code: int = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if code == _SQLITE_GENERIC and any(words in str(cause) for words in _NOT_MIGRATED):
        return "not migrated"
    return _SQLITE_REASONS.get(code)


def _postgresql_reason(fault: BaseException) -> str | None:
    # By names, so that the driver need not be loaded where it is not used.
    state: str | None = getattr(fault, "sqlstate", None)
    if state is None:  # never got as far as an answer from the server
        named = {kind.__name__ for kind in type(fault).__mro__}
        return "cannot connect" if named & {"OperationalError", "InterfaceError"} else None
    return next((_POSTGRESQL_REASONS[state[:n]] for n in (5, 2) if state[:n] in _POSTGRESQL_REASONS), None)


def is_duplicate(fault: BaseException) -> bool:
    """Whether PostgreSQL refused a row because there is one with its key."""
    return getattr(fault, "sqlstate", None) == _UNIQUE_VIOLATION


@contextmanager
def translated() -> Iterator[None]:
    """Faults of the database leave as StoreUnavailable; mistakes of ours leave as they are."""
    try:
        yield
    except Exception as fault:
        if (reason := reason_of(fault)) is None:
            raise
        # "busy" is a wait for one row or one call on PostgreSQL; the others go on undisturbed.
        raise StoreUnavailable(reason, local=reason == "busy") from fault


class Breaker:
    """After an outage, refuses for two seconds, then lets one attempt through to look again.

    Without it each request of an outage would hold a thread for the whole bound.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._open_until: float | None = None
        self._reason = ""

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Run one attempt; raises StoreUnavailable at once while the pause lasts."""
        if self._open_until is not None:
            self._admit_one()
        try:
            yield
        except StoreUnavailable as outage:
            if not outage.local:
                self._reason = outage.reason
                self._open_until = self._monotonic() + _PAUSE_SECONDS
            raise
        if self._open_until is not None:
            self._open_until = None

    def _admit_one(self) -> None:
        with self._lock:
            now = self._monotonic()
            if self._open_until is None:
                return
            if now < self._open_until:
                raise StoreUnavailable(self._reason)
            # Others keep waiting while this attempt finds out.
            self._open_until = now + _PAUSE_SECONDS
