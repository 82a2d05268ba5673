"""`ivr feed`: addresses under which calendar programs read shifts."""

import json
from dataclasses import asdict

import click

from app.cli.environment import open_services
from app.cli.operator import BY_OPTION
from app.config.problems import did_you_mean
from app.feeds import Feeds, Subject, SubjectKind
from app.services import Services


@click.group()
def feed() -> None:
    """Calendar feeds: shifts for a calendar program to subscribe to."""


@feed.command()
@click.option("--person", help="Somebody's shifts in all schedules.")
@click.option("--schedule", help="All shifts of a schedule.")
@BY_OPTION
def create(person: str | None, schedule: str | None, by: str) -> None:
    """Makes a feed. Its address is printed once, alone on the last line; whoever has it can read the feed."""
    if (person is None) == (schedule is None):
        raise click.UsageError("say whose shifts: --person NAME or --schedule NAME")
    kind = SubjectKind.PERSON if person is not None else SubjectKind.SCHEDULE
    with open_services() as services:
        subject = _subject(services, kind, person or schedule or "")
        address = Feeds(services).create(subject, by=by)
    click.echo(f"The shifts of {kind} {subject.name}. The address is not shown again:")
    click.echo(address)


@feed.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_feeds(as_json: bool) -> None:
    """Lists all feeds, without their addresses."""
    with open_services() as services:
        found = Feeds(services).list()
    if as_json:
        click.echo(json.dumps([asdict(token) for token in found], indent=2, default=str))
        return
    for token in found:
        ended = f", revoked {token.revoked_at:%Y-%m-%d}" if token.revoked_at else ""
        click.echo(f"{token.id:>5}  {token.name.removeprefix('feed:')}, made {token.created_at:%Y-%m-%d}{ended}")


@feed.command()
@click.argument("feed_id", type=int)
@BY_OPTION
def revoke(feed_id: int, by: str) -> None:
    """Ends a feed, by its number in the list. Its address is dead at once."""
    with open_services() as services:
        ended = Feeds(services).revoke(feed_id, by=by)
    if not ended:
        raise click.ClickException(f"there is no feed {feed_id} that is still served; see: ivr feed list")
    click.echo(f"Feed {feed_id} is revoked.")


def _subject(services: Services, kind: SubjectKind, name: str) -> Subject:
    roster = services.config.current().roster
    known = roster.people if kind is SubjectKind.PERSON else roster.schedules
    if name not in known:
        raise click.BadParameter(f'there is no {kind} "{name}"{did_you_mean(name, known)}', param_hint=f"--{kind}")
    return Subject(kind, name)
