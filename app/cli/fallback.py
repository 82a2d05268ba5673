"""`ivr fallback`: the document for the day our server is away."""

from datetime import datetime
from pathlib import Path

import click

from app.cli.environment import Instant, instant_or_now, live_snapshot_or_exit, settings_or_exit
from app.cli.quick_overrides import quick_overrides
from app.static_fallback import render, write

FALLBACK_URL = click.option(
    "--fallback-url",
    envvar="IVR_FALLBACK_URL",
    show_envvar=True,
    metavar="URL",
    callback=lambda _ctx, _param, value: _https(value),
    help="Where the static fallback document is hosted (default: /voice/fallback of this service).",
)


@click.command()
@click.option("--at", type=Instant(), help="Whose rota (default: now; without a zone: the desk's).")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it there instead.")
def fallback(at: datetime | None, output: Path | None) -> None:
    """Prints the TwiML that answers callers when our server does not, made from the rota of this moment.

    It is to be hosted elsewhere; the clock process keeps it in instance/fallback/fallback.xml.
    """
    snapshot = live_snapshot_or_exit(settings_or_exit())
    instant = instant_or_now(at, snapshot)
    document = render(snapshot, at=instant, quick=quick_overrides(at=instant).overrides)
    if output is None:
        click.echo(document)
        return
    try:
        write(document, output)
    except OSError as fault:
        click.echo(f"{output} cannot be written: {fault.strerror}", err=True)
        raise click.exceptions.Exit(1) from fault
    click.echo(f"Written to {output}.")


def _https(value: str | None) -> str | None:
    if value and not value.startswith("https://"):
        raise click.BadParameter("the static document must have an https address")
    return value or None
