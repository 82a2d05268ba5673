"""When a ticket's clocks run out, worked out anew from what they count from. Pure: knows no calendar but the one given.

The resolution counts from the first acknowledgement, an update from the last news; both stand still while the requester
is waited for. So a change of priority or of the calendar is the same sum with other figures.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from app.cdr.records import Promise, Target, Ticket, TicketLife, TicketStatus, UpdateRule
from oncall import PRIORITY_CLOCKS, BusinessHours, Pause, Priority, runs_out_at

# "If the requester has not replied within 48 hours of a staff member's reply, the ticket may be closed."
CLOSES_AFTER = timedelta(hours=48)
NOTICE_BEFORE = timedelta(hours=24)
OVER = frozenset({TicketStatus.RESOLVED, TicketStatus.CLOSED})
STILL = OVER | {TicketStatus.WAITING}
_UNTOUCHED = TicketLife()


def life_of(ticket: Ticket) -> TicketLife:
    """What the ticket's clocks count from."""
    return ticket.life or _UNTOUCHED


def settled(ticket: Ticket, *, hours: BusinessHours | None) -> Ticket:
    """The ticket with the due instants that its clocks give under these hours; without hours, clock hours only."""
    if ticket.acknowledged_at is None:
        return replace(ticket, update_due_at=None, resolve_due_at=None)
    return replace(
        ticket,
        update_due_at=_update_due(ticket, hours),
        resolve_due_at=_resolve_due(ticket, ticket.acknowledged_at, hours),
    )


def news_told(ticket: Ticket, *, at: datetime, hours: BusinessHours | None) -> Ticket:
    """The ticket after the requester had news of it `at`: the next is promised from then, and nothing else is."""
    if ticket.acknowledged_at is None:
        return ticket
    promised = tuple(_promise(rule_of(ticket), from_at=at))
    return settled(_living(ticket, told_at=at, promises=promised), hours=hours)


def news_at(ticket: Ticket) -> datetime | None:
    """When the requester last had news; the first acknowledgement is news, and before it there is none."""
    return life_of(ticket).told_at or ticket.acknowledged_at


def rule_of(ticket: Ticket) -> UpdateRule:
    """How often the requester of this ticket hears of it."""
    return life_of(ticket).updates or usual_rule(ticket.priority)


def usual_rule(priority: Priority) -> UpdateRule:
    """How often the requester hears of a ticket of this priority."""
    clock = PRIORITY_CLOCKS[priority]
    return UpdateRule(clock.update_seconds, clock.business)


def prioritised(ticket: Ticket, priority: Priority, *, at: datetime, hours: BusinessHours | None) -> Ticket:
    """The ticket with another priority from `at`.

    Raised, news is due as soon as the new priority says from now on, unless it was due sooner, and what was agreed for
    the lower one is void. Lowered, it counts from the last news.
    """
    if priority is ticket.priority:
        return ticket
    raised, before, promises = priority.is_above(ticket.priority), ticket.life, _promises(ticket)
    if raised and before is not None:
        ticket = _living(ticket, updates=None, target=None)
    ticket, last = replace(ticket, priority=priority), news_at(ticket)
    if last is None:
        return ticket
    if raised:
        promises = (*promises, *_promise(rule_of(ticket), from_at=at))
    elif life_of(ticket).updates is None:
        promises = tuple(_promise(rule_of(ticket), from_at=last))
    return settled(_living(ticket, promises=promises), hours=hours)


def updates_agreed(ticket: Ticket, rule: UpdateRule | None, *, at: datetime, hours: BusinessHours | None) -> Ticket:
    """The ticket whose requester agreed `at` to hear of it so often from then on; None: as its priority says."""
    ticket = _living(ticket, updates=rule)
    if ticket.acknowledged_at is None:
        return ticket
    return settled(_living(ticket, promises=tuple(_promise(rule_of(ticket), from_at=at))), hours=hours)


def target_agreed(ticket: Ticket, target: Target | None, *, hours: BusinessHours | None) -> Ticket:
    """The ticket whose resolution was agreed on for an instant; None: as its priority says."""
    return settled(_living(ticket, target=target), hours=hours)


def stopped(ticket: Ticket, *, at: datetime) -> Ticket:
    """The ticket whose clocks stand still from `at`; those that do already still do."""
    stops = life_of(ticket).stops
    if stops and stops[-1].ends_at is None:
        return ticket
    return _living(ticket, stops=(*stops, Pause(at)))


def resumed(ticket: Ticket, *, at: datetime) -> Ticket:
    """The ticket whose clocks go on from `at` with what was left, and that does not close by itself."""
    stops = life_of(ticket).stops
    if stops and stops[-1].ends_at is None:
        stops = (*stops[:-1], Pause(stops[-1].starts_at, max(at, stops[-1].starts_at)))
    return replace(_living(ticket, stops=stops, closes_at=None, noticed=False), step_at=None)


def closing(ticket: Ticket, *, replied_at: datetime) -> Ticket:
    """The waiting ticket after a staff member's reply: it closes by itself, after a notice, if no answer comes."""
    closes_at = replied_at + CLOSES_AFTER
    return replace(_living(ticket, closes_at=closes_at, noticed=False), step_at=closes_at - NOTICE_BEFORE)


def noticed(ticket: Ticket, *, at: datetime) -> Ticket:
    """The ticket whose closing was announced `at`; an announcement that came late puts the closing off."""
    closes_at = max(life_of(ticket).closes_at or at, at + NOTICE_BEFORE)
    return replace(_living(ticket, closes_at=closes_at, noticed=True), step_at=closes_at)


def decided(ticket: Ticket, *fields: str, at: datetime) -> Ticket:
    """The ticket of which staff have decided these fields `at`."""
    return _living(ticket, decided={**life_of(ticket).decided, **dict.fromkeys(fields, at)})


def decided_at(ticket: Ticket, name: str) -> datetime | None:
    """When staff last decided a field; None: it is what calls make it."""
    return None if ticket.life is None else ticket.life.decided.get(name)


def merged(ticket: Ticket, *, into: int) -> Ticket:
    """The ticket that went up in another."""
    return _living(ticket, merged_into=into)


def _living(ticket: Ticket, **changes: object) -> Ticket:
    return replace(ticket, life=replace(life_of(ticket), **changes))  # type: ignore[arg-type] # each field has its own


def _promises(ticket: Ticket) -> tuple[Promise, ...]:
    promises = life_of(ticket).promises
    if promises is not None or ticket.acknowledged_at is None:
        return promises or ()
    if ticket.life is None and ticket.status is TicketStatus.IN_PROGRESS and ticket.update_due_at is not None:
        # Written by a release that kept nothing but the due time.
        return (Promise(ticket.update_due_at, 0, business=False),)
    return tuple(_promise(rule_of(ticket), from_at=ticket.acknowledged_at))


def _promise(rule: UpdateRule, *, from_at: datetime) -> Iterator[Promise]:
    if rule.seconds is not None:
        yield Promise(from_at, rule.seconds, rule.business)


def _update_due(ticket: Ticket, hours: BusinessHours | None) -> datetime | None:
    if ticket.status in STILL:
        return None
    stops = life_of(ticket).stops
    due = [
        runs_out_at(each.seconds, starts_at=each.from_at, hours=hours if each.business else None, pauses=stops)
        for each in _promises(ticket)
        if hours is not None or not each.business
    ]
    return min((each for each in due if each is not None), default=None)


def _resolve_due(ticket: Ticket, acknowledged_at: datetime, hours: BusinessHours | None) -> datetime | None:
    life, clock = life_of(ticket), PRIORITY_CLOCKS[ticket.priority]
    if ticket.status in OVER:
        return ticket.resolve_due_at
    if life.target is not None:
        return life.target.due_at
    if clock.resolve_seconds is None or (clock.business and hours is None):
        return None
    counted = hours if clock.business else None
    return runs_out_at(clock.resolve_seconds, starts_at=acknowledged_at, hours=counted, pauses=life.stops)
