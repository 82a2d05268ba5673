"""Whom a page goes to, read from schedules/escalation.yaml, and what an edit there is told as."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.config.snapshot import Snapshot, check, load
from app.difference import compare
from app.paging.ladder import every_seconds, on_duty, rung
from oncall import Roster
from tests.app.edits import LADDER, edited, write
from tests.desk import CONFIG

NIGHT = datetime(2026, 11, 28, 9, tzinfo=UTC)
MORNING = datetime(2026, 12, 1, 16, tzinfo=UTC)
JAMISON, LASHA, FIRST, SECOND = "Jamison White", "Lasha Dalakishvili", "triggerfish-1", "triggerfish-2"


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return load(CONFIG)


@pytest.fixture
def roster(snapshot: Snapshot) -> Roster:
    return snapshot.roster


def people(roster: Roster, page: int, at: datetime = NIGHT) -> list[str]:
    return [phone.person for phone in rung(roster, page, at=at, quick=()).phones]


def test_pages_climb_the_steps_that_name_somebody_new_and_begin_again(roster: Roster) -> None:
    """The third step, the group of OffSite, has been paged already by the first two."""
    assert [people(roster, page) for page in range(1, 5)] == [[JAMISON], [LASHA], [FIRST, SECOND], [JAMISON]]
    assert [rung(roster, page, at=NIGHT, quick=()).unowned for page in (1, 2, 3)] == [None] * 3
    assert "climbed 1 times" in str(rung(roster, 4, at=NIGHT, quick=()).unowned)


def test_while_the_desk_is_open_its_own_policy_is_climbed(roster: Roster) -> None:
    assert people(roster, 1, MORNING) == [JAMISON, LASHA]
    assert roster.paging is not None
    shut = replace(roster, paging=replace(roster.paging, while_open=None))
    assert people(shut, 1, MORNING) == [LASHA]


def test_without_a_paging_block_the_first_policy_is_climbed(roster: Roster) -> None:
    bare = replace(roster, paging=None)
    assert people(bare, 1) == [JAMISON]
    assert every_seconds(bare) == 300


def test_without_any_policy_everybody_is_paged(roster: Roster) -> None:
    bare = replace(roster, paging=None, policies={})
    found = rung(bare, 1, at=NIGHT, quick=())
    assert [phone.person for phone in found.phones] == [JAMISON, LASHA, FIRST, SECOND]
    assert found.unowned == "there is no escalation policy"


def test_people_without_a_phone_are_passed_over(roster: Roster) -> None:
    silent = replace(roster, people={**roster.people, JAMISON: replace(roster.people[JAMISON], phones=())})
    assert people(silent, 1) == [LASHA]
    everybody = replace(roster, people={name: replace(person, phones=()) for name, person in roster.people.items()})
    found = rung(everybody, 1, at=NIGHT, quick=())
    assert found.phones == ()
    assert found.unowned is not None


def test_on_duty_is_whoever_is_on_call_in_the_first_schedule(roster: Roster) -> None:
    assert [person.name for person in on_duty(roster, at=NIGHT, quick=())] == [JAMISON]


def test_a_policy_that_does_not_exist_is_told_with_its_line(tmp_path: Path) -> None:
    folder = write(tmp_path, (LADDER, "while_open: emergency-open", "while_open: emergency-opne"))
    problems, _ = check(folder, at=NIGHT)

    assert [problem.message for problem in problems] == [
        'paging.while_open: there is no policy "emergency-opne"; did you mean "emergency-open"?'
    ]


def test_an_edit_of_the_paging_is_told() -> None:
    changed = edited((LADDER, "  every_minutes: 5", "  every_minutes: 3"))
    told = compare(edited(), changed, starts_at=NIGHT, ends_at=MORNING)
    assert [change.text for change in told.changes] == [
        "paging of emergencies: now goes on every 3 minutes instead of 5 minutes"
    ]
