"""Phones rung at once for a caller on hold: what is ordered, what is called off, and how it stands.

Pure: it turns records into orders and states; carrying orders out is somebody else's.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from app.cdr.records import CallRecord, Leg, LegOutcome
from app.flow.messages import LAP, Order, OrderKind, Position, Ring, turn_of
from app.flow.scene import HoldState
from app.telephony.position import PositionTokens

# A phone not rung by then is not rung any more: the caller has moved on.
PLACING_SECONDS = 30
# A phone not ended by then may be talked on: it is left alone.
END_WITHIN = timedelta(seconds=5)
# Twilio waits so long for the reply to the accept key, its repetitions included, and then drops the phone.
KEY_UNHEARD = timedelta(seconds=16)
# Whoever took a call from hold and was not connected is off the phone by then, and the caller off hold.
HOLD_UNHEARD = timedelta(seconds=90)


def rings_of(call_sid: str, turn: int) -> str:
    """What the keys of all orders to ring phones for this turn begin with."""
    return f"ring:{call_sid}:{turn}:"


def ring_order(phone: Ring, waiting: Position, positions: PositionTokens, *, line: str, at: datetime) -> Order:
    """The order to ring one phone for the caller who waits at `waiting`; it sees the number of `line`."""
    token = positions.write(replace(waiting, rung=phone.rung))
    return Order(
        kind=OrderKind.RING_PHONE,
        key=f"{rings_of(waiting.call_sid, waiting.exchange)}{phone.rung}",
        due_at=at,
        payload={
            "call_sid": waiting.call_sid,
            "turn": waiting.exchange,
            "number": phone.number,
            "line": line,
            "url": f"/voice/ring/{token}",
            "status": f"/voice/ring-status/{token}",
            "timeout": phone.ring_seconds,
            "until": (at + timedelta(seconds=PLACING_SECONDS)).isoformat(),
        },
    )


def callback_order(phone: Ring, position: Position, positions: PositionTokens, *, line: str, at: datetime) -> Order:
    """The order to ring the phone of somebody who calls back; whom they call does not wait, and is rung afterwards."""
    order = ring_order(phone, position, positions, line=line, at=at)
    token = positions.write(replace(position, rung=phone.rung))
    return replace(order, payload={**order.payload, "url": f"/voice/callback/{token}"})


def calls_off(record: CallRecord, *, at: datetime) -> list[Order]:
    """Orders to end the phones that ring for nobody any more: one has taken the call, or the caller has moved on."""
    return [
        Order(kind=OrderKind.END_LEG, key=f"end:{leg.leg_sid}", due_at=at, payload={"leg_sid": leg.leg_sid})
        for leg in _pointless(record)
        if leg.leg_sid is not None
    ]


def make_way(record: CallRecord, turn: int, leg_sid: str, *, at: datetime) -> list[Order]:
    """Orders to end the phones that ring beside this one, for the same caller; whoever has picked up is let alone."""
    until = (at + END_WITHIN).isoformat()
    return [
        Order(
            kind=OrderKind.END_LEG,
            key=f"make way:{leg.leg_sid}",
            due_at=at,
            payload={"leg_sid": leg.leg_sid, "until": until, "unanswered_on": leg.call_sid},
        )
        for leg in record.legs
        if leg.turn == turn and leg.leg_sid not in {None, leg_sid} and may_be_ended(leg)
    ]


def may_be_ended(leg: Leg) -> bool:
    """Whether it is one of our phones and rings, with nobody on it yet."""
    rings = leg.outcome is LegOutcome.RINGING and leg.ended_at is None and leg.answered_at is None
    return rings and leg.screened


def is_pointless(record: CallRecord, turn: int) -> bool:
    """Whether a phone ringing for this turn can no longer be connected with the caller."""
    return _is_caller_gone(record, turn) or _is_taken(record, turn) or turn_of(turn) < _latest_turn(record)


def hold_state(record: CallRecord, turn: int) -> HoldState:
    """How many phones still ring for the caller on hold, and whether one has taken the call."""
    legs = [leg for leg in record.legs if leg.turn == turn]
    return HoldState(
        placed=sum(leg.leg_sid is not None for leg in legs),
        ringing=sum(leg.outcome is LegOutcome.RINGING and leg.ended_at is None for leg in legs),
        taken=_is_taken(record, turn),
        rung_at=max((leg.started_at for leg in legs), default=None),
    )


def is_held(record: CallRecord, turn: int) -> bool:
    """Whether the caller was put on hold at this turn, with several phones that ring as calls of their own."""
    return turn < LAP and sum(leg.turn == turn for leg in record.legs) > 1


def is_doubtful(leg: Leg, *, at: datetime) -> bool:
    """Whether a ring that is over `at` may have ended with the key alone: its reply lost, and nobody connected.

    Only to be asked where the provider does not tell whether they were. The caller is then led on: hearing another
    phone ring after a short talk is better than being hung up on before any.
    """
    return leg.screened and leg.accepted_at is not None and (leg.ended_at or at) - leg.accepted_at < KEY_UNHEARD


def surely_talked(record: CallRecord, turn: int, *, at: datetime) -> bool:
    """Whether a time on hold that is over `at`, of whose end nothing was heard, was a conversation without a doubt.

    Somebody had taken the call, and was on the phone for longer than they would have been without being connected.
    """
    taken = [leg for leg in record.legs if turn_of(leg.turn) == turn and leg.outcome is LegOutcome.ACCEPTED]
    return any(
        leg.accepted_at is not None
        and (at - leg.accepted_at > HOLD_UNHEARD if leg.ended_at is None else not is_doubtful(leg, at=at))
        for leg in taken
    )


def _pointless(record: CallRecord) -> Iterator[Leg]:
    for leg in record.legs:
        rings = leg.outcome is LegOutcome.RINGING and leg.ended_at is None
        if not _is_together(record, leg):
            continue
        # With the caller gone the attempt is over in the record, though the phone may ring on. Whoever has picked up
        # hears that the caller is gone.
        left_ringing = leg.outcome is LegOutcome.CALLER_LEFT and leg.answered_at is None
        if left_ringing or (rings and is_pointless(record, leg.turn)):
            yield leg


def _is_together(record: CallRecord, leg: Leg) -> bool:
    """Whether the phone is a call of its own, as those are that ring at once or for somebody in line."""
    is_for_the_line = turn_of(leg.turn) != leg.turn
    return is_for_the_line or sum(each.turn == leg.turn for each in record.legs) > 1


def _is_caller_gone(record: CallRecord, turn: int) -> bool:
    """Whether the caller hung up while this phone rang; a phone rung after that is for calling them back."""
    ended_at = record.call.ended_at
    return ended_at is not None and not any(leg.turn == turn and leg.started_at >= ended_at for leg in record.legs)


def _is_taken(record: CallRecord, turn: int) -> bool:
    return any(turn_of(leg.turn) == turn_of(turn) and leg.outcome is LegOutcome.ACCEPTED for leg in record.legs)


def _latest_turn(record: CallRecord) -> int:
    return max((turn_of(leg.turn) for leg in record.legs), default=0)
