"""The service as it runs: `ivr serve` with gunicorn and the clock, spoken to over real HTTP."""

import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.simulator.caller import CallerScript
from app.simulator.parties import parse_keys
from tests.desk import MAIN
from tests.processes.running import PATIENCE_SECONDS, Service, eventually, is_alive, is_ready, running

pytestmark = pytest.mark.slow


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running(tmp_path) as service:
        yield service


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
        eventually(lambda: is_ready(service))

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
    assert "configuration_refused" in service.log()


def test_both_processes_stop_together(service: Service) -> None:
    children = psutil.Process(service.process.pid).children(recursive=True)

    service.process.send_signal(signal.SIGTERM)

    assert service.process.wait(PATIENCE_SECONDS) == 0
    eventually(lambda: not any(map(is_alive, children)))
