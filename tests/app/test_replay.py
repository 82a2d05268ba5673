"""A call routed once more: the same by the same configuration, and what differs by another one."""

from datetime import timedelta
from typing import Any

import pytest

from app.replay import Replay, replayed
from app.simulator.caller import CallerScript
from app.simulator.handsets import accept, decline, ignore, voicemail
from app.simulator.parties import parse_keys
from oncall import DeskOverride, Override, OverrideKind, Source
from tests.app.edits import HOURS, edited
from tests.desk import ALTERNATE, MAIN, SATURDAY_NIGHT, THANKSGIVING, TUESDAY_MORNING, Desk, PlayedCall


def again(at: Desk, call: PlayedCall, **more: Any) -> Replay:
    return replayed(call.record, call.timeline, at.snapshot, **more)


BEHAVIOURS = {"accept": accept(), "ignore": ignore(), "voicemail": voicemail(), "decline": decline()}


@pytest.mark.parametrize(
    ("keys", "at", "phones"),
    [
        ("1", SATURDAY_NIGHT, "voicemail"),
        ("2", TUESDAY_MORNING, "accept"),
        ("", TUESDAY_MORNING, "ignore"),
        ("9,9", TUESDAY_MORNING, "decline"),
        ("3,1042#", TUESDAY_MORNING, "ignore"),
        ("8,1", SATURDAY_NIGHT, "accept"),
        ("0", THANKSGIVING, "ignore"),
    ],
)
def test_by_the_same_configuration_every_call_goes_the_same_way(desk: Desk, keys: str, at: str, phones: str) -> None:
    call = desk.everybody(BEHAVIOURS[phones]).dials(ALTERNATE, keys=keys, at=at)
    found = again(desk, call)
    assert found.changes == ()
    assert [pair for pair in found.pairs if not pair.same] == []
    assert len(found.pairs) > 3


def test_what_differs_stands_side_by_side(desk: Desk) -> None:
    call = desk.phone("Jamison White", ignore()).dials(MAIN, keys="2", at=TUESDAY_MORNING)
    today = edited((HOURS, "Mon-Fri: 08:00-17:00", "Mon-Fri: 11:00-17:00"))
    found = replayed(call.record, call.timeline, today)
    assert not found.same
    changed = {change.what: (change.then, change.now) for change in found.changes}
    assert changed["Phones rung"] == ("Jamison White, Lasha Dalakishvili", "After-hours answering service")
    assert changed["Taken by"] == ("Lasha Dalakishvili", "nobody")
    then = [pair.then.does for pair in found.pairs if pair.then and not pair.same]
    now = [pair.now.does for pair in found.pairs if pair.now and not pair.same]
    assert "looks at business hours desk: open" in then
    assert "looks at business hours desk: closed" in now
    assert any(pair.same for pair in found.pairs)


def test_a_caller_who_hung_up_is_taken_to_hang_up_again(desk: Desk) -> None:
    desk.everybody(ignore())
    script = CallerScript(keys=parse_keys("2"), hangs_up_after_seconds=50)
    found = again(desk, desk.dials(MAIN, at=TUESDAY_MORNING, script=script))
    assert "Ends" not in {change.what for change in found.changes}
    assert not [pair for pair in found.pairs if pair.now and "message" in pair.now.does]
    assert [pair for pair in found.pairs if pair.now and pair.now.does.startswith("rings")]


def test_a_change_of_duty_made_outside_the_files_counts(desk: Desk) -> None:
    call = desk.dials(MAIN, keys="1", at=SATURDAY_NIGHT)
    at = call.call.started_at
    before = call.rang()[0]
    other = next(name for name in desk.snapshot.roster.people if name != before)
    override = Override(
        schedule="on-call",
        starts_at=at - timedelta(hours=1),
        ends_at=at + timedelta(hours=1),
        kind=OverrideKind.REPLACE,
        person=other,
        instead_of=None,
        author=other,
        reason="a swap",
        source=next(iter(desk.snapshot.roster.people.values())).source,
    )
    found = again(desk, call, quick=(override,))
    changed = {change.what: (change.then, change.now) for change in found.changes}
    assert changed["Phones rung"][1].startswith(other)


def test_what_was_said_by_hand_of_the_desk_counts(desk: Desk) -> None:
    call = desk.dials(MAIN, keys="2", at=TUESDAY_MORNING)
    at = call.call.started_at
    said = DeskOverride(
        hours="desk",
        is_open=False,
        starts_at=at - timedelta(hours=1),
        ends_at=at + timedelta(hours=1),
        author="Lasha Dalakishvili",
        reason="a fire drill",
        source=Source("desk override", 1),
    )
    now = [pair.now.does for pair in again(desk, call, desk=(said,)).pairs if pair.now and not pair.same]
    assert "looks at business hours desk: closed" in now
