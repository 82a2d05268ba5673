"""A supervisor moves a call that nobody has taken yet: on to its next step, or to their own phone.

Only what is sound where the call is now. Each is one transaction that holds the call, so that of two who try at once,
or of a supervisor and somebody who takes the call, one is first and the other is told.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

import structlog

from app.call_records import CallRecords
from app.calls import Calls
from app.cdr.records import CallRecord
from app.flow.messages import LAP, Fact, FactKind, Order, OrderKind, Position, Ring
from app.queue_keeping import engaged
from app.queue_offers import QueueOffers, is_offerable, position_of
from app.ringing import END_WITHIN, is_held, is_pointless, may_be_ended, ring_order, rings_of
from app.services import Services
from app.store import Place, PlaceKind, TurnTransaction
from app.telephony.overrides import OVERRIDES
from app.telephony.provider import ProviderError
from oncall import Attempt, Person

RING_SECONDS: Final = 25
_log = structlog.get_logger(__name__)


class Steered(StrEnum):
    """What came of it."""

    DONE = "done"
    LATE = "late"
    """The call is over, taken, or somewhere else by now."""
    AGAIN = "again"
    """Somebody has sent it on from there already."""
    PICKED_UP = "picked_up"
    """The phone that rings is not placed yet, or somebody has picked it up."""
    ENGAGED = "engaged"
    """The one who wants to take it is talking, or their phone rings already."""
    NO_PHONE = "no_phone"
    """The one who wants to take it has no phone that could be rung."""
    RANG = "rang"
    """Each of their phones has rung for this caller just now."""
    IN_TURN = "in_turn"
    """One phone after another rings, on the caller's own line: there is nothing that another could join."""


@dataclass(frozen=True, slots=True)
class Steering:
    """Calls in the hands of `actor`. Raises StoreUnavailable."""

    services: Services
    actor: str

    def send_on(self, call_sid: str, turn: int) -> Steered:
        """End the wait that began with `turn`: the caller is led to what would follow if nobody took the call."""
        at, position = self.services.clock.now(), None
        with self.services.store.turn() as transaction:
            record = transaction.load(call_sid)
            if record is None or record.call.ended_at is not None:
                return Steered.LATE
            if any(fact.key == _key(turn) for fact in transaction.facts(call_sid)):
                return Steered.AGAIN
            place = transaction.queue.place(call_sid, turn)
            if place is None:
                return self._end_phones(transaction, record, turn, at=at)
            if place.left_at is not None or place.kind is not PlaceKind.WAITING or place.choice is not None:
                return Steered.LATE
            self._tell(transaction, record, turn, at=at)
            position = replace(position_of(place, record, 0), call_sid="")
        self._hurry(call_sid, self.services.positions.write(position))
        return Steered.DONE

    def take(self, call_sid: str, turn: int) -> Steered:
        """Ring the actor's own phone for a caller who waits; it is theirs with the key, as for everybody.

        Of a caller on hold for whom several phones ring, the others stop once that phone rings.
        """
        person = self.services.phone_owner(self.actor)
        if person is None:
            return Steered.NO_PHONE
        if self.services.store.queue.of_call(call_sid, turn) is None:
            return self._join_phones(call_sid, turn, person)
        place = self._place(call_sid, turn)
        if place is None:
            return Steered.LATE
        if self._is_engaged(person):
            return Steered.ENGAGED
        because = f"{self.actor} asked for the call at the desk"
        attempt = Attempt(person.name, person.team, person.phones[0], RING_SECONDS, 1, because, person.source)
        offered = QueueOffers(Calls(self.services)).offer_to(place, attempt)
        return Steered.DONE if offered else Steered.LATE

    def _join_phones(self, call_sid: str, turn: int, person: Person) -> Steered:
        """One more phone for a caller on hold: the first key wins as ever, and without it the call goes on from there.

        Where phones ring in turn, the caller's own line waits for each to end. To take it from there by force would
        drop whoever has pressed the key at that instant, and with them the caller.
        """
        at = self.services.clock.now()
        with self.services.store.turn() as transaction:
            record = transaction.load(call_sid)
            if record is None or record.call.ended_at is not None or is_pointless(record, turn):
                return Steered.LATE
            rings = [leg for leg in record.legs if leg.turn == turn and leg.ended_at is None]
            if not rings:
                return Steered.LATE
            if not is_held(record, turn):
                return Steered.IN_TURN
            if person.name in engaged(transaction, at=at):
                return Steered.ENGAGED
            mine = [leg for leg in record.legs if leg.turn == turn]
            number = next((each for each in person.phones if each not in {leg.number for leg in mine}), None)
            if number is None:
                return Steered.RANG
            fact = self._dialled(turn, person, number, at)
            CallRecords(self.services).store_facts(transaction, record, turn, [fact])
            # Behind all places of the plan, so that it is nobody else's order.
            phone = Ring(number=number, rung=LAP + len(mine), ring_seconds=RING_SECONDS)
            waiting, positions = _position(record, turn), self.services.positions
            order = ring_order(phone, waiting, positions, line=record.call.line, at=at)
            transaction.order([replace(order, payload={**order.payload, "alone": True})])
        return Steered.DONE

    def _dialled(self, turn: int, person: Person, number: str, at: datetime) -> Fact:
        return Fact(
            kind=FactKind.LEG_DIALLED,
            key=f"joined:{turn}:{number}",
            at=at,
            because=f"{self.actor} asked for the call at the desk",
            source=person.source,
            detail={
                "party": person.name,
                "team": person.team,
                "number": number,
                "ring_seconds": RING_SECONDS,
                "screened": True,
                "leg": turn,
            },
        )

    def _place(self, call_sid: str, turn: int) -> Place | None:
        place = self.services.store.queue.of_call(call_sid, turn)
        return place if place is not None and is_offerable(place, at=self.services.clock.now()) else None

    def _is_engaged(self, person: Person) -> bool:
        at = self.services.clock.now()
        with self.services.store.turn() as transaction:
            return person.name in engaged(transaction, at=at)

    def _end_phones(self, transaction: TurnTransaction, record: CallRecord, turn: int, *, at: datetime) -> Steered:
        mine = [leg for leg in record.legs if leg.turn == turn and leg.ended_at is None]
        if turn >= LAP or not mine or any(leg.accepted_at is not None for leg in mine):
            return Steered.LATE
        sids = [leg.leg_sid for leg in mine if may_be_ended(leg) and leg.leg_sid is not None]
        if len(sids) < len(mine):
            return Steered.PICKED_UP
        self._tell(transaction, record, turn, at=at)
        transaction.cancel_orders(rings_of(record.call.call_sid, turn), at=at)
        until = (at + END_WITHIN).isoformat()
        transaction.order(
            [
                Order(
                    kind=OrderKind.END_LEG,
                    key=f"sent on:{sid}",
                    due_at=at,
                    payload={"leg_sid": sid, "until": until, "unanswered_on": record.call.call_sid},
                )
                for sid in sids
            ]
        )
        return Steered.DONE

    def _tell(self, transaction: TurnTransaction, record: CallRecord, turn: int, *, at: datetime) -> None:
        because = f"{self.actor} sent the call on to its next step"
        fact = Fact(kind=FactKind.SENT_ON, key=_key(turn), at=at, because=because, detail={"leg": turn})
        CallRecords(self.services).store_facts(transaction, record, turn, [fact])

    def _hurry(self, call_sid: str, token: str) -> None:
        """Take the caller out of the line at once. Where that fails, they leave it when their lap of music is over."""
        if not self.services.can_ring:
            return
        try:
            address = f"{self.services.settings.public_base_url}/voice/left/{token}{OVERRIDES}"
            self.services.telephony.redirect(call_sid, address)
        except ProviderError as fault:
            _log.warning("redirect_failed", call_sid=call_sid, reason=str(fault))


def _position(record: CallRecord, turn: int) -> Position:
    """Where a phone that joins in belongs: all that its prompt and its key need."""
    call = record.call
    began = int(call.started_at.timestamp())
    return Position(
        line=call.line,
        flow="",
        node="",
        turn=turn,
        revision=call.config_revision,
        started_at=began,
        entered_at=began,
        priority=call.priority,
        call_sid=call.call_sid,
    )


def _key(turn: int) -> str:
    return f"sent_on:{turn}"
