"""What a world does not look up again gives what looking again would give: no check gets weaker for being quicker."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from app.flow.messages import Fact, FactKind
from app.store import Spool, SpoolEntry, StoreUnavailable
from tests.simulation.drawing import draw
from tests.simulation.perils import Killed, PerilousSpool
from tests.simulation.playing import folder_in_memory, make_template
from tests.simulation.witness import Witness
from tests.simulation.world import World, simulated

pytestmark = pytest.mark.slow


class _Doubting(Witness):
    """Asks the database every time, and compares."""

    asked: ClassVar[list[str]] = []

    def remembered(self, statement: str) -> Sequence[Sequence[Any]]:
        found = super().remembered(statement)
        assert found == self.rows(statement), statement
        self.asked.append(statement)
        return found


class _DoubtingWorld(World):
    witness_kind = _Doubting


@pytest.mark.parametrize("seed", [1, 12])
def test_what_the_witness_remembers_is_what_the_database_says_at_every_step(seed: int) -> None:
    _Doubting.asked.clear()
    with folder_in_memory() as folder:
        template = make_template(folder)
        with simulated():
            outcome = _DoubtingWorld(draw(seed, visits=16), folder, template=template).run()
    assert outcome.calls > 0
    assert len(_Doubting.asked) > 500
    assert len(set(_Doubting.asked)) == 3


@dataclass
class _Mortal:
    dies_at: str = ""
    passed: list[str] = field(default_factory=list)

    def passes(self, point: str) -> None:
        self.passed.append(point)
        if point == self.dies_at:
            raise Killed(point)


_ENTRY = SpoolEntry(
    call_sid="CA" + "1" * 32,
    turn=0,
    facts=(Fact(kind=FactKind.CALL_ENDED, key="ended", at=datetime(2026, 12, 1, tzinfo=UTC), because="told"),),
)


def test_the_size_of_a_spool_is_known_whatever_happens_to_it(tmp_path: Path) -> None:
    sizes: dict[Path, int] = {}

    def spool(dies_at: str = "") -> PerilousSpool:
        made = PerilousSpool(tmp_path / "spool")
        made.machine, made.sizes = _Mortal(dies_at), sizes
        return made

    def is_known() -> bool:
        return spool().size() == Spool(tmp_path / "spool").size()

    def refuse(_entry: SpoolEntry) -> bool:
        raise StoreUnavailable("cannot connect")

    assert is_known()
    spool().append(_ENTRY)
    assert is_known()
    for point in ("before spooling", "within spooling", "after spooling"):
        with pytest.raises(Killed):
            spool(point).append(_ENTRY)
        assert is_known()
    with pytest.raises(StoreUnavailable):
        spool().replay(refuse)
    assert is_known()
    assert spool().replay(lambda _entry: True) == 2
    assert is_known()
    assert spool().size() == 0
