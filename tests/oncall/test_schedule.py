"""The final schedule: layers, limits, leave, overrides, backup; who, until when, and why."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from oncall import (
    DatedShift,
    EveryDays,
    HolidayLimit,
    Limits,
    Override,
    Rotation,
    Schedule,
    TemporarySchedule,
    WeekParts,
)
from tests.oncall.making import (
    FISH_1,
    FISH_2,
    JAMISON,
    LASHA,
    away,
    daily,
    hours,
    layer,
    local,
    names,
    on,
    override,
    schedule,
    span,
    src,
    turn,
    weekly,
)

ALL_FOUR = weekly(JAMISON, LASHA, FISH_1, FISH_2)
BASE = schedule(layer(ALL_FOUR))
DESK = hours(closed={"2026-11-26": "Thanksgiving Day"})
NIGHTS = Limits((span("17:00-08:00"),), frozenset(range(5)), HolidayLimit.ANY)
EVERY_DAY = frozenset(range(7))


@pytest.mark.parametrize(
    ("at", "person", "until"),
    [
        ("2026-11-23 07:59", FISH_2, "2026-11-23 08:00"),
        ("2026-11-23 08:00", JAMISON, "2026-11-30 08:00"),
        ("2026-11-30 08:00", LASHA, "2026-12-07 08:00"),
        ("2026-12-21 08:00", JAMISON, "2026-12-28 08:00"),
        ("2026-12-31 23:59", LASHA, "2027-01-04 08:00"),
        ("2026-03-08 02:30", FISH_1, "2026-03-09 08:00"),
        ("2026-11-01 01:30", JAMISON, "2026-11-02 08:00"),
    ],
)
def test_a_weekly_turn_passes_on_at_its_local_time(at: str, person: str, until: str) -> None:
    coverage = BASE.coverage(at=local(at))
    assert [duty.person for duty in coverage.people] == [person]
    assert coverage.until == local(until)
    assert coverage.because == "on call in schedule on-call, layer weekly turn"


@pytest.mark.parametrize(("first", "length"), [("2026-03-02", 167), ("2026-10-26", 169), ("2026-11-23", 168)])
def test_weeks_with_a_clock_change_have_no_gap_and_no_double(first: str, length: int) -> None:
    begins = local(f"{first} 08:00")
    shifts = BASE.shifts(after=begins, until=begins + timedelta(days=20))
    assert shifts[0].ends_at - shifts[0].starts_at == timedelta(hours=length)
    assert all(one.ends_at == other.starts_at for one, other in pairwise(shifts))
    assert BASE.gaps(after=begins, until=begins + timedelta(days=20)) == ()
    assert BASE.doubles(after=begins, until=begins + timedelta(days=20)) == ()


def test_before_the_first_handoff_there_is_a_gap_and_it_says_so() -> None:
    coverage = BASE.coverage(at=local("2025-12-22 07:00"))
    assert coverage.people == ()
    assert coverage.until == local("2025-12-22 08:00")
    assert coverage.because == "nobody is on call in schedule on-call: no layer covers this time"


def test_a_later_layer_wins_where_it_has_someone() -> None:
    given = schedule(layer(ALL_FOUR), layer(daily(FISH_1), name="nights", limits=NIGHTS))
    assert names(given, local("2026-11-23 12:00")) == [JAMISON]
    assert names(given, local("2026-11-23 17:00")) == [FISH_1]
    assert names(given, local("2026-11-24 07:59")) == [FISH_1]
    assert names(given, local("2026-11-24 08:00")) == [JAMISON]
    assert names(given, local("2026-11-28 07:59")) == [FISH_1], "Friday's night runs into Saturday"
    assert names(given, local("2026-11-28 17:00")) == [JAMISON], "Saturday has no night"


@pytest.mark.parametrize(
    ("limit", "thursday", "friday"),
    [(HolidayLimit.ONLY, FISH_1, JAMISON), (HolidayLimit.NEVER, JAMISON, FISH_1), (HolidayLimit.ANY, FISH_1, FISH_1)],
)
def test_a_layer_can_be_for_holidays_only_or_never(limit: HolidayLimit, thursday: str, friday: str) -> None:
    limits = Limits((), EVERY_DAY, limit)
    given = schedule(layer(ALL_FOUR), layer(daily(FISH_1), name="holidays", limits=limits), desk=DESK)
    assert names(given, local("2026-11-26 00:00")) == [thursday]
    assert names(given, local("2026-11-26 23:59")) == [thursday]
    assert names(given, local("2026-11-27 00:00")) == [friday]


def test_uneven_parts_of_the_week_take_turns() -> None:
    rotation = Rotation(
        WeekParts(on("2026-11-22"), (6, 3)), span("08:00-09:00").opens, (turn("A"), turn("B"), turn("C"))
    )
    shifts = schedule(layer(rotation)).shifts(after=local("2026-11-22 08:00"), until=local("2026-12-03 08:00"))
    told = [(shift.person, shift.starts_at) for shift in shifts]
    assert told == [
        ("A", local("2026-11-22 08:00")),
        ("B", local("2026-11-26 08:00")),
        ("C", local("2026-11-29 08:00")),
    ]


def test_several_people_at_once_are_all_on_call_and_show_as_a_double() -> None:
    rotation = Rotation(EveryDays(on("2026-11-23"), 7), span("08:00-09:00").opens, (turn("A", "B"), turn("C")))
    given = schedule(layer(rotation))
    assert names(given, local("2026-11-23 08:00")) == ["A", "B"]
    doubles = given.doubles(after=local("2026-11-23 08:00"), until=local("2026-12-07 08:00"))
    assert [(each.starts_at, each.ends_at) for each in doubles] == [
        (local("2026-11-23 08:00"), local("2026-11-30 08:00"))
    ]


class TestTimeOff:
    OFF = away(JAMISON, "2026-11-24 00:00", "2026-11-26 00:00")

    def test_a_shift_of_somebody_away_is_a_gap_that_names_the_leave(self) -> None:
        given = schedule(layer(ALL_FOUR), time_off=(self.OFF,))
        gap = given.gaps(after=local("2026-11-23 08:00"), until=local("2026-11-30 08:00"))[0]
        assert (gap.starts_at, gap.ends_at) == (self.OFF.starts_at, self.OFF.ends_at)
        assert gap.because == (
            "nobody is on call in schedule on-call: Jamison White is away, vacation (schedules/on_call.yaml:50)"
        )
        assert gap.source == self.OFF.source

    def test_the_lower_layer_takes_over(self) -> None:
        given = schedule(layer(daily(FISH_1), name="rest"), layer(ALL_FOUR), time_off=(self.OFF,))
        assert names(given, local("2026-11-23 12:00")) == [JAMISON]
        assert names(given, local("2026-11-24 12:00")) == [FISH_1]

    def test_an_override_by_hand_is_stronger_than_leave(self) -> None:
        put = override("2026-11-24 08:00", "2026-11-24 12:00", put=LASHA)
        given = schedule(layer(ALL_FOUR), time_off=(self.OFF,), overrides=(put,))
        assert names(given, local("2026-11-24 09:00")) == [LASHA]
        assert names(given, local("2026-11-24 12:00")) == []

    def test_of_several_at_once_the_others_stay(self) -> None:
        rotation = Rotation(EveryDays(on("2026-11-23"), 7), span("08:00-09:00").opens, (turn(JAMISON, LASHA),))
        given = schedule(layer(rotation), time_off=(self.OFF,))
        assert names(given, local("2026-11-24 12:00")) == [LASHA]


DAY = ("2026-11-24 08:00", "2026-11-25 08:00")


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ([override(*DAY, put=LASHA)], [LASHA]),
        ([override(*DAY, put=LASHA, instead_of=JAMISON)], [LASHA]),
        ([override(*DAY, put=LASHA, instead_of=FISH_1)], [JAMISON]),
        ([override(*DAY, add=LASHA)], [JAMISON, LASHA]),
        ([override(*DAY, add=JAMISON)], [JAMISON]),
        ([override(*DAY, remove=JAMISON)], []),
        ([override(*DAY, remove=LASHA)], [JAMISON]),
        # A to B and B to C gives C, in whichever order they are written.
        ([override(*DAY, put=LASHA, instead_of=JAMISON), override(*DAY, put=FISH_1, instead_of=LASHA)], [FISH_1]),
        ([override(*DAY, put=FISH_1, instead_of=LASHA), override(*DAY, put=LASHA, instead_of=JAMISON)], [FISH_1]),
        # A circle ends before somebody it has passed.
        ([override(*DAY, put=LASHA, instead_of=JAMISON), override(*DAY, put=JAMISON, instead_of=LASHA)], [LASHA]),
        # Written later wins.
        ([override(*DAY, put=LASHA), override(*DAY, put=FISH_1)], [FISH_1]),
        ([override(*DAY, put=LASHA, instead_of=JAMISON), override(*DAY, put=FISH_1, instead_of=JAMISON)], [FISH_1]),
        ([override(*DAY, remove=LASHA), override(*DAY, put=LASHA)], [LASHA]),
        ([override(*DAY, put=LASHA), override(*DAY, remove=LASHA)], []),
        ([override(*DAY, put=LASHA), override(*DAY, put=FISH_1, instead_of=LASHA)], [FISH_1]),
        ([override(*DAY, add=LASHA), override(*DAY, put=FISH_1, instead_of=LASHA)], [JAMISON, FISH_1]),
        ([override(*DAY, put=LASHA, instead_of=JAMISON), override(*DAY, remove=LASHA)], []),
        # One that ends before it begins changes nothing.
        ([override("2026-11-25 08:00", "2026-11-24 08:00", put=LASHA)], [JAMISON]),
        # One of another schedule changes nothing here.
        ([override(*DAY, put=LASHA, schedule_name="on-call-backup")], [JAMISON]),
    ],
)
def test_overrides_add_up_by_the_written_rules(overrides: list[Override], expected: list[str]) -> None:
    written = schedule(layer(ALL_FOUR), overrides=tuple(overrides))
    assert names(written, local("2026-11-24 12:00")) == expected
    assert names(BASE, local("2026-11-24 12:00"), quick=tuple(overrides)) == expected
    assert names(written, local("2026-11-25 08:00")) == [JAMISON], "half-open: over at its end"


def test_an_override_splits_the_shift_and_says_who_decided() -> None:
    given = schedule(layer(ALL_FOUR), overrides=(override(*DAY, put=LASHA, instead_of=JAMISON),))
    shifts = given.shifts(after=local("2026-11-23 08:00"), until=local("2026-11-30 08:00"))
    assert [(each.person, each.starts_at, each.ends_at) for each in shifts] == [
        (JAMISON, local("2026-11-23 08:00"), local(DAY[0])),
        (LASHA, local(DAY[0]), local(DAY[1])),
        (JAMISON, local(DAY[1]), local("2026-11-30 08:00")),
    ]
    assert shifts[1].because == "override by Lasha Dalakishvili (schedules/on_call.yaml:31)"


def test_an_override_over_a_handoff_is_one_shift() -> None:
    given = schedule(layer(ALL_FOUR), overrides=(override("2026-11-29 08:00", "2026-12-01 08:00", put=FISH_1),))
    coverage = given.coverage(at=local("2026-11-29 12:00"))
    assert coverage.until == local("2026-12-01 08:00")
    shifts = given.shifts(after=local("2026-11-30 08:00"), until=local("2026-11-30 09:00"))
    assert [(each.person, each.starts_at) for each in shifts] == [(FISH_1, local("2026-11-29 08:00"))]


def test_what_quick_overrides_change_is_forgotten_without_them() -> None:
    """They cut a shift that runs from one stretch of working out (30 days since 1970) into the next."""
    at, quick = local("2026-12-01 12:00"), (override("2026-12-04 08:00", "2026-12-05 08:00", put=FISH_1),)
    for _ in range(2):
        assert BASE.coverage(at=at, quick=quick).until == local("2026-12-04 08:00")
        assert BASE.coverage(at=at).until == local("2026-12-07 08:00")
        assert names(BASE, local("2026-12-04 12:00"), quick) == [FISH_1]
        assert names(BASE, local("2026-12-04 12:00")) == [LASHA]


def test_quick_overrides_of_another_schedule_change_nothing() -> None:
    quick = (override("2026-11-01 08:00", "2027-11-01 08:00", put=FISH_1, schedule_name="backup"),)
    assert BASE.coverage(at=local("2026-12-04 12:00"), quick=quick) == BASE.coverage(at=local("2026-12-04 12:00"))


def test_a_quick_override_of_one_schedule_moves_the_one_kept_apart_from_it() -> None:
    primary = schedule(layer(weekly(JAMISON)), name="primary")
    backup = schedule(layer(weekly(JAMISON, LASHA)), name="backup", never_same_as=primary)
    quick = (override("2026-12-04 08:00", "2026-12-05 08:00", put=LASHA, schedule_name="primary"),)
    at = local("2026-12-04 12:00")
    assert (names(backup, at, quick), names(backup, at)) == ([JAMISON], [LASHA])


def test_a_quick_override_stands_above_a_written_one() -> None:
    given = schedule(layer(ALL_FOUR), overrides=(override(*DAY, put=LASHA),))
    quick = (override(*DAY, put=FISH_2, instead_of=LASHA, line=7),)
    assert names(given, local("2026-11-24 12:00"), quick) == [FISH_2]
    assert names(given, local("2026-11-24 12:00")) == [LASHA]
    gap = (override(*DAY, remove=LASHA, line=7),)
    assert given.coverage(at=local("2026-11-24 12:00"), quick=gap).because == (
        "nobody is on call in schedule on-call: Lasha Dalakishvili took themselves off (swap; schedules/on_call.yaml:7)"
    )


class TestBackup:
    ORDER = weekly(LASHA, FISH_1, FISH_2, JAMISON)

    def backup(self, primary: Schedule) -> Schedule:
        return schedule(layer(self.ORDER), name="on-call-backup", never_same_as=primary)

    def test_the_backup_is_the_one_whose_turn_is_next(self) -> None:
        assert names(self.backup(BASE), local("2026-11-23 12:00")) == [LASHA]

    def test_it_takes_the_next_in_order_while_its_person_has_the_first_duty(self) -> None:
        primary = schedule(layer(ALL_FOUR), overrides=(override(*DAY, put=LASHA),))
        backup = self.backup(primary)
        coverage = backup.coverage(at=local("2026-11-24 12:00"))
        assert [duty.person for duty in coverage.people] == [FISH_1]
        assert coverage.until == local(DAY[1])
        assert coverage.because == (
            "on call in schedule on-call-backup, layer weekly turn, next in turn after Lasha Dalakishvili,"
            " who is on call in schedule on-call"
        )

    def test_a_quick_override_of_the_first_duty_moves_the_backup_too(self) -> None:
        backup = self.backup(BASE)
        assert names(backup, local("2026-11-24 12:00"), (override(*DAY, put=LASHA),)) == [FISH_1]

    def test_somebody_away_is_not_next_in_order(self) -> None:
        primary = schedule(layer(ALL_FOUR), overrides=(override(*DAY, put=LASHA),))
        backup = replace(self.backup(primary), time_off=(away(FISH_1, "2026-11-24 00:00", "2026-11-26 00:00"),))
        assert names(backup, local("2026-11-24 12:00")) == [FISH_2]

    def test_alone_in_the_order_leaves_a_gap_that_says_why(self) -> None:
        backup = schedule(layer(weekly(JAMISON)), name="on-call-backup", never_same_as=BASE)
        assert backup.coverage(at=local("2026-11-24 12:00")).because == (
            "nobody is on call in schedule on-call-backup: Jamison White is already on call in schedule on-call,"
            " and nobody follows in turn"
        )


def test_a_temporary_schedule_stands_above_layers_and_falls_back_to_them() -> None:
    shifts = (DatedShift((FISH_2,), local("2026-12-24 08:00"), local("2026-12-25 08:00"), src(80)),)
    given = replace(BASE, temporary=(TemporarySchedule("Christmas", shifts, src(79)),))
    assert names(given, local("2026-12-24 12:00")) == [FISH_2]
    assert names(given, local("2026-12-25 12:00")) == [JAMISON]
    assert given.coverage(at=local("2026-12-24 12:00")).because == (
        "on call in schedule on-call, temporary schedule Christmas"
    )


def test_one_person_has_shift_after_shift() -> None:
    given = schedule(layer(weekly(JAMISON)))
    shifts = given.shifts(after=local("2026-11-23 08:00"), until=local("2026-12-07 08:00"))
    assert [each.person for each in shifts] == [JAMISON, JAMISON]
    assert given.next_shift(at=local("2026-11-23 08:00")) is None


def test_the_next_one_is_somebody_else() -> None:
    found = BASE.next_shift(at=local("2026-11-25 12:00"))
    assert found is not None
    assert (found.person, found.starts_at, found.ends_at) == (
        LASHA,
        local("2026-11-30 08:00"),
        local("2026-12-07 08:00"),
    )


def test_shifts_of_a_period_come_whole() -> None:
    shifts = BASE.shifts(after=local("2026-11-25 12:00"), until=local("2026-11-25 13:00"))
    assert [(each.starts_at, each.ends_at) for each in shifts] == [
        (local("2026-11-23 08:00"), local("2026-11-30 08:00"))
    ]
    assert BASE.shifts(after=local("2026-11-25 12:00"), until=local("2026-11-25 12:00")) == ()


def test_a_schedule_names_its_people() -> None:
    given = schedule(layer(weekly(JAMISON)), overrides=(override(*DAY, put=LASHA),))
    assert given.people() == {JAMISON, LASHA}
