"""`make soak SEEDS=1..500`: plays many worlds with everything breaking, and prints what came of it.

A seed that fails is cut down to the smallest plan that still fails in the same way; that plan is told, and written
beside the seeds that were found before, so that the test suite plays it from then on.
"""

import argparse
import os
import resource
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tests.simulation.drawing import KINDS, draw
from tests.simulation.plan import Plan
from tests.simulation.playing import FOUND, folder_in_memory, make_template, play, story_of
from tests.simulation.shrinking import shrunk
from tests.simulation.world import Outcome

_PROMISED = ("lost", "dropped", "doubled", "unowned")


def main() -> int:
    """Plays the seeds asked for; the exit status is 1 when anything was not as it must be."""
    asked = _asked()
    seeds = list(_seeds(asked.seeds))
    began = time.perf_counter()
    outcomes: list[Outcome] = []
    with folder_in_memory() as folder:
        template = make_template(folder)
        one = partial(_played, template=template, visits=asked.visits, kinds=tuple(asked.kinds.split(",")))
        with ProcessPoolExecutor(asked.processes, mp_context=get_context("spawn")) as pool:
            for outcome in pool.map(one, seeds, chunksize=1):
                outcomes.append(outcome)
                for violation in outcome.violations:
                    print(f"seed {outcome.plan.seed}: {violation.text}", flush=True)
        seconds = time.perf_counter() - began
        _print(outcomes, seconds)
        failed = [outcome for outcome in outcomes if outcome.violations]
        for outcome in failed[: asked.shrink]:
            _explain(outcome, template)
    return 1 if failed else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("seeds", nargs="?", default="1..200", help="such as 7, or 1..500")
    parser.add_argument("--visits", type=int, default=60, help="calls in a world, more or less")
    parser.add_argument("--kinds", default=",".join(KINDS), help="what may break")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--shrink", type=int, default=3, help="how many failures are cut down and kept")
    return parser.parse_args()


def _seeds(text: str) -> Iterator[int]:
    first, _, last = text.partition("..")
    yield from range(int(first), int(last or first) + 1)


def _played(seed: int, *, template: Path, visits: int, kinds: tuple[str, ...]) -> Outcome:
    return play(draw(seed, visits=visits, kinds=[kind for kind in kinds if kind]), template)


def _print(outcomes: list[Outcome], seconds: float) -> None:
    calls = sum(outcome.calls for outcome in outcomes)
    call_hours = sum(outcome.call_seconds for outcome in outcomes) / 3600
    world_hours = sum(outcome.world_seconds for outcome in outcomes) / 3600
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    met, wrong = Counter[str](), Counter[str]()
    for outcome in outcomes:
        met.update(outcome.met)
        wrong.update(violation.kind for violation in outcome.violations)
    print(
        f"\n{len(outcomes)} worlds, {calls} calls, {call_hours:.0f} call-hours in {world_hours:.0f} hours of the desk"
    )
    print(f"{seconds:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of CPU: "
          f"{call_hours / seconds * 60:.0f} call-hours a minute, {calls / seconds:.0f} calls a second\n")  # fmt: skip
    for kind in (*_PROMISED, *sorted(wrong.keys() - set(_PROMISED))):
        print(f"  {kind:12}{wrong[kind]:8}")
    print("\nWhat broke:")
    for kind, times in sorted(met.items()):
        print(f"  {kind:32}{times:8}")


def _explain(outcome: Outcome, template: Path) -> None:
    kind = outcome.violations[0].kind

    def fails(plan: Plan) -> bool:
        return any(violation.kind == kind for violation in play(plan, template).violations)

    small = shrunk(outcome.plan, fails)
    path = FOUND / f"{kind}-{outcome.plan.seed}.json"
    path.write_text(small.to_json())
    print(f"\nSeed {outcome.plan.seed} cut down; kept as {path.name}:\n{small.to_json()}")
    print("\n".join(story_of(small, template)))
