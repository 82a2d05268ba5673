"""Months of calls as a desk has them: busy mornings, quiet nights, few at weekends. The same each time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from app.cdr.records import CallRecord, Channel, Disposition, LegOutcome, Ticket, TicketStatus, TicketUpdate
from oncall import Priority
from tests.app.store.samples import leg, record
from tests.desk import Desk

PEOPLE = [
    ("Jamison White", "offsite"),
    ("Lasha Dalakishvili", "offsite"),
    ("triggerfish-1", "triggerfish"),
    ("triggerfish-2", "triggerfish"),
]
# Calls in each hour of a working day, on average.
BUSY = (0, 0, 0, 0, 0, 0, 1, 2, 5, 7, 6, 5, 3, 4, 5, 5, 3, 2, 1, 1, 1, 0, 0, 0)
_CLOSED = (0, 17)


def a_season_of_calls(desk: Desk, *, until: datetime, days: int, seed: int = 7) -> None:
    """Fills the record with the calls of so many days; nothing is played, so that it takes no time."""
    draw, number = Random(seed), 1  # noqa: S311 (examples, no secrets)
    made: list[CallRecord] = []
    for back in range(days, -1, -1):
        day = (until - timedelta(days=back)).replace(hour=0, minute=0, second=0)
        for hour, usual in enumerate(BUSY):
            share = 1.0 if day.weekday() < 5 else 0.12
            for _ in range(sum(draw.random() < 0.5 * share for _ in range(usual * 2))):
                at = day + timedelta(hours=hour, seconds=draw.randrange(3600))
                if at < until:
                    made.append(_call(draw, number, at))
                    number += 1
    with desk.services.store.turn() as turn:
        for each in sorted(made, key=lambda one: one.call.started_at):
            stored = turn.open(each)
            if stored.ticket.number is not None and each.ticket.acknowledged_at is not None and draw.random() < 0.5:
                due_at = each.ticket.acknowledged_at + timedelta(hours=1)
                told = _news(due_at + timedelta(minutes=draw.randrange(-50, 8)), due_at)
                turn.tickets.note(stored.ticket.number, told)


def _call(draw: Random, number: int, at: datetime) -> CallRecord:
    is_open = at.weekday() < 5 and 8 <= at.hour < 17
    luck = draw.random()
    if luck < (0.86 if is_open else 0.55):
        ends = Disposition.ANSWERED if is_open or luck < 0.3 else Disposition.ANSWERING_SERVICE
    elif luck < 0.93:
        ends = Disposition.VOICEMAIL if luck < 0.92 else Disposition.CALLBACK
    else:
        ends = Disposition.ABANDONED
    taken = ends in {Disposition.ANSWERED, Disposition.ANSWERING_SERVICE}
    wait = int(draw.gammavariate(3, 11)) + 4
    talk = int(draw.gammavariate(2, 120)) if taken else None
    answered_at = at + timedelta(seconds=wait) if taken else None
    ended_at = at + timedelta(seconds=wait + (talk or 0))
    priority = draw.choices(list(Priority), weights=[1, 3, 8, 2])[0]
    made = record(
        number,
        line="main" if draw.random() < 0.9 else "alternate",
        started_at=at,
        answered_at=answered_at,
        ended_at=ended_at,
        wait_seconds=wait,
        talk_seconds=talk,
        disposition=ends,
        answered_by=None,
        priority=priority,
        stage="in the menu",
    )
    legs = []
    for attempt in range(draw.choice([1, 1, 1, 2, 2, 3])):
        party, team = draw.choice(PEOPLE)
        rings_at = at + timedelta(seconds=4 + attempt * 20)
        outcome = draw.choices(
            [LegOutcome.NO_ANSWER, LegOutcome.DECLINED, LegOutcome.ANSWERED_NOT_ACCEPTED], weights=[6, 2, 1]
        )[0]
        legs.append(leg(number, turn=2 + attempt, party=party, team=team, started_at=rings_at, outcome=outcome))
    if ends is Disposition.ANSWERING_SERVICE:
        legs[-1] = replace(legs[-1], party="answering-service", team="", screened=False)
    if taken and answered_at is not None:
        legs[-1] = replace(legs[-1], outcome=LegOutcome.ACCEPTED, accepted_at=answered_at, ended_at=ended_at)
    return replace(made, legs=tuple(legs), ticket=_ticket(draw, made, taken=taken))


def _ticket(draw: Random, made: CallRecord, *, taken: bool) -> Ticket:
    """Resolved after a while, mostly in time."""
    at = made.call.started_at
    hours = {Priority.EMERGENCY: 8, Priority.HIGH: 60, Priority.MEDIUM: 190}.get(made.call.priority)
    over_at = at + timedelta(hours=draw.uniform(0.2, 1.12) * (hours or 24))
    return replace(
        made.ticket,
        channel=Channel.PHONE,
        status=TicketStatus.RESOLVED,
        assignee="Jamison White" if taken else None,
        acknowledged_at=at + timedelta(minutes=2),
        resolve_due_at=None if hours is None else at + timedelta(hours=hours),
        resolved_at=over_at,
    )


def _news(at: datetime, due_at: datetime) -> TicketUpdate:
    before = {"update_due_at": due_at.astimezone(UTC).isoformat()}
    return TicketUpdate(at=at, author="Jamison White", kind="update", text="Looking into it.", detail=before)
