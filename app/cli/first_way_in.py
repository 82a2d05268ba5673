"""The links that are printed when the service starts, so that somebody gets into the web desk."""

from urllib.parse import urlsplit

import click

from app.accounts import AccountKeeping
from app.cli.operator import operator
from app.services import wire
from app.settings import Settings
from app.store import StoreUnavailable


def way_in(settings: Settings, base: str, *, to_phone: bool) -> str | None:
    """Whoever starts a simulation is its administrator: the first who opens the link is signed in."""
    services = wire(settings)
    try:
        keeping = AccountKeeping(services, operator())
        account = keeping.first_admin()
        if account is None:
            return None
        link = base + urlsplit(keeping.sign_in_link(account).address).path
    except StoreUnavailable as fault:
        click.echo(f"No link to the web desk: {fault.reason}", err=True)
        return None
    finally:
        services.store.close()
    where = "Make a call in your browser" if to_phone else "The web desk"
    click.echo(f"{where}, signed in as {account.name} (good once, for an hour):\n{link}")
    return link


def print_first_link(settings: Settings) -> None:
    """At the first start with a Twilio account, the link by which the first administrator chooses a password."""
    services = wire(settings)
    try:
        made = AccountKeeping(services, operator()).first_link()
    except StoreUnavailable as fault:
        click.echo(f"Nobody was looked for who may sign in to the web desk: {fault.reason}", err=True)
        return
    finally:
        services.store.close()
    if made is not None:
        until = f"{made.expires_at:%Y-%m-%d %H:%M} UTC"
        click.echo(f"Nobody has an account yet. For {made.account.name}, once, until {until}:\n{made.address}")
