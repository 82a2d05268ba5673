"""Scripts wake in order of time, letters wake them early, and what is called off moves no clock."""

from datetime import datetime, timedelta

import pytest

from app.simulator.clock import VirtualClock
from app.simulator.signals import Key, Signal
from app.simulator.timeline import Script, Timeline
from tests.app.simulator.desk import START


def test_what_is_due_happens_in_order_of_time_then_of_asking() -> None:
    timeline, seen = Timeline(VirtualClock(START)), list[str]()
    timeline.after(2, lambda: seen.append("later"))
    timeline.after(1, lambda: seen.append("first"))
    timeline.after(1, lambda: seen.append("second"))
    timeline.run()
    assert seen == ["first", "second", "later"]
    assert timeline.now() == START + timedelta(seconds=2)


def test_what_is_called_off_does_not_move_the_clock() -> None:
    timeline = Timeline(VirtualClock(START))
    timeline.after(3600, lambda: None).call_off()
    timeline.run()
    assert timeline.now() == START


def test_a_script_gets_letters_in_order_and_none_when_its_time_is_over() -> None:
    timeline, got = Timeline(VirtualClock(START)), list[tuple[float, Signal | None]]()

    def script() -> Script[None]:
        for seconds in (10.0, 10.0, 10.0):
            signal = yield seconds
            got.append(((timeline.now() - START).total_seconds(), signal))

    process = timeline.start(script())
    timeline.after(4, lambda: process.post(Key("1")))
    timeline.after(4, lambda: process.post(Key("2")))
    timeline.run()
    assert got == [(4.0, Key("1")), (4.0, Key("2")), (14.0, None)]
    assert process.over


def test_a_letter_before_the_first_wait_is_kept() -> None:
    timeline, got = Timeline(VirtualClock(START)), list[Signal | None]()

    def script() -> Script[None]:
        got.append((yield None))

    timeline.start(script()).post(Key("9"))
    timeline.run()
    assert got == [Key("9")]


def test_the_clock_tells_every_new_instant() -> None:
    told: list[datetime] = []
    clock = VirtualClock(START, tell=told.append)
    clock.advance(30)
    clock.advance(0)
    assert told == [START, START + timedelta(seconds=30)]


def test_the_clock_never_runs_back() -> None:
    clock = VirtualClock(START)
    with pytest.raises(ValueError, match="time runs forward"):
        clock.move_to(START - timedelta(seconds=1))
    with pytest.raises(ValueError, match="zone"):
        VirtualClock(datetime(2026, 1, 1))  # noqa: DTZ001 (the mistake in question)


def test_what_happens_every_so_often_keeps_nothing_going() -> None:
    timeline = Timeline(VirtualClock(START))
    ticks: list[float] = []
    every = timeline.every(10, lambda: ticks.append((timeline.now() - START).total_seconds()))
    timeline.after(25, lambda: None)
    timeline.run()
    assert ticks == [10, 20]
    timeline.play_until(START + timedelta(seconds=50))
    assert ticks == [10, 20, 30, 40, 50]
    assert timeline.now() == START + timedelta(seconds=50)
    every.stop()
    timeline.play_until(START + timedelta(seconds=100))
    assert len(ticks) == 5


def test_time_spent_within_an_action_makes_the_others_late() -> None:
    timeline = Timeline(VirtualClock(START))
    played: list[tuple[str, float]] = []

    def note(name: str) -> None:
        played.append((name, (timeline.now() - START).total_seconds()))

    timeline.after(1, lambda: timeline.spend(5))
    timeline.after(2, lambda: note("late"))
    timeline.after(9, lambda: note("in time"))
    timeline.run()
    assert played == [("late", 6.0), ("in time", 9.0)]
