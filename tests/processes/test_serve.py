"""The service as it runs: `ivr serve` with gunicorn and the clock, spoken to over real HTTP."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from app.simulator.caller import CallerScript
from app.simulator.clock import VirtualClock
from app.simulator.exchange import Account
from app.simulator.handsets import Handsets, accept, voicemail
from app.simulator.parties import parse_keys
from app.simulator.phone import Phone
from app.simulator.wire import HttpWire
from tests.desk import CONFIG, MAIN, TOKEN

pytestmark = pytest.mark.slow
JAMISON = "+18165550101"
ACCOUNT = "AC" + "0" * 31 + "1"
PATIENCE_SECONDS = 30.0


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

    def children(self, name: str) -> list[psutil.Process]:
        """The living processes that run one subcommand, without those they started themselves."""
        direct = psutil.Process(self.process.pid).children()
        return [each for each in direct if each.status() != psutil.STATUS_ZOMBIE and name in each.cmdline()]

    def phone(self, seed: int) -> Phone:
        return Phone(
            HttpWire(),
            account=Account(sid=ACCOUNT, base_url=self.base_url),
            auth_token=TOKEN,
            clock=VirtualClock(datetime(2026, 11, 28, 9, tzinfo=UTC)),
            handsets=Handsets({JAMISON: voicemail(after_seconds=2)}, default=accept()),
            seed=seed,
        )


def eventually(claim: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not claim():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    for name in ("ivr_flows", "schedules"):
        shutil.copytree(CONFIG / name, tmp_path / name)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = os.environ | {
        "PYTHONPATH": str(CONFIG),
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        "TWILIO_AUTH_TOKEN": TOKEN,
        # The clock of the service: a Saturday night, as the caller's.
        "IVR_CLOCK": "2026-11-28T03:00:00-06:00",
        "TWILIO_API_BASE_URL": "http://127.0.0.1:9",
        "LOG_FORMAT": "json",
    }
    command = [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", str(port)]
    with (tmp_path / "service.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=log, stderr=log)  # noqa: S603
        running = Service(process, port, tmp_path, environ)
        try:
            eventually(lambda: _is_ready(running))
            yield running
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def _is_ready(service: Service) -> bool:
    assert service.process.poll() is None, (service.folder / "service.log").read_text()
    try:
        return service.get("/readyz")[0] == 200
    except OSError:
        return False


def test_a_signed_call_over_http_goes_past_the_voicemail_and_the_api_tells_of_it(service: Service) -> None:
    played = service.phone(1).dial(to=MAIN, from_="+18165550191", caller=CallerScript(keys=parse_keys("1")))
    token = service.ivr("token", "create", "--role", "supervisor").splitlines()[-1]

    assert not played.dropped
    status, call = service.get(f"/api/v1/calls/{played.call_sid}", token)
    assert status == 200
    assert [(leg["party"], leg["outcome"]) for leg in call["legs"]] == [
        ("Jamison White", "answered_not_accepted"),
        ("Lasha Dalakishvili", "accepted"),
    ]
    status, ticket = service.get(f"/api/v1/tickets/{call['ticket']}", token)
    assert status == 200
    assert (ticket["priority"], ticket["assignee"]) == ("emergency", "Lasha Dalakishvili")
    assert service.get("/api/v1/calls")[0] == 401


def test_a_call_goes_on_when_a_web_worker_and_the_clock_are_killed_in_its_middle(service: Service) -> None:
    def kill_workers() -> None:
        [clock] = service.children("clock")
        clock.kill()
        [web] = service.children("web")
        for worker in web.children():
            worker.kill()
        eventually(lambda: _is_ready(service))

    phone = service.phone(2)
    trace = phone.begin(to=MAIN, from_="+18165550191", caller=CallerScript(keys=parse_keys("1")))
    phone.timeline.after(20.0, kill_workers)
    phone.run()

    assert not trace.dropped
    assert trace.connected() == ["+18165550102"]
    eventually(lambda: len(service.children("clock")) == 1)


# Several requests, because each worker looks at the folder for itself.
def test_a_bad_edit_is_refused_and_a_good_one_goes_live_by_itself(service: Service) -> None:
    lines = service.folder / "ivr_flows" / "lines.yaml"
    good = lines.read_text()

    lines.write_text(good.replace("flow: main", "flow: mian", 1))
    eventually(lambda: all("mian" in service.get("/readyz")[1]["configuration"]["detail"] for _ in range(8)))
    assert not service.phone(3).dial(to=MAIN, from_="+18165550191").dropped

    lines.write_text(good.replace("title: main line", "title: first line"))
    eventually(lambda: all(service.get("/readyz")[0] == 200 for _ in range(8)))
    assert "configuration_refused" in (service.folder / "service.log").read_text()


def test_both_processes_stop_together(service: Service) -> None:
    children = psutil.Process(service.process.pid).children(recursive=True)

    service.process.send_signal(signal.SIGTERM)

    assert service.process.wait(PATIENCE_SECONDS) == 0
    assert not any(child.is_running() for child in children)
