"""Who comes first in line, who is offered to whom, and when an estimate may be spoken."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from app.flow.dialable import is_dialable
from app.flow.in_line import HEAD_START, Waiter, estimate, next_offer, rank
from oncall import Priority

AT = datetime(2026, 12, 1, 16, 0, tzinfo=UTC)
EMERGENCY, HIGH, MEDIUM, LOW = Priority.EMERGENCY, Priority.HIGH, Priority.MEDIUM, Priority.LOW


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("of the same priority, whoever came first", [(HIGH, 0), (HIGH, 1), (HIGH, 2)]),
        ("at the same time, the more urgent", [(EMERGENCY, 0), (HIGH, 0), (MEDIUM, 0), (LOW, 0)]),
        ("an emergency before whoever has waited for an hour", [(EMERGENCY, 60), (LOW, 0)]),
        ("the first of two emergencies", [(EMERGENCY, 3), (EMERGENCY, 4), (HIGH, 0)]),
        ("high before a medium that came up to five minutes earlier", [(HIGH, 4), (MEDIUM, 0)]),
        ("but not before one that has waited longer", [(MEDIUM, 0), (HIGH, 6)]),
        ("high before a low that came up to ten minutes earlier", [(HIGH, 9), (LOW, 0)]),
        ("but not before one that has waited longer, either", [(LOW, 0), (HIGH, 11)]),
        ("medium before a low that came up to five minutes earlier", [(MEDIUM, 4), (LOW, 0)]),
    ],
)
def test_the_order_of_the_line(name: str, line: list[tuple[Priority, int]]) -> None:
    """Each case lists callers as they are taken: their priority, and the minute they came."""
    ranks = [rank(priority=priority, entered_at=AT + timedelta(minutes=minute)) for priority, minute in line]
    assert all(before < after for before, after in pairwise(ranks)), name


def test_nobody_but_emergencies_passes_whoever_has_waited_longer_than_the_greatest_head_start() -> None:
    longest = max(HEAD_START.values())
    for waiting in (HIGH, MEDIUM, LOW):
        for newcomer in (HIGH, MEDIUM, LOW):
            mine = rank(priority=waiting, entered_at=AT)
            assert mine < rank(priority=newcomer, entered_at=AT + longest + timedelta(seconds=1))


def waiter(name: str, *free: str, priority: Priority = HIGH, ringing: int = 0, alone: bool = False) -> Waiter:
    return Waiter(name=name, priority=priority, free=free, ringing=ringing, alone=alone)


@pytest.mark.parametrize(
    ("name", "line", "offered"),
    [
        ("nobody waits", [], None),
        ("nobody is free", [waiter("a")], None),
        ("the first gets the first who is free", [waiter("a", "Ann", "Ben")], ("a", "Ann")),
        ("the second gets the next while the first is rung for", [waiter("a", "Ben", ringing=1), waiter("b", "Ben")],
         ("b", "Ben")),
        ("left over, somebody is rung for the first as well", [waiter("a", "Ben", ringing=1)], ("a", "Ben")),
        ("for an emergency everybody who is free is rung",
         [waiter("a", "Ben", priority=EMERGENCY, ringing=1), waiter("b", "Ben")], ("a", "Ben")),
        ("whom the first cannot have is offered the second", [waiter("a"), waiter("b", "Ben")], ("b", "Ben")),
        ("two are never rung to call one person back", [waiter("a", "Ben", ringing=1, alone=True)], None),
        ("not even in an emergency", [waiter("a", "Ben", priority=EMERGENCY, ringing=1, alone=True)], None),
    ],
)  # fmt: skip
def test_who_is_offered_to_whom(name: str, line: list[Waiter], offered: tuple[str, str] | None) -> None:
    assert next_offer(line) == offered, name


def test_what_came_to_nothing_just_now_is_not_tried_again() -> None:
    line = [waiter("a", "Ann", "Ben"), waiter("b", "Ann")]
    assert next_offer(line, {("a", "Ann")}) == ("a", "Ben")
    assert next_offer(line, {("a", "Ann"), ("a", "Ben")}) == ("b", "Ann")


@pytest.mark.parametrize(
    ("place", "waits", "seconds"),
    [
        (1, [60, 60, 60, 60], None),
        (1, [30, 60, 90, 120, 150], 90),
        (3, [30, 60, 90, 120, 150], 270),
        (1, [60, 60, 60, 60, 3600], 60),
    ],
)
def test_an_estimate_needs_five_waits_and_is_their_median(place: int, waits: list[int], seconds: int | None) -> None:
    assert estimate(place, waits) == seconds


@pytest.mark.parametrize(
    ("number", "dialable"),
    [
        ("+18165550191", True),
        ("+14165550123", True),
        ("", False),
        ("+18095550123", False),
        ("+18765550123", False),
        ("+12425550123", False),
        ("+17875550123", False),
        ("+19005550123", False),
        ("+18169761234", False),
        ("+442079460000", False),
        ("+1816555019", False),
        ("+181655501911", False),
        ("+11165550191", False),
        ("8165550191", False),
    ],
)
def test_only_numbers_of_the_united_states_and_canada_are_called_back(number: str, dialable: bool) -> None:
    assert is_dialable(number) is dialable
