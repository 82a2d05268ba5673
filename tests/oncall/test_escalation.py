"""Which phones ring, in which order, why, and who is left out."""

from types import MappingProxyType

import pytest

from oncall import (
    EscalationPolicy,
    EscalationStep,
    Override,
    Person,
    RingGroup,
    Roster,
    Source,
    TargetKind,
    Team,
)
from tests.oncall.making import FISH_1, FISH_2, JAMISON, LASHA, layer, local, override, schedule, src, weekly

STAFF = Source("schedules/staff.yaml", 20)
AT = local("2026-11-28 03:00")
PEOPLE = {
    JAMISON: Person(JAMISON, "offsite", ("+18165550101", "+18165550111"), source=STAFF),
    LASHA: Person(LASHA, "offsite", ("+18165550102",), source=STAFF),
    FISH_1: Person(FISH_1, "triggerfish", ("+18165550103",), source=STAFF),
    FISH_2: Person(FISH_2, "triggerfish", (), source=STAFF),
}
GROUPS = {
    "offsite": RingGroup("offsite", (JAMISON, LASHA), ring_seconds=15, source=STAFF),
    "triggerfish": RingGroup("triggerfish", (FISH_1, FISH_2), source=STAFF),
}


def roster(*steps: tuple[str, str], rounds: int = 1) -> Roster:
    on_call = schedule(layer(weekly(JAMISON, LASHA, FISH_1, FISH_2)))
    backup = schedule(layer(weekly(LASHA, FISH_1, FISH_2, JAMISON)), name="on-call-backup", never_same_as=on_call)
    made = tuple(EscalationStep(TargetKind(kind), name, 25, src(90 + n)) for n, (kind, name) in enumerate(steps))
    policy = EscalationPolicy("emergency", made, rounds, 600, src(89))
    return Roster(
        revision="r1",
        people=MappingProxyType(PEOPLE),
        teams=MappingProxyType({"offsite": Team("offsite", "OffSite", STAFF)}),
        ring_groups=MappingProxyType(GROUPS),
        outside_parties=MappingProxyType({}),
        hours=MappingProxyType({}),
        schedules=MappingProxyType({"on-call": on_call, "on-call-backup": backup}),
        policies=MappingProxyType({"emergency": policy}),
    )


SCHEDULES = (("schedule", "on-call"), ("schedule", "on-call-backup"))
LADDER = (*SCHEDULES, ("ring_group", "offsite"), ("ring_group", "triggerfish"))


def test_each_phone_of_each_person_rings_in_order_with_its_reason() -> None:
    plan = roster(*LADDER).policy_plan("emergency", at=AT)
    assert [(each.person, each.number, each.step) for each in plan.attempts] == [
        (JAMISON, "+18165550101", 1),
        (JAMISON, "+18165550111", 1),
        (LASHA, "+18165550102", 2),
        (FISH_1, "+18165550103", 4),
    ]
    assert plan.attempts[0].because == (
        "step 1 of escalation policy emergency: on call in schedule on-call, layer weekly turn"
    )
    assert plan.attempts[0].team == "offsite"
    assert plan.max_wait_seconds == 600


def test_who_is_left_out_is_named_with_the_reason() -> None:
    skipped = roster(*LADDER).policy_plan("emergency", at=AT).skipped
    step = "step {} of escalation policy emergency: member of ring group {}, but "
    assert [(each.name, each.because) for each in skipped] == [
        (JAMISON, step.format(3, "offsite") + "already tried in this round"),
        (LASHA, step.format(3, "offsite") + "already tried in this round"),
        (
            FISH_2,
            step.format(4, "triggerfish") + "triggerfish-2 has no phone number (schedules/staff.yaml:20)",
        ),
    ]


def test_rounds_ring_everybody_again() -> None:
    plan = roster(*SCHEDULES, rounds=2).policy_plan("emergency", at=AT)
    assert [each.person for each in plan.attempts] == [JAMISON, JAMISON, LASHA] * 2
    assert plan.attempts[3].because.startswith("step 1 of escalation policy emergency, round 2: ")


def test_a_schedule_with_nobody_is_skipped_and_the_gap_is_named() -> None:
    plan = roster(*SCHEDULES).policy_plan("emergency", at=local("2025-12-01 03:00"))
    assert plan.attempts == ()
    assert plan.skipped[0].name == "on-call"
    assert plan.skipped[0].because == (
        "step 1 of escalation policy emergency: nobody is on call in schedule on-call: no layer covers this time"
    )


@pytest.mark.parametrize(
    ("quick", "expected"),
    [
        ((), [JAMISON, JAMISON, LASHA]),
        ((override("2026-11-28 00:00", "2026-11-28 08:00", put=LASHA),), [LASHA, FISH_1]),
    ],
)
def test_quick_overrides_reach_the_plan(quick: tuple[Override, ...], expected: list[str]) -> None:
    plan = roster(*SCHEDULES).policy_plan("emergency", at=AT, quick=quick)
    assert [each.person for each in plan.attempts] == expected


def test_a_person_can_be_a_step() -> None:
    plan = roster(("person", LASHA)).policy_plan("emergency", at=AT)
    assert plan.attempts[0].because == "step 1 of escalation policy emergency: named there"


def test_a_ring_group_rings_its_members_in_order() -> None:
    plan = roster(*SCHEDULES).ring_group_plan("offsite", at=AT)
    assert [(each.person, each.ring_seconds) for each in plan.attempts] == [
        (JAMISON, 15),
        (JAMISON, 15),
        (LASHA, 15),
    ]
    assert plan.attempts[0].because == "member of ring group offsite"


def test_the_roster_answers_for_its_schedules() -> None:
    given = roster(*SCHEDULES)
    until = local("2026-12-14 08:00")
    assert given.who_is_on("on-call", at=AT).people[0].person == JAMISON
    following = given.who_is_next("on-call", at=AT)
    assert following is not None
    assert following.person == LASHA
    assert [each.person for each in given.shifts("on-call", after=AT, until=until)] == [JAMISON, LASHA, FISH_1]
    assert given.gaps("on-call", after=AT, until=until) == ()
    assert given.doubles("on-call", after=AT, until=until) == ()
