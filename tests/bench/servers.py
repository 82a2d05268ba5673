"""Starts the programs under measurement under the service's own gunicorn settings, and reads what they cost."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.bench.load import TOKEN

HOST = "127.0.0.1"
START_SECONDS = 30.0
ROOT = Path(__file__).parents[2]
_FLOOR = "import tests.bench.floor as floor; make = lambda: Program(floor.make_floor(), int)"
_DURABLE = """import tests.bench.floor as floor
make = lambda: Program(floor.make_durable({path!r}, {base!r}, {token!r}), int)"""
_SERVICE = "make = lambda: __import__('app.web.factory').web.factory.program()"
_RUN = """from app.web.server import Program, serve_web
{setup}
serve_web(host={host!r}, port={port}, workers=2, make=make)"""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    port: int
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """User and system time of all its processes so far."""
        everybody = [self.process, *self.process.children(recursive=True)]
        return float(sum(sum(each.cpu_times()[:2]) for each in everybody))

    def worker_pss(self) -> float:
        """Proportional memory of one worker, in bytes."""
        sizes = [child.memory_full_info().pss for child in self.process.children()]
        return float(sum(sizes) / len(sizes))


@contextmanager
def floor() -> Iterator[Server]:
    with _running(_FLOOR, {}) as server:
        yield server


@contextmanager
def durable(folder: Path) -> Iterator[Server]:
    port = _free_port()
    setup = _DURABLE.format(path=str(folder / "durable.db"), base=f"http://{HOST}:{port}", token=TOKEN)
    with _running(setup, {}, port=port) as server:
        yield server


@contextmanager
def service(folder: Path, database_url: str, more: Mapping[str, str] | None = None) -> Iterator[Server]:
    """The service; `more` variables besides the usual ones."""
    port = _free_port()
    environ = {
        "DATABASE_URL": database_url,
        "IVR_CONFIG_DIR": str(ROOT),
        "PUBLIC_BASE_URL": f"http://{HOST}:{port}",
        "TWILIO_AUTH_TOKEN": TOKEN,
        **(more or {}),
    }
    with _running(_SERVICE, environ, port=port, folder=folder) as server:
        yield server


@contextmanager
def _running(setup: str, environ: dict[str, str], *, port: int = 0, folder: Path = ROOT) -> Iterator[Server]:
    port = port or _free_port()
    code = _RUN.format(setup=setup, host=HOST, port=port)
    # Logs go where a service's logs go: to a file, so that writing them is part of what is measured.
    with (folder / f"server-{port}.log").open("wb") if folder != ROOT else Path(os.devnull).open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 (our own code)
            [sys.executable, "-c", code],
            cwd=folder,
            env=os.environ | environ | {"PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=log,
        )
        try:
            _wait_for(port)
            yield Server(port, psutil.Process(process.pid))
        finally:
            process.terminate()
            process.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            time.sleep(1.0)
            return
