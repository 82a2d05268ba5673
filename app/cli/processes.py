"""`ivr serve`, `ivr web`, `ivr clock`: the long-running processes, and who starts them again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING

import click

from app.cli.browser import open_soon
from app.cli.environment import live_snapshot_or_exit, settings_or_exit
from app.cli.first_way_in import print_first_link, way_in
from app.settings import Settings
from app.store import Store, StoreUnavailable

if TYPE_CHECKING:
    from app.web.server import Program

RESTART_SECONDS = 2.0
STOP_SECONDS = 20.0
# Callers of a simulation can wait; an exchange that never starts does not keep the web desk from starting.
_EXCHANGE_SECONDS = 15.0
_LOOK_SECONDS = 0.2
EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 (compared with, not listened on)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=lambda: int(os.environ.get("PORT", "8000")), type=int, show_default="PORT or 8000")
@click.option("--workers", default=2, type=click.IntRange(1, 64), show_default=True)
def web(host: str, port: int, workers: int) -> None:
    """The web process alone, under gunicorn."""
    settings = settings_or_exit()
    live_snapshot_or_exit(settings)
    if not settings.simulated:
        print_first_link(settings)
    from app.web.server import serve_web  # noqa: PLC0415 (gunicorn is not needed by the other commands)

    serve_web(host=host, port=port, workers=workers, make=_program)


def _program() -> "Program":
    # Its figures look, when they are loaded, for the folder that the server has made by then.
    from app.web.factory import program  # noqa: PLC0415

    return program()


@click.command()
def clock() -> None:
    """The clock process alone."""
    settings = settings_or_exit()
    live_snapshot_or_exit(settings)
    from app.jobs import run_clock  # noqa: PLC0415 (the scheduler is not needed by the other commands)

    run_clock()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=lambda: int(os.environ.get("PORT", "8000")), type=int, show_default="PORT or 8000")
@click.option("--workers", default=2, type=click.IntRange(1, 64), show_default=True)
@click.option("--no-browser", is_flag=True, help="In simulation, do not open the phone page in a browser.")
def serve(host: str, port: int, workers: int, *, no_browser: bool) -> None:
    """All that one machine needs: the web process and the clock process, stopped together.

    In simulation a telephone exchange runs beside them, and the phones of the web desk are on it.
    """
    settings = settings_or_exit()
    snapshot = live_snapshot_or_exit(settings)
    _prepare_database(settings.database_url)
    click.echo(f"Configuration {snapshot.revision}: {', '.join(line.title for line in snapshot.book.lines.values())}.")
    exchange_port = _free_port() if _needs_exchange(settings) else None
    if settings.simulated:
        base = f"http://{'127.0.0.1' if host in EVERYWHERE else host}:{port}"
        click.echo("No Twilio account is set: calls come from the phone simulator.")
        link = way_in(settings, base, to_phone=_needs_exchange(settings))
        if link is not None and exchange_port is not None and not no_browser:
            open_soon(link, once=(f"{base}/healthz", f"http://127.0.0.1:{exchange_port}/exchange/picture"))
    click.echo(f"Listening on http://{host}:{port}")
    sys.exit(_Processes(("--host", host, "--port", str(port), "--workers", str(workers)), exchange_port).run())


def _needs_exchange(settings: Settings) -> bool:
    """Whether there is neither an account nor anything else that stands in for the telephone company."""
    return settings.simulated and settings.twilio_api_base_url is None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _prepare_database(url: str) -> None:
    store = Store.open(url)
    try:
        # Asked first, within a bound: an upgrade waits for whoever holds the database, and callers would wait too.
        if not store.is_current():
            store.upgrade()
    except StoreUnavailable as fault:
        # Calls are answered without a database too, so the service starts; /readyz says what is missing.
        click.echo(f"The database cannot be reached yet: {fault.reason}", err=True)
    finally:
        store.close()


@dataclass(slots=True)
class _Companion:
    """A process that is started again when it ends."""

    name: str
    arguments: tuple[str, ...]
    environ: Mapping[str, str]
    process: subprocess.Popen[bytes]
    again_at: float | None = None

    def look(self, now: float) -> None:
        """Start it again, a little while after it has ended."""
        if self.process.poll() is None:
            return
        if self.again_at is None:
            click.echo(f"The {self.name} process ended; starting it again.", err=True)
            self.again_at = now + RESTART_SECONDS
        elif now >= self.again_at:
            self.again_at = None
            self.process = _start(self.name, *self.arguments, environ=self.environ)


class _Processes:
    """The processes of one machine: when the web process ends, or we are asked to stop, all stop."""

    def __init__(self, web: tuple[str, ...], exchange_port: int | None) -> None:
        self._web_arguments = web
        self._exchange_port = exchange_port
        self._web: subprocess.Popen[bytes] | None = None
        self._companions: list[_Companion] = []
        self._stopping = False

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self._begin()
        if self._stopping:
            # Asked to stop in the midst of it: whoever was started since has not been told.
            self._terminate()
        while self._web is not None and self._web.poll() is None:
            time.sleep(_LOOK_SECONDS)
            for each in self._companions:
                if not self._stopping:
                    each.look(time.monotonic())
        self._terminate()
        for each in self._companions:
            _await_end(each.process)
        return 0 if self._stopping or self._web is None else self._web.returncode or 1

    def _begin(self) -> None:
        environ = dict(os.environ)
        companions: list[tuple[str, ...]] = [("clock",)]
        if self._exchange_port is not None:
            # To the others the exchange is the telephone company.
            environ["TWILIO_API_BASE_URL"] = f"http://127.0.0.1:{self._exchange_port}"
            companions.insert(0, ("exchange", "--port", str(self._exchange_port)))
        for name, *arguments in companions:
            process = _start(name, *arguments, environ=environ)
            self._companions.append(_Companion(name, tuple(arguments), environ, process))
        self._await_exchange()
        if not self._stopping:
            self._web = _start("web", *self._web_arguments, environ=environ)

    def _await_exchange(self) -> None:
        """Wait until the exchange listens, for whoever opens the first page looks for the phones; not for ever."""
        deadline = time.monotonic() + _EXCHANGE_SECONDS
        while self._exchange_port is not None and not self._stopping and time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._exchange_port), timeout=1):
                return
            time.sleep(_LOOK_SECONDS)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        self._terminate()

    def _terminate(self) -> None:
        for process in (self._web, *(each.process for each in self._companions)):
            if process is not None and process.poll() is None:
                process.terminate()


def _await_end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _start(name: str, *arguments: str, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    # A session of its own, so that one Ctrl-C reaches the children once, through us.
    return subprocess.Popen(  # noqa: S603 (our own command)
        [sys.executable, "-c", "from app.cli import main; main()", name, *arguments],
        start_new_session=True,
        env=environ,
    )
