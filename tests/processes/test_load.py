"""Calls that come at a rate of their own: none gets an error, and what each has told is stored."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.bench.calls import Pace, play, stored
from tests.processes.running import running


@pytest.mark.slow
def test_25_whole_calls_a_second(postgresql_url: str, tmp_path: Path) -> None:
    pace = Pace(calls=100, a_second=25, menu=0.5, rings=0.5, talks=0.5)
    # In a thread of its own: the browser of other tests keeps an event loop running in this one.
    with running(tmp_path, {"DATABASE_URL": postgresql_url}) as service, ThreadPoolExecutor(1) as thread:
        outcome = thread.submit(lambda: asyncio.run(play(service.port, pace))).result()
    assert outcome.errors == []
    assert len(outcome.latencies) == 7 * pace.calls
    [(facts, calls)] = stored(postgresql_url, outcome.sids).items()
    assert calls == pace.calls
    assert {"call_arrived", "keys_pressed", "leg_dialled", "leg_ended", "dial_ended", "call_ended"} <= set(facts)
