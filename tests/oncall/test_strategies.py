"""In which order the members of a ring group are rung, and who rings at once."""

from datetime import UTC, datetime

import pytest

from oncall import Person, RingGroup, RingStrategy, Source, StaffState
from oncall.escalation import person_plan, ring_group_plan

HERE = Source("schedules/staff.yaml", 1)
PHONES = {"Ann": ("+18165550101", "+18165550111"), "Ben": ("+18165550102",), "Cas": ("+18165550103",)}
PEOPLE = {name: Person(name, "offsite", phones, source=HERE) for name, phones in PHONES.items()}
NINE, TEN = (datetime(2026, 12, 1, hour, tzinfo=UTC) for hour in (9, 10))


def group(strategy: RingStrategy, *, ring_busy: bool = False) -> RingGroup:
    return RingGroup("desk", ("Ann", "Ben", "Cas"), strategy, ring_busy=ring_busy, source=HERE)


@pytest.mark.parametrize(
    ("strategy", "last_taken", "order"),
    [
        (RingStrategy.HUNT, {"Ann": TEN}, ["Ann", "Ben", "Cas"]),
        (RingStrategy.ROUND_ROBIN, {}, ["Ann", "Ben", "Cas"]),
        (RingStrategy.ROUND_ROBIN, {"Ann": NINE, "Ben": TEN}, ["Cas", "Ann", "Ben"]),
        (RingStrategy.ROUND_ROBIN, {"Cas": TEN}, ["Ann", "Ben", "Cas"]),
        (RingStrategy.LONGEST_IDLE, {"Ann": TEN, "Ben": NINE}, ["Cas", "Ben", "Ann"]),
        (RingStrategy.LONGEST_IDLE, {}, ["Ann", "Ben", "Cas"]),
    ],
)
def test_the_strategy_decides_who_is_first(
    strategy: RingStrategy, last_taken: dict[str, datetime], order: list[str]
) -> None:
    plan = ring_group_plan(group(strategy), PEOPLE, StaffState(last_taken=last_taken))

    assert list(dict.fromkeys(attempt.person for attempt in plan.attempts)) == order


def test_random_is_the_same_for_every_turn_of_a_call_and_differs_between_calls() -> None:
    def order(seed: int) -> tuple[str, ...]:
        return StaffState(seed=seed).ordered(group(RingStrategy.RANDOM))

    assert order(7) == order(7)
    assert len({order(seed) for seed in range(40)}) == 6


def test_at_once_first_phones_ring_together_and_second_ones_after_them() -> None:
    plan = ring_group_plan(group(RingStrategy.SIMULTANEOUS, ring_busy=True), PEOPLE)

    assert [(attempt.person, attempt.batch) for attempt in plan.attempts] == [
        ("Ann", 1),
        ("Ben", 1),
        ("Cas", 1),
        ("Ann", 2),
    ]
    assert all(attempt.even_if_busy for attempt in plan.attempts)


def test_a_hunt_tries_all_numbers_of_one_person_before_the_next() -> None:
    plan = ring_group_plan(group(RingStrategy.HUNT), PEOPLE)

    assert [attempt.number for attempt in plan.attempts] == [
        "+18165550101",
        "+18165550111",
        "+18165550102",
        "+18165550103",
    ]
    assert {attempt.batch for attempt in plan.attempts} == {0}


SPEAKING = PEOPLE | {
    "Ben": Person("Ben", "offsite", PHONES["Ben"], ("en", "es"), source=HERE),
    "Cas": Person("Cas", "offsite", PHONES["Cas"], ("es",), source=HERE),
}


@pytest.mark.parametrize(
    ("language", "order"),
    [(None, ["Ann", "Ben", "Cas"]), ("es", ["Ben", "Cas", "Ann"]), ("en", ["Ann", "Ben", "Cas"])],
)
def test_who_speaks_the_callers_language_is_first_and_nobody_is_left_out(
    language: str | None, order: list[str]
) -> None:
    plan = ring_group_plan(group(RingStrategy.HUNT), SPEAKING, language=language)

    assert list(dict.fromkeys(attempt.person for attempt in plan.attempts)) == order


def test_a_language_is_a_reason_only_where_not_everybody_speaks_it() -> None:
    def reasons(language: str, people: dict[str, Person]) -> list[str]:
        plan = ring_group_plan(group(RingStrategy.HUNT), people, language=language)
        return list(dict.fromkeys(attempt.because for attempt in plan.attempts))

    assert reasons("es", SPEAKING) == ["member of ring group desk, speaks es", "member of ring group desk"]
    assert reasons("en", PEOPLE) == ["member of ring group desk"]
    assert reasons("fr", PEOPLE) == ["member of ring group desk"]


def test_the_strategy_orders_those_who_speak_it() -> None:
    state = StaffState(last_taken={"Ben": TEN, "Cas": NINE})
    plan = ring_group_plan(group(RingStrategy.LONGEST_IDLE), SPEAKING, state, language="es")

    assert list(dict.fromkeys(attempt.person for attempt in plan.attempts)) == ["Cas", "Ben", "Ann"]


def test_the_phones_of_one_person_are_rung_in_turn() -> None:
    plan = person_plan(PEOPLE["Ann"], because="has ticket 1042", ring_seconds=25)

    assert [(attempt.number, attempt.ring_seconds) for attempt in plan.attempts] == [
        (PHONES["Ann"][0], 25),
        (PHONES["Ann"][1], 25),
    ]
    assert {attempt.because for attempt in plan.attempts} == {"has ticket 1042"}
