"""`ivr publish` and `ivr rollback`: bring a configuration into force on all machines."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click

from app.cli.configuration import CONFIG_OPTION, config_folder
from app.cli.environment import settings_or_exit
from app.clock import SystemClock
from app.config.problems import ConfigError
from app.publishing import Deed, Draft, HasGaps, NoSuchPublication, Publishing
from app.store import NotTheNewest, Publication, PublicationKind, Store, StoreUnavailable

PATIENCE_SECONDS = 10.0
NOTHING = "none"


def _whoever_runs_this() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"


BY_OPTION = click.option("--by", default=_whoever_runs_this, show_default="your user name", help="Who does it.")
GAPS_OPTION = click.option(
    "--allow-gaps", metavar="REASON", help="Publish although an emergency would reach nobody at times, and why."
)
EXPECT_OPTION = click.option(
    "--expect", metavar="REV", help=f"Only if this revision is in force ({NOTHING}: only if nothing is published)."
)
DRY_RUN_OPTION = click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")


@click.command()
@CONFIG_OPTION
@BY_OPTION
@click.option("--message", default="", help="Why, in a sentence.")
@DRY_RUN_OPTION
@click.option("--if-changed", is_flag=True, help="Not if these files were ever published before: for a release step.")
@EXPECT_OPTION
@GAPS_OPTION
@click.option("--stop", is_flag=True, help="Publish nothing any more: each machine runs on its own folder again.")
def publish(
    folder: Path | None,
    by: str,
    message: str,
    dry_run: bool,
    if_changed: bool,
    expect: str | None,
    allow_gaps: str | None,
    stop: bool,
) -> None:
    """Brings the configuration folder into force on all machines, within seconds and until the next `ivr publish`.

    Refuses what `ivr check` refuses, and rotas with gaps in the next 90 days. Shows what changes for callers and staff.
    Once something is published, no process looks at its own folder any more. Publishing the same twice is harmless.
    Exit 1 when it is refused.
    """
    at = SystemClock().now()
    with open_publishing() as publishing:
        if stop:
            _stop(publishing, Deed(by=by, at=at, message=message, kind=PublicationKind.STOPPED))
            return
        draft = publishing.draft_of_folder(config_folder(folder), at=at)
        known = publishing.store.publications.last_written(draft.written) if if_changed else None
        if known is not None:
            click.echo(_known(known, draft))
            return
        _carry_out(
            publishing, draft, Deed(by=by, at=at, message=message, allow_gaps=allow_gaps), expect=expect, dry=dry_run
        )


@click.command()
@click.argument("revision", metavar="REV")
@click.option("--because", required=True, help="Why, in a sentence.")
@BY_OPTION
@DRY_RUN_OPTION
@EXPECT_OPTION
@GAPS_OPTION
def rollback(revision: str, because: str, by: str, dry_run: bool, expect: str | None, allow_gaps: str | None) -> None:
    """Brings an earlier revision into force again, as a new entry of `ivr revisions`; nothing is ever rewritten.

    REV is a revision, or how its name begins. The folder it came from stays as it is: mend it before you publish again.
    """
    at = SystemClock().now()
    deed = Deed(by=by, at=at, message=because, kind=PublicationKind.ROLLED_BACK, allow_gaps=allow_gaps)
    with open_publishing() as publishing:
        _carry_out(publishing, publishing.draft_of_revision(revision, at=at), deed, expect=expect, dry=dry_run)


@contextmanager
def open_publishing() -> Iterator[Publishing]:
    """What publishes to the database of the environment; whatever it refuses is told, and ends the command."""
    store = Store.open(settings_or_exit().database_url, timeout_seconds=PATIENCE_SECONDS)
    try:
        yield Publishing(store)
    except StoreUnavailable as fault:
        _refuse(f"The database cannot be used: {fault.reason}. Is DATABASE_URL right? Try: ivr db upgrade")
    except ConfigError as error:
        _refuse(*map(str, error.problems), "Nothing was published.")
    except NoSuchPublication as fault:
        _refuse(str(fault))
    except HasGaps as fault:
        told = 'An emergency would reach nobody at these times. To publish all the same: --allow-gaps "reason".'
        _refuse(*fault.gaps, told, "Nothing was published.")
    except NotTheNewest as fault:
        told = "Somebody else has published meanwhile" if fault.newest else "Nothing is published any more"
        _refuse(f"{told}. {_in_force(fault.newest)} Look at it, and publish again.")
    finally:
        store.close()


def _carry_out(publishing: Publishing, draft: Draft, deed: Deed, *, expect: str | None, dry: bool) -> None:
    revision = draft.snapshot.revision
    if expect is not None and not _is_expected(draft.before, expect):
        _refuse(f"You expected {expect}. {_in_force(draft.before)} Nothing was published.")
    if draft.is_in_force:
        click.echo(f"Revision {revision} is in force already.")
        return
    click.echo("\n".join(draft.difference))
    click.echo("")
    if dry:
        click.echo("\n".join([*draft.gaps, f"Revision {revision} is good and was not published (--dry-run)."]))
        return
    made = publishing.publish(draft, deed)
    click.echo(f"Published: revision {revision}, publication {made.number}. Every process takes it within seconds.")


def _stop(publishing: Publishing, deed: Deed) -> None:
    stopped = publishing.stop(deed)
    if stopped is None:
        click.echo("Nothing is published: each machine runs on its own folder.")
    else:
        click.echo("Publishing has ended: each machine runs on its own folder again, within seconds.")


def _is_expected(before: Publication | None, expect: str) -> bool:
    if before is None or before.revision is None:
        return expect == NOTHING
    return bool(expect) and before.revision.startswith(expect.lower())


def _known(known: Publication, draft: Draft) -> str:
    when = f"on {known.at:%Y-%m-%d at %H:%M} UTC by {known.author}"
    if draft.is_in_force or (draft.before and draft.before.written == draft.written):
        return f"These files are in force already: published {when}."
    return f"These files were published {when}, and something else has been since. {_in_force(draft.before)}"


def _in_force(newest: Publication | None) -> str:
    if newest is None or newest.revision is None:
        return "Nothing is published: each machine runs on its own folder."
    return f"In force is revision {newest.revision}, by {newest.author} on {newest.at:%Y-%m-%d at %H:%M} UTC."


def _refuse(*lines: str) -> NoReturn:
    click.echo("\n".join(lines), err=True)
    raise click.exceptions.Exit(1)
