"""The staff's telephones as the legs tell of them: who is talking, and who took a call when."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select

from app.cdr.records import LegOutcome
from app.store.models import legs
from app.store.prepared import Session
from oncall import StaffState

# No conversation is longer; a leg whose end was never told of does not keep its owner from being rung for ever.
LONGEST_TALK = timedelta(hours=4)
# Whoever took no call for this long is as idle as can be.
LONGEST_IDLE = timedelta(days=90)

_SINCE = bindparam("since", type_=legs.c.accepted_at.type)
_BEFORE = bindparam("before", type_=legs.c.accepted_at.type)
_ACCEPTED = bindparam("accepted", type_=legs.c.outcome.type)
_TAKEN = (legs.c.outcome == _ACCEPTED, legs.c.screened, legs.c.accepted_at > _SINCE)
_TALKING = select(legs.c.party).where(*_TAKEN, legs.c.accepted_at.is_not(None), legs.c.ended_at.is_(None))
_LAST_TAKEN = (
    select(legs.c.party, func.max(legs.c.accepted_at))
    .where(*_TAKEN, legs.c.accepted_at.is_not(None), legs.c.accepted_at < _BEFORE)
    .group_by(legs.c.party)
)


def staff_state(session: Session, *, at: datetime, before: datetime, seed: int) -> StaffState:
    """Who talks at `at`, and when everybody last took a call before `before`; instants are aware."""
    talking = session.all(_TALKING, {"accepted": LegOutcome.ACCEPTED.value, "since": at - LONGEST_TALK})
    taken = session.all(
        _LAST_TAKEN,
        {"accepted": LegOutcome.ACCEPTED.value, "since": before - LONGEST_IDLE, "before": before},
    )
    return StaffState(
        talking=frozenset(party for (party,) in talking),
        last_taken={str(row[0]): row[1] for row in taken},
        seed=seed,
    )
