"""Worlds in which everything breaks, in virtual time: nobody is lost, dropped or forgotten, and nothing is doubled.

A short run; `make soak SEEDS=1..500` plays many more. Seeds that once failed are in `found`, cut down.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.simulation.drawing import KINDS, draw
from tests.simulation.plan import Plan, Visit
from tests.simulation.playing import FOUND, folder_in_memory, make_template, play, play_on, story_of
from tests.simulation.shrinking import shrunk

pytestmark = pytest.mark.slow

SEEDS = (1, 3, 4, 8)
VISITS = 24


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    with folder_in_memory() as folder:
        yield make_template(folder)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_dropped_or_doubled_whatever_breaks(template: Path, seed: int) -> None:
    outcome = play(draw(seed, visits=VISITS), template)
    assert [violation.text for violation in outcome.violations] == []
    assert outcome.calls > 0


@pytest.mark.parametrize("path", sorted(FOUND.glob("*.json")), ids=lambda path: path.stem)
def test_what_once_failed_does_not_fail_again(template: Path, path: Path) -> None:
    outcome = play(Plan.from_json(path.read_text()), template)
    assert [violation.text for violation in outcome.violations] == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_holds_on_postgresql(postgresql_url: str, seed: int) -> None:
    outcome = play_on(draw(seed, visits=VISITS), postgresql_url)
    assert [violation.text for violation in outcome.violations] == []


DIGEST = """
from tests.simulation.drawing import draw
from tests.simulation.playing import folder_in_memory, make_template, play
with folder_in_memory() as folder:
    print(play(draw(5, visits=12), make_template(folder)).digest)
"""


def test_the_same_seed_gives_the_same_trace_in_another_process_too() -> None:
    """Also where text is hashed differently: neither sets nor hashes decide anything."""
    digests = {
        subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "PYTHONHASHSEED": salt},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for salt in ("1", "2")
    }
    assert len(digests) == 1
    assert len(digests.pop().strip()) == 64


def test_another_seed_gives_another_trace(template: Path) -> None:
    assert play(draw(6, visits=4), template).digest != play(draw(7, visits=4), template).digest


def test_a_plan_survives_being_written_down() -> None:
    plan = draw(3)
    assert Plan.from_json(plan.to_json()) == plan


def test_a_plan_that_fails_is_cut_down_to_what_makes_it_fail() -> None:
    plan = draw(2)
    guilty = {plan.visits[5], plan.visits[-1]}
    small = shrunk(plan, lambda cut: guilty <= set(cut.visits), most_runs=2000)
    assert set(small.visits) == guilty
    assert (small.breakages, small.edits, small.texts, small.pickups) == ((), (), (), {})
    assert small.hours < plan.hours or plan.visits[-1].after > (plan.hours - 1) * 3600


def test_the_story_of_a_world_can_be_read(template: Path) -> None:
    plan = replace(draw(1, kinds=()), visits=(Visit(after=5.0, number="+18165550180", keys="2"),), hours=0.1)
    story = "\n".join(story_of(plan, template))
    assert "Dialled" in story
    assert "caller hears: " in story
    assert "document voice/keys Digits=2" in story


def test_every_kind_of_breakage_is_drawn_by_some_seed() -> None:
    drawn = [draw(seed) for seed in range(30)]
    assert all(any(getattr(plan, name) for plan in drawn) for name in ("texts", "edits", "breakages", "twilio"))
    assert draw(1, kinds=()).breakages == ()
    assert set(KINDS) >= {"requests", "database", "commits", "rest", "kills", "clocks"}
