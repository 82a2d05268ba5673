"""`ivr shifts`: the final shifts of a period, as a table, as a calendar, and how evenly they fall."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import click

from app.cli.configuration import CONFIG_OPTION, config_folder
from app.cli.environment import snapshot_or_exit
from app.cli.month_calendar import Legend, calendar
from app.cli.quick_overrides import Quick, quick_overrides
from app.cli.tables import print_table
from app.clock import SystemClock
from app.config.snapshot import Snapshot
from app.written import NO_YEAR, Dates, with_place
from oncall import Burden, Gap, Measure, Roster, Shift, burdens, day_starts_at, evens_out, instant

DAYS = 28
NOBODY = "NOBODY"
NOON, LATE = time(12), time(23)
HOUR = 3600


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the user wants to see: which schedules, of whom, in which period."""

    roster: Roster
    schedules: tuple[str, ...]
    person: str | None
    after: datetime
    until: datetime
    quick: Quick

    def title(self, schedule: str) -> str:
        rota = self.roster.schedules[schedule]
        whole = Dates(rota.zone, NO_YEAR)
        return f"{rota.title} ({schedule}), {whole.moment(self.after)} to {whole.moment(self.until)}"

    def dates(self, schedule: str) -> Dates:
        zone = self.roster.schedules[schedule].zone
        return Dates(zone, self.after.astimezone(zone).year)

    def rows(self, schedule: str) -> list[Shift | Gap]:
        """Return shifts and gaps in order of time; gaps belong to nobody and are left out for one person."""
        span = {"after": self.after, "until": self.until}
        shifts = self.roster.shifts(schedule, **span, quick=self.quick.overrides)
        if self.person is not None:
            return [shift for shift in shifts if shift.person == self.person]
        gaps = self.roster.gaps(schedule, **span, quick=self.quick.overrides)
        return sorted((*shifts, *gaps), key=lambda each: (each.starts_at, each.ends_at))

    def burdens(self, schedule: str) -> tuple[Burden, ...]:
        return burdens(self.roster, schedule, after=self.after, until=self.until, quick=self.quick.overrides)


@click.command()
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First date (default: today at the desk).")
@click.option("--days", default=DAYS, show_default=True, type=click.IntRange(1, 1100), help="Length of the period.")
@click.option("--schedule", help="One schedule (default: all).")
@click.option("--person", help="One person's shifts.")
@click.option("--calendar", "as_calendar", is_flag=True, help="A small calendar: who has each day and night.")
@click.option("--fairness", is_flag=True, help="Hours, nights, weekend days and holidays of each person.")
@CONFIG_OPTION
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def shifts(
    first: datetime | None,
    days: int,
    schedule: str | None,
    person: str | None,
    as_calendar: bool,
    fairness: bool,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Prints who is on call from when until when, and because of what. Times are local to the schedule.

    What was changed by text or at the desk stands above the YAML, as it does for calls.
    """
    snapshot = snapshot_or_exit(config_folder(folder))
    asked = _asked(snapshot, first.date() if first else None, days=days, schedule=schedule, person=person)
    if as_json:
        click.echo(json.dumps(_as_json(asked, fairness=fairness), indent=2))
        return
    for number, name in enumerate(asked.schedules):
        click.echo(("\n" if number else "") + asked.title(name))
        if as_calendar:
            _print_calendar(asked, name)
        elif not fairness:
            _print_shifts(asked, name)
        if fairness:
            _print_fairness(asked, name)


def _asked(snapshot: Snapshot, first: date | None, *, days: int, schedule: str | None, person: str | None) -> _Asked:
    roster = snapshot.roster
    if schedule is not None and schedule not in roster.schedules:
        known = ", ".join(roster.schedules)
        raise click.BadParameter(f"there is no schedule {schedule!r}; there are: {known}", param_hint="--schedule")
    if person is not None and person not in roster.people:
        known = ", ".join(roster.people)
        raise click.BadParameter(f"there is no person {person!r}; there are: {known}", param_hint="--person")
    schedules = (schedule,) if schedule else tuple(roster.schedules)
    zone = roster.schedules[schedules[0]].zone  # a configuration has at least one schedule
    on = first or SystemClock().now().astimezone(zone).date()
    after, until = (day_starts_at(each, zone=zone) for each in (on, on + timedelta(days=days)))
    return _Asked(roster, schedules, person, after, until, quick_overrides(at=after))


# The table.


def _print_shifts(asked: _Asked, schedule: str) -> None:
    rows = [_row(each, asked.dates(schedule)) for each in asked.rows(schedule)]
    print_table(("who", "from", "until", "hours", "because"), rows, marked=NOBODY)
    if not rows:
        click.echo(f"  {asked.person or 'Nobody'} has no shift in these days.")


def _row(each: Shift | Gap, dates: Dates) -> tuple[str, ...]:
    who = each.person if isinstance(each, Shift) else NOBODY
    starts, ends = dates.moment(each.starts_at), dates.moment(each.ends_at)
    return who, starts, ends, _hours(each), with_place(each.because, each.source)


def _hours(each: Shift | Gap) -> str:
    return f"{(each.ends_at - each.starts_at).total_seconds() / HOUR:g}"


# The calendar.


def _print_calendar(asked: _Asked, schedule: str) -> None:
    legend = Legend(asked.roster.schedules[schedule].people())
    days = list(_days(asked, schedule, legend))
    for line in calendar(days):
        click.echo(line)
    click.echo(f"  {legend}")
    nobody = "nobody" if asked.person is None else "somebody else or nobody"
    click.echo(f"  Before the stroke who has noon, after it who has 23:00; -- is {nobody}; ! a gap in that day.")


def _days(asked: _Asked, schedule: str, legend: Legend) -> Iterator[tuple[date, str, bool]]:
    """Yield each date with who has its day and its night, and whether the date has a gap anywhere."""
    zone = asked.roster.schedules[schedule].zone
    on, last = asked.after.astimezone(zone).date(), asked.until.astimezone(zone).date()
    while on < last:
        starts, ends = day_starts_at(on, zone=zone), day_starts_at(on + timedelta(days=1), zone=zone)
        has_gap = bool(asked.roster.gaps(schedule, after=starts, until=ends, quick=asked.quick.overrides))
        noon, night = (legend.short(_names(asked, schedule, instant(on, at, zone=zone))) for at in (time(12), time(23)))
        told = noon if noon == night else f"{noon}/{night}"
        yield on, told, has_gap
        on += timedelta(days=1)


def _names(asked: _Asked, schedule: str, at: datetime) -> list[str]:
    people = [duty.person for duty in asked.roster.who_is_on(schedule, at=at, quick=asked.quick.overrides).people]
    return people if asked.person is None else [name for name in people if name == asked.person]


# Fairness.


def _print_fairness(asked: _Asked, schedule: str) -> None:
    loads = asked.burdens(schedule)
    print_table(
        ("who", "hours", "nights", "weekend days", "holidays"),
        [
            (
                load.person,
                f"{load.seconds / HOUR:g}",
                str(len(load.nights)),
                str(len(load.weekend_days)),
                ", ".join(name for _, name in load.holidays) or "none",
            )
            for load in loads
        ],
    )
    click.echo(f"  {_proposal(asked, schedule, loads)}")


def _proposal(asked: _Asked, schedule: str, loads: Sequence[Burden]) -> str:
    evening = evens_out(asked.roster, schedule, loads, at=asked.until)
    if evening is None:
        return "Nights, holidays, weekend days and hours are even."
    load = next((each for each in loads if each.person == evening.person), Burden(evening.person))
    amount = load.seconds / HOUR if evening.measure is Measure.HOURS else load.amount(evening.measure)
    return f"{evening.person} has had the fewest {evening.measure} ({amount:g}): next."


# JSON.


def _as_json(asked: _Asked, *, fairness: bool) -> dict[str, object]:
    told: dict[str, object] = {
        "from": asked.after.astimezone(UTC).isoformat(),
        "until": asked.until.astimezone(UTC).isoformat(),
        "yaml_alone": asked.quick.yaml_alone,
        "schedules": {name: [_shift_as_json(each) for each in asked.rows(name)] for name in asked.schedules},
    }
    if fairness:
        told["fairness"] = {name: _fairness_as_json(asked, name) for name in asked.schedules}
    return told


def _shift_as_json(each: Shift | Gap) -> dict[str, object]:
    return {
        "person": each.person if isinstance(each, Shift) else None,
        "starts_at": each.starts_at.isoformat(),
        "ends_at": each.ends_at.isoformat(),
        "because": each.because,
        "source": str(each.source) if each.source else None,
    }


def _fairness_as_json(asked: _Asked, schedule: str) -> dict[str, object]:
    loads = asked.burdens(schedule)
    evening = evens_out(asked.roster, schedule, loads, at=asked.until)
    return {
        "people": [
            {
                "person": load.person,
                "hours": round(load.seconds / HOUR, 2),
                "nights": [on.isoformat() for on in load.nights],
                "weekend_days": [on.isoformat() for on in load.weekend_days],
                "holidays": [{"date": on.isoformat(), "name": name} for on, name in load.holidays],
            }
            for load in loads
        ],
        "next": {"person": evening.person, "fewest": evening.measure.value} if evening else None,
        "told": _proposal(asked, schedule, loads),
    }
