"""`ivr voicemail`: messages at this machine. Each one that is taken out is in the audit log."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import click

from app.cli.environment import desk_zone, open_services
from app.cli.operator import BY_OPTION
from app.cli.tables import print_table
from app.store import Voicemail, VoicemailFilters, VoicemailState
from app.voicemail import NotPlayable, Voicemails
from app.written import NO_YEAR, Dates

SHOWN = 50
STATES = tuple(state.value for state in VoicemailState)
PRIVATE = 0o600


@click.group()
def voicemail() -> None:
    """Messages callers left."""


@voicemail.command(name="list")
@click.option("--state", type=click.Choice(STATES), help="Only messages at this place in their life.")
@click.option("--ticket", type=int, help="Only messages of this ticket.")
@click.option("--open", "only_open", is_flag=True, help="Only messages nobody has finished with.")
@click.option("--limit", default=SHOWN, show_default=True, type=click.IntRange(1, 1000), help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_messages(state: str | None, ticket: int | None, only_open: bool, limit: int, as_json: bool) -> None:
    """Lists messages, newest first: where each is in its life and who has it. Never what was said."""
    filters = VoicemailFilters(
        state=VoicemailState(state) if state else None, ticket=ticket, done=False if only_open else None
    )
    with open_services() as services:
        page = services.store.voicemails.page(filters, limit=limit)
        dates = Dates(desk_zone(services.config.current()), NO_YEAR)
    if as_json:
        click.echo(json.dumps([_as_json(each) for each in page.items], indent=2, default=str))
        return
    if not page.items:
        click.echo("There are no messages.")
    rows = [_row(each, dates) for each in page.items]
    print_table(("message", "ticket", "left", "seconds", "state", "who has it"), rows)
    if page.next:
        click.echo("There are more: ask with --limit.")


@voicemail.command()
@click.argument("recording_sid", metavar="ID")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@BY_OPTION
def save(recording_sid: str, file: Path, force: bool, by: str) -> None:
    """Writes the sound of a message, deciphered, to FILE (WAV), readable by you alone.

    It is in the audit log from then on that you have it. What callers say may be about patients: delete the file when
    it is of no more use.
    """
    if file.exists() and not force:
        raise click.ClickException(f"{file} is there already: --force writes over it")
    with open_services() as services:
        try:
            sound = Voicemails(services).play(recording_sid, by=by, role="admin", at=services.clock.now())
        except NotPlayable as fault:
            raise click.ClickException(str(fault)) from fault
    try:
        _write(file, sound)
    except OSError as fault:
        raise click.ClickException(f"{file} cannot be written: {fault.strerror}") from fault
    click.echo(f"Written to {file}: {len(sound)} bytes. The audit log has your name: {by}.")


def _write(file: Path, sound: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    with os.fdopen(descriptor, "wb") as opened:
        # A file that was there keeps its rights unless they are changed.
        os.fchmod(opened.fileno(), PRIVATE)
        opened.write(sound)


def _row(each: Voicemail, dates: Dates) -> tuple[str, ...]:
    seconds = "" if each.seconds is None else str(each.seconds)
    has_it = f"done by {each.done_by}" if each.done_by else each.claimed_by or ""
    return each.recording_sid, str(each.ticket), dates.moment(each.created_at), seconds, each.state, has_it


def _as_json(each: Voicemail) -> dict[str, object]:
    return {name: value for name, value in asdict(each).items() if name not in {"encryption", "turn"}}
