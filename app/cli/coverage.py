"""`ivr coverage`: would an emergency reach a person, at every minute of the next 400 days?"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import click

from app.cli.configuration import CONFIG_OPTION, config_folder
from app.cli.environment import Instant, desk_zone, instant_or_now, snapshot_or_exit
from app.cli.quick_overrides import quick_overrides
from app.config.snapshot import Snapshot
from app.coverage import Kind, LineGap, Sweep, sweep
from app.written import NO_YEAR, Dates, counted, listed, with_place

DAYS = 400
SHOWN = 12  # spans of one cause; more are no help to read


@click.command()
@click.option("--days", default=DAYS, show_default=True, type=click.IntRange(1, 1100), help="How far to look ahead.")
@click.option("--at", type=Instant(), help="Where to begin (default: now; without a zone: the desk's).")
@CONFIG_OPTION
@click.option("--any-person", is_flag=True, help="Be content with anybody who is rung, on call or not.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def coverage(days: int, at: datetime | None, folder: Path | None, any_person: bool, as_json: bool) -> None:
    """Checks every minute on every line: an emergency must reach a person of ours before anything else.

    Where a policy rings a schedule, somebody must be on call in the first one it names: that others might be free
    at that hour is chance. What was changed by text or at the desk counts as it does for calls. Prints each gap with
    its cause; exit 1 when there is any.
    """
    snapshot = snapshot_or_exit(config_folder(folder))
    starts_at = instant_or_now(at, snapshot).replace(second=0, microsecond=0)
    quick = quick_overrides(at=starts_at)
    found = sweep(snapshot, starts_at=starts_at, ends_at=starts_at + timedelta(days=days), quick=quick.overrides)
    if any_person:
        found = replace(found, gaps=tuple(gap for gap in found.gaps if gap.finding.kind is not Kind.DUTY_EMPTY))
    if as_json:
        click.echo(json.dumps({**_as_json(found), "yaml_alone": quick.yaml_alone}, indent=2))
    else:
        for line in _lines(found, snapshot):
            click.echo(line)
    if found.gaps:
        raise click.exceptions.Exit(1)


def _lines(found: Sweep, snapshot: Snapshot) -> Iterator[str]:
    zone = desk_zone(snapshot)
    causes: dict[tuple[str, str], list[LineGap]] = {}
    for gap in found.gaps:
        causes.setdefault((gap.finding.because, str(gap.finding.source)), []).append(gap)
    for gaps in causes.values():
        yield from _told(gaps, snapshot, Dates(zone, found.starts_at.astimezone(zone).year))
    whole = Dates(zone, NO_YEAR)
    period = f"from {whole.moment(found.starts_at)} to {whole.moment(found.ends_at)}"
    where, looked_at = f"on {counted(len(found.lines), 'line')}", f"{found.stretches} stretches checked."
    if found.gaps:
        number = sum(len(_spans(gaps)) for gaps in causes.values())
        yield f"{counted(number, 'gap')} {period} {where}. {looked_at}"
    else:
        yield f"Every minute {period} {where}: an emergency reaches a person. {looked_at}"


def _told(gaps: list[LineGap], snapshot: Snapshot, dates: Dates) -> Iterator[str]:
    """One cause, whom it concerns, and its spans: once for all lines, because lines often share a flow."""
    finding, spans = gaps[0].finding, _spans(gaps)
    lines = listed([line.title for line in snapshot.book.lines.values() if line.name in {gap.line for gap in gaps}])
    keys = f", after {'key' if len(finding.keys) == 1 else 'keys'} {', '.join(finding.keys)}" if finding.keys else ""
    yield f"Gap on the {lines}{keys}: {with_place(finding.because, finding.source)}"
    if finding.instead:
        yield f"    rung instead: {listed(finding.instead)}"
    for starts_at, ends_at in spans[:SHOWN]:
        yield f"    {dates.span(starts_at, ends_at)}"
    if len(spans) > SHOWN:
        yield f"    and {len(spans) - SHOWN} more, the last {dates.span(*spans[-1])} (--json lists them all)"


def _spans(gaps: list[LineGap]) -> list[tuple[datetime, datetime]]:
    return sorted({(gap.starts_at, gap.ends_at) for gap in gaps})


def _as_json(found: Sweep) -> dict[str, object]:
    return {
        "ok": not found.gaps,
        "from": found.starts_at.isoformat(),
        "until": found.ends_at.isoformat(),
        "lines": list(found.lines),
        "stretches": found.stretches,
        "gaps": [
            {
                "line": gap.line,
                "starts_at": gap.starts_at.isoformat(),
                "ends_at": gap.ends_at.isoformat(),
                "kind": gap.finding.kind.value,
                "because": gap.finding.because,
                "source": str(gap.finding.source) if gap.finding.source else None,
                "keys": list(gap.finding.keys),
                "rung_instead": list(gap.finding.instead),
            }
            for gap in found.gaps
        ],
    }
