"""People, teams, ring groups, outside parties, schedules and escalation policies: new, gone or changed, in words."""

from collections.abc import Iterator, Mapping, Sequence

from app.difference.changes import Change, Section, compared, turned
from app.written import counted, listed
from oncall import (
    EscalationPolicy,
    OutsideParty,
    Paging,
    Person,
    Priority,
    Reminders,
    RingGroup,
    Roster,
    Schedule,
    Team,
)


def staff_changes(old: Roster, new: Roster) -> Iterator[Change]:
    """Yield what changes about people, teams, ring groups and outside parties."""
    section = Section.STAFF
    yield from compared(old.teams, new.teams, section=section, kind="team", differ=_team)
    yield from compared(
        old.people, new.people, section=section, kind="person", differ=_person, about=lambda each: f": {_about(each)}"
    )
    yield from compared(
        old.ring_groups,
        new.ring_groups,
        section=section,
        kind="ring group",
        differ=_ring_group,
        about=lambda group: f": {listed(group.members)}",
    )
    yield from compared(
        old.outside_parties,
        new.outside_parties,
        section=section,
        kind="outside party",
        differ=_party,
        about=lambda party: f": {party.title}, {party.number}",
    )


def policy_changes(old: Roster, new: Roster) -> Iterator[Change]:
    """Yield what changes about whom escalation policies ring, in which order and for how long."""
    yield from compared(
        old.policies,
        new.policies,
        section=Section.POLICIES,
        kind="escalation policy",
        differ=_policy,
        about=lambda policy: f": it rings {_climb(policy)}",
    )
    paging = [{} if each.paging is None else {"of emergencies": each.paging} for each in (old, new)]
    yield from compared(*paging, section=Section.POLICIES, kind="paging", differ=_paging)
    source, detail = new.reminders.source or old.reminders.source, {"kind": "reminders", "name": "of updates"}
    for text in _reminders(old.reminders, new.reminders):
        yield Change(Section.POLICIES, f"reminders of updates: {text}", source, detail=detail)


def schedule_changes(old: Roster, new: Roster) -> Iterator[Change]:
    """Yield schedules that are new, gone or renamed. Who is on call in them is told shift by shift elsewhere."""
    yield from compared(
        old.schedules,
        new.schedules,
        section=Section.ON_CALL,
        kind="schedule",
        differ=_schedule,
        about=lambda schedule: f": {schedule.title}, with {listed(sorted(schedule.people()))}",
    )


def _team(was: Team, now: Team) -> Iterator[str]:
    yield from turned("called", was.title, now.title)


def _about(person: Person) -> str:
    return f"team {person.team}, {listed(person.phones, nothing='without a phone number')}"


def _person(was: Person, now: Person) -> Iterator[str]:
    yield from turned("of team", was.team, now.team)
    if was.phones != now.phones:
        before, after = (listed(each.phones, nothing="no phone number") for each in (was, now))
        yield f"{after} instead of {before}"
    yield from turned("speaks", ", ".join(was.languages), ", ".join(now.languages))
    yield from turned("shown times in", was.zone, now.zone)


def _ring_group(was: RingGroup, now: RingGroup) -> Iterator[str]:
    joined = [name for name in now.members if name not in was.members]
    left = [name for name in was.members if name not in now.members]
    if joined:
        yield f"{listed(joined)} {'joins' if len(joined) == 1 else 'join'}"
    if left:
        yield f"{listed(left)} {'leaves' if len(left) == 1 else 'leave'}"
    if not joined and not left and was.members != now.members:
        yield f"now in the order {', '.join(now.members)} instead of {', '.join(was.members)}"
    yield from turned("rung", was.strategy.replace("_", " "), now.strategy.replace("_", " "))
    yield from turned("rung for", _seconds(was.ring_seconds), _seconds(now.ring_seconds))


def _party(was: OutsideParty, now: OutsideParty) -> Iterator[str]:
    yield from turned("called", was.title, now.title)
    yield from turned("rung at", was.number, now.number)
    yield from turned("rung for", _seconds(was.ring_seconds), _seconds(now.ring_seconds))


def _policy(was: EscalationPolicy, now: EscalationPolicy) -> Iterator[str]:
    yield from turned("rings", _climb(was), _climb(now))
    yield from turned("goes through its steps", _rounds(was), _rounds(now))
    yield from turned("takes the caller on after", _minutes(was), _minutes(now))


def _paging(was: Paging, now: Paging) -> Iterator[str]:
    yield from turned("climbs escalation policy", was.policy, now.policy)
    yield from turned("climbs, while the desk is open, escalation policy", was.while_open, now.while_open)
    yield from turned("begins after", _seconds(was.first_after_seconds), _seconds(now.first_after_seconds))
    yield from turned("goes on every", _every(was), _every(now))


def _reminders(was: Reminders, now: Reminders) -> Iterator[str]:
    yield from turned("sent by text", _before(was.text_before_seconds), _before(now.text_before_seconds))
    yield from turned("made by call", _before(was.call_before_seconds), _before(now.call_before_seconds))
    yield from turned("climb, once overdue, escalation policy", was.policy, now.policy)
    yield from turned("climb, while the desk is open, escalation policy", was.while_open, now.while_open)
    yield from turned("go on every", _every(was), _every(now))
    yield from turned("end with", was.supervisor, now.supervisor)
    yield from turned("end with mail to", was.supervisor_mail, now.supervisor_mail)


def _before(seconds: Mapping[Priority, int]) -> str:
    found = [f"{priority} {counted(each // 60, 'minute')} before" for priority, each in seconds.items()]
    return listed(found, nothing="never")


def _every(paging: Paging | Reminders) -> str:
    return counted(paging.every_seconds // 60, "minute")


def _climb(policy: EscalationPolicy) -> str:
    return _then(
        [f"{step.target.replace('_', ' ')} {step.name} ({_seconds(step.ring_seconds)})" for step in policy.steps]
    )


def _then(steps: Sequence[str]) -> str:
    return ", then ".join(steps)


def _rounds(policy: EscalationPolicy) -> str:
    return "once" if policy.rounds == 1 else f"{policy.rounds} times"


def _minutes(policy: EscalationPolicy) -> str | None:
    return None if policy.max_wait_seconds is None else counted(policy.max_wait_seconds // 60, "minute")


def _schedule(was: Schedule, now: Schedule) -> Iterator[str]:
    yield from turned("called", was.title, now.title)
    yield from turned("in the zone", was.zone.key, now.zone.key)
    kept_apart = [each.never_same_as.name if each.never_same_as else None for each in (was, now)]
    yield from turned("never the same person as in", *kept_apart)


def _seconds(number: int) -> str:
    return counted(number, "second")
