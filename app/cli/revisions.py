"""`ivr revisions`: what was published, when, by whom and why."""

import json
from collections.abc import Mapping
from pathlib import Path

import click

from app.cli.environment import desk_zone
from app.cli.publish import open_publishing
from app.cli.tables import print_table
from app.clock import SystemClock
from app.config.snapshot import build
from app.difference import compare, told
from app.publishing import COMPARED
from app.store import Publication

MOST = 20
MOST_KNOWN = 10_000
IN_FORCE = "in force"
_HEADINGS = ("", "publication", "revision", "when (UTC)", "by", "how", "why")


@click.group(invoke_without_command=True)
@click.option("--limit", default=MOST, show_default=True, type=click.IntRange(1, MOST_KNOWN), help="How many.")
@click.option("--json", "in_json", is_flag=True, help="Print JSON.")
@click.pass_context
def revisions(context: click.Context, limit: int, in_json: bool) -> None:
    """Lists what was published, newest first."""
    if context.invoked_subcommand is not None:
        return
    with open_publishing() as publishing:
        found = publishing.store.publications.page(limit)
        newest = publishing.store.publications.newest()
    if in_json:
        click.echo(json.dumps([_as_json(each, newest) for each in found], indent=2))
    elif found:
        print_table(_HEADINGS, [_row(each, newest) for each in found])
    else:
        click.echo("Nothing was ever published: each machine runs on its own folder. See: ivr publish")


@revisions.command()
@click.argument("revision", metavar="REV")
@click.option("--to", "folder", type=click.Path(path_type=Path, file_okay=False), help="Write its files there.")
def show(revision: str, folder: Path | None) -> None:
    """Tells everything about one revision, and writes its files to a new folder if asked to."""
    with open_publishing() as publishing:
        name = publishing.revision(revision)
        entries = [each for each in publishing.store.publications.page(MOST_KNOWN) if each.revision == name]
        files = publishing.store.publications.files(name)
    for entry in entries:
        click.echo(f"Publication {entry.number}, {entry.kind} on {entry.at:%Y-%m-%d at %H:%M} UTC by {entry.author}")
        click.echo(f"{entry.message}\n" if entry.message else "")
        click.echo(f"{entry.difference}\n")
    for path, data in files.items():
        click.echo(f"{len(data):8} bytes  {path}")
    if folder is not None:
        _write(folder, files)
        click.echo(f"Written to {folder}.")


@revisions.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
def diff(old: str, new: str) -> None:
    """Says in plain English what revision NEW changes against revision OLD, from now on."""
    at = SystemClock().now().replace(second=0, microsecond=0)
    with open_publishing() as publishing:
        names = [publishing.revision(each) for each in (old, new)]
        before, after = (build(publishing.files(name), loaded_from=name) for name in names)
    difference = compare(before, after, starts_at=at, ends_at=at + COMPARED)
    if not difference.changes:
        click.echo("No difference that callers or staff would notice from now on.")
        return
    click.echo(f"What changes from {before.revision} to {after.revision}.")
    for line in told(difference, zone=desk_zone(after)):
        click.echo(line)


def _row(entry: Publication, newest: Publication | None) -> tuple[str, ...]:
    mark = IN_FORCE if newest is not None and entry.number == newest.number and entry.revision else ""
    when, how = f"{entry.at:%Y-%m-%d %H:%M}", entry.kind.replace("_", " ")
    return (mark, str(entry.number), entry.revision or "-", when, entry.author, how, entry.message)


def _as_json(entry: Publication, newest: Publication | None) -> dict[str, object]:
    return {
        "publication": entry.number,
        "revision": entry.revision,
        "how": entry.kind.value,
        "in_force": newest is not None and entry.number == newest.number and entry.revision is not None,
        "author": entry.author,
        "at": entry.at.isoformat(),
        "message": entry.message,
        "difference": entry.difference,
    }


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise click.BadParameter(f"{folder} is not empty", param_hint="--to")
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
