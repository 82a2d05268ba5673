"""The final schedule against a minute-by-minute second opinion, over random schedules, zones and clock changes."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from oncall import Override, Schedule
from tests.oncall.drawing import Drawn, drawn
from tests.oncall.oracle import MINUTE, furthest_wall_times

_CALM = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@settings(max_examples=100, deadline=None, suppress_health_check=_CALM)
@given(drawn(years_back=2))
def test_everybody_the_oracle_names_is_on_call_and_nobody_else(given_: Drawn) -> None:
    _agree(given_, minutes=28 * 60)


@pytest.mark.slow
@settings(max_examples=450, deadline=None, suppress_health_check=_CALM)
@given(drawn(years_back=20))
def test_a_million_instants_over_twenty_years(given_: Drawn) -> None:
    _agree(given_, minutes=40 * 60)


def _agree(given_: Drawn, *, minutes: int) -> None:
    shifts = {each.name: _from_shifts(each, given_, minutes) for each in (given_.primary, given_.backup)}
    before: list[list[str]] = []
    for number, (at, wall) in enumerate(furthest_wall_times(given_.zone, given_.begins, minutes)):
        primary = given_.oracle_primary.who(wall)
        backup = given_.oracle_backup.backup(wall, primary)
        changed, before = before != [primary, backup], [primary, backup]
        for real, expected in ((given_.primary, primary), (given_.backup, backup)):
            assert sorted(shifts[real.name][number]) == sorted(expected), (real.name, at, wall)
            # Asking for one instant costs more than reading the shifts: it is asked where answers can go wrong.
            if changed or number % 30 == 0:
                coverage = real.coverage(at=at, quick=given_.quick)
                assert [duty.person for duty in coverage.people] == expected, (real.name, at, coverage.because)
                assert coverage.until is None or coverage.until > at


def _from_shifts(schedule: Schedule, given_: Drawn, minutes: int) -> list[list[str]]:
    """Spread the final shifts over the minutes, so that both answers are held against the oracle."""
    quick: tuple[Override, ...] = given_.quick
    until = given_.begins + timedelta(minutes=minutes)
    spread: list[list[str]] = [[] for _ in range(minutes)]
    for shift in schedule.shifts(after=given_.begins, until=until, quick=quick):
        first = max(0, (shift.starts_at - given_.begins) // MINUTE)
        last = min(minutes, (shift.ends_at - given_.begins) // MINUTE)
        assert first < last
        for minute in range(first, last):
            spread[minute].append(shift.person)
    return spread
