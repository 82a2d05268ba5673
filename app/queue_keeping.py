"""Keeps the line of callers in step with what happens on calls, within the transaction that stores the facts.

It reads facts and moves places; whom a caller is offered to is decided elsewhere, once this is stored.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.cdr.records import CallRecord, Leg, LegOutcome
from app.flow.in_line import Choice, QueueState, estimate, rank
from app.flow.messages import (
    CALLBACK_TURN,
    END_TURN,
    LAP,
    Fact,
    FactKind,
    HoldResult,
    Order,
    OrderKind,
    Position,
    turn_of,
)
from app.store import OfferOutcome, Place, PlaceKind, PlaceOutcome, TurnTransaction

# A caller who hangs up while the number is read out is called all the same, but not while they still listen.
SETTLING = timedelta(seconds=60)
RETRY_AFTER = timedelta(minutes=10)
# Ringing, being picked up late, and hearing the prompt.
RINGING = timedelta(minutes=2)
# A call-back may turn into a long talk before anything is told of it.
TRYING = timedelta(minutes=20)
# Whoever picked up a call-back is most likely the one who asked for it, and no conversation is longer.
TALKING = timedelta(hours=4)
WAITS_SINCE = timedelta(hours=4)
# An offer that nobody carried out by then is made by the sweep instead.
OFFER_WANTED = timedelta(seconds=20)
# So many phones that could not be rung are no accident.
MOST_FAILURES = 2
_FREEING = frozenset(
    {FactKind.LEG_ENDED, FactKind.DIAL_ENDED, FactKind.HOLD_ENDED, FactKind.CALL_ENDED, FactKind.CALLER_LEFT}
)
_PASSED = frozenset({LegOutcome.DECLINED, LegOutcome.NO_ANSWER, LegOutcome.BUSY, LegOutcome.ANSWERED_NOT_ACCEPTED})
_PASSED_OR_FAILED = _PASSED | {LegOutcome.FAILED}


def keep_line(transaction: TurnTransaction, after: CallRecord, facts: Sequence[Fact]) -> None:
    """Move the places of a call as these facts tell, and have the line dealt anew when somebody came or is free."""
    for fact in facts:
        step = _STEPS.get(fact.kind)
        if step is not None:
            step(_Change(transaction, after, fact))
    telling = [fact for fact in facts if fact.kind in _FREEING or fact.kind is FactKind.QUEUE_JOINED]
    if telling and transaction.queue.is_open():
        transaction.order([_offer_order(after, f"{fact.key}:{fact.detail.get('leg')}", fact.at) for fact in telling])


def state_of(
    transaction: TurnTransaction, record: CallRecord, position: Position, *, at: datetime
) -> QueueState | None:
    """How the caller at this position stands in line, noting that they are still there; None when they never were."""
    place = transaction.queue.place(record.call.call_sid, position.turn)
    if place is None:
        return None
    if place.left_at is None:
        transaction.queue.change(place, seen_at=at)
        transaction.order([_offer_order(record, f"lap:{position.exchange}", at)])
    ahead = sum(is_before(other, place, at=at) for other in transaction.queue.open())
    waits = transaction.queue.waits(place.node, since=at - WAITS_SINCE)
    failed, placed = _placings(record, position.turn)
    is_taken = place.outcome is PlaceOutcome.ANSWERED and place.left_at is not None
    return QueueState(
        place=ahead + 1,
        estimate_seconds=estimate(ahead + 1, waits),
        taken_seconds=int((at - place.left_at).total_seconds()) if is_taken and place.left_at else None,
        choice=place.choice,
        unreachable=failed >= MOST_FAILURES and not placed,
        sent_on=place.outcome is PlaceOutcome.OVERFLOWED and place.left_at is not None,
    )


def is_taken_or_left(transaction: TurnTransaction, position: Position) -> bool:
    """Whether a phone rung for this caller in line comes too late, as far as the line knows."""
    place = transaction.queue.place(position.call_sid, position.turn)
    return place is not None and place.left_at is not None


def engaged(transaction: TurnTransaction, *, at: datetime) -> frozenset[str]:
    """Who is talking, or whose phone rings for anybody: nobody's phone is rung twice."""
    talking = transaction.staff(at=at, before=at, seed=0).talking
    offered = {offer.person for offer in transaction.queue.offers()}
    return talking | offered | transaction.queue.ringing(at=at)


def order_of(place: Place) -> tuple[tuple[int, datetime], str]:
    """What the places of a line are sorted by."""
    return rank(priority=place.priority, entered_at=place.entered_at), place.call_sid


def is_before(other: Place, place: Place, *, at: datetime) -> bool:
    """Whether somebody else's turn comes first, and with people who could have taken this call.

    A call-back that was tried in vain is nobody's turn until it is due again.
    """
    if other.attempts and other.due_at is not None and other.due_at > at:
        return False
    shares = not set(other.people).isdisjoint(place.people)
    return shares and other.call_sid != place.call_sid and order_of(other) < order_of(place)


def _placings(record: CallRecord, turn: int) -> tuple[int, int]:
    """How many phones rung for the caller in line the provider refused, and how many it rang."""
    mine = [leg for leg in record.legs if turn_of(leg.turn) == turn and leg.turn != turn]
    failed = sum(leg.outcome is LegOutcome.FAILED and leg.leg_sid is None for leg in mine)
    return failed, sum(leg.leg_sid is not None for leg in mine)


def _offer_order(record: CallRecord, occasion: str, at: datetime) -> Order:
    return Order(
        kind=OrderKind.OFFER,
        key=f"offer:{record.call.call_sid}:{occasion}",
        due_at=at,
        payload={"until": (at + OFFER_WANTED).isoformat()},
    )


@dataclass(frozen=True, slots=True)
class _Change:
    """One fact, the record after it, and the line it changes."""

    transaction: TurnTransaction
    record: CallRecord
    fact: Fact

    @property
    def leg(self) -> int:
        return int(str(self.fact.detail.get("leg", 0)))

    @property
    def open(self) -> tuple[Place, ...]:
        return self.transaction.queue.open_of(self.record.call.call_sid)

    def place_of_leg(self) -> Place | None:
        """The place for which the phone of this fact was rung; None for a phone rung for another reason."""
        if not LAP <= self.leg < END_TURN:
            return None
        return self.transaction.queue.place(self.record.call.call_sid, turn_of(self.leg))

    @property
    def is_for_message(self) -> bool:
        """Whether the phone of this fact was rung to call back who left a message, which is no place in line."""
        return self.leg > CALLBACK_TURN

    @property
    def offer(self) -> tuple[str, int, int]:
        """Under which call, turn and number it is noted that somebody is rung."""
        turn, number = (self.leg, 0) if self.is_for_message else (turn_of(self.leg), self.leg // LAP)
        return self.record.call.call_sid, turn, number

    def end_offer(self, outcome: OfferOutcome) -> None:
        self.transaction.queue.end_offer(*self.offer, at=self.fact.at, outcome=outcome)

    def extend_offer(self, span: timedelta) -> None:
        self.transaction.queue.extend_offer(*self.offer, until=self.fact.at + span)

    def leave(self, place: Place, outcome: PlaceOutcome, **more: object) -> None:
        self.transaction.queue.change(place, left_at=self.fact.at, outcome=outcome.value, **more)
        if outcome is not PlaceOutcome.ANSWERED:
            self.call_off(place)

    def call_off(self, place: Place) -> None:
        """Phones that still ring for somebody who is in line no more."""
        for leg in self.record.legs:
            if turn_of(leg.turn) == place.turn and leg.turn != place.turn:
                self.transaction.cancel_orders(f"ring:{leg.call_sid}:{leg.turn}:", at=self.fact.at)
                self.end_leg(leg)

    def end_leg(self, leg: Leg) -> None:
        if leg.outcome is LegOutcome.RINGING and leg.leg_sid is not None and leg.ended_at is None:
            order = Order(
                kind=OrderKind.END_LEG, key=f"end:{leg.leg_sid}", due_at=self.fact.at, payload={"leg_sid": leg.leg_sid}
            )
            self.transaction.order([order])


def _joined(change: _Change) -> None:
    detail, call = change.fact.detail, change.record.call
    people = detail["people"]
    change.transaction.queue.add(
        Place(
            call_sid=call.call_sid,
            turn=change.leg,
            line=call.line,
            flow=str(detail["flow"]),
            node=str(detail["node"]),
            language=str(detail["language"]),
            people=tuple(map(str, people if isinstance(people, list) else ())),
            priority=call.priority,
            kind=PlaceKind.WAITING,
            entered_at=change.fact.at,
            seen_at=change.fact.at,
        )
    )


def _choice_made(change: _Change) -> None:
    place = change.transaction.queue.place(change.record.call.call_sid, change.leg)
    if place is not None and place.left_at is None:
        change.transaction.queue.change(place, choice=str(change.fact.detail["choice"]))
        change.call_off(place)


def _sent_on(change: _Change) -> None:
    """Out of the line at once, so that nobody takes the call any more while the caller is led on."""
    place = change.transaction.queue.place(change.record.call.call_sid, change.leg)
    if place is not None and place.left_at is None:
        change.leave(place, PlaceOutcome.OVERFLOWED)


def _callback_asked(change: _Change) -> None:
    due_at = change.fact.at if change.fact.detail.get("confirmed") else change.fact.at + SETTLING
    for place in change.open:
        change.transaction.queue.change(
            place,
            kind=PlaceKind.CALLBACK.value,
            choice=Choice.CALLBACK.value,
            number=str(change.fact.detail["callback_number"]),
            due_at=due_at,
        )


def _accepted(change: _Change) -> None:
    place = change.place_of_leg()
    if place is None:
        return
    change.end_offer(OfferOutcome.TAKEN)
    if place.left_at is None:
        owner = next((leg.party for leg in change.record.legs if leg.turn == change.leg), None)
        change.leave(place, PlaceOutcome.ANSWERED, owner=owner)


def _tried(change: _Change) -> None:
    if change.is_for_message:
        change.extend_offer(TRYING)
        return
    place = change.place_of_leg()
    if place is None or place.left_at is not None:
        return
    change.transaction.queue.change(
        place,
        attempts=place.attempts + 1,
        due_at=change.fact.at + RETRY_AFTER,
        owner=str(change.fact.detail["party"]),
    )
    change.extend_offer(TRYING)


def _picked_up(change: _Change) -> None:
    """Nobody else is rung for the call-back while they talk; whether it was the right person is told afterwards."""
    if change.is_for_message:
        change.extend_offer(TALKING)
        return
    place = change.place_of_leg()
    if place is not None and place.left_at is None:
        change.transaction.queue.change(place, due_at=change.fact.at + TALKING)
        change.extend_offer(TALKING)


def _try_again(change: _Change, place: Place) -> None:
    """A call-back that reached nobody, as far as anybody has said, is due again."""
    if place.kind is PlaceKind.CALLBACK and place.attempts and place.left_at is None and place.due_at is not None:
        change.transaction.queue.change(place, due_at=min(place.due_at, change.fact.at + RETRY_AFTER))


def _unanswered(change: _Change) -> None:
    place = change.place_of_leg()
    if place is not None:
        _try_again(change, place)


def _given_up(change: _Change) -> None:
    for place in change.open:
        if place.kind is PlaceKind.CALLBACK:
            change.leave(place, PlaceOutcome(str(change.fact.detail["outcome"])))


def _placed(change: _Change) -> None:
    """A phone rings: the offer lasts as long, or not at all when the caller has just left the line."""
    if change.is_for_message:
        change.extend_offer(RINGING)
        return
    place = change.place_of_leg()
    if place is None:
        return
    if place.left_at is None:
        change.extend_offer(RINGING)
    else:
        for leg in change.record.legs:
            if leg.turn == change.leg:
                change.end_leg(leg)


def _leg_ended(change: _Change) -> None:
    if change.is_for_message:
        change.end_offer(OfferOutcome.TAKEN)
        return
    place = change.place_of_leg()
    if place is None:
        return
    outcome = next((leg.outcome for leg in change.record.legs if leg.turn == change.leg), LegOutcome.CANCELLED)
    # Whoever has called somebody back, in vain or not, is at their desk: there is no reason to leave them in peace.
    called_back = outcome is LegOutcome.ANSWERED_NOT_ACCEPTED and _was_just_tried(place, change.fact.at)
    if outcome is LegOutcome.ACCEPTED or called_back:
        change.end_offer(OfferOutcome.TAKEN)
    else:
        change.end_offer(OfferOutcome.PASSED if outcome in _PASSED_OR_FAILED else OfferOutcome.CALLED_OFF)
    _try_again(change, place)


def _was_just_tried(place: Place, at: datetime) -> bool:
    """Whether the key to call back was pressed on the phone that is over now: only then the next attempt is ahead."""
    return place.kind is PlaceKind.CALLBACK and place.attempts > 0 and place.due_at is not None and place.due_at > at


def _hold_ended(change: _Change) -> None:
    place = change.transaction.queue.place(change.record.call.call_sid, change.leg)
    if place is None or place.left_at is not None or place.choice is Choice.CALLBACK:
        return
    if change.fact.detail.get("result") == HoldResult.CONNECTED:
        change.leave(place, PlaceOutcome.ANSWERED)
    elif place.choice is Choice.MESSAGE:
        change.leave(place, PlaceOutcome.MESSAGE)
    elif change.record.call.ended_at is None:
        change.leave(place, PlaceOutcome.OVERFLOWED)


def _caller_gone(change: _Change) -> None:
    for place in change.open:
        if place.kind is PlaceKind.WAITING:
            change.leave(place, PlaceOutcome.ABANDONED)


_STEPS: dict[FactKind, Callable[[_Change], None]] = {
    FactKind.QUEUE_JOINED: _joined,
    FactKind.QUEUE_CHOICE_MADE: _choice_made,
    FactKind.SENT_ON: _sent_on,
    FactKind.CALLBACK_ASKED: _callback_asked,
    FactKind.CALLBACK_TRIED: _tried,
    FactKind.CALLBACK_PICKED_UP: _picked_up,
    FactKind.CALLBACK_UNANSWERED: _unanswered,
    FactKind.CALLBACK_GIVEN_UP: _given_up,
    FactKind.LEG_RANG: _placed,
    FactKind.LEG_ACCEPTED: _accepted,
    FactKind.LEG_ENDED: _leg_ended,
    FactKind.HOLD_ENDED: _hold_ended,
    FactKind.CALLER_LEFT: _caller_gone,
    FactKind.CALL_ENDED: _caller_gone,
}
