"""`ivr provision`: wires the numbers of ivr_flows/lines.yaml at Twilio."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import click

from app.cli.environment import open_services
from app.cli.fallback import FALLBACK_URL
from app.cli.tables import print_table
from app.provisioning import Wire, has_account, wanted_wiring
from app.provisioning import provision as wire_numbers
from app.settings import Settings, is_loopback
from app.telephony.provider import ProviderError

HEADINGS = ("number", "field", "is", "wanted", "changed")


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be changed.")
@FALLBACK_URL
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def provision(fallback_url: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Makes every number of ours lead to this service: voice, fallback, status and text addresses.

    Reads what is set at Twilio, changes only what differs, and reads it again. Nothing is ever blanked: an app or
    SIP trunk that overrides our addresses is named and left. Exit 1 when anything is not as wanted at the end.
    """
    with open_services() as services:
        _refuse_unless_usable(services.settings)
        wanted = wanted_wiring(services.settings.public_base_url, fallback_url=fallback_url)
        try:
            wires = wire_numbers(services.config.current(), services.telephony, wanted, dry_run=dry_run)
        except ProviderError as fault:
            done = "Nothing was changed." if dry_run else "What was changed before stays; run it again for the rest."
            click.echo(f"Twilio could not be asked: {fault}. {done}", err=True)
            raise click.exceptions.Exit(1) from fault
    wrong = [wire for wire in wires if not wire.is_right]
    if as_json:
        click.echo(
            json.dumps({"ok": not wrong, "dry_run": dry_run, "wiring": [_as_json(wire) for wire in wires]}, indent=2)
        )
    else:
        _print(wires, wrong, dry_run=dry_run)
    if wrong:
        raise click.exceptions.Exit(1)


def _refuse_unless_usable(settings: Settings) -> None:
    """An address Twilio cannot reach would leave both numbers dead."""
    base = settings.public_base_url
    if not has_account(settings):
        problem = "No Twilio account is set (TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN): there is nothing to wire."
    elif not settings.simulated and (is_loopback(base) or not base.startswith("https://")):
        problem = f"PUBLIC_BASE_URL is {base}, which Twilio cannot use: set it to this service's https address first."
    else:
        return
    click.echo(problem, err=True)
    raise click.exceptions.Exit(1)


def _print(wires: Sequence[Wire], wrong: Sequence[Wire], *, dry_run: bool) -> None:
    print_table(HEADINGS, [_row(wire) for wire in wires])
    for wire in wrong:
        if wire.remedy:
            click.echo(f"{wire.number} {wire.field}: {wire.remedy}.")
    changed = sum(wire.changed for wire in wires)
    if not wrong:
        click.echo(f"All as wanted; {changed} of {len(wires)} fields changed.")
    elif dry_run:
        click.echo(f"{len(wrong)} of {len(wires)} fields are not as wanted; nothing was changed.")
    else:
        click.echo(f"{len(wrong)} of {len(wires)} fields are still not as wanted; {changed} changed.")


def _row(wire: Wire) -> tuple[str, str, str, str, str]:
    changed = f"yes, was {wire.before or 'empty'}" if wire.changed else "no"
    return wire.number, wire.field, wire.found or "empty", wire.wanted or "empty", changed


def _as_json(wire: Wire) -> dict[str, object]:
    return asdict(wire) | {"changed": wire.changed, "ok": wire.is_right}
