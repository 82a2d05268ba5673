"""The calls that go on, as one reader of the board may see them, and what that reader can do with each.

Words and instants, no markup. Nobody but overseers sees a caller's number.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app.cdr.records import FIRST_STAGE, CallRecord, Leg, LegOutcome
from app.flow.messages import LAP
from app.ringing import is_held, may_be_ended
from app.store import PlaceKind
from app.waiting import Waiting
from app.web.desk.board_facts import Facts
from oncall import Priority

MOST_CALLS: Final = 12
_URGENCY: Final = {priority: place for place, priority in enumerate(Priority)}
_STAGES: Final = {
    FIRST_STAGE: "hears the greeting",
    "in the menu": "in the menu",
    "before leaving a message": "leaves a message",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whom the calls are told to, and what they can do with them."""

    sees_numbers: bool = False
    can_steer: bool = False
    can_take: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNow:
    """A call that goes on. `kind` is waiting, ringing, talking, callback or other; `since` is when that began.

    `steer` names the wait in forms. `number` is empty for those who may not see it. `in_turn`: who could take it while
    several phones ring cannot now, because one rings after another.
    """

    call_sid: str
    line: str
    priority: Priority
    since: datetime
    kind: str = "other"
    stage: str = ""
    ticket: int | None = None
    client: str = ""
    number: str = ""
    steer: str = ""
    can_send: bool = False
    can_take: bool = False
    in_turn: bool = False


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls that go on, most urgent first, how many there are besides, and those to be called back."""

    shown: tuple[CallNow, ...]
    more: int
    callbacks: tuple[CallNow, ...]


def calls_now(facts: Facts, reader: Reader) -> Calls:
    """The calls that go on."""
    waiting = {each.call_sid: each for each in facts.line if each.kind is PlaceKind.WAITING}
    rows = [_call(facts, reader, record, waiting.get(record.call.call_sid)) for record in facts.going_on.calls]
    rows.sort(key=lambda row: (row.kind == "talking", _URGENCY[row.priority], row.since))
    callbacks = [_callback(facts, reader, each) for each in facts.line if each.kind is PlaceKind.CALLBACK]
    return Calls(tuple(rows[:MOST_CALLS]), max(0, len(rows) - MOST_CALLS), tuple(callbacks[:MOST_CALLS]))


def _call(facts: Facts, reader: Reader, record: CallRecord, waiting: Waiting | None) -> CallNow:
    row = _plain(facts, reader, record)
    talking = next((leg for leg in record.legs if leg.accepted_at is not None and leg.ended_at is None), None)
    if talking is not None and talking.accepted_at is not None:
        return replace(row, kind="talking", stage=f"talks with {_name(facts, talking)}", since=talking.accepted_at)
    if waiting is not None:
        return _in_line(facts, reader, row, waiting)
    ringing = [leg for leg in record.legs if leg.outcome is LegOutcome.RINGING and leg.ended_at is None]
    return _ringing(facts, reader, row, ringing, is_held=is_held(record, ringing[0].turn)) if ringing else row


def _plain(facts: Facts, reader: Reader, record: CallRecord) -> CallNow:
    call, book = record.call, facts.snapshot.book
    client = book.callers.client(call.caller)
    return CallNow(
        call_sid=call.call_sid,
        line=_line(facts, call.line),
        priority=call.priority,
        since=call.started_at,
        stage=_STAGES.get(call.stage, "on the way to the next step"),
        ticket=record.ticket.number,
        client=client.title if client else "",
        number=call.caller if reader.sees_numbers else "",
    )


def _in_line(facts: Facts, reader: Reader, row: CallNow, waiting: Waiting) -> CallNow:
    offered = f", rings {', '.join(waiting.offered_to)}" if waiting.offered_to else ""
    return replace(
        row,
        kind="waiting",
        stage=f"number {waiting.position} in line{offered}",
        since=waiting.entered_at,
        steer=f"{row.call_sid}:{facts.turns[row.call_sid]}",
        can_send=reader.can_steer and waiting.choice is None,
        can_take=reader.can_take and waiting.choice is None,
    )


def _ringing(facts: Facts, reader: Reader, row: CallNow, ringing: list[Leg], *, is_held: bool) -> CallNow:
    names, turn = ", ".join(dict.fromkeys(_name(facts, leg) for leg in ringing)), ringing[0].turn
    # A phone that is not one of ours, or was picked up, is let alone.
    can_end = turn < LAP and all(may_be_ended(leg) and leg.leg_sid is not None for leg in ringing)
    return replace(
        row,
        kind="ringing",
        stage=f"rings {names}",
        steer=f"{row.call_sid}:{turn}",
        can_send=reader.can_steer and can_end,
        can_take=reader.can_take and is_held,
        in_turn=reader.can_take and not is_held and all(leg.screened for leg in ringing),
    )


def _callback(facts: Facts, reader: Reader, each: Waiting) -> CallNow:
    stage = "to be called back"
    if each.offered_to:
        stage = f"rings {', '.join(each.offered_to)}"
    elif each.attempts:
        stage = "tried once" if each.attempts == 1 else f"tried {each.attempts} times"
    return CallNow(
        call_sid=each.call_sid,
        line=_line(facts, each.line),
        priority=each.priority,
        since=each.entered_at,
        kind="callback",
        stage=stage,
        number=(each.number or "") if reader.sees_numbers else "",
        steer=f"{each.call_sid}:{facts.turns[each.call_sid]}",
        can_take=reader.can_take and each.due_at is not None and each.due_at <= facts.at and not each.offered_to,
    )


def _line(facts: Facts, name: str) -> str:
    lines = facts.snapshot.book.lines
    return lines[name].title if name in lines else name


def _name(facts: Facts, leg: Leg) -> str:
    party = facts.snapshot.roster.outside_parties.get(leg.party)
    return party.title if party else leg.party
