"""Plays plans: each in a folder of its own that is gone afterwards, in memory where the system can."""

import gc
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.databases import migrate
from tests.simulation.plan import Plan
from tests.simulation.world import Outcome, World, simulated

FOUND = Path(__file__).parent / "found"
# A world leaves little that only the collector of garbage can find; looking for it all the time takes a tenth of it.
_ALLOCATIONS_BETWEEN_LOOKS = 200_000


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """A folder of our own. Writing through to memory costs no time, and the database keeps the settings it has."""
    memory = Path("/dev/shm")  # noqa: S108 - only a place for a folder of our own
    folder = Path(tempfile.mkdtemp(prefix="ivr-world-", dir=memory if memory.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_template(folder: Path) -> Path:
    """A migrated SQLite file, to be copied for each world, which in memory has no log to write ahead."""
    path = folder / "template.db"
    migrate(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    return path


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Have garbage be looked for less often meanwhile."""
    usual = gc.get_threshold()
    gc.set_threshold(_ALLOCATIONS_BETWEEN_LOOKS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def play(plan: Plan, template: Path) -> Outcome:
    """Play one plan on SQLite."""
    with folder_in_memory() as folder, simulated(), seldom_collecting():
        return World(plan, folder, template=template).run()


def play_on(plan: Plan, database_url: str) -> Outcome:
    """Play one plan on a migrated database."""
    with folder_in_memory() as folder, simulated():
        return World(plan, folder, database_url=database_url).run()


def story_of(plan: Plan, template: Path) -> list[str]:
    """What happens in a world, line by line, and what was wrong with it."""
    with folder_in_memory() as folder, simulated():
        world = World(plan, folder, template=template)
        outcome = world.run()
        return [*world.told(), "", *(violation.text for violation in outcome.violations)]
