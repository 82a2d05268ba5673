"""Queues of waiting callers: who waits where, since when, and who takes the first. Sends no request."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from app.simulator.registry import Call
from app.simulator.signals import Dequeued, Ended, SomebodyWaits
from app.simulator.targets import Target

CAPACITY = 1000


@dataclass(slots=True, eq=False)
class Member:
    """A caller in a queue. `taker` is the leg that is to talk with them, once there is one."""

    call: Call
    queue: "Queue"
    joined_at: datetime
    left_at: datetime | None = None
    taker: Call | None = None
    announcement: Target | None = None

    def seconds(self, now: datetime) -> int:
        """How long they wait, or waited."""
        return round(((self.left_at or now) - self.joined_at).total_seconds())

    @property
    def waited_seconds(self) -> int:
        """How long somebody waited who is in the queue no more."""
        return self.seconds(self.joined_at)

    def desert(self) -> None:
        """The taker goes away, whatever has come of it."""
        if self.taker is not None:
            taker, self.taker = self.taker, None
            self.call.post(Ended(taker.sid))


@dataclass(slots=True, eq=False)
class Queue:
    """One queue: first come, first served."""

    sid: str
    name: str
    created_at: datetime
    updated_at: datetime
    max_size: int = CAPACITY
    members: list[Member] = field(default_factory=list)
    takers: deque[Call] = field(default_factory=deque)
    waits: list[int] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        return len(self.members) >= self.max_size

    def join(self, call: Call, at: datetime) -> Member:
        """Somebody joins; the first who waits to take somebody out is told."""
        member = Member(call, self, at)
        self.members.append(member)
        self.updated_at = at
        if self.takers:
            self.takers.popleft().post(SomebodyWaits())
        return member

    def leave(self, member: Member, at: datetime) -> None:
        """Somebody is out of the queue, for whatever reason; the others move up."""
        if member in self.members:
            self.members.remove(member)
            member.left_at = at
            self.updated_at = at
            self.waits.append(member.seconds(at))

    def take(self, taker: Call, at: datetime, announcement: Target | None) -> Member | None:
        """Give the first who waits to a leg that dialled the queue; None when nobody does."""
        if not self.members:
            return None
        member = self.members[0]
        self.leave(member, at)
        member.taker = taker
        member.announcement = announcement
        member.call.post(Dequeued(taker.sid))
        return member

    def position(self, member: Member) -> int:
        """Their place, the first being 1."""
        return self.members.index(member) + 1

    def average_wait(self) -> int:
        """Seconds that those who have left waited."""
        return round(sum(self.waits) / len(self.waits)) if self.waits else 0


@dataclass(slots=True)
class Queues:
    """The account's queues, by SID."""

    by_sid: dict[str, Queue] = field(default_factory=dict)

    def named(self, name: str) -> Queue | None:
        return next((queue for queue in self.by_sid.values() if queue.name == name), None)

    def member(self, call_sid: str) -> Member | None:
        """Where a call waits."""
        return next((m for queue in self.by_sid.values() for m in queue.members if m.call.sid == call_sid), None)
