"""What several subcommands start from: settings, configuration and services, with faults told as a user reads them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import click

from app.clock import SystemClock
from app.config.problems import ConfigError
from app.config.snapshot import Snapshot, load
from app.services import Services, open_configuration, wire
from app.settings import Settings, SettingsError, read_settings
from app.store import Store, StoreUnavailable


def settings_or_exit() -> Settings:
    """The settings of the environment; faults end the command with exit code 2."""
    try:
        return read_settings(os.environ)
    except SettingsError as error:
        for fault in error.faults:
            click.echo(fault, err=True)
        raise click.exceptions.Exit(2) from error


def snapshot_or_exit(folder: Path) -> Snapshot:
    """The configuration in a folder; faults are printed one a line and end the command with exit code 1."""
    try:
        return load(folder)
    except ConfigError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        raise click.exceptions.Exit(1) from error


def live_snapshot_or_exit(settings: Settings) -> Snapshot:
    """What a service started now would run on: what is published, else the folder, else the last good copy.

    The last is told on stderr, with its reason.
    """
    store = _store_that_is_there(settings)
    try:
        config = open_configuration(settings, SystemClock(), store)
    except ConfigError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        raise click.exceptions.Exit(1) from error
    finally:
        if store is not None:
            store.close()
    if config.fault is not None:
        for problem in config.fault.problems:
            click.echo(str(problem), err=True)
        kept, bad = config.current().revision, config.fault.published
        what = "The files are bad" if bad is None else f"{str(bad).capitalize()} cannot be used"
        click.echo(f"{what}, so the last good configuration {kept} stays in force.", err=True)
    return config.current()


def _store_that_is_there(settings: Settings) -> Store | None:
    file = settings.database_url.removeprefix("sqlite:///")
    if file != settings.database_url and not Path(file).exists():
        return None  # a question makes no database
    return Store.open(settings.database_url)


@contextmanager
def open_services() -> Iterator[Services]:
    """The services of the environment, closed at the end; an unusable database ends the command with exit code 1."""
    settings = settings_or_exit()
    live_snapshot_or_exit(settings)
    services = wire(settings)
    try:
        yield services
    except StoreUnavailable as fault:
        click.echo(f"The database cannot be used: {fault.reason}. Is DATABASE_URL right? Try: ivr db upgrade", err=True)
        raise click.exceptions.Exit(1) from fault
    finally:
        services.store.close()


class Instant(click.ParamType[datetime]):
    """An ISO instant. Without a zone it is taken in the desk's zone, which the command's help says."""

    name = "ISO instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not an instant such as 2026-11-28T03:00-06:00", param, ctx)


def instant_or_now(at: datetime | None, snapshot: Snapshot) -> datetime:
    """The instant a user gave (in the desk's zone unless it names its own), or the present one."""
    if at is None:
        return SystemClock().now()
    return in_desk_zone(at, snapshot)


def in_desk_zone(at: datetime, snapshot: Snapshot) -> datetime:
    """An aware instant: a wall time without zone is read in the zone of the desk's business hours."""
    if at.tzinfo is not None:
        return at
    return at.replace(tzinfo=desk_zone(snapshot))


def desk_zone(snapshot: Snapshot) -> tzinfo:
    """The zone of the desk's business hours; UTC where there are none."""
    hours = next(iter(snapshot.roster.hours.values()), None)
    return UTC if hours is None else hours.zone
