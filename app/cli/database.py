"""`ivr db`: the database's tables."""

import click

from app.cli.environment import settings_or_exit
from app.store import Store, StoreUnavailable

MIGRATION_SECONDS = 60.0


@click.group()
def db() -> None:
    """The database."""


@db.command()
def upgrade() -> None:
    """Creates or migrates the tables to what this release needs. Safe to repeat."""
    store = Store.open(settings_or_exit().database_url, timeout_seconds=MIGRATION_SECONDS)
    try:
        store.upgrade()
        click.echo(f"The database is at revision {store.revision()}.")
    except StoreUnavailable as fault:
        click.echo(f"The database cannot be reached: {fault.reason}", err=True)
        raise click.exceptions.Exit(1) from fault
    finally:
        store.close()
