"""Cuts a plan down while it still fails in the same way, so that a person can read what is left."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from tests.simulation.plan import Plan

Part = TypeVar("Part")
Fails = Callable[[Plan], bool]
_LISTS = ("texts", "edits", "breakages", "visits")


def shrunk(plan: Plan, fails: Fails, *, most_runs: int = 400) -> Plan:
    """A smaller plan of which `fails` still says so; it was said of `plan`. Gives up after so many runs."""
    cutter = _Cutter(fails, most_runs)
    before = None
    while plan != before and cutter.runs_left > 0:
        before = plan
        for name in ("twilio", "twilio_rest", "replies", "pickups"):
            plan = cutter.without_entries(plan, name)
        for name in _LISTS:
            plan = cutter.without_parts(plan, name)
        for who in plan.pickups:
            plan = cutter.shorter_pickups(plan, who)
        plan = cutter.shorter(plan)
    return plan


class _Cutter:
    def __init__(self, fails: Fails, runs: int) -> None:
        self._fails = fails
        self.runs_left = runs

    def without_parts(self, plan: Plan, name: str) -> Plan:
        """Delta debugging: large pieces first, then smaller ones, down to single parts."""
        parts: tuple[Any, ...] = getattr(plan, name)
        size = len(parts)
        while size >= 1 and parts:
            start = 0
            while start < len(parts):
                rest = parts[:start] + parts[start + size :]
                if self._still_fails(replace(plan, **{name: rest})):
                    parts = rest
                    plan = replace(plan, **{name: parts})
                else:
                    start += size
            size //= 2
        return plan

    def without_entries(self, plan: Plan, name: str) -> Plan:
        """Leave out what is set by name: all of it, or one after another."""
        if getattr(plan, name) and self._still_fails(replace(plan, **{name: {}})):
            return replace(plan, **{name: {}})
        for key in list(getattr(plan, name)):
            rest = {each: value for each, value in getattr(plan, name).items() if each != key}
            if self._still_fails(replace(plan, **{name: rest})):
                plan = replace(plan, **{name: rest})
        return plan

    def shorter_pickups(self, plan: Plan, who: str) -> Plan:
        """Fewer times for which it is told what a phone does; the last one stays."""
        told = plan.pickups[who]
        while len(told) > 1:
            half: Sequence[Any] = told[: len(told) // 2]
            smaller = replace(plan, pickups={**plan.pickups, who: tuple(half)})
            if not self._still_fails(smaller):
                return plan
            plan, told = smaller, tuple(half)
        return plan

    def shorter(self, plan: Plan) -> Plan:
        """A world that is over soon after the last thing that happens in it."""
        last = max((part.after for name in _LISTS for part in getattr(plan, name)), default=0.0)
        hours = round(last / 3600 + 0.5, 2)
        smaller = replace(plan, hours=hours)
        return smaller if hours < plan.hours and self._still_fails(smaller) else plan

    def _still_fails(self, plan: Plan) -> bool:
        if self.runs_left <= 0:
            return False
        self.runs_left -= 1
        return self._fails(plan)
