"""`ivr diff`: what an edit changes for callers and staff."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import click

from app.cli.configuration import config_folder
from app.cli.environment import Instant, desk_zone, instant_or_now
from app.config.folder import Files, read_folder
from app.config.problems import ConfigError
from app.config.snapshot import Snapshot, build
from app.difference import Change, Difference, compare, told
from app.git_folder import NoSuchRevision, read_revision

DAYS = 120
BAD_SIDE = 2


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two configurations, and how the user named it."""

    name: str
    snapshot: Snapshot


@click.command()
@click.argument("old")
@click.argument("new", required=False)
@click.option("--days", default=DAYS, show_default=True, type=click.IntRange(1, 1100), help="Days of duty to compare.")
@click.option("--at", type=Instant(), help="Where they begin (default: now; without a zone: the desk's).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def diff(old: str, new: str | None, days: int, at: datetime | None, as_json: bool) -> None:
    """Says in plain English what NEW changes against OLD.

    Each is a folder with ivr_flows/ and schedules/, or a git revision such as HEAD, main or v1.2. Without NEW the
    files of the service itself are meant (IVR_CONFIG_DIR, else this folder). Exit 2 when a side has faults.

    Only what is written is compared: what was changed by text or at the desk stands above both sides alike.
    """
    before, after = _sides(old, new)
    starts_at = instant_or_now(at, after.snapshot).replace(microsecond=0)
    difference = compare(before.snapshot, after.snapshot, starts_at=starts_at, ends_at=starts_at + timedelta(days=days))
    if as_json:
        click.echo(json.dumps(_as_json(before, after, difference), indent=2))
        return
    for line in _lines(before, after, difference):
        click.echo(line)


def _sides(old: str, new: str | None) -> tuple[_Side, _Side]:
    """Read both sides. Faults of either are printed with its name and end the command."""
    here = config_folder()
    read: list[_Side] = []
    faults: list[str] = []
    for which, text in (("OLD", old), ("NEW", new)):
        name = text or "the present files"
        try:
            read.append(_Side(name, build(_files(text, here), loaded_from=name)))
        except NoSuchRevision as fault:
            faults.append(f"{which}: {fault}")
        except ConfigError as error:
            faults.extend(f"{which} ({name}): {problem}" for problem in error.problems)
    if faults:
        click.echo("\n".join(faults), err=True)
        raise click.exceptions.Exit(BAD_SIDE)
    before, after = read
    return before, after


def _files(text: str | None, here: Path) -> Files:
    if text is None:
        return read_folder(here)
    return read_folder(Path(text)) if text and Path(text).is_dir() else read_revision(here, text)


def _lines(before: _Side, after: _Side, difference: Difference) -> Iterator[str]:
    if not difference.changes:
        yield "No difference."
        if before.snapshot.revision != after.snapshot.revision:
            yield "The files differ, but not in anything callers or staff would notice from now on."
        return
    yield f"What changes from {before.name} to {after.name}."
    yield from told(difference, zone=desk_zone(after.snapshot))


def _as_json(before: _Side, after: _Side, difference: Difference) -> dict[str, object]:
    return {
        "changed": bool(difference.changes),
        "old": {"name": before.name, "revision": before.snapshot.revision},
        "new": {"name": after.name, "revision": after.snapshot.revision},
        "from": difference.window.starts_at.isoformat(),
        "until": difference.window.ends_at.isoformat(),
        "changes": [_change_as_json(change) for change in difference.changes],
    }


def _change_as_json(change: Change) -> dict[str, object]:
    return {
        "section": change.section.name.lower(),
        "text": change.text,
        "because": change.because,
        "source": str(change.source) if change.source else None,
        **change.detail,
    }
