"""`ivr line`: who waits in line now, and which calls are in progress. Shows no phone number."""

import json
from dataclasses import asdict
from datetime import timedelta

import click

from app.cdr.records import CallRecord, Disposition, LegOutcome
from app.cli.environment import open_services
from app.cli.tables import print_table
from app.services import Services
from app.store import CallFilters, PlaceKind
from app.waiting import Waiting, waiting

MOST_CALLS = 100
# What never ended as far as anybody has told is no call in progress any more.
LONGEST_CALL = timedelta(hours=6)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def line(as_json: bool) -> None:
    """Who waits in line, since when and for whom phones ring; and the calls that are in progress."""
    with open_services() as services:
        at = services.clock.now()
        found, calls = waiting(services, at=at), _in_progress(services)
    if as_json:
        told = {"at": at.isoformat(), "line": [_as_json(each) for each in found], "calls": [*map(_call_json, calls)]}
        click.echo(json.dumps(told, indent=2, default=str))
        return
    if not found:
        click.echo("Nobody waits in line.")
    print_table(("place", "priority", "line", "waits", "about", "rings", "call"), [_row(each) for each in found])
    click.echo(f"Calls in progress: {len(calls)}.")
    print_table(("since (UTC)", "priority", "line", "talks with", "ticket", "call"), [*map(_call_row, calls)])


def _in_progress(services: Services) -> list[CallRecord]:
    filters = CallFilters(since=services.clock.now() - LONGEST_CALL, disposition=Disposition.IN_PROGRESS)
    return list(services.store.calls.page(filters, limit=MOST_CALLS).items)


def _row(each: Waiting) -> tuple[str, ...]:
    waits = _minutes(each.waited_seconds)
    about = "" if each.estimate_seconds is None else _minutes(each.estimate_seconds)
    if each.kind is PlaceKind.CALLBACK:
        waits += ", to be called back"
    return str(each.position), each.priority, each.line, waits, about, ", ".join(each.offered_to), each.call_sid


def _call_row(each: CallRecord) -> tuple[str, ...]:
    call = each.call
    return (
        f"{call.started_at:%H:%M:%S}",
        call.priority,
        call.line,
        _talks_with(each),
        str(each.ticket.number or ""),
        call.call_sid,
    )


def _talks_with(each: CallRecord) -> str:
    ringing = [leg.party for leg in each.legs if leg.outcome is LegOutcome.RINGING]
    if each.call.answered_by:
        return each.call.answered_by
    return f"rings {', '.join(ringing)}" if ringing else "nobody yet"


def _minutes(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _as_json(each: Waiting) -> dict[str, object]:
    return {name: value for name, value in asdict(each).items() if name != "number"}


def _call_json(each: CallRecord) -> dict[str, object]:
    call = each.call
    return {
        "call_sid": call.call_sid,
        "line": call.line,
        "priority": call.priority,
        "started_at": call.started_at.isoformat(),
        "answered_by": call.answered_by,
        "ringing": [leg.party for leg in each.legs if leg.outcome is LegOutcome.RINGING],
        "ticket": each.ticket.number,
    }
