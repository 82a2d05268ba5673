"""When something is done about an update that is due, for every minute around it, against a count minute by minute."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cdr.records import Channel, Ticket, TicketStatus
from app.concierge.timing import Counting, Deed, Stage, horizon, stage_of
from oncall import DEFAULT_REMINDERS, Priority
from tests.app.edits import edited

HOURS = next(iter(edited().roster.hours.values()))
MINUTE = timedelta(minutes=1)
# Tuesday 10:00 to Friday after Thanksgiving, and the nights in which the clocks change.
STARTS = [
    datetime(2026, 12, 1, 16, tzinfo=UTC),
    datetime(2026, 11, 25, 20, tzinfo=UTC),
    datetime(2026, 10, 30, 20, tzinfo=UTC),
    datetime(2026, 3, 6, 21, tzinfo=UTC),
]


def ticket(due_at: datetime | None, priority: Priority = Priority.HIGH, **changes: TicketStatus) -> Ticket:
    return Ticket(
        number=1042,
        channel=Channel.PHONE,
        priority=priority,
        status=changes.get("status", TicketStatus.IN_PROGRESS),
        subject="",
        requester="",
        created_at=STARTS[0] - timedelta(days=9),
        acknowledged_at=STARTS[0] - timedelta(days=9),
        assignee="Jamison White",
        update_due_at=due_at,
    )


def stage(each: Ticket, at: datetime, *, overdue_at: datetime | None = None, steps: int = 2) -> Stage | None:
    return stage_of(each, DEFAULT_REMINDERS, at=at, hours=HOURS, overdue_at=overdue_at, steps=steps)


def open_minutes(starts_at: datetime, ends_at: datetime) -> int:
    """Counted one by one."""
    span = int((ends_at - starts_at) / MINUTE)
    return sum(HOURS.is_open(at=starts_at + each * MINUTE) for each in range(span))


@settings(max_examples=40, deadline=None)
@given(start=st.sampled_from(STARTS), due_in=st.integers(1, 5000), now_in=st.integers(0, 5000))
def test_before_it_is_due_open_minutes_decide(start: datetime, due_in: int, now_in: int) -> None:
    due_at, at = start + due_in * MINUTE, start + now_in * MINUTE
    if at >= due_at:
        return
    left = open_minutes(at, due_at)
    expected = None if left > 30 or not HOURS.is_open(at=at) else Deed.CALL if left <= 10 else Deed.TEXT
    found = stage(ticket(due_at), at)
    assert (found and found.deed) == expected
    if found is not None:
        assert at < found.until <= due_at
        assert all(HOURS.is_open(at=at + each * MINUTE) for each in range(int((found.until - at) / MINUTE)))
        assert due_at <= horizon(DEFAULT_REMINDERS, at=at, hours=HOURS), "the search finds what is to be done"


@pytest.mark.parametrize("minutes", range(120))
def test_emergencies_count_by_the_clock_whatever_the_hour(minutes: int) -> None:
    due_at = datetime(2026, 11, 26, 9, tzinfo=UTC)  # Thanksgiving, 03:00
    found = stage(ticket(due_at, Priority.EMERGENCY), due_at - minutes * MINUTE)
    expected = Deed.OWNER if minutes == 0 else Deed.CALL if minutes <= 5 else Deed.TEXT if minutes <= 15 else None
    assert (found and found.deed) == expected


@pytest.mark.parametrize(
    ("minutes", "deed", "step", "lap"),
    [
        (0, Deed.OWNER, 0, 0),
        (9, Deed.OWNER, 0, 0),
        (10, Deed.STEP, 1, 0),
        (29, Deed.STEP, 2, 0),
        (30, Deed.SUPERVISOR, 0, 0),
        (40, Deed.OWNER, 0, 1),
        (55, Deed.STEP, 1, 1),
        (75, Deed.SUPERVISOR, 0, 1),
    ],
)
def test_an_overdue_emergency_goes_round_and_every_stage_has_a_name_of_its_own(
    minutes: int, deed: Deed, step: int, lap: int
) -> None:
    due_at = datetime(2026, 11, 26, 9, tzinfo=UTC)
    late = due_at + 3 * MINUTE
    found = stage(ticket(due_at, Priority.EMERGENCY), late + minutes * MINUTE, overdue_at=late)
    assert found is not None
    assert (found.deed, found.step, found.lap) == (deed, step, lap)
    assert found.name == f"{deed}-{lap}-{step}"


def test_other_priorities_end_with_the_supervisor() -> None:
    due_at = STARTS[0]
    names = {
        found.name
        for each in range(0, 5000, 5)
        if (found := stage(ticket(due_at), due_at + each * MINUTE, overdue_at=due_at)) is not None
    }
    assert names == {"owner-0-0", "step-0-1", "step-0-2", "supervisor-0-0"}


@pytest.mark.parametrize("status", [TicketStatus.RESOLVED, TicketStatus.CLOSED])
def test_what_is_over_is_left_alone(status: TicketStatus) -> None:
    assert stage(ticket(STARTS[0], status=status), STARTS[0]) is None


def test_without_an_update_due_there_is_nothing_to_do() -> None:
    assert stage(ticket(None), STARTS[0]) is None


def test_an_emergency_nobody_has_accepted_is_the_pages_business() -> None:
    each = ticket(STARTS[0], Priority.EMERGENCY, status=TicketStatus.NEW)
    assert stage(each, STARTS[0]) is None


def test_without_business_hours_everything_counts_by_the_clock() -> None:
    at = datetime(2026, 11, 26, 9, tzinfo=UTC)
    assert not Counting.of(ticket(at), None).is_quiet(at)
    assert stage_of(ticket(at + 9 * MINUTE), DEFAULT_REMINDERS, at=at, hours=None, overdue_at=None, steps=2) == Stage(
        Deed.CALL, at + 9 * MINUTE
    )
