"""Which configuration folder a command reads: the one asked for, else the service's own."""

import os
from pathlib import Path

import click

CONFIG_OPTION = click.option(
    "--config",
    "folder",
    type=click.Path(path_type=Path),
    help="Folder with ivr_flows/ and schedules/ (default: IVR_CONFIG_DIR, else this folder).",
)


def config_folder(asked_for: Path | None = None) -> Path:
    """The folder a command was asked to read, else IVR_CONFIG_DIR, else the working folder."""
    return asked_for or Path(os.environ.get("IVR_CONFIG_DIR") or ".")
