"""Whose messages somebody sees: staff those of their own team, supervisors and administrators all."""

from app.config.snapshot import Snapshot
from app.store import TeamScope


def scope_of(snapshot: Snapshot, *, name: str, role: str) -> TeamScope | None:
    """What limits the messages that somebody of this name and role sees; None: nothing does.

    Somebody who is not in schedules/staff.yaml is of no team.
    """
    if role != "staff":
        return None
    people = snapshot.roster.people
    if name not in people:
        return TeamScope("")
    team = people[name].team
    return TeamScope(team, tuple(each.name for each in people.values() if each.team == team))
