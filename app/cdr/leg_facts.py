"""Reads facts about legs into a call record: who was rung, who took the call, and how each attempt came out.

Pure. A leg may be told of late, twice or out of order, and an accepted one may have to be taken back.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

from app.cdr.records import CallRecord, Leg, LegOutcome
from app.flow.messages import CALLER_HUNG_UP, DialStatus, Fact, FactKind, HoldResult, turn_of

# Between the accept key and the connection a few words are said; the provider's clock may differ by seconds.
CONNECTING = timedelta(seconds=4)
# The stage of a call whose own side has told that somebody was connected.
TALKED = "after talking"
_OUTCOME_OF_STATUS = {
    DialStatus.COMPLETED: LegOutcome.ANSWERED_NOT_ACCEPTED,
    DialStatus.BUSY: LegOutcome.BUSY,
    DialStatus.NO_ANSWER: LegOutcome.NO_ANSWER,
    DialStatus.FAILED: LegOutcome.FAILED,
    DialStatus.CANCELLED: LegOutcome.CANCELLED,
}


def behind_their_dialling(record: CallRecord, facts: Iterable[Fact]) -> Iterator[Fact]:
    """The facts in their order, but none of a leg before the one that it was dialled.

    Read again in order of time they may come so: the clocks of two machines can differ by more than a ring.
    """
    dialled = {leg.turn for leg in record.legs}
    early: dict[object, list[Fact]] = {}
    for fact in facts:
        turn = fact.detail.get("leg")
        if fact.kind is FactKind.LEG_DIALLED:
            dialled.add(int(str(turn)))
            yield fact
            yield from early.pop(turn, ())
        elif fact.kind in _OF_ONE_LEG and turn not in dialled:
            early.setdefault(turn, []).append(fact)
        else:
            yield fact
    for left in early.values():
        yield from left


def after_the_call(record: CallRecord, fact: Fact) -> tuple[Leg, ...]:
    """The legs once the call is over."""
    known_over = record.call.ended_at is not None or record.call.stage == TALKED
    return tuple(
        leg if _lost_to_another(leg, record) else _left_behind(leg, fact, known_over=known_over) for leg in record.legs
    )


def _lost_to_another(leg: Leg, record: CallRecord) -> bool:
    """Whether this phone was called off because one that rang with it had taken the call."""
    return leg.outcome is LegOutcome.CANCELLED and any(
        turn_of(each.turn) == turn_of(leg.turn) and each.outcome is LegOutcome.ACCEPTED for each in record.legs
    )


def _left_behind(leg: Leg, fact: Fact, *, known_over: bool) -> Leg:
    """A leg whose end the caller's side may never report: nobody but the caller cancels a ring."""
    if leg.outcome is LegOutcome.ACCEPTED and not known_over and _gone_before_connected(leg, fact):
        # The key is remembered: should the end of the Dial still come, it has the last word.
        return replace(leg, outcome=LegOutcome.CALLER_LEFT, ended_at=leg.ended_at or fact.at)
    if leg.outcome not in {LegOutcome.RINGING, LegOutcome.CANCELLED}:
        return leg
    if leg.started_at > fact.at:  # the end was told late, and this phone rings to call them back
        return leg
    leg = replace(leg, ended_at=leg.ended_at or fact.at)
    if leg.answered_at is not None and not leg.screened:
        return replace(leg, outcome=LegOutcome.ACCEPTED, accepted_at=leg.answered_at)
    return replace(leg, outcome=LegOutcome.CALLER_LEFT)


def _gone_before_connected(leg: Leg, fact: Fact) -> bool:
    """Whether the call was over before the words between the key and the connection were."""
    if not leg.screened or leg.accepted_at is None:
        return False
    return timedelta(0) <= fact.at - leg.accepted_at < CONNECTING


def _was_pressed(leg: Leg) -> bool:
    """Whether the accept key counts on this leg, or did until the call was over so soon after it."""
    left = leg.outcome is LegOutcome.CALLER_LEFT and leg.accepted_at is not None
    return leg.outcome is LegOutcome.ACCEPTED or left


def _leg_dialled(record: CallRecord, fact: Fact) -> CallRecord:
    detail = fact.detail
    turn, party = int(str(detail["leg"])), str(detail["party"])
    if any(leg.turn == turn and leg.number == detail["number"] for leg in record.legs):
        return record
    leg = Leg(
        call_sid=record.call.call_sid,
        turn=turn,
        party=party,
        team=str(detail["team"]),
        number=str(detail["number"]),
        started_at=fact.at,
        because=fact.because,
        source=str(fact.source or ""),
        screened=bool(detail["screened"]),
    )
    return replace(record, legs=(*record.legs, leg), call=replace(record.call, stage=f"while {party} was rung"))


def _on_leg(change: Callable[[Leg, Fact], Leg]) -> Callable[[CallRecord, Fact], CallRecord]:
    def step(record: CallRecord, fact: Fact) -> CallRecord:
        turn, number = int(str(fact.detail["leg"])), fact.detail.get("number")
        return replace(
            record,
            legs=tuple(
                change(leg, fact) if leg.turn == turn and number in {None, leg.number} else leg for leg in record.legs
            ),
        )

    return step


def _talked(record: CallRecord, turn: int) -> CallRecord:
    """The record once the caller's side has told how the attempt ended: no end of the call, however soon, undoes it."""
    connected = any(turn_of(leg.turn) == turn and leg.outcome is LegOutcome.ACCEPTED for leg in record.legs)
    return replace(record, call=replace(record.call, stage=TALKED)) if connected else record


def _dial_over(record: CallRecord, fact: Fact) -> CallRecord:
    return _talked(_on_leg(_dial_ended)(record, fact), int(str(fact.detail["leg"])))


def _identified(leg: Leg, fact: Fact) -> Leg:
    sid = fact.detail.get("leg_sid")
    return leg if leg.leg_sid or not sid else replace(leg, leg_sid=str(sid))


def _leg_rang(leg: Leg, fact: Fact) -> Leg:
    return _identified(leg, fact)


def _leg_answered(leg: Leg, fact: Fact) -> Leg:
    # Told after the end, it is told late: it happened no later than that.
    answered_at = fact.at if leg.ended_at is None else min(fact.at, leg.ended_at)
    leg = replace(_identified(leg, fact), answered_at=leg.answered_at or answered_at)
    if leg.outcome is LegOutcome.ACCEPTED and not leg.screened:
        return replace(leg, accepted_at=leg.answered_at)  # told late: until now only the dialling was known
    return leg


def _leg_accepted(leg: Leg, fact: Fact) -> Leg:
    leg = _leg_answered(leg, fact)
    if leg.outcome in {LegOutcome.RINGING, LegOutcome.ANSWERED_NOT_ACCEPTED}:
        return replace(leg, accepted_at=fact.at, outcome=LegOutcome.ACCEPTED)
    return leg


def _leg_declined(leg: Leg, fact: Fact) -> Leg:
    leg = _leg_answered(leg, fact)
    if leg.outcome in {LegOutcome.RINGING, LegOutcome.ANSWERED_NOT_ACCEPTED}:
        return replace(leg, outcome=LegOutcome.DECLINED)
    return leg


def _leg_too_late(leg: Leg, fact: Fact) -> Leg:
    leg = _leg_answered(leg, fact)
    return leg if leg.outcome is LegOutcome.ACCEPTED else replace(leg, outcome=LegOutcome.CANCELLED)


def _connected(record: CallRecord, fact: Fact) -> CallRecord:
    """The phone's own side tells that the two have talked, whatever the caller's side makes of it."""
    return _talked(_on_leg(_leg_connected)(record, fact), turn_of(int(str(fact.detail["leg"]))))


def _leg_connected(leg: Leg, fact: Fact) -> Leg:
    leg = _leg_answered(leg, fact)
    accepted_at = leg.accepted_at or leg.answered_at or fact.at
    return replace(leg, outcome=LegOutcome.ACCEPTED, accepted_at=accepted_at, ended_at=leg.ended_at or fact.at)


def _leg_ended(leg: Leg, fact: Fact) -> Leg:
    leg = replace(_identified(leg, fact), ended_at=leg.ended_at or fact.at)
    status = DialStatus(str(fact.detail["status"]))
    if leg.outcome is not LegOutcome.RINGING or (status is DialStatus.COMPLETED and not leg.screened):
        return leg
    return replace(leg, outcome=_OUTCOME_OF_STATUS[status])


def _dial_ended(leg: Leg, fact: Fact) -> Leg:
    """The caller's side has the last word on whether two people were connected."""
    status, bridged = DialStatus(str(fact.detail["status"])), fact.detail.get("bridged")
    leg = replace(_identified(leg, fact), ended_at=leg.ended_at or fact.at)
    if leg.screened:
        untold = bridged is None and status is not DialStatus.CANCELLED
        connected = _was_pressed(leg) and (bridged is True or untold)
    else:
        connected = bridged is True or (bridged is None and status is DialStatus.COMPLETED)
    if connected:
        accepted_at = leg.accepted_at or leg.answered_at or leg.started_at
        return replace(leg, outcome=LegOutcome.ACCEPTED, accepted_at=accepted_at)
    if leg.outcome is LegOutcome.DECLINED:
        return leg
    if fact.detail.get("caller_left"):
        return replace(leg, outcome=LegOutcome.CALLER_LEFT, accepted_at=None)
    return replace(leg, outcome=_OUTCOME_OF_STATUS[status], accepted_at=None)


def _hold_ended(record: CallRecord, fact: Fact) -> CallRecord:
    """Whoever pressed the key and was not connected has not taken the call; other phones stop ringing.

    Where nothing was heard of the end, the key stands. Where the caller ended it, a provider may say nothing of the
    talk: the key stands unless the words before the connection were still being said, and the phone's own side has
    told of no talk.
    """
    turn, result = int(str(fact.detail["leg"])), fact.detail.get("result")
    connected = result in {HoldResult.CONNECTED, HoldResult.UNTOLD}
    left = fact.because == CALLER_HUNG_UP and not connected

    def after(leg: Leg) -> Leg:
        if turn_of(leg.turn) != turn:
            return leg
        untold = result == HoldResult.GIVEN_UP and not _gone_before_connected(leg, fact)
        talked = connected or record.call.stage == TALKED or (left and untold)
        if _was_pressed(leg) and talked:
            return replace(leg, outcome=LegOutcome.ACCEPTED, ended_at=leg.ended_at or fact.at)
        if leg.outcome in {LegOutcome.ACCEPTED, LegOutcome.RINGING} and left:
            return replace(leg, outcome=LegOutcome.CALLER_LEFT, accepted_at=None, ended_at=leg.ended_at or fact.at)
        if leg.outcome is LegOutcome.ACCEPTED:
            return replace(leg, outcome=LegOutcome.ANSWERED_NOT_ACCEPTED, accepted_at=None)
        if leg.outcome is LegOutcome.RINGING and leg.leg_sid is None:
            return replace(leg, outcome=LegOutcome.FAILED, ended_at=leg.ended_at or fact.at)
        return leg

    return _talked(_losers_cancelled(replace(record, legs=tuple(map(after, record.legs))), turn), turn)


def _losers_cancelled(record: CallRecord, turn: int) -> CallRecord:
    """Of phones that rang at once, those that still ring when one has taken the call are called off."""
    rang = [leg for leg in record.legs if turn_of(leg.turn) == turn]
    winner = next((leg for leg in rang if leg.outcome is LegOutcome.ACCEPTED), None)
    if winner is None or winner.accepted_at is None:
        return record
    lost = {LegOutcome.RINGING, LegOutcome.NO_ANSWER, LegOutcome.ANSWERED_NOT_ACCEPTED}
    return replace(
        record,
        legs=tuple(
            replace(leg, outcome=LegOutcome.CANCELLED)
            if leg in rang and leg.outcome in lost and leg.ended_at and leg.ended_at >= winner.accepted_at
            else leg
            for leg in record.legs
        ),
    )


LEG_STEPS: dict[FactKind, Callable[[CallRecord, Fact], CallRecord]] = {
    FactKind.LEG_DIALLED: _leg_dialled,
    FactKind.LEG_RANG: _on_leg(_leg_rang),
    FactKind.LEG_ANSWERED: _on_leg(_leg_answered),
    FactKind.LEG_ACCEPTED: _on_leg(_leg_accepted),
    FactKind.LEG_DECLINED: _on_leg(_leg_declined),
    FactKind.LEG_TOO_LATE: _on_leg(_leg_too_late),
    FactKind.LEG_CONNECTED: _connected,
    FactKind.LEG_ENDED: _on_leg(_leg_ended),
    FactKind.DIAL_ENDED: _dial_over,
    FactKind.HOLD_ENDED: _hold_ended,
}
_OF_ONE_LEG = LEG_STEPS.keys() - {FactKind.HOLD_ENDED}
