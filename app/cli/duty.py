"""`ivr oncall`: who is on call, and why."""

import json
from datetime import UTC, datetime

import click

from app.cli.environment import Instant, desk_zone, instant_or_now, live_snapshot_or_exit, settings_or_exit
from app.cli.quick_overrides import quick_overrides
from app.config.snapshot import Snapshot
from oncall import Override, hours_state, override_in_force


@click.command()
@click.option("--at", type=Instant(), help="The instant to ask about (default: now; without a zone: the desk's).")
@click.option("--schedule", "only", help="One schedule (default: all).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def oncall_now(at: datetime | None, only: str | None, as_json: bool) -> None:
    """Who is on call and why."""
    snapshot = live_snapshot_or_exit(settings_or_exit())
    instant = instant_or_now(at, snapshot)
    found = quick_overrides(at=instant)
    quick = found.overrides
    schedules = list(snapshot.roster.schedules)
    if only is not None and only not in schedules:
        raise click.BadParameter(f"there is no schedule {only!r}; there are: {', '.join(schedules)}")
    answers = [_answer(snapshot, name, instant, quick) for name in ([only] if only else schedules)]
    if as_json:
        click.echo(json.dumps(answers, indent=2, default=str))
        return
    for answer in answers:
        click.echo(_sentence(answer, snapshot))
    hours = next(iter(snapshot.roster.hours.values()), None)
    if hours is not None and override_in_force(hours, found.desk, at=instant) is not None:
        click.echo(f"The desk is {hours_state(hours, found.desk, at=instant).because}.")


def _answer(snapshot: Snapshot, schedule: str, at: datetime, quick: tuple[Override, ...]) -> dict[str, object]:
    coverage = snapshot.roster.who_is_on(schedule, at=at.astimezone(UTC), quick=quick)
    people = snapshot.roster.people
    return {
        "schedule": schedule,
        "at": at.isoformat(),
        "people": [
            {
                "name": duty.person,
                "team": people[duty.person].team,
                "phone": next(iter(people[duty.person].phones), None),
                "because": duty.because,
                "source": str(duty.source),
            }
            for duty in coverage.people
        ],
        "until": coverage.until.isoformat() if coverage.until else None,
        "because": coverage.because,
    }


def _sentence(answer: dict[str, object], snapshot: Snapshot) -> str:
    until = datetime.fromisoformat(str(answer["until"])).astimezone(desk_zone(snapshot)) if answer["until"] else None
    ends = f" until {until:%a %d %b %Y %H:%M %Z}" if until else ""
    people = answer["people"]
    if not isinstance(people, list) or not people:
        return f"{answer['schedule']}: NOBODY{ends} ({answer['because']})"
    names = ", ".join(f"{person['name']} {person['phone'] or 'no number'}" for person in people)
    reasons = "; ".join(_reason(person["because"], person["source"]) for person in people)
    return f"{answer['schedule']}: {names}{ends}\n    {reasons}"


def _reason(because: str, source: str) -> str:
    return because if source in because else f"{because} ({source})"
