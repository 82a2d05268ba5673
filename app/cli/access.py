"""`ivr token`: keys for programs that read the API."""

import click

from app.cli.environment import open_services

ROLES = ("staff", "supervisor", "admin")


@click.group()
def token() -> None:
    """API tokens."""


@token.command()
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the token may do.")
@click.option("--name", default="", help="What the token is for; shown in lists and in the audit log.")
def create(role: str, name: str) -> None:
    """Makes a token. It is printed once, alone on the last line; only its hash is kept."""
    with open_services() as services:
        secret = services.store.tokens.create(name or f"{role} token", role, at=services.clock.now())
    click.echo(f"A token with the role {role}. It is not shown again:")
    click.echo(secret)
