"""`ivr serve`, `ivr web`, `ivr clock`: the long-running processes."""

import os
import signal
import subprocess
import sys
import time
from types import FrameType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from app.accounts import AccountKeeping
from app.cli.environment import live_snapshot_or_exit, settings_or_exit
from app.cli.operator import operator
from app.services import wire
from app.settings import Settings
from app.store import Store, StoreUnavailable

if TYPE_CHECKING:
    from app.web.server import Program

CLOCK_RESTART_SECONDS = 2.0
STOP_SECONDS = 20.0
EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 (compared with, not listened on)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=lambda: int(os.environ.get("PORT", "8000")), type=int, show_default="PORT or 8000")
@click.option("--workers", default=2, type=click.IntRange(1, 64), show_default=True)
def web(host: str, port: int, workers: int) -> None:
    """The web process alone, under gunicorn."""
    settings = settings_or_exit()
    live_snapshot_or_exit(settings)
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
def serve(host: str, port: int, workers: int) -> None:
    """All that one machine needs: the web process and the clock process, stopped together."""
    settings = settings_or_exit()
    snapshot = live_snapshot_or_exit(settings)
    _prepare_database(settings.database_url)
    click.echo(f"Configuration {snapshot.revision}: {', '.join(line.title for line in snapshot.book.lines.values())}.")
    if settings.simulated:
        click.echo("No Twilio account is set: calls come from the phone simulator. Try: ivr call main --keys 1")
        _print_way_in(settings, f"http://{'127.0.0.1' if host in EVERYWHERE else host}:{port}")
    click.echo(f"Listening on http://{host}:{port}")
    sys.exit(_Pair(host, port, workers).run())


def _print_way_in(settings: Settings, base: str) -> None:
    """Whoever starts a simulation is its administrator: the first who opens the link is signed in."""
    services = wire(settings)
    try:
        keeping = AccountKeeping(services, operator())
        account = keeping.first_admin()
        if account is not None:
            path = urlsplit(keeping.sign_in_link(account).address).path
            click.echo(f"The web desk, signed in as {account.name} (good once, for an hour):\n{base}{path}")
    except StoreUnavailable as fault:
        click.echo(f"No link to the web desk: {fault.reason}", err=True)
    finally:
        services.store.close()


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


class _Pair:
    """The two processes: whichever is asked to stop, both stop; a clock that dies is started again."""

    def __init__(self, host: str, port: int, workers: int) -> None:
        arguments = ("--host", host, "--port", str(port), "--workers", str(workers))
        self._web = _start("web", *arguments)
        self._clock = _start("clock")
        self._stopping = False

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while self._web.poll() is None:
            time.sleep(0.2)
            if self._clock.poll() is not None and not self._stopping:
                click.echo("The clock process ended; starting it again.", err=True)
                time.sleep(CLOCK_RESTART_SECONDS)
                self._clock = _start("clock")
        self._end(self._clock)
        return 0 if self._stopping else self._web.returncode or 1

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        for process in (self._web, self._clock):
            if process.poll() is None:
                process.terminate()

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _start(name: str, *arguments: str) -> subprocess.Popen[bytes]:
    # A session of its own, so that one Ctrl-C reaches the children once, through us.
    return subprocess.Popen(  # noqa: S603 (our own command)
        [sys.executable, "-c", "from app.cli import main; main()", name, *arguments], start_new_session=True
    )
