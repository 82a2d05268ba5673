"""What people have changed while the service runs, for commands that otherwise answer from YAML.

It asks the database and makes none. Where there is none to ask, that is said, and the YAML alone counts.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from app.settings import SettingsError, read_database_url
from app.store import Store, StoreUnavailable
from oncall import DeskOverride, Override

_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class Quick:
    """Quick overrides, and what was said by hand of the desk's being open.

    `yaml_alone` when they could not be asked for, so that there are none here.
    """

    overrides: tuple[Override, ...] = ()
    desk: tuple[DeskOverride, ...] = ()
    yaml_alone: bool = False


def quick_overrides(*, at: datetime) -> Quick:
    """Return those in force or to come `at`, or over for no more than a day. A fault is told on stderr."""
    try:
        url = read_database_url(os.environ)
        file = url.removeprefix(_SQLITE)
        if file != url and not Path(file).exists():
            return _alone("there is no such file yet")
        return _asked(url, at)
    except SettingsError as error:
        return _alone("; ".join(error.faults))
    except StoreUnavailable as fault:
        return _alone(fault.reason)


def _asked(url: str, at: datetime) -> Quick:
    store = Store.open(url)
    try:
        return Quick(store.overrides.quick(at=at), store.desk.in_force(at=at))
    finally:
        store.close()


def _alone(reason: str) -> Quick:
    told = "This is from the YAML files alone: the database cannot be asked what was changed by text or at the desk"
    click.echo(f"{told} ({reason}).", err=True)
    return Quick(yaml_alone=True)
