"""`ivr reconcile`: compares Twilio's list of calls with ours."""

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from app.cli.environment import Instant, desk_zone, in_desk_zone, open_services
from app.config.snapshot import Snapshot
from app.provisioning import has_account
from app.reconciliation import Deed, Reconciled, Settled
from app.reconciliation import reconcile as go_through
from app.telephony.provider import ProviderError
from app.written import NO_YEAR, Dates, counted


@click.command()
@click.option("--since", type=Instant(), help="From when (default: two hours before the last time; zone: the desk's).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def reconcile(since: datetime | None, *, as_json: bool) -> None:
    """Opens the tickets of calls that never reached our server, and ends calls whose end was never told.

    The clock process does the same every few minutes. Repeating it changes nothing.
    """
    with open_services() as services:
        if not has_account(services.settings):
            click.echo("No Twilio account is set (TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN): there is no list.", err=True)
            raise click.exceptions.Exit(1)
        snapshot = services.config.current()
        since_at = None if since is None else in_desk_zone(since, snapshot).astimezone(UTC)
        try:
            done = go_through(services, services.telephony, since=since_at)
        except ProviderError as fault:
            click.echo(f"Twilio's list of calls cannot be read: {fault}. Nothing was changed.", err=True)
            raise click.exceptions.Exit(1) from fault
    if as_json:
        click.echo(json.dumps(asdict(done), indent=2, default=_iso))
    else:
        _print(done, snapshot)


def _print(done: Reconciled, snapshot: Snapshot) -> None:
    dates = Dates(desk_zone(snapshot), NO_YEAR)
    for settled in done.settled:
        click.echo(_sentence(settled, dates))
    opened = sum(settled.deed is Deed.OPENED for settled in done.settled)
    ended = len(done.settled) - opened
    click.echo(
        f"{counted(done.looked_at, 'call')} to our lines since {dates.moment(done.since_at)}: "
        f"{counted(opened, 'ticket')} opened, {counted(ended, 'end')} filled in."
    )


def _sentence(settled: Settled, dates: Dates) -> str:
    caller = settled.caller or "a withheld number"
    ended = f"{settled.status}, {counted(settled.seconds, 'second')}" if settled.status else "still going on"
    did = "opened for a call never told to our server" if settled.deed is Deed.OPENED else "call ended"
    when = dates.moment(settled.started_at)
    return (
        f"Ticket {settled.ticket}  {did}: {when}, {caller} on the {settled.line} line, {ended}   [{settled.call_sid}]"
    )


def _iso(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
