"""What the doctor looks at and what it says: no check of its own."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from app.clock import Clock
from app.config.problems import Problem
from app.config.snapshot import Snapshot
from app.doctor.web import Web
from app.provisioning import Numbers
from app.settings import Settings
from app.store import Spool, Store
from oncall import Override


class State(StrEnum):
    """How a thing stands. `warn` can wait for office hours; `fail` costs calls, now or at the next fault."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: how it stands, a sentence about it, and what to do where something is to be done."""

    check: str
    state: State
    what: str
    remedy: str = ""


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What there is to look at.

    `snapshot` is what calls run on, None when nothing usable is there; `faults` are those of the YAML on disk.
    `provider` is None where there is no account. `fallback_url` is where the static document is hosted, if it is.
    """

    settings: Settings
    clock: Clock
    store: Store
    spool: Spool
    snapshot: Snapshot | None
    faults: tuple[Problem, ...] = ()
    provider: Numbers | None
    web: Web
    fallback_url: str | None = None
    free_bytes: Callable[[Path], int] = _free_bytes

    def quick(self, *, at: datetime) -> tuple[Override, ...]:
        """What was changed by text or at the desk; nothing when the database is away, which is told elsewhere."""
        return self.store.overrides.last_known(at=at)


Check = Callable[[Installation], Iterator[Finding]]
