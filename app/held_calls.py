"""Webhooks of phones rung as calls of their own, for a caller who waits on hold: the first accept key wins.

The key is a claim made in one transaction that no other turn of the call can overlap, so that two never win. Without
the database the provider's queue decides instead: it hands its one caller to one phone.
"""

from dataclasses import dataclass, replace

from app.calls import Calls
from app.cdr.records import CallRecord, LegOutcome
from app.flow.messages import Detail, DialStatus, Fact, FactKind, KeysPressed, OrderKind, Position, Silence
from app.flow.standard import ACCEPT, ACCEPTED, ALREADY_GONE, ALREADY_TAKEN, DECLINED
from app.queue_keeping import is_taken_or_left
from app.ringing import is_pointless, make_way, rings_of
from app.staff_phones import ACCEPT_KEY, ACCEPT_TRIES, ACCEPT_WAIT_SECONDS, DECLINE_KEY
from app.store import ClaimedOrder, StoreUnavailable
from app.telephony import twiml
from app.telephony.inbound import VoiceRequest, dial_ended, dial_status, happened_at


@dataclass(frozen=True, slots=True)
class HeldCalls:
    """Answers the phones that ring for callers on hold."""

    calls: Calls

    def prompt(self, token: str, request: VoiceRequest) -> str:
        """What a phone hears when it picks up; nothing but a good-bye when it is too late."""
        position = self._position(token)
        if position is None or request.gone:
            return twiml.HANGUP
        record = self.calls.records.tell(
            position.call_sid, position.exchange, self._fact(position, request, FactKind.LEG_ANSWERED, "it picked up")
        )
        late = self._too_late(record, position, request)
        # What was stored is known; without a database nobody is asked twice, and no client is named.
        return late or self._ask(position, caller="" if record is None else record.call.caller)

    def key(self, token: str, request: VoiceRequest, event: KeysPressed | Silence) -> str:
        """The key of a phone: the first to accept gets the caller; the others are told."""
        position = self._position(token)
        if position is None:
            return twiml.HANGUP
        match event:
            case KeysPressed(digits) if digits == ACCEPT_KEY:
                return self._claim(position, request)
            case KeysPressed(digits) if digits == DECLINE_KEY:
                fact = self._fact(position, request, FactKind.LEG_DECLINED, "the decline key was pressed")
                self.calls.records.tell(position.call_sid, position.exchange, fact)
            case _ if position.tries + 1 < ACCEPT_TRIES:
                caller = self.calls.records.caller_of(position.call_sid)
                return self._ask(replace(position, tries=position.tries + 1), caller=caller)
        return twiml.parting(self.calls.words(position, DECLINED))

    def done(self, token: str, request: VoiceRequest) -> str:
        """The phone that took the call is done with it, or found the caller gone."""
        position = self._position(token)
        if position is None:
            return twiml.HANGUP
        ended = dial_ended(request)
        connected = ended.status is DialStatus.COMPLETED and ended.bridged is not False
        if connected:
            fact = self._fact(position, request, FactKind.LEG_CONNECTED, "the phone was connected with the caller")
            self.calls.records.tell(position.call_sid, position.exchange, fact)
        if connected or request.gone:
            return twiml.HANGUP
        return twiml.parting(self.calls.words(position, ALREADY_GONE))

    def status(self, token: str, request: VoiceRequest) -> None:
        """A phone rang, was picked up or is over."""
        position, word = self._position(token), request.fields.get("CallStatus", "")
        if position is None or word in {"queued", "initiated"}:
            return
        kind = {"ringing": FactKind.LEG_RANG, "in-progress": FactKind.LEG_ANSWERED}.get(word, FactKind.LEG_ENDED)
        at = happened_at(request, now=self.calls.services.clock.now(), since=position.began_at)
        fact = replace(self._fact(position, request, kind, f"the phone reports {word}"[:60]), at=at)
        self.calls.records.tell(position.call_sid, position.exchange, fact)

    def rung(self, order: ClaimedOrder, leg_sid: str) -> None:
        """A phone was placed: its leg is known from now on, and can be called off. Raises StoreUnavailable.

        Where it was asked for instead of the others (`alone`), those stop ringing, and not before.
        """
        if "call_sid" not in order.payload:
            return
        call_sid, turn = str(order.payload["call_sid"]), int(str(order.payload["turn"]))
        fact = Fact(
            kind=FactKind.LEG_RANG,
            key=f"placed:{leg_sid}",
            at=self.calls.services.clock.now(),
            because="the call is placed",
            detail={"leg": turn, "leg_sid": leg_sid, "number": order.payload["number"]},
        )
        record = self.calls.records.tell(call_sid, turn, fact)
        if order.payload.get("alone") and record is not None:
            with self.calls.services.store.turn() as transaction:
                transaction.order(make_way(record, turn, leg_sid, at=fact.at))

    def not_rung(self, order: ClaimedOrder, reason: str) -> None:
        """A phone could not be placed, or not in time. Raises StoreUnavailable."""
        if order.kind is not OrderKind.RING_PHONE or "call_sid" not in order.payload:
            return
        call_sid, turn = str(order.payload["call_sid"]), int(str(order.payload["turn"]))
        fact = Fact(
            kind=FactKind.LEG_ENDED,
            key=f"not placed:{order.key}",
            at=self.calls.services.clock.now(),
            because=f"the phone could not be rung: {reason}",
            detail={"leg": turn, "number": order.payload["number"], "status": DialStatus.FAILED.value},
        )
        self.calls.records.tell(call_sid, turn, fact)

    def _claim(self, position: Position, request: VoiceRequest) -> str:
        fact = self._fact(position, request, FactKind.LEG_ACCEPTED, "the accept key was pressed first")
        try:
            with self.calls.services.store.turn() as transaction:
                record = transaction.load(position.call_sid)
                late = self._too_late(record, position, request)
                # Asked again because our reply was lost, the phone that has taken the call is told the same again.
                is_theirs = record is not None and _has_taken(record, position, request)
                if late is None and not is_theirs and is_taken_or_left(transaction, position):
                    late = twiml.parting(self.calls.words(position, ALREADY_TAKEN))
                if late is not None and record is not None:
                    because = "the accept key was pressed when the call was taken or over"
                    too_late = self._fact(position, request, FactKind.LEG_TOO_LATE, because)
                    self.calls.records.store_facts(transaction, record, position.exchange, [too_late])
                    return late
                if record is not None:
                    self.calls.records.store_facts(transaction, record, position.exchange, [fact])
                    transaction.cancel_orders(rings_of(position.call_sid, position.exchange), at=fact.at)
        except StoreUnavailable:
            # The record cannot be asked; the provider's queue still holds one caller for one phone.
            self.calls.records.tell(position.call_sid, position.exchange, fact)
        return twiml.take_from_hold(self.calls.words(position, ACCEPTED), links=self._links(position))

    def _too_late(self, record: CallRecord | None, position: Position, request: VoiceRequest) -> str | None:
        """The good-bye for a phone that can no longer be connected, or None while it can."""
        if record is None:
            return None
        if record.call.ended_at is not None:
            return twiml.parting(self.calls.words(position, ALREADY_GONE))
        if is_pointless(record, position.exchange) and not _has_taken(record, position, request):
            return twiml.parting(self.calls.words(position, ALREADY_TAKEN))
        return None

    def _ask(self, position: Position, *, caller: str) -> str:
        words = self.calls.words(position, ACCEPT, caller=caller)
        return twiml.accept_prompt(words, links=self._links(position), wait_seconds=ACCEPT_WAIT_SECONDS, key="ring-key")

    def _links(self, position: Position) -> twiml.Links:
        services = self.calls.services
        queue = services.positions.hold_name(position.call_sid, position.turn)
        return twiml.Links(services.settings.public_base_url, services.positions.write(position), queue=queue)

    def _position(self, token: str) -> Position | None:
        position = self.calls.services.positions.read(token)
        return position if position is not None and position.call_sid else None

    def _fact(self, position: Position, request: VoiceRequest, kind: FactKind, because: str) -> Fact:
        detail: dict[str, Detail] = {
            "leg": position.exchange,
            "leg_sid": request.call_sid,
            "number": request.dialled,
        }
        if kind is FactKind.LEG_ENDED:
            detail["status"] = dial_status(request.fields.get("CallStatus", "")).value
        at = self.calls.services.clock.now()
        return Fact(kind=kind, key=f"{kind}:{request.call_sid}", at=at, because=because, detail=detail)


def _has_taken(record: CallRecord, position: Position, request: VoiceRequest) -> bool:
    """Whether the phone that asks is the one that has taken the call."""
    return any(
        leg.turn == position.exchange and leg.number == request.dialled and leg.outcome is LegOutcome.ACCEPTED
        for leg in record.legs
    )
