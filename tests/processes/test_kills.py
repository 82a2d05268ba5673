"""Processes killed at any instant: calls go on, and what was being sent is sent by another, under the same name."""

import base64
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import create_engine, text

from app.simulator.caller import CallerScript
from app.simulator.clock import WallClock
from app.simulator.events import Purpose
from app.simulator.exchange import Account
from app.simulator.handsets import Handsets, ignore
from app.simulator.parties import parse_keys
from app.simulator.phone import Phone
from app.simulator.wire import HttpWire
from tests.desk import ALTERNATE, MAIN, TOKEN
from tests.processes.callers import STORED_WITHIN_SECONDS, TimedWire, caller_number, calls, is_all_stored, phone
from tests.processes.running import ACCOUNT, Service, eventually, is_ready, running

pytestmark = pytest.mark.slow
_seeds = count(1)
_KEY = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@dataclass
class Endpoint:
    """Whoever gets our webhooks: it remembers the id of each, and answers none of them until it is let go."""

    ids: list[str] = field(default_factory=list)
    answers: threading.Event = field(default_factory=threading.Event)


@contextmanager
def endpoint() -> Iterator[tuple[Endpoint, str]]:
    """An endpoint, and its address."""
    double = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            double.ids.append(self.headers["webhook-id"])
            double.answers.wait(30)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            """Tests are silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield double, f"http://127.0.0.1:{server.server_address[1]}/tickets"
        double.answers.set()
        server.shutdown()
        thread.join()


@contextmanager
def telephone_company() -> Iterator[Phone]:
    """An account in real time, at the hour of the service; nobody answers a phone. Its address is told later."""
    begun = time.monotonic()
    started_at = datetime(2026, 11, 28, 9, tzinfo=UTC)
    company = Phone(
        HttpWire(),
        account=Account(sid=ACCOUNT, base_url="http://127.0.0.1:9", owned_numbers=frozenset({MAIN, ALTERNATE})),
        auth_token=TOKEN,
        clock=WallClock(lambda: started_at + timedelta(seconds=time.monotonic() - begun)),
        handsets=Handsets(default=ignore()),
    )
    timeline: Any = company.timeline
    timeline.begin_playing()
    yield company
    timeline.stop_playing()


def kill_workers(service: Service) -> None:
    """The clock and every web worker, at once; gunicorn and `ivr serve` start them again."""
    [clock] = service.children("clock")
    [web] = service.children("web")
    for each in (clock, *web.children()):
        each.kill()


def rows(url: str, question: str) -> list[Any]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = list(connection.execute(text(question)).all())
    engine.dispose()
    return found


def let_leases_lapse(url: str) -> None:
    """As if minutes had gone by since the claims: the clocks of processes under test begin anew with each start."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE outbox SET claimed_until = claimed_until - 120000000, "
                "uncertain_since = uncertain_since - 120000000 WHERE claimed_until IS NOT NULL"
            )
        )
    engine.dispose()


def test_what_was_being_sent_when_all_were_killed_is_sent_once_under_the_same_name(tmp_path: Path) -> None:
    """An emergency nobody took: people are texted and rung, programs are told. All of it is under way when all die."""
    url = f"sqlite:///{tmp_path}/ivr.db"
    with telephone_company() as company, company.serve_rest() as rest, endpoint() as (told, address):
        company.rest_faults.slow(20.0)
        environ = {"DATABASE_URL": url, "TWILIO_API_BASE_URL": rest.base_url, "WEBHOOK_ENDPOINTS": f"{address} {_KEY}"}
        with running(tmp_path, environ) as service:
            script = CallerScript(keys=parse_keys("1"), hangs_up_after_seconds=40)
            phone(service, next(_seeds), wire=TimedWire()).dial(to=MAIN, from_=caller_number(1), caller=script)
            eventually(lambda: bool(company.texts()) and bool(company.calls) and bool(told.ids))
            under_way = told.ids[0]
            kill_workers(service)
            company.rest_faults.clear()
            told.answers.set()
            eventually(lambda: is_ready(service))
            let_leases_lapse(url)
            eventually(lambda: not unsent(url), within_seconds=STORED_WITHIN_SECONDS)

        assert told.ids.count(under_way) == 2, "at least once, with an id by which the second is known"
        webhooks = rows(url, "SELECT result FROM outbox WHERE kind = 'webhook'")
        assert {row.result for row in webhooks} == set(told.ids)
        # The telephone company knows no such id: before anything is repeated, its lists are looked through.
        assert max(Counter((each.to, each.body) for each in company.texts()).values()) == 1
        rung = rows(url, "SELECT result FROM outbox WHERE kind = 'ring_phone'")
        assert sorted(row.result for row in rung) == sorted(each.sid for each in company.calls)


def unsent(url: str) -> list[Any]:
    """What is due and not done. Further pages are due later."""
    kinds = "('webhook', 'send_text', 'ring_phone')"
    return rows(url, f"SELECT key FROM outbox WHERE done_at IS NULL AND kind IN {kinds}")  # noqa: S608 - our own words


def test_calls_go_on_while_one_worker_after_another_is_killed(tmp_path: Path) -> None:
    """A request that dies with its worker is asked again, or at the fallback address; each call has one ticket."""
    url, killed, over = f"sqlite:///{tmp_path}/ivr.db", count(), threading.Event()
    with running(tmp_path, {"DATABASE_URL": url}) as service:
        [web] = service.children("web")

        def kill_again_and_again() -> None:
            # Not so soon that the question asked again dies as well: then even the fallback is of no use.
            while not over.wait(0.7):
                workers = [each for each in web.children() if each.status() != psutil.STATUS_ZOMBIE]
                random.Random(next(killed)).choice(workers).kill()  # noqa: S311 - which one is no secret

        killer = threading.Thread(target=kill_again_and_again)
        killer.start()
        try:
            played = calls(service, [next(_seeds) for _ in range(12)], pause=0.04)
        finally:
            over.set()
            killer.join()
        eventually(lambda: is_ready(service) and is_all_stored(service), within_seconds=STORED_WITHIN_SECONDS)
    assert next(killed) > 3, "too few were killed to show anything"
    assert [each.trace.ended for each in played if each.trace.dropped or not each.trace.connected()] == []
    found = rows(url, "SELECT call_sid, ticket, ended_at FROM calls")
    assert sorted(row.call_sid for row in found) == sorted(each.sid for each in played)
    assert len({row.ticket for row in found}) == len(found)
    # An end whose report died with a worker is found in the telephone company's list, which there is none of here.
    unheard = {each.sid for each in played if any(not asked.status for asked in each.trace.requests(Purpose.CALLBACK))}
    assert {row.call_sid for row in found if row.ended_at is None} <= unheard
