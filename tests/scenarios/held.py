"""A desk whose two phones ring at once, and a caller on hold while they do."""

from pathlib import Path

from app.simulator.caller import CallerScript
from app.simulator.handsets import ignore
from app.store import Store
from tests.desk import PlayedCall, make_desk
from tests.scenarios.switchboard import FIRST, JAMISON, Switchboard, config_with

JAMISONS, LASHAS, FIRSTS = "+18165550101", "+18165550102", "+18165550103"


def ringing_desk(database_url: str, folder: Path, *, store: Store | None = None) -> Switchboard:
    """A desk of two, whose phones ring at once and are let ring."""
    config = config_with(folder, staff=(JAMISON, FIRST))
    staff = config / "schedules" / "staff.yaml"
    staff.write_text(staff.read_text().replace("strategy: hunt", "strategy: simultaneous"))
    board = Switchboard(make_desk(database_url, folder, store=store, config=config, rest=True))
    for number in (JAMISONS, FIRSTS):
        board.phone.handsets.behave(number, ignore())
    return board


def ringing(board: Switchboard, *, seconds: float = 2, stays: float | None = None) -> tuple[PlayedCall, int]:
    """A call for which both phones have rung for so long, and the turn they ring for; its caller `stays` so long."""
    call = board.caller("2", script=CallerScript(hangs_up_after_seconds=stays))
    board.let_pass(2)
    for _ in range(600):
        board.let_pass(0.5)
        if len([leg for leg in call.legs if leg.leg_sid is not None]) == 2:
            break
    assert len(call.legs) == 2
    board.let_pass(seconds)
    return call, call.legs[0].turn
