"""`ivr user`: accounts of people who sign in to the web desk. Each change is under a name in the audit log."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import click

from app.accounts import AccountFault, AccountKeeping, NewLink, Role, SecondFactors, Sessions
from app.cli.environment import open_services
from app.cli.operator import BY_OPTION
from app.cli.tables import print_table
from app.services import Services
from app.store import Account

ROLES = tuple(role.value for role in Role)


@click.group()
def user() -> None:
    """Accounts for the web desk."""


@contextmanager
def _keeping(by: str) -> Iterator[tuple[Services, AccountKeeping]]:
    with open_services() as services:
        try:
            yield services, AccountKeeping(services, by)
        except AccountFault as fault:
            raise click.ClickException(str(fault)) from fault


@user.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the account may do.")
@BY_OPTION
def add(name: str, role: str, by: str) -> None:
    """Makes an account. The link to choose a password is printed once, alone on the last line.

    Who is to take tickets signs in under the name that stands in schedules/staff.yaml.
    """
    with _keeping(by) as (services, keeping):
        made = keeping.add(name, Role(role))
        known = made.account.name in services.config.current().roster.people
    click.echo(f"{made.account.name} may sign in with the role {role}.")
    if not known:
        click.echo("No such person is in schedules/staff.yaml: this account can look, but has no tickets of its own.")
    _print_link(made)


@user.command()
@click.argument("name")
@BY_OPTION
def link(name: str, by: str) -> None:
    """Makes a new link to choose a password; it also lets somebody in who is locked out."""
    with _keeping(by) as (_services, keeping):
        made = keeping.link(keeping.named(name))
    _print_link(made)


@user.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the account may do from now on.")
@BY_OPTION
def role(name: str, role: str, by: str) -> None:
    """Gives an account another role."""
    with _keeping(by) as (_services, keeping):
        keeping.set_role(keeping.named(name), Role(role))
    click.echo(f"{name} has the role {role}.")


@user.command()
@click.argument("name")
@BY_OPTION
def disable(name: str, by: str) -> None:
    """Lets nobody in with an account any more, and ends its sessions."""
    with _keeping(by) as (_services, keeping):
        keeping.disable(keeping.named(name))
    click.echo(f"{name} cannot sign in any more.")


@user.command()
@click.argument("name")
@BY_OPTION
def enable(name: str, by: str) -> None:
    """Lets the owner of an account in again."""
    with _keeping(by) as (_services, keeping):
        keeping.enable(keeping.named(name))
    click.echo(f"{name} can sign in again.")


@user.command(name="forget-code")
@click.argument("name")
@BY_OPTION
def forget_code(name: str, by: str) -> None:
    """Takes the second factor off an account whose owner has lost their app."""
    with _keeping(by) as (services, keeping):
        SecondFactors(services).turn_off(keeping.named(name), by=by)
    click.echo(f"No code is asked of {name} any more.")


@user.command(name="sign-out")
@click.argument("name")
@BY_OPTION
def sign_out(name: str, by: str) -> None:
    """Ends all sessions of an account."""
    with _keeping(by) as (services, keeping):
        Sessions(services).end_all(keeping.named(name), by=by)
    click.echo(f"{name} is signed out everywhere.")


@user.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_users(as_json: bool) -> None:
    """Lists the accounts."""
    with _keeping("") as (_services, keeping):
        found = keeping.all()
    if as_json:
        click.echo(json.dumps([_told(each) for each in found], indent=2))
        return
    if not found:
        click.echo("There are no accounts.")
    print_table(("name", "role", "made", "state"), [_row(each) for each in found])


def _print_link(made: NewLink) -> None:
    click.echo(f"A link to choose a password, good once and until {made.expires_at:%Y-%m-%d %H:%M} UTC:")
    click.echo(made.address)


def _told(each: Account) -> dict[str, object]:
    return {"name": each.name, "role": each.role, "created_at": str(each.created_at), "state": _state(each)}


def _row(each: Account) -> tuple[str, ...]:
    return each.name, each.role, f"{each.created_at:%Y-%m-%d}", _state(each)


def _state(each: Account) -> str:
    if each.disabled_at is not None:
        return "disabled"
    if each.password_hash is None:
        return "has chosen no password"
    return "with a second factor" if each.second_factor is not None else "in use"
