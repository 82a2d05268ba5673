"""A ticket's clocks against a slow second opinion that walks every minute of random histories."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from app.cdr.records import Channel, Target, Ticket, TicketStatus, UpdateRule
from app.cdr.ticket_clocks import news_told, prioritised, settled, target_agreed, updates_agreed
from app.cdr.ticket_rules import CLOSED, Move, acknowledged, may, moved, updated
from app.store.ticket_lives import life_of, life_text
from oncall import BusinessHours, Priority
from tests.oncall.making import hours

ZONE = ZoneInfo("America/Chicago")
# The Thursday before a night of 25 hours; a holiday, a half day and, in the second calendar, a closure follow.
BEGINS = datetime(2026, 10, 29, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAYS = 45
CLOSED_ON = (
    {"2026-11-03": "Election Day"},
    {"2026-11-03": "Election Day", "2026-11-05": "Move", "2026-10-30": "Storm"},
)
HALF = {"2026-11-04": ("Early closing", "08:00-12:00")}
CALENDARS: tuple[BusinessHours, ...] = tuple(hours(closed=closed, half=HALF) for closed in CLOSED_ON)
# Update and resolution in minutes, and whether they are business minutes: the agreement's table, written down again.
TABLE = {
    Priority.EMERGENCY: (60, 8 * 60, False),
    Priority.HIGH: (4 * 60, 24 * 60, True),
    Priority.MEDIUM: (8 * 60, 72 * 60, True),
    Priority.LOW: (None, None, True),
}
RUNS = {TicketStatus.NEW, TicketStatus.ACKNOWLEDGED, TicketStatus.IN_PROGRESS}


@cache
def open_minutes(calendar: int) -> list[bool]:
    """For each minute whether the desk is open, by looking at a clock on the wall."""
    return [_is_open(BEGINS + MINUTE * each, calendar) for each in range(DAYS * 24 * 60)]


def _is_open(at: datetime, calendar: int) -> bool:
    wall = at.astimezone(ZONE)
    today = wall.date().isoformat()
    if wall.weekday() > 4 or today in CLOSED_ON[calendar]:
        return False
    return 8 <= wall.hour < (12 if today in HALF else 17)


@dataclass
class Oracle:
    """What is true of a ticket at each minute, by the words of the agreement."""

    status: TicketStatus = TicketStatus.NEW
    priority: Priority = Priority.MEDIUM
    acknowledged: int | None = None
    told: int | None = None
    agreed: tuple[int | None, bool] | None = None
    target: tuple[int | None] | None = None
    promises: list[tuple[int, int, bool]] = field(default_factory=list)
    runs: list[bool] = field(default_factory=list)

    def passes(self, until: int) -> None:
        while len(self.runs) < until:
            self.runs.append(self.status in RUNS)

    def promise(self, since: int) -> list[tuple[int, int, bool]]:
        minutes, _, business = TABLE[self.priority]
        if self.agreed is not None:
            minutes, business = self.agreed
        return [] if minutes is None else [(since, minutes, business)]

    def first_acknowledged(self, at: int) -> None:
        if self.acknowledged is None:
            self.acknowledged = self.told = at
            self.promises = self.promise(at)

    def news(self, at: int) -> None:
        if self.acknowledged is not None:
            self.told, self.promises = at, self.promise(at)

    def prioritise(self, priority: Priority, at: int) -> None:
        ranks = list(Priority)
        raised = ranks.index(priority) < ranks.index(self.priority)
        if priority is self.priority:
            return
        self.priority = priority
        if raised:
            self.agreed = self.target = None
        if self.acknowledged is None or self.told is None:
            return
        if raised:
            self.promises += self.promise(at)
        elif self.agreed is None:
            self.promises = self.promise(self.told)

    def runs_out(self, since: int, minutes: int, *, business: bool, calendar: int) -> datetime | None:
        """The end of the minute in which so many have been counted, supposing nothing more happens."""
        is_open, going_on, left = open_minutes(calendar), self.status in RUNS, minutes
        for each in range(since, len(is_open)):
            runs = self.runs[each] if each < len(self.runs) else going_on
            left -= runs and (is_open[each] or not business)
            if left == 0:
                return BEGINS + MINUTE * (each + 1)
        return None

    def update_due(self, calendar: int) -> datetime | None:
        if self.status not in RUNS or self.acknowledged is None:
            return None
        due = [self.runs_out(at, left, business=kind, calendar=calendar) for at, left, kind in self.promises]
        return min((each for each in due if each), default=None)

    def resolve_due(self, calendar: int) -> datetime | None:
        if self.acknowledged is None:
            return None
        if self.target is not None:
            return None if self.target[0] is None else BEGINS + MINUTE * self.target[0]
        _, minutes, business = TABLE[self.priority]
        if minutes is None:
            return None
        return self.runs_out(self.acknowledged, minutes, business=business, calendar=calendar)


@dataclass
class Story:
    """A ticket and its oracle, to which the same things happen."""

    ticket: Ticket
    oracle: Oracle = field(default_factory=Oracle)
    calendar: int = 0

    def happens(self, what: str, detail: int, at: int) -> None:
        self.oracle.passes(at)
        instant, desk = BEGINS + MINUTE * at, CALENDARS[self.calendar]
        if what in set(Move):
            self._move(Move(what), detail % 2 == 0, at)
        elif what == "news":
            self._news(at)
        elif what == "priority":
            priority = list(Priority)[detail % 4]
            self.ticket = prioritised(self.ticket, priority, at=instant, hours=desk)
            self.oracle.prioritise(priority, at)
        elif what == "updates":
            agreed = [None, (None, False), (120, True), (30, False)][detail % 4]
            rule = None if agreed is None else UpdateRule(None if agreed[0] is None else agreed[0] * 60, agreed[1])
            self.ticket = updates_agreed(self.ticket, rule, at=instant, hours=desk)
            self.oracle.agreed = agreed
            if self.oracle.acknowledged is not None:
                self.oracle.promises = self.oracle.promise(at)
        elif what == "target":
            target = [None, (None,), (at + 700,)][detail % 3]
            due_at = None if target is None or target[0] is None else BEGINS + MINUTE * target[0]
            self.ticket = target_agreed(self.ticket, None if target is None else Target(due_at), hours=desk)
            self.oracle.target = target
        else:
            self.calendar = detail % 2
            self.ticket = settled(self.ticket, hours=CALENDARS[self.calendar])
        # It survives being stored.
        self.ticket = replace(self.ticket, life=life_of(life_text(self.ticket.life)))

    def _move(self, move: Move, by_person: bool, at: int) -> None:
        if not may(self.ticket, move):
            return
        oracle, by = self.oracle, "Ann" if by_person else None
        self.ticket = moved(self.ticket, move, by=by, at=BEGINS + MINUTE * at, hours=CALENDARS[self.calendar])
        if oracle.status is TicketStatus.NEW and move in {Move.ACKNOWLEDGE, Move.START, Move.WAIT, Move.RESOLVE}:
            oracle.first_acknowledged(at)
        if move is Move.REOPEN:
            alone = oracle.acknowledged is None or (not by_person and oracle.priority is Priority.EMERGENCY)
            oracle.status = TicketStatus.NEW if alone else TicketStatus.IN_PROGRESS
            oracle.news(at)
            return
        oracle.status = {
            Move.ACKNOWLEDGE: TicketStatus.ACKNOWLEDGED,
            Move.START: TicketStatus.IN_PROGRESS,
            Move.REQUESTER_REPLIED: TicketStatus.IN_PROGRESS,
            Move.WAIT: TicketStatus.WAITING,
            Move.RESOLVE: TicketStatus.RESOLVED,
            Move.CLOSE: TicketStatus.CLOSED,
        }[move]

    def _news(self, at: int) -> None:
        self.ticket = updated(self.ticket, at=BEGINS + MINUTE * at, hours=CALENDARS[self.calendar])
        oracle = self.oracle
        if oracle.status in {TicketStatus.ACKNOWLEDGED, TicketStatus.IN_PROGRESS}:
            oracle.status = TicketStatus.IN_PROGRESS
            oracle.news(at)
        elif oracle.status is TicketStatus.WAITING:
            oracle.news(at)


def new(priority: Priority = Priority.MEDIUM) -> Ticket:
    return Ticket(
        number=1,
        channel=Channel.PHONE,
        priority=priority,
        status=TicketStatus.NEW,
        subject="",
        requester="",
        created_at=BEGINS,
    )


HAPPENINGS = st.sampled_from([*Move, "news", "news", "priority", "priority", "updates", "target", "calendar"])
# Up to a day and a half from one to the next, so that clocks also run out in between.
STEPS = st.lists(st.tuples(HAPPENINGS, st.integers(0, 11), st.integers(0, 36 * 60)), max_size=9)


@settings(max_examples=400, deadline=None)
@given(
    steps=STEPS, priority=st.sampled_from(Priority), first=st.sampled_from([Move.ACKNOWLEDGE, Move.START, Move.WAIT])
)
def test_the_clocks_are_those_of_the_oracle(steps: list[tuple[str, int, int]], priority: Priority, first: Move) -> None:
    story, at = Story(new(priority), Oracle(priority=priority)), 500
    for what, detail, later in [(first.value, 0, 0), *steps]:
        at += later
        story.happens(what, detail, at)
        ticket, oracle = story.ticket, story.oracle
        assert ticket.status is oracle.status
        assert ticket.update_due_at == oracle.update_due(story.calendar)
        if ticket.status not in CLOSED:
            assert ticket.resolve_due_at == oracle.resolve_due(story.calendar)


AT = datetime(2026, 12, 1, 16, 0, 30, 500_000, tzinfo=UTC)  # Tuesday 10:00:30.5 in Chicago
DESK = CALENDARS[0]
ALL_HOURS = hours(week="00:00-00:00", days=range(7))


def high(at: datetime = AT) -> Ticket:
    return acknowledged(new(Priority.HIGH), by="Ann", at=at, hours=DESK)


def test_a_desk_that_never_closes_counts_every_second_also_at_midnight() -> None:
    evening = datetime(2026, 12, 2, 4, 30, tzinfo=UTC)
    ticket = acknowledged(new(Priority.HIGH), by="Ann", at=evening, hours=ALL_HOURS)
    assert ticket.update_due_at == evening + timedelta(hours=4)
    assert ticket.resolve_due_at == evening + timedelta(hours=24)


def test_no_clock_runs_before_the_first_acknowledgement() -> None:
    ticket = updated(prioritised(new(), Priority.HIGH, at=AT, hours=DESK), at=AT, hours=DESK)
    assert (ticket.update_due_at, ticket.resolve_due_at) == (None, None)


def test_a_business_clock_does_not_run_out_at_night_or_on_a_holiday() -> None:
    for ticket in _everywhere():
        assert ticket.update_due_at is not None
        wall = (ticket.update_due_at - timedelta(seconds=1)).astimezone(ZONE)
        assert wall.weekday() < 5
        assert 8 <= wall.hour < 17
        assert wall.date() != date(2026, 11, 3)


def _everywhere() -> Iterator[Ticket]:
    for each in range(0, 10 * 24 * 60, 37):
        yield acknowledged(new(Priority.HIGH), by="Ann", at=BEGINS + MINUTE * each, hours=DESK)


def test_waiting_loses_and_wins_nothing_however_often() -> None:
    """Sixty pauses of a second and a half lose at most what one does."""
    ticket = high()
    for each in range(60):
        starts = AT + timedelta(minutes=each)
        ticket = moved(ticket, Move.WAIT, by=None, at=starts, hours=DESK)
        assert (ticket.update_due_at, ticket.resolve_due_at) == (None, None)
        ticket = moved(ticket, Move.REQUESTER_REPLIED, by=None, at=starts + timedelta(seconds=2), hours=DESK)
    assert ticket.update_due_at is not None
    assert abs(ticket.update_due_at - (AT + timedelta(hours=4, seconds=120))) < timedelta(seconds=1)


def test_raised_in_the_last_minutes_the_sooner_time_stands() -> None:
    ticket = prioritised(high(), Priority.EMERGENCY, at=AT + timedelta(hours=3, minutes=45), hours=DESK)
    assert ticket.update_due_at == high().update_due_at
    after = news_told(ticket, at=AT + timedelta(hours=3, minutes=50), hours=DESK)
    assert after.update_due_at == AT + timedelta(hours=4, minutes=50)


def test_an_agreement_for_a_lower_priority_does_not_bind_a_higher_one() -> None:
    silent = updates_agreed(high(), UpdateRule(None, business=False), at=AT, hours=DESK)
    assert silent.update_due_at is None
    raised = prioritised(silent, Priority.EMERGENCY, at=AT + timedelta(hours=1), hours=DESK)
    assert raised.update_due_at == AT + timedelta(hours=2)


def test_without_business_hours_the_clocks_of_emergencies_run_all_the_same() -> None:
    ticket = acknowledged(new(Priority.EMERGENCY), by="Ann", at=AT, hours=None)
    assert (ticket.update_due_at, ticket.resolve_due_at) == (AT + timedelta(hours=1), AT + timedelta(hours=8))
