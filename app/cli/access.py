"""`ivr token`: keys for programs that use the API. Each is made and ended under somebody's name in the audit log."""

import json
from dataclasses import asdict

import click

from app.cli.environment import open_services
from app.cli.operator import BY_OPTION
from app.cli.tables import print_table
from app.store import Token

ROLES = ("staff", "supervisor", "admin")


@click.group()
def token() -> None:
    """API tokens."""


@token.command()
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the token may do.")
@click.option("--name", default="", help="What the token is for; shown in lists and in the audit log.")
@BY_OPTION
def create(role: str, name: str, by: str) -> None:
    """Makes a token. It is printed once, alone on the last line; only its hash is kept."""
    with open_services() as services:
        secret = services.store.tokens.create(name or f"{role} token", role, at=services.clock.now(), by=by)
    click.echo(f"A token with the role {role}. It is not shown again:")
    click.echo(secret)


@token.command(name="list")
@click.option("--all", "also_revoked", is_flag=True, help="Also those that are revoked.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_tokens(also_revoked: bool, as_json: bool) -> None:
    """Lists tokens, without their secrets. Calendar feeds have tokens too, with the role feed."""
    with open_services() as services:
        found = [each for each in services.store.tokens.list() if also_revoked or each.revoked_at is None]
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], indent=2, default=str))
        return
    if not found:
        click.echo("There are no tokens.")
    print_table(("id", "role", "made", "name", "revoked"), [_row(each) for each in found])


@token.command()
@click.argument("which", metavar="NAME|ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@BY_OPTION
def revoke(which: str, as_json: bool, by: str) -> None:
    """Ends a token, by its name or its number in the list. It is refused from then on."""
    with open_services() as services:
        tokens = services.store.tokens
        meant = _meant(which, [each for each in tokens.list() if each.revoked_at is None])
        # Somebody else may have been quicker: it is ended all the same.
        tokens.revoke(meant.id, at=services.clock.now(), by=by)
    if as_json:
        click.echo(json.dumps({"id": meant.id, "name": meant.name, "role": meant.role, "revoked": True}, indent=2))
    else:
        click.echo(f"Token {meant.id}, {meant.name}, is revoked.")


def _meant(which: str, tokens: list[Token]) -> Token:
    """The one token that is meant: a name counts before a number, and nothing is ended on a guess."""
    named = [each for each in tokens if each.name == which] or [each for each in tokens if str(each.id) == which]
    if not named:
        raise click.ClickException(f'there is no token "{which}" that is still good; see: ivr token list')
    if len(named) > 1:
        numbers = ", ".join(str(each.id) for each in named)
        raise click.ClickException(f'{len(named)} tokens are called "{which}": say which by its number ({numbers})')
    return named[0]


def _row(each: Token) -> tuple[str, ...]:
    revoked = f"{each.revoked_at:%Y-%m-%d}" if each.revoked_at else ""
    return str(each.id), each.role, f"{each.created_at:%Y-%m-%d}", each.name, revoked
