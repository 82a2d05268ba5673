"""How it went when somebody had their phone rung to call back who left a message. Pure: reads it from the facts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.flow.messages import CALLBACK_TURN, DialStatus, FactKind
from app.queue_keeping import RINGING, TALKING, TRYING
from app.ringing import PLACING_SECONDS
from app.store import StoredFact

# A phone that does not ring by then is not rung any more.
PLACING: Final = timedelta(seconds=PLACING_SECONDS + 5)


class AttemptState(StrEnum):
    """How far an attempt came."""

    ASKED = "asked"
    """The phone of whoever asked rings in a moment."""
    RINGING = "ringing"
    """It rings, or was picked up."""
    CALLING = "calling"
    """They pressed the key: the person is called."""
    TALKING = "talking"
    """Somebody or something picked up there."""
    NOT_RUNG = "not_rung"
    """Their phone could not be rung."""
    NOT_TAKEN = "not_taken"
    """Their phone was not picked up, or no key was pressed: nobody was called."""
    NOT_REACHED = "not_reached"
    """The person was called and not spoken to."""
    UNSAID = "unsaid"
    """Something picked up there, and nobody has said whether it was the person."""
    SPOKEN = "spoken"
    """The person was spoken to."""
    LOST = "lost"
    """Nothing more was heard of it."""


GOES_ON: Final = frozenset({AttemptState.ASKED, AttemptState.RINGING, AttemptState.CALLING, AttemptState.TALKING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call-back about a message: asked for by `party`, and how it stands since `at`, in one clause.

    `turn` numbers its phone. `holder` is the name under which whoever asked has the message.
    """

    recording_sid: str
    turn: int
    party: str
    holder: str
    asked_at: datetime
    state: AttemptState
    at: datetime
    because: str

    @property
    def goes_on(self) -> bool:
        return self.state in GOES_ON


def attempts(facts: Iterable[StoredFact], *, at: datetime) -> tuple[Attempt, ...]:
    """The call-backs about all messages of one call as they stand `at`, in the order they were asked for."""
    by_turn: dict[int, list[StoredFact]] = {}
    for fact in facts:
        if fact.turn > CALLBACK_TURN:
            by_turn.setdefault(fact.turn, []).append(fact)
    found = [_attempt(_told(by_turn[turn]), at) for turn in sorted(by_turn)]
    return tuple(each for each in found if each is not None)


def _told(facts: list[StoredFact]) -> dict[FactKind, StoredFact]:
    """The first fact of each kind."""
    told: dict[FactKind, StoredFact] = {}
    rang = any(fact.kind is FactKind.LEG_RANG for fact in facts)
    for fact in facts:
        # An order may be given up by one process while another has carried it out: a phone that rang was rung.
        if fact.kind is not FactKind.LEG_ENDED or "leg_sid" in fact.detail or not rang:
            told.setdefault(fact.kind, fact)
    return told


def _attempt(told: dict[FactKind, StoredFact], at: datetime) -> Attempt | None:
    asked = told.get(FactKind.MESSAGE_CALLBACK_ASKED)
    if asked is None:
        return None
    state, last, because = _standing(told, asked, at)
    return Attempt(
        recording_sid=str(asked.detail["recording_sid"]),
        turn=asked.turn,
        party=str(asked.detail["party"]),
        holder=str(asked.detail["holder"]),
        asked_at=asked.at,
        state=state,
        at=last.at,
        because=because or last.because,
    )


def _standing(
    told: dict[FactKind, StoredFact], asked: StoredFact, at: datetime
) -> tuple[AttemptState, StoredFact, str]:
    """How it stands, since which fact, and why where that fact does not say it."""
    if spoken := told.get(FactKind.CALLBACK_SPOKEN):
        return AttemptState.SPOKEN, spoken, ""
    if unanswered := told.get(FactKind.CALLBACK_UNANSWERED):
        return AttemptState.NOT_REACHED, unanswered, ""
    ended, tried = told.get(FactKind.LEG_ENDED), told.get(FactKind.CALLBACK_TRIED)
    picked_up = told.get(FactKind.CALLBACK_PICKED_UP)
    if ended is None:
        return _going_on(told, asked, at)
    if picked_up is not None:
        return AttemptState.UNSAID, ended, "something picked up there, and whether it was the person was not said"
    if tried is not None:
        return AttemptState.NOT_REACHED, ended, "whoever called hung up before anybody picked up there"
    if FactKind.LEG_RANG not in told:
        return AttemptState.NOT_RUNG, ended, ""
    return AttemptState.NOT_TAKEN, ended, _why_not_taken(told, ended)


def _going_on(
    told: dict[FactKind, StoredFact], asked: StoredFact, at: datetime
) -> tuple[AttemptState, StoredFact, str]:
    steps = (
        (FactKind.CALLBACK_PICKED_UP, AttemptState.TALKING, TALKING),
        (FactKind.CALLBACK_TRIED, AttemptState.CALLING, TRYING),
        (FactKind.LEG_RANG, AttemptState.RINGING, RINGING),
    )
    kind, state, lasts = next((step for step in steps if step[0] in told), (asked.kind, AttemptState.ASKED, PLACING))
    last = told[kind]
    if at >= last.at + lasts:
        is_lost = state is not AttemptState.ASKED
        return AttemptState.LOST if is_lost else AttemptState.NOT_RUNG, last, "nothing more was heard of it"
    return state, last, ""


def _why_not_taken(told: dict[FactKind, StoredFact], ended: StoredFact) -> str:
    if FactKind.LEG_DECLINED in told:
        return "2 was pressed"
    match ended.detail.get("status"):
        case DialStatus.BUSY:
            return "it was busy"
        case DialStatus.COMPLETED:
            return "it was picked up, perhaps by its voicemail, and 1 was not pressed"
        case DialStatus.FAILED:
            return "it could not be reached"
    return "it was not picked up"
