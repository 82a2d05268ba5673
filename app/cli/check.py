"""`ivr check`: is everything in the configuration folder right?"""

import json
import os
from dataclasses import asdict
from pathlib import Path

import click

from app.clock import SystemClock
from app.config.snapshot import check as check_folder
from app.rehearsal import rehearse_folder
from app.written import counted


@click.command()
@click.option("--config", "folder", type=click.Path(path_type=Path), help="Folder with ivr_flows/ and schedules/.")
@click.option("--cases/--no-cases", "with_cases", default=True, help="Play the cases in ivr_flows/cases/ as well.")
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
def check(folder: Path | None, with_cases: bool, as_json: bool) -> None:
    """Validates every YAML file and prints file:line:column: message for all faults. Exit 1 when there are any.

    When all is well, the calls in ivr_flows/cases/ are played; one that goes otherwise than written is a fault.
    """
    where = folder or Path(os.environ.get("IVR_CONFIG_DIR") or ".")
    problems, summary = check_folder(where, at=SystemClock().now())
    played = ""
    if with_cases:
        rehearsed = rehearse_folder(where)
        problems, played = sorted([*problems, *rehearsed.problems]), f"; {counted(rehearsed.played, 'case')} played"
    errors = [problem for problem in problems if problem.severity == "error"]
    if as_json:
        click.echo(json.dumps({"ok": not errors, "problems": [asdict(problem) for problem in problems]}, indent=2))
    else:
        for problem in problems:
            click.echo(str(problem))
        click.echo(f"{len(errors)} {'fault' if len(errors) == 1 else 'faults'}." if errors else f"{summary}{played}")
    if errors:
        raise click.exceptions.Exit(1)
