"""Every minute is looked at, and each gap has its span, its cause and its place."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.config.snapshot import Snapshot
from app.coverage import Kind, Sweep, sweep
from app.flow.nodes import Line, MenuNode
from app.route_preview import Step, preview
from oncall import Override, OverrideKind, Source, TargetKind
from tests.app.edits import (
    LADDER,
    LEAVE,
    MAIN,
    NEW_PERSON,
    NIGHT_KEY,
    NOON,
    ON_CALL,
    STAFF,
    Edit,
    edited,
    overrides,
    time_off,
)

DAYS = timedelta(days=120)
TWO_MINUTES = overrides(
    "schedule: on-call, from: 2026-12-01 12:07, until: 2026-12-01 12:09, remove: Lasha Dalakishvili, by: Jamison White"
)
ONLY_PRIMARY: Edit = (
    LADDER,
    "{schedule: on-call-backup, ring_seconds: 25}\n      - {ring_group: offsite}\n      - {ring_group: triggerfish}\n",
    "{person: triggerfish-2}\n",
)
NO_NUMBER: Edit = (STAFF, 'phones: ["+18165550104"]', "phones: []")
NOT_RUNG: Edit = (MAIN, NIGHT_KEY, '"1": {go: answering-service, priority: emergency}')
NO_EMERGENCY: Edit = (MAIN, NIGHT_KEY, '"1": {go: emergency-after-hours, priority: high}')
ONLY_NIGHTS: Edit = (
    ON_CALL,
    "starts_on: 2025-12-22\n",
    "starts_on: 2025-12-22\n        only: {times: 17:00-08:00, days: Mon-Fri}\n",
)
HOLIDAY_LAYER: Edit = (
    ON_CALL,
    "starts_on: 2025-12-22\n",
    "starts_on: 2025-12-22\n        only: {holidays: never}\n",
)


def swept(*edits: Edit, starts_at: datetime = NOON, length: timedelta = DAYS) -> Sweep:
    return sweep(edited(*edits), starts_at=starts_at, ends_at=starts_at + length)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_the_shipped_configuration_has_no_gap_in_400_days() -> None:
    found = swept(length=timedelta(days=400))
    assert found.gaps == ()
    assert found.lines == ("main", "alternate")
    assert found.stretches > 2 * 400


@pytest.mark.parametrize(
    ("edits", "kind", "starts_at", "ends_at", "because"),
    [
        (
            (LEAVE,),
            Kind.DUTY_EMPTY,
            "2026-12-09T00:00-06:00",
            "2026-12-11T00:00-06:00",
            "nobody is on call in schedule on-call: triggerfish-1 is away, vacation (schedules/on_call.yaml:",
        ),
        (
            (TWO_MINUTES,),
            Kind.DUTY_EMPTY,
            "2026-12-01T12:07-06:00",
            "2026-12-01T12:09-06:00",
            "nobody is on call in schedule on-call: Lasha Dalakishvili was taken off by override by ",
        ),
        (
            (NO_NUMBER,),
            Kind.DUTY_EMPTY,
            "2026-11-22T12:00-06:00",
            "2026-11-23T08:00-06:00",
            "triggerfish-2 has no phone number",
        ),
        (
            (ONLY_PRIMARY, LEAVE, NO_NUMBER),
            Kind.NOBODY,
            "2026-11-22T12:00-06:00",
            "2026-11-23T08:00-06:00",
            "triggerfish-2 has no phone number",
        ),
        (
            (NOT_RUNG,),
            Kind.NOBODY,
            "2026-11-22T12:00-06:00",
            "2026-11-23T08:00-06:00",
            "the caller is connected to answering-service before any person is rung",
        ),
        (
            (NO_EMERGENCY,),
            Kind.NOBODY,
            "2026-11-22T12:00-06:00",
            "2026-11-23T08:00-06:00",
            "nothing a caller can press makes the call an emergency",
        ),
        (
            (ONLY_NIGHTS,),
            Kind.DUTY_EMPTY,
            "2026-11-22T12:00-06:00",
            "2026-11-23T17:00-06:00",
            "nobody is on call in schedule on-call: no layer covers this time",
        ),
        (
            (HOLIDAY_LAYER,),
            Kind.DUTY_EMPTY,
            "2026-11-26T00:00-06:00",
            "2026-11-27T00:00-06:00",
            "nobody is on call in schedule on-call: no layer covers this time",
        ),
    ],
    ids=[
        "leave",
        "two minutes",
        "no number",
        "no number, nobody else",
        "no person on the way",
        "no key",
        "limits",
        "holidays",
    ],
)
def test_a_gap_is_named_on_both_lines(
    edits: tuple[Edit, ...], kind: Kind, starts_at: str, ends_at: str, because: str
) -> None:
    """The first gap of each line, with its span to the minute, its kind and its cause."""
    found = swept(*edits)
    for line in ("main", "alternate"):
        gap = next(gap for gap in found.gaps if gap.line == line)
        assert (gap.starts_at, gap.ends_at) == (utc(starts_at), utc(ends_at))
        assert gap.finding.kind is kind
        assert gap.finding.because.startswith(because)
        assert gap.finding.source is not None


def test_a_policy_that_rings_nobody_names_every_rung() -> None:
    """With its only people on leave and without a number, the emergency comes to the answering service first."""
    gaps = swept(ONLY_PRIMARY, LEAVE, NO_NUMBER).gaps
    gap = next(gap for gap in gaps if gap.starts_at == utc("2026-12-09T00:00-06:00"))
    assert gap.finding.kind is Kind.NOBODY
    assert "triggerfish-1 is away, vacation" in gap.finding.because
    assert "; triggerfish-2 has no phone number (schedules/staff.yaml:" in gap.finding.because
    assert gap.finding.keys == ("1",)


def test_a_gap_says_who_is_rung_instead() -> None:
    gap = swept(LEAVE).gaps[0]
    assert gap.finding.instead == ("triggerfish-2", "Jamison White", "Lasha Dalakishvili", "triggerfish-1")


def test_a_new_person_leaves_no_gap() -> None:
    assert swept(*NEW_PERSON, length=timedelta(days=400)).gaps == ()


def test_leave_of_the_backup_alone_is_no_gap() -> None:
    """Who has the duty is there."""
    assert swept(time_off("person: triggerfish-1, from: 2026-12-01, until: 2026-12-02")).gaps == ()


def test_a_quick_override_closes_a_gap() -> None:
    starts_at, ends_at = utc("2026-12-09T00:00-06:00"), utc("2026-12-11T00:00-06:00")
    quick = Override(
        schedule="on-call",
        starts_at=starts_at,
        ends_at=ends_at,
        kind=OverrideKind.REPLACE,
        person="Jamison White",
        instead_of=None,
        author="Jamison White",
        reason="leave",
        source=Source("the database", 1),
    )
    assert sweep(edited(LEAVE), starts_at=NOON, ends_at=NOON + DAYS, quick=(quick,)).gaps == ()


@pytest.mark.parametrize("night", ["2027-03-13T12:00-06:00", "2027-11-06T12:00-05:00"])
def test_nights_on_which_clocks_change_are_whole(night: str) -> None:
    """Turns of nights and of days meet in both nights: no gap of an hour, none that is not there."""
    nights = (ON_CALL, "starts_on: 2025-12-22\n", "starts_on: 2025-12-22\n        only: {times: 02:30-01:30}\n")
    found = swept(nights, starts_at=utc(night), length=timedelta(days=1))
    gaps = [gap for gap in found.gaps if gap.line == "main"]
    assert len(gaps) == 1
    length = gaps[0].ends_at - gaps[0].starts_at
    assert length == (timedelta(minutes=30) if "03-13" in night else timedelta(hours=2))


def test_a_silent_caller_is_not_left_without_anything() -> None:
    """The check of the files refuses such a flow; should one come about all the same, the sweep tells."""
    snapshot = edited()
    flow = snapshot.book.flows["main"]
    menu = flow.nodes["closed-menu"]
    assert isinstance(menu, MenuNode)
    nodes = {**flow.nodes, "closed-menu": replace(menu, otherwise="goodbye")}
    book = replace(snapshot.book, flows={"main": replace(flow, nodes=nodes)})
    found = sweep(replace(snapshot, book=book), starts_at=NOON, ends_at=NOON + timedelta(days=1))
    assert {gap.finding.kind for gap in found.gaps} == {Kind.SILENT}
    assert found.gaps[0].finding.because.endswith("goodbye ends the call")
    assert found.gaps[0].ends_at == utc("2026-11-23T08:00-06:00")


# Against calls tried one by one.

MIXED = (
    edited(LEAVE, NO_NUMBER),
    edited(ONLY_PRIMARY, LEAVE, NO_NUMBER),
    edited(NOT_RUNG),
    edited(ONLY_NIGHTS),
    edited(HOLIDAY_LAYER, *NEW_PERSON),
)
SWEEPS = tuple(sweep(snapshot, starts_at=NOON, ends_at=NOON + timedelta(days=400)) for snapshot in MIXED)
KEYS = tuple(product("0123", repeat=1)) + tuple(product("0123", repeat=2))


@settings(max_examples=60, deadline=None)
@given(which=st.sampled_from(range(len(MIXED))), half_hour=st.integers(0, 400 * 48 - 1), minute=st.integers(0, 9))
def test_random_minutes_agree_with_calls_tried_one_by_one(which: int, half_hour: int, minute: int) -> None:
    """What the sweep says of a minute is what trying every key at that minute shows.

    Minutes just before a half hour are left out: a call takes time, and all changes fall on half hours.
    """
    at = NOON + timedelta(minutes=30 * half_hour + minute)
    snapshot, found = MIXED[which], SWEEPS[which]
    for line in snapshot.book.lines.values():
        said = {gap.finding.kind for gap in found.gaps if gap.line == line.name and gap.starts_at <= at < gap.ends_at}
        assert said == set(_tried(snapshot, line, at)), at


def _tried(snapshot: Snapshot, line: Line, at: datetime) -> Iterator[Kind]:
    emergencies = [
        steps
        for keys in KEYS
        if (steps := _after_emergency(preview(snapshot, line=line, at=at, keys=keys)))  # walked with passing time
    ]
    if not emergencies:
        yield Kind.NOBODY
    for steps in emergencies:
        does = next(step.does for step in steps if step.does.startswith(("rings", "connects", "takes a message")))
        if not does.startswith("rings"):
            yield Kind.NOBODY
        elif not _rings_duty(snapshot, steps):
            yield Kind.DUTY_EMPTY


def _after_emergency(steps: list[Step]) -> list[Step]:
    marks = [number for number, step in enumerate(steps) if step.does == "becomes priority emergency"]
    return steps[marks[0] :] if marks else []


def _rings_duty(snapshot: Snapshot, steps: list[Step]) -> bool:
    """Say whether somebody is rung by the first step that names a schedule."""
    policy = next(
        policy
        for policy in snapshot.roster.policies.values()
        if any(f"escalation policy {policy.name}" == step.because.partition(";")[0] for step in steps)
    )
    number = next(number for number, step in enumerate(policy.steps, start=1) if step.target is TargetKind.SCHEDULE)
    rung = f"step {number} of escalation policy {policy.name}:"
    reasons = [part for step in steps for part in step.because.split("; ")]
    return any(
        rung in reason and "nobody is on call" not in reason and "no phone number" not in reason for reason in reasons
    )
