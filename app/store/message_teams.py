"""Which team a message is for: the people the caller was put to before, and whoever has its ticket. SQL alone."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, literal, or_, select

from app.store.models import legs, tickets, voicemails
from app.store.rows import storable


@dataclass(frozen=True, slots=True)
class TeamScope:
    """The messages of one team; `members` are its people.

    A message is a team's when one of its people was rung on the call, or has the ticket. One on whose call nobody of
    the staff was rung is every team's. `team` is empty for somebody of no team, who has those alone.
    """

    team: str
    members: tuple[str, ...] = ()


def is_for(scope: TeamScope) -> ColumnElement[bool]:
    """That a row of `voicemails` is within the scope."""
    rung: Select[int] = select(literal(1)).where(legs.c.call_sid == voicemails.c.call_sid)
    anybody = rung.where(legs.c.team != literal("")).correlate(voicemails).exists()
    if not scope.team:
        return ~anybody
    team = rung.where(legs.c.team == storable(scope.team)).correlate(voicemails).exists()
    held = select(literal(1)).where(tickets.c.number == voicemails.c.ticket, tickets.c.assignee.in_(scope.members))
    return or_(team, ~anybody, held.correlate(voicemails).exists())
