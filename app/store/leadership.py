"""Which of several processes is the one that works: a lock that its holder's death gives free at once.

On SQLite the lock of a file beside the database, on PostgreSQL a lock of the database's own. It knows no work.
"""

import fcntl
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import URL, Connection, text

from app.store.outage import reason_of

# Any numbers will do, as long as they stay.
_LOCK = {"space": 1, "number": 3}
# Whoever has been silent for so long has stopped or cannot be reached: the server lets another have the lock.
_SILENCE_SECONDS = 5
_SILENT_SESSIONS_END = 140_000  # since this version of PostgreSQL
# Asked again by who has the lock, it says whether that is still so, and takes no second one.
_TAKE = text(
    "SELECT CASE WHEN EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    " AND classid = :space AND objid = :number AND objsubid = 2 AND granted)"
    " THEN true ELSE pg_try_advisory_lock(:space, :number) END"
)
_GIVE = text("SELECT pg_advisory_unlock_all()")
_SETTINGS = text(
    "SELECT set_config('tcp_keepalives_idle', '2', false), set_config('tcp_keepalives_interval', '1', false),"
    " set_config('tcp_keepalives_count', '3', false)"
)
_END_WHEN_SILENT = text("SELECT set_config('idle_session_timeout', :milliseconds, false)")


class Leadership(Protocol):
    """The lock, for all threads of one process."""

    def holds(self) -> bool:
        """Whether this process leads, having taken the lead now if it was free. False while nobody can tell."""

    def release(self) -> None:
        """Let another lead. It may be asked for again."""


class FileLeadership:
    """For processes of one machine. The system gives the lock free when its process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file: int | None = None

    def holds(self) -> bool:
        with self._lock:
            if self._file is not None and self._is_in_place(self._file):
                return True
            self._close()
            return self._take()

    def release(self) -> None:
        with self._lock:
            self._close()

    def _take(self) -> bool:
        try:
            file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        self._file = file
        return True

    def _is_in_place(self, file: int) -> bool:
        # A file that was deleted or replaced is locked by us, and its successor by another.
        with suppress(OSError):
            return os.path.samestat(os.fstat(file), self._path.stat())
        return False

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


class DatabaseLeadership:
    """For any number of machines with one PostgreSQL: a lock of a session that is had for nothing else.

    The server frees it when the session ends: when its process dies, and when it has been silent for `silence_seconds`.
    So it has to be asked for every second or two, and before anything is done in its name.
    """

    def __init__(
        self, address: URL, *, bound: float, monotonic: Callable[[], float], silence_seconds: int = _SILENCE_SECONDS
    ) -> None:
        from app.store import postgresql  # noqa: PLC0415 - only where it is used

        self._engine = postgresql.engine_for(address, bound=bound, monotonic=monotonic)
        self._bound = bound
        self._silence_seconds = silence_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._session: Connection | None = None

    def holds(self) -> bool:
        with self._lock:
            try:
                return self._ask()
            except Exception as fault:
                self._close()
                if reason_of(fault) is None:
                    raise
                return False

    def release(self) -> None:
        with self._lock:
            if self._session is not None:
                # The server ends a session in its own time; so that whoever is next has the lock at once, it is given.
                with suppress(Exception):  # a broken session has no lock any more
                    self._driver().give_up_at = self._monotonic() + self._bound
                    self._session.execute(_GIVE)
            self._close()

    def _ask(self) -> bool:
        if self._session is None:
            self._session = self._engine.connect()
            self._session.execute(_SETTINGS)
            if self._driver().info.server_version >= _SILENT_SESSIONS_END:
                self._session.execute(_END_WHEN_SILENT, {"milliseconds": str(self._silence_seconds * 1000)})
        self._driver().give_up_at = self._monotonic() + self._bound
        return bool(self._session.execute(_TAKE, _LOCK).scalar())

    def _driver(self) -> Any:  # noqa: ANN401 - psycopg's
        return self._session.connection.driver_connection if self._session is not None else None

    def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with suppress(Exception):  # it may be broken, and is not used again
                session.invalidate()
                session.close()
        self._engine.dispose()


def leadership(address: URL, *, bound: float, monotonic: Callable[[], float]) -> Leadership:
    """The lock of the database at `address`; what asks for it waits for no longer than `bound` seconds."""
    if address.get_backend_name() == "sqlite":
        return FileLeadership(Path(f"{address.database}.clock-lock"))
    return DatabaseLeadership(address, bound=bound, monotonic=monotonic)
