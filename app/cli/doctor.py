"""`ivr doctor`: checks the whole installation."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

import click

from app.cli.fallback import FALLBACK_URL
from app.clock import Clock, clock_for
from app.config.problems import ConfigError, Problem
from app.config.snapshot import Snapshot
from app.doctor import Finding, HttpWeb, Installation, State, examine
from app.provisioning import has_account
from app.services import open_configuration
from app.settings import Settings, SettingsError, read_settings
from app.store import Spool, Store
from app.telephony.outbound import TwilioTelephony
from app.written import counted


@click.command()
@FALLBACK_URL
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(fallback_url: str | None, *, as_json: bool) -> None:
    """Looks at everything calls depend on, and says what to do about what is wrong.

    Settings, YAML, people and coverage, database, clock process, the public address with a signed round trip, the
    certificate, and the numbers at Twilio. Without an account what concerns Twilio is skipped. Exit 1 on any fault.
    """
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        remedy = "the README lists every variable"
        findings: Iterable[Finding] = [Finding("settings", State.FAIL, fault, remedy) for fault in error.faults]
        _tell(findings, as_json=as_json)
        return
    store = Store.open(settings.database_url)
    try:
        _tell(examine(_installation(settings, store, fallback_url)), as_json=as_json)
    finally:
        store.close()


def _installation(settings: Settings, store: Store, fallback_url: str | None) -> Installation:
    """The parts one by one, because the doctor is asked when not all of them can be had."""
    clock = clock_for(settings.clock_start)
    snapshot, faults = _configuration(settings, clock, store)
    return Installation(
        settings=settings,
        clock=clock,
        store=store,
        spool=Spool(settings.instance_dir / "spool"),
        snapshot=snapshot,
        faults=faults,
        provider=TwilioTelephony(settings) if has_account(settings) else None,
        web=HttpWeb(),
        fallback_url=fallback_url,
    )


def _configuration(settings: Settings, clock: Clock, store: Store) -> tuple[Snapshot | None, tuple[Problem, ...]]:
    try:
        config = open_configuration(settings, clock, store)
    except ConfigError as error:
        return None, tuple(error.problems)
    return config.current(), config.fault.problems if config.fault else ()


def _tell(findings: Iterable[Finding], *, as_json: bool) -> None:
    told: list[Finding] = []
    for finding in findings:
        told.append(finding)
        if not as_json:
            _print(finding)
    states = Counter(finding.state for finding in told)
    if as_json:
        click.echo(json.dumps({"ok": not states[State.FAIL], "findings": [asdict(each) for each in told]}, indent=2))
    else:
        click.echo(_summary(states, told))
    if states[State.FAIL]:
        raise click.exceptions.Exit(1)


def _print(finding: Finding) -> None:
    click.echo(f"{finding.state:7}  {finding.check:17}  {finding.what}")
    if finding.remedy and finding.state in {State.WARN, State.FAIL}:
        click.echo(f"{'':7}  {'':17}  -> {finding.remedy}")


def _summary(states: Mapping[State, int], told: Sequence[Finding]) -> str:
    faults, warnings = counted(states[State.FAIL], "fault"), counted(states[State.WARN], "warning")
    skipped = states[State.SKIPPED]
    return f"{len(told) - skipped} checked: {faults}, {warnings}; {skipped} skipped."
