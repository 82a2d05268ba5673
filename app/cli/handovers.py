"""`ivr handovers`: what the answering service took while the desk was closed and nobody has touched."""

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from app.answering_service_list import Handover, Handovers, handovers
from app.cli.environment import Instant, desk_zone, in_desk_zone, open_services
from app.written import Dates


@click.command(name="handovers")
@click.option("--at", type=Instant(), help="As of this instant (default: now; without a zone: the desk's).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def handovers_now(at: datetime | None, as_json: bool) -> None:
    """Calls the answering service took since the last closing whose tickets nobody has touched."""
    with open_services() as services:
        snapshot = services.config.current()
        instant = services.clock.now() if at is None else in_desk_zone(at, snapshot).astimezone(UTC)
        found = handovers(services, at=instant)
        if as_json:
            click.echo(json.dumps(asdict(found), indent=2, default=_iso))
            return
        dates = Dates(desk_zone(snapshot), instant.year)
        click.echo(_heading(found, dates))
        for each in found.items:
            click.echo(_line(each, dates))


def _iso(value: object) -> str:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


def _heading(found: Handovers, dates: Dates) -> str:
    count = len(found.items)
    calls = "no call" if not count else "1 call" if count == 1 else f"{count} calls"
    return f"Since the desk closed on {dates.moment(found.closed_at)}: {calls} to pick up."


def _line(each: Handover, dates: Dates) -> str:
    talked = "" if each.talk_seconds is None else f", talked {each.talk_seconds} s"
    return f"  {each.ticket}  {each.priority}  {dates.moment(each.started_at)}  {each.line} line, {each.party}{talked}"
