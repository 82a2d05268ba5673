"""Several fields of a ticket changed at once: all that cannot be done is said together, and then nothing is done.

Each field that changes is an entry of its own, with its author and reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto

from app.announcements import TicketEvent
from app.cdr.records import Target, Ticket, TicketStatus, UpdateRule
from app.cdr.ticket_clocks import decided, merged, prioritised, target_agreed, updates_agreed
from app.cdr.ticket_rules import CLOSED, Move, is_merged, is_unowned_emergency, move_to, moved, taken
from app.tickets.news import NEEDS_OWNER, merged_fault
from app.tickets.outcomes import EntryKind, Fault, Outcome, Result
from app.tickets.work import TicketWork, refused
from oncall import Priority

_EVENTS = {
    Move.ACKNOWLEDGE: TicketEvent.ACKNOWLEDGED,
    Move.WAIT: TicketEvent.WAITING,
    Move.RESOLVE: TicketEvent.RESOLVED,
    Move.REOPEN: TicketEvent.REOPENED,
    Move.CLOSE: TicketEvent.CLOSED,
}


class Usual(Enum):
    """What stands for an agreement's end: the clocks are again those of the ticket's priority."""

    USUAL = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEdit:
    """What is to be changed; None leaves a field as it is. An empty assignee is nobody.

    `version` is the state of the ticket that the edit was made on; None: whatever it is now.
    """

    status: TicketStatus | None = None
    priority: Priority | None = None
    assignee: str | None = None
    subject: str | None = None
    requester: str | None = None
    updates: UpdateRule | Usual | None = None
    target: Target | Usual | None = None
    merge_into: int | None = None
    link_to: tuple[int, ...] = ()
    reason: str = ""
    version: str | None = None


def edit(mine: TicketWork, number: int, wanted: TicketEdit) -> Result:
    """Change a ticket as wanted, wholly or not at all."""
    rows = mine.transaction.tickets
    # In the order of their numbers, so that two who merge crosswise do not wait for each other for ever.
    others = {*wanted.link_to, *([] if wanted.merge_into is None else [wanted.merge_into])}
    held = {each: rows.hold(each) for each in sorted({number, *others})}
    ticket = held.pop(number)
    if ticket is None:
        return refused(ticket)
    if wanted.version is not None and wanted.version != rows.version(ticket):
        return Result(Outcome.STALE, ticket, ticket)
    faults = tuple(_faults(ticket, wanted, held, owner=mine.owner))
    if faults:
        return Result(Outcome.REFUSED, ticket, ticket, faults)
    return Result(Outcome.DONE, ticket, _Editing(mine, wanted).done(ticket, held))


@dataclass(frozen=True, slots=True)
class _Editing:
    """One edit that can be done, being done."""

    mine: TicketWork
    wanted: TicketEdit

    def done(self, ticket: Ticket, others: dict[int, Ticket | None]) -> Ticket:
        """The ticket after the edit, which is written field by field."""
        wanted = self.wanted
        if wanted.status is not None and ticket.status in CLOSED:
            ticket = self._status(ticket, wanted.status)  # reopened first, for the rest to be done to an open ticket
        ticket = self._words(ticket)
        ticket = self._priority(ticket)
        ticket = self._assignee(ticket)
        ticket = self._agreements(ticket)
        for number in wanted.link_to:
            self._link(ticket, number, others)
        if wanted.status is not None:
            ticket = self._status(ticket, wanted.status)
        target = others.get(wanted.merge_into) if wanted.merge_into is not None else None
        return ticket if target is None else self._merge(ticket, target)

    def _status(self, ticket: Ticket, status: TicketStatus) -> Ticket:
        move = move_to(ticket, status) if status is not ticket.status else None
        if move is None:
            return ticket
        mine = self.mine
        after = moved(ticket, move, by=mine.owner, at=mine.at, hours=mine.hours)
        if move is Move.REOPEN and after.status is TicketStatus.NEW and status is not TicketStatus.NEW:
            # Nobody had acknowledged it before it was closed; whoever opens it and works on it does.
            after = moved(after, Move.START, by=mine.owner, at=mine.at, hours=mine.hours)
        kind = EntryKind.ACKNOWLEDGED if move is Move.ACKNOWLEDGE else EntryKind.STATUS
        text = f"{ticket.status} to {after.status}"
        return self._write(ticket, after, kind, text, event=_EVENTS.get(move))

    def _words(self, ticket: Ticket) -> Ticket:
        wanted, at = self.wanted, self.mine.at
        if wanted.subject is not None and wanted.subject != ticket.subject:
            after = decided(replace(ticket, subject=wanted.subject), "subject", at=at)
            ticket = self._write(ticket, after, EntryKind.SUBJECT, "subject changed")
        if wanted.requester is not None and wanted.requester != ticket.requester:
            after = decided(replace(ticket, requester=wanted.requester), "requester", at=at)
            ticket = self._write(ticket, after, EntryKind.REQUESTER, "requester changed")
        return ticket

    def _priority(self, ticket: Ticket) -> Ticket:
        priority, mine = self.wanted.priority, self.mine
        if priority is None:
            return ticket
        after = decided(prioritised(ticket, priority, at=mine.at, hours=mine.hours), "priority", at=mine.at)
        if priority is ticket.priority:
            # Staff stand by it: what the call told before does not change it any more.
            mine.transaction.tickets.save(ticket, after)
            return after
        text = f"{ticket.priority} to {priority}"
        return self._write(ticket, after, EntryKind.PRIORITY, text, event=TicketEvent.PRIORITY_CHANGED)

    def _assignee(self, ticket: Ticket) -> Ticket:
        """Whoever gives a ticket to themselves acknowledges it; given to another, it is theirs to acknowledge."""
        name, mine = self.wanted.assignee, self.mine
        if name is None or (name or None) == ticket.assignee:
            return ticket
        if name and name == mine.owner:
            after = taken(ticket, by=name, at=mine.at, hours=mine.hours)
        else:
            after = replace(ticket, assignee=name or None)
        whence = f", from {ticket.assignee}" if ticket.assignee else ""
        text = f"assigned to {name or 'nobody'}{whence}"
        return self._write(ticket, after, EntryKind.ASSIGNED, text, event=TicketEvent.ASSIGNED if name else None)

    def _agreements(self, ticket: Ticket) -> Ticket:
        wanted, mine = self.wanted, self.mine
        if wanted.updates is not None:
            rule = None if isinstance(wanted.updates, Usual) else wanted.updates
            after = updates_agreed(ticket, rule, at=mine.at, hours=mine.hours)
            ticket = self._write(ticket, after, EntryKind.AGREED, f"updates agreed: {_rule(rule)}")
        if wanted.target is not None:
            target = None if isinstance(wanted.target, Usual) else wanted.target
            after = target_agreed(ticket, target, hours=mine.hours)
            ticket = self._write(ticket, after, EntryKind.AGREED, f"resolution agreed: {_target(target)}")
        return ticket

    def _link(self, ticket: Ticket, number: int, others: dict[int, Ticket | None]) -> None:
        other = others[number]
        if other is not None and ticket.number is not None:
            self.mine.transaction.tickets.link(ticket.number, number)
            self._write(ticket, ticket, EntryKind.LINKED, f"about the same matter as ticket {number}")
            self._write(other, other, EntryKind.LINKED, f"about the same matter as ticket {ticket.number}")

    def _merge(self, ticket: Ticket, target: Ticket) -> Ticket:
        """The calls, messages and history of a ticket go over to another, and it is closed for good."""
        mine, number, into = self.mine, ticket.number or 0, target.number or 0
        calls = len(mine.transaction.tickets.calls_of(number))
        mine.transaction.tickets.follow(number, into=into)
        # A call that comes over was not what this ticket was opened for, whichever of them is older.
        kept = decided(target, "subject", "requester", "priority", "status", at=mine.at)
        told = "1 call" if calls == 1 else f"{calls} calls"
        self._write(target, kept, EntryKind.MERGED, f"ticket {number} was merged into this one, with {told}")
        closed = ticket
        if ticket.status is not TicketStatus.CLOSED:
            closed = moved(ticket, Move.CLOSE, by=mine.owner, at=mine.at, hours=mine.hours)
        after = merged(closed, into=into)
        return self._write(ticket, after, EntryKind.MERGED, f"merged into ticket {into}", event=TicketEvent.MERGED)

    def _write(
        self, before: Ticket, after: Ticket, kind: EntryKind, text: str, *, event: TicketEvent | None = None
    ) -> Ticket:
        self.mine.change(before, after, kind, text, because=self.wanted.reason, event=event)
        return after


def _faults(
    ticket: Ticket, wanted: TicketEdit, others: dict[int, Ticket | None], *, owner: str | None
) -> Iterator[Fault]:
    """All that stands in the way of an edit by somebody who is `owner` of what they acknowledge."""
    if is_merged(ticket):
        yield merged_fault(ticket)
        return
    status = wanted.status
    if status is not None and status is not ticket.status and move_to(ticket, status) is None:
        yield Fault("status", f"cannot go from {ticket.status} to {status}")
    ends = status is None or status in CLOSED
    if not ends and is_unowned_emergency(ticket) and not (wanted.assignee or ticket.assignee or owner):
        yield Fault("status", NEEDS_OWNER)
    reopened = status is not None and status not in CLOSED
    if ticket.status in CLOSED and not reopened:
        for name in ("priority", "assignee", "updates", "target"):
            if getattr(wanted, name) is not None:
                yield Fault(name, f"the ticket is {ticket.status}: reopen it first")
    priority = wanted.priority or ticket.priority
    if wanted.assignee == "" and priority is Priority.EMERGENCY and ticket.status is not TicketStatus.NEW:
        yield Fault("assignee", "an emergency that was acknowledged has an owner: name somebody else")
    if ticket.number in wanted.link_to:
        yield Fault("link_to", "is this ticket itself")
    if any(each in others and others[each] is None for each in wanted.link_to):
        yield Fault("link_to", "names a ticket that does not exist")
    yield from _merge_faults(ticket, wanted, others)


def _merge_faults(ticket: Ticket, wanted: TicketEdit, others: dict[int, Ticket | None]) -> Iterator[Fault]:
    """A ticket is merged into an open one that was itself not merged, so that no circle of tickets comes about."""
    into = wanted.merge_into
    if into is None:
        return
    if wanted.status is not None:
        yield Fault("status", "a ticket that is merged is closed by it: leave the status out")
    if into == ticket.number:
        yield Fault("merge_into", "is this ticket itself")
        return
    target = others[into]
    if target is None:
        yield Fault("merge_into", "is no ticket of ours")
    elif is_merged(target):
        yield Fault("merge_into", merged_fault(target).message)
    elif target.status in CLOSED:
        yield Fault("merge_into", f"is {target.status}: reopen it first")


def _rule(rule: UpdateRule | None) -> str:
    if rule is None:
        return "as the priority says"
    if rule.seconds is None:
        return "none at any particular time"
    return f"every {rule.seconds // 60} {'business' if rule.business else 'clock'} minutes"


def _target(target: Target | None) -> str:
    if target is None:
        return "as the priority says"
    return "at no particular time" if target.due_at is None else f"by {target.due_at:%Y-%m-%d %H:%M} UTC"
