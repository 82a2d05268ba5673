"""Offers callers in line to people who are free: chosen by the rules of the line, rung through orders, one at a time.

Each offer is a transaction of its own, so that any number of processes may be at it: the line is read, the first fit
is offered, and whoever comes second finds it done.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.calls import Calls
from app.cdr.records import CallRecord, Leg
from app.cdr.ticket_rules import CLOSED
from app.flow.in_line import Waiter, next_offer
from app.flow.messages import LAP, Detail, DialStatus, Fact, FactKind, Order, Position, Ring
from app.flow.nodes import QueueNode
from app.flow.queueing import people_of
from app.flow.scene import Scene
from app.queue_keeping import order_of
from app.ringing import PLACING_SECONDS, callback_order, ring_order
from app.store import ClaimedOrder, OfferOutcome, OpenOffer, Place, PlaceKind, PlaceOutcome, TurnTransaction
from oncall import Attempt, Override, Plan, StaffState, hours_state

# Whoever was rung and did not take the call is left in peace for so long: most likely they are not at their desk.
REST = timedelta(seconds=60)
# A phone that does not ring by then is not rung any more; one that does has more time.
PLACING = timedelta(seconds=PLACING_SECONDS + 5)
# A caller who was not heard of for so long is gone, whatever the provider failed to tell.
SILENT = timedelta(minutes=4)
# The end of the call that asked for a call-back is waited for, but not for ever: its report may be lost.
STILL_ON_THE_LINE = timedelta(minutes=5)
MOST_ATTEMPTS = 3
MOST_OFFERS = 20
MOST_MISSES = 5


@dataclass(frozen=True, slots=True)
class _Picture:
    """The line at one instant: who waits, for whom phones ring, and who cannot be rung."""

    places: tuple[Place, ...]
    offers: tuple[OpenOffer, ...]
    engaged: frozenset[str]
    staff: StaffState
    quick: tuple[Override, ...]


@dataclass(frozen=True, slots=True)
class QueueOffers:
    """Deals the line. Safe to repeat at any time, by several at once."""

    calls: Calls

    def carry_out(self, _order: ClaimedOrder) -> None:
        """Somebody came into the line or is free now. Raises StoreUnavailable."""
        self.deal()

    def deal(self) -> int:
        """Offers callers until nobody is free or nobody waits; returns how many offers were made.

        Raises StoreUnavailable.
        """
        services = self.calls.services
        if not services.can_ring:
            return 0
        at = services.clock.now()
        # With nobody in line, too: whoever is taken to be rung is not rung for anybody else.
        for offer in services.store.queue.lapsed(at=at):
            self._lapse(offer, at)
        if not services.store.queue.is_open():
            return 0
        for place in services.store.queue.open():
            self._put_right(place, at)
        made, missed = 0, set[tuple[str, str]]()
        while made < MOST_OFFERS and len(missed) < MOST_MISSES:
            found = self._next(at, missed)
            if found is None:
                break
            if self._offer(*found, at=at):
                made += 1
            else:
                missed.add((_name(found[0]), found[1].person))
        return made

    # What is not to be offered any more.

    def _lapse(self, offer: OpenOffer, at: datetime) -> None:
        """Nothing more is expected of a phone: its end was never told, or it was never rung."""
        with self.calls.services.store.turn() as transaction:
            record = transaction.load(offer.call_sid)
            leg = next((leg for leg in record.legs if leg.turn == offer.exchange), None) if record else None
            if record is not None and leg is not None and leg.ended_at is None:
                self.calls.records.store_facts(transaction, record, offer.exchange, [_lost(leg, at)])
            else:
                transaction.queue.end_offer(offer.call_sid, offer.turn, offer.offer, at=at, outcome=OfferOutcome.PASSED)

    def _put_right(self, place: Place, at: datetime) -> None:
        outcome = self._over(place, at)
        if outcome is None:
            return
        with self.calls.services.store.turn() as transaction:
            record = transaction.load(place.call_sid)
            current = transaction.queue.place(place.call_sid, place.turn)
            if record is None or current is None or current.left_at is not None:
                return
            if place.kind is PlaceKind.WAITING:
                transaction.queue.change(current, left_at=at, outcome=outcome.value)
            elif current.attempts == place.attempts:
                self._give_up(transaction, record, current, outcome, at)

    def _over(self, place: Place, at: datetime) -> PlaceOutcome | None:
        if place.kind is PlaceKind.WAITING:
            return PlaceOutcome.ABANDONED if at - place.seen_at > SILENT else None
        if place.due_at is None or place.due_at > at:
            return None
        record = self.calls.services.store.calls.get(place.call_sid)
        if record is None or _is_in_hand(record, place):
            return PlaceOutcome.SETTLED
        if place.attempts >= MOST_ATTEMPTS:
            return PlaceOutcome.NOT_REACHED
        roster = self.calls.services.config.current().roster
        desk = next(iter(roster.hours.values()), None)
        by_hand = self.calls.services.store.desk.last_known(at=at)
        is_open = desk is None or hours_state(desk, by_hand, at=at).is_open
        return None if is_open else PlaceOutcome.DESK_CLOSED

    def _give_up(
        self, transaction: TurnTransaction, record: CallRecord, place: Place, outcome: PlaceOutcome, at: datetime
    ) -> None:
        self.calls.records.store_facts(transaction, record, place.turn, [given_up(place, outcome, at=at)])

    # Who is offered to whom.

    def _next(self, at: datetime, missed: set[tuple[str, str]]) -> tuple[Place, Attempt] | None:
        picture = self._picture(at)
        candidates: dict[str, tuple[Place, dict[str, Attempt]]] = {}
        plans: dict[tuple[str, str, str], Plan] = {}
        line: list[Waiter] = []
        for place in sorted(picture.places, key=order_of):
            if not is_offerable(place, at=at):
                continue
            ringing = [
                offer for offer in picture.offers if (offer.call_sid, offer.turn) == (place.call_sid, place.turn)
            ]
            waits_at = (place.flow, place.node, place.language)
            plan = plans[waits_at] = plans.get(waits_at) or self._plan(place, picture, at)
            free = _free(plan, picture.engaged, place)
            candidates[_name(place)] = (place, free)
            line.append(
                Waiter(
                    name=_name(place),
                    priority=place.priority,
                    free=tuple(free),
                    ringing=len(ringing),
                    alone=place.kind is PlaceKind.CALLBACK,
                )
            )
        chosen = next_offer(line, missed)
        if chosen is None:
            return None
        place, free = candidates[chosen[0]]
        return place, free[chosen[1]]

    def _picture(self, at: datetime) -> _Picture:
        with self.calls.services.store.turn() as transaction:
            staff = transaction.staff(at=at, before=at, seed=0)
            offers = transaction.queue.offers()
            rung = transaction.queue.ringing(at=at) | transaction.queue.passed(since=at - REST)
            engaged = staff.talking | rung | {offer.person for offer in offers}
            quick = self.calls.services.store.overrides.for_turn(transaction.overrides, at=at)
            return _Picture(transaction.queue.open(), offers, engaged, staff, quick)

    def _plan(self, place: Place, picture: _Picture, at: datetime) -> Plan:
        # The newest: who is on duty may change during a long wait.
        snapshot = self.calls.services.config.current()
        flow = snapshot.book.flow(place.flow)
        node = flow.nodes.get(place.node) if flow else None
        if not isinstance(node, QueueNode):
            return Plan((), (), None)
        scene = Scene(
            book=snapshot.book,
            roster=snapshot.roster,
            at=at,
            quick=picture.quick,
            staff=lambda _before: picture.staff,
        )
        return scene.plan(people_of(node), entered_at=at, language=place.language)

    # One offer.

    def offer_to(self, place: Place, attempt: Attempt) -> bool:
        """Rings one person for a caller in line now, in turn or not; False when that cannot be. `because` says why.

        Raises StoreUnavailable.
        """
        return self._offer(place, attempt, at=self.calls.services.clock.now(), in_turn=False)

    def _offer(self, place: Place, attempt: Attempt, *, at: datetime, in_turn: bool = True) -> bool:
        services = self.calls.services
        with services.store.turn() as transaction:
            record = transaction.load(place.call_sid)
            current = transaction.queue.place(place.call_sid, place.turn)
            if record is None or current is None or not is_offerable(current, at=at):
                return False
            if not _can_be_reached(record, current, at):
                return False
            number = transaction.queue.offer(current, attempt.person, at=at, until=at + PLACING)
            if number is None:
                return False
            waiting = position_of(current, record, number)
            dialled = _dialled(attempt, waiting, current, at)
            if not in_turn:
                dialled = replace(dialled, because=attempt.because)
            self.calls.records.store_facts(transaction, record, waiting.exchange, [dialled])
            transaction.order([self._order(attempt, waiting, current, at)])
        return True

    def _order(self, attempt: Attempt, waiting: Position, place: Place, at: datetime) -> Order:
        positions = self.calls.services.positions
        phone = Ring(number=attempt.number, rung=waiting.rung, ring_seconds=attempt.ring_seconds)
        ordered = ring_order if place.kind is PlaceKind.WAITING else callback_order
        return ordered(phone, waiting, positions, line=place.line, at=at)


def is_offerable(place: Place, *, at: datetime) -> bool:
    """Whether somebody may be rung for this place now. A simulated call may be of a moment to come."""
    if place.left_at is not None or place.entered_at > at:
        return False
    if place.kind is PlaceKind.WAITING:
        return place.choice is None
    return place.due_at is not None and place.due_at <= at and place.attempts < MOST_ATTEMPTS


def position_of(place: Place, record: CallRecord, offer: int) -> Position:
    """Where a phone rung for a caller in line belongs. For a call-back the wait counts from when it was asked for."""
    is_callback = place.kind is PlaceKind.CALLBACK
    started_at = place.seen_at if is_callback else record.call.started_at
    return Position(
        line=place.line,
        flow=place.flow,
        node=place.node,
        turn=place.turn,
        revision=record.call.config_revision,
        started_at=int(started_at.timestamp()),
        entered_at=int(place.entered_at.timestamp()),
        rung=offer,
        priority=place.priority,
        language=place.language,
        lap=offer,
        call_sid=place.call_sid,
    )


def given_up(place: Place, outcome: PlaceOutcome, *, at: datetime) -> Fact:
    """What is told when nobody is rung for a call-back any more. Its ticket stays as it is, and open."""
    because = {
        PlaceOutcome.NOT_REACHED: f"nobody was reached there, {place.attempts} times",
        PlaceOutcome.DESK_CLOSED: "the desk has closed",
        PlaceOutcome.SETTLED: "somebody has the ticket in hand",
    }[outcome]
    return Fact(
        kind=FactKind.CALLBACK_GIVEN_UP,
        key=f"callback_given_up:{place.turn}",
        at=at,
        because=because,
        detail={"outcome": outcome.value, "attempts": place.attempts, "owner": place.owner, "hold": place.turn},
    )


def _name(place: Place) -> str:
    return f"{place.call_sid}:{place.turn}"


def _free(plan: Plan, engaged: frozenset[str], place: Place) -> dict[str, Attempt]:
    """Who of the plan is free, with the number to ring: each time the next one of theirs; first who tried before."""
    numbers: dict[str, list[Attempt]] = {}
    for attempt in plan.attempts:
        known = numbers.setdefault(attempt.person, [])
        if attempt.person not in engaged and attempt.number not in {each.number for each in known}:
            known.append(attempt)
    people: Sequence[str] = sorted(numbers, key=lambda person: person != place.owner)
    return {person: numbers[person][place.offers % len(numbers[person])] for person in people if numbers[person]}


def _can_be_reached(record: CallRecord, place: Place, at: datetime) -> bool:
    if place.kind is PlaceKind.WAITING:
        return record.call.ended_at is None
    return record.call.ended_at is not None or at - place.seen_at > STILL_ON_THE_LINE


def _is_in_hand(record: CallRecord, place: Place) -> bool:
    """Whether somebody has taken the ticket for another reason than this call-back."""
    ticket = record.ticket
    if ticket.status in CLOSED:
        return True
    is_new_owner = ticket.acknowledged_at is not None and ticket.acknowledged_at > place.entered_at
    return is_new_owner and not place.attempts


def _lost(leg: Leg, at: datetime) -> Fact:
    unanswered = DialStatus.FAILED if leg.leg_sid is None else DialStatus.NO_ANSWER
    status = unanswered if leg.answered_at is None else DialStatus.COMPLETED
    return Fact(
        kind=FactKind.LEG_ENDED,
        key=f"lapsed:{leg.turn}",
        at=at,
        because="nothing more was heard of the phone",
        detail={"leg": leg.turn, "number": leg.number, "status": status.value},
    )


def _dialled(attempt: Attempt, waiting: Position, place: Place, at: datetime) -> Fact:
    what = "called back" if place.kind is PlaceKind.CALLBACK else "offered to somebody who is free"
    detail: dict[str, Detail] = {
        "party": attempt.person,
        "team": attempt.team,
        "number": attempt.number,
        "ring_seconds": attempt.ring_seconds,
        "screened": True,
        "leg": waiting.exchange,
        "place": waiting.exchange // LAP,
    }
    return Fact(
        kind=FactKind.LEG_DIALLED,
        key=f"offered:{waiting.exchange}",
        at=at,
        because=f"first in line, {what}: {attempt.because}",
        source=attempt.source,
        detail=detail,
    )
