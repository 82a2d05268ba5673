"""The clocks of the service desk's table, in clock hours and in business hours."""

from datetime import timedelta

import pytest

from oncall import Priority, resolve_due_at, update_due_at
from tests.oncall.making import hours, local

DESK = hours(closed={"2026-11-26": "Thanksgiving Day"})


@pytest.mark.parametrize(
    ("priority", "at", "update", "resolve"),
    [
        ("emergency", "2026-11-25 16:30", "2026-11-25 17:30", "2026-11-26 00:30"),
        ("emergency", "2026-11-28 03:00", "2026-11-28 04:00", "2026-11-28 11:00"),
        ("high", "2026-11-25 16:30", "2026-11-27 11:30", "2026-12-01 13:30"),
        ("medium", "2026-11-23 08:00", "2026-11-23 16:00", "2026-12-03 17:00"),
        ("low", "2026-11-23 08:00", None, None),
    ],
)
def test_due_instants_follow_the_table(priority: str, at: str, update: str | None, resolve: str | None) -> None:
    given = Priority(priority)
    assert update_due_at(given, at=local(at), hours=DESK) == (local(update) if update else None)
    assert resolve_due_at(given, acknowledged_at=local(at), hours=DESK) == (local(resolve) if resolve else None)


def test_an_emergency_runs_eight_true_hours_through_the_autumn_night() -> None:
    at = local("2026-11-01 00:00")
    due = resolve_due_at(Priority.EMERGENCY, acknowledged_at=at, hours=DESK)
    assert due == at + timedelta(hours=8) == local("2026-11-01 07:00")
