"""The service as processes of its own: started from a folder, asked over HTTP, and stopped."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from app.simulator.clock import VirtualClock
from app.simulator.exchange import Account
from app.simulator.handsets import Handsets, accept, voicemail
from app.simulator.phone import Phone
from app.simulator.wire import HttpWire
from tests.desk import CONFIG, TOKEN

JAMISON = "+18165550101"
ACCOUNT = "AC" + "0" * 31 + "1"
PATIENCE_SECONDS = 60.0


@dataclass
class Service:
    """A running service."""

    process: subprocess.Popen[bytes]
    port: int
    folder: Path
    environ: dict[str, str]

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ivr(self, *arguments: str) -> str:
        command = [sys.executable, "-c", "from app.cli import main; main()", *arguments]
        done = subprocess.run(  # noqa: S603 (our own command)
            command, cwd=self.folder, env=self.environ, capture_output=True, text=True, check=True
        )
        return done.stdout

    def get(self, path: str, token: str = "") -> tuple[int, Any]:
        request = urllib.request.Request(self.base_url + path)  # noqa: S310 (our own server)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"null")

    def figures(self) -> str:
        """What /metrics says."""
        with urllib.request.urlopen(self.base_url + "/metrics", timeout=10) as answer:  # noqa: S310
            return str(answer.read().decode())

    def log(self) -> str:
        """All that its processes have written."""
        return (self.folder / "service.log").read_text()

    def children(self, name: str) -> list[psutil.Process]:
        """The living processes that run one subcommand, without those they started themselves."""
        return [each for each in psutil.Process(self.process.pid).children() if name in _command(each)]

    def kill(self) -> None:
        """End all its processes at once, as a power cut does."""
        everybody = [*psutil.Process(self.process.pid).children(recursive=True), psutil.Process(self.process.pid)]
        for each in everybody:
            each.kill()
        psutil.wait_procs(everybody, PATIENCE_SECONDS)

    def phone(self, seed: int) -> Phone:
        return Phone(
            HttpWire(),
            account=Account(sid=ACCOUNT, base_url=self.base_url),
            auth_token=TOKEN,
            clock=VirtualClock(datetime(2026, 11, 28, 9, tzinfo=UTC)),
            handsets=Handsets({JAMISON: voicemail(after_seconds=2)}, default=accept()),
            seed=seed,
        )


def _command(process: psutil.Process) -> list[str]:
    """What it was started with; nothing once it has ended, though it may stand in the table still."""
    try:
        return list(process.cmdline())
    except psutil.NoSuchProcess:
        return []


def is_alive(process: psutil.Process) -> bool:
    """Whether a process still does anything; one that has ended may stand in the table until somebody asks for it."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def eventually(claim: Callable[[], bool], *, within_seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + within_seconds
    while not claim():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)


@contextmanager
def running(
    folder: Path,
    environ: Mapping[str, str] | None = None,
    *,
    command: str = "serve",
    until: Callable[["Service"], bool] | None = None,
    change: Callable[[Path], None] | None = None,
) -> Iterator[Service]:
    """A service in a folder of its own, on a port of its own, with these variables besides the usual ones.

    It is ready, or as `until` says, when the block begins. A folder that has a configuration keeps it; `change` is
    made to it before the start.
    """
    for name in ("ivr_flows", "schedules"):
        if not (folder / name).exists():
            shutil.copytree(CONFIG / name, folder / name)
    if change is not None:
        change(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = os.environ | {
        "PYTHONPATH": str(CONFIG),
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        "TWILIO_AUTH_TOKEN": TOKEN,
        # The clock of the service: a Saturday night, as the caller's.
        "IVR_CLOCK": "2026-11-28T03:00:00-06:00",
        "TWILIO_API_BASE_URL": "http://127.0.0.1:9",
        "LOG_FORMAT": "json",
        **(environ or {}),
    }
    arguments = ["--port", str(port)] if command == "serve" else []
    with (folder / "service.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 (our own command)
            [sys.executable, "-c", "from app.cli import main; main()", command, *arguments],
            cwd=folder,
            env=variables,
            stdout=log,
            stderr=log,
        )
        service = Service(process, port, folder, variables)
        try:
            if command == "serve":
                eventually(lambda: (until or is_ready)(service))
            yield service
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def is_answering(service: Service) -> bool:
    """Whether it takes requests, ready or not."""
    assert service.process.poll() is None, service.log()
    try:
        return service.get("/readyz")[0] in {200, 503}
    except OSError:
        return False


def is_ready(service: Service) -> bool:
    assert service.process.poll() is None, service.log()
    try:
        return service.get("/readyz")[0] == 200
    except OSError:
        return False
