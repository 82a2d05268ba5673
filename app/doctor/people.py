"""Checks of those who are to be reached: their numbers, their duty, and whether every emergency comes to somebody."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import phonenumbers

from app.config.snapshot import Snapshot
from app.doctor.findings import Finding, Installation, State

AHEAD: Final = timedelta(days=14)
COVERED: Final = timedelta(days=400)
PLACES_TOLD: Final = 3
_SAMPLE = re.compile(r"\+1\d{3}55501\d\d\Z")
_NO_YAML: Final = "the configuration has faults"


def numbers(installation: Installation) -> Iterator[Finding]:
    """Every number can be dialled, is one person's alone, and is none of our own lines."""
    snapshot = installation.snapshot
    if snapshot is None:
        yield Finding("staff numbers", State.SKIPPED, _NO_YAML)
        return
    owners = _owners(snapshot)
    remedy = "correct schedules/staff.yaml, then run: ivr check"
    faults = list(_faults(snapshot, owners, live=not installation.settings.simulated))
    if faults:
        yield Finding("staff numbers", State.FAIL, _listed(faults), remedy)
    without = [person.name for person in snapshot.roster.people.values() if not person.phones]
    if without:
        yield Finding("staff numbers", State.WARN, f"without a number: {', '.join(without)}", remedy)
    if not faults and not without:
        yield Finding("staff numbers", State.OK, f"{len(owners)} numbers, valid and each of one party")


def _owners(snapshot: Snapshot) -> dict[str, list[str]]:
    owners: dict[str, list[str]] = {}
    for person in snapshot.roster.people.values():
        for number in person.phones:
            owners.setdefault(number, []).append(person.name)
    for party in snapshot.roster.outside_parties.values():
        owners.setdefault(party.number, []).append(party.title)
    return owners


def _faults(snapshot: Snapshot, owners: dict[str, list[str]], *, live: bool) -> Iterator[str]:
    lines = {line.number: line.title for line in snapshot.book.lines.values()}
    for number, names in owners.items():
        if number in lines:
            yield f"{names[0]} has the number of our own {lines[number]}: the call would come back to us"
        if len(names) > 1:
            yield f"{' and '.join(names)} share a number: one phone would ring for both"
        if live and _SAMPLE.match(number):
            yield f"{names[0]} has one of the sample numbers, which belong to nobody"
        elif live and not phonenumbers.is_valid_number(phonenumbers.parse(number, None)):
            yield f"the number of {names[0]} is not in use anywhere"


def on_call(installation: Installation) -> Iterator[Finding]:
    """Everybody who is on call in the next days has a number."""
    snapshot = installation.snapshot
    if snapshot is None:
        yield Finding("on call", State.SKIPPED, _NO_YAML)
        return
    at = installation.clock.now()
    roster, quick = snapshot.roster, installation.quick(at=at)
    shifts = [
        shift for name in roster.schedules for shift in roster.shifts(name, after=at, until=at + AHEAD, quick=quick)
    ]
    without = {shift.person: shift for shift in shifts if not roster.people[shift.person].phones}
    if without:
        told = [f"{name} ({shift.schedule}, {shift.source})" for name, shift in without.items()]
        what = f"on call within {AHEAD.days} days and without a number: {_listed(told)}"
        yield Finding(
            "on call", State.FAIL, what, "give them a number in schedules/staff.yaml, or somebody else the duty"
        )
    else:
        people = len({shift.person for shift in shifts})
        yield Finding("on call", State.OK, f"the {people} people on call in the next {AHEAD.days} days have numbers")


def coverage(installation: Installation) -> Iterator[Finding]:
    """An emergency reaches a person at every minute, as `ivr coverage` sees it. A gap far ahead can still be filled."""
    snapshot = installation.snapshot
    if snapshot is None:
        yield Finding("coverage", State.SKIPPED, _NO_YAML)
        return
    from app.coverage import sweep  # noqa: PLC0415 (walks every flow: loaded only where it is used)

    at = installation.clock.now().replace(second=0, microsecond=0)
    gaps = sweep(snapshot, starts_at=at, ends_at=at + COVERED, quick=installation.quick(at=at)).gaps
    if not gaps:
        yield Finding(
            "coverage", State.OK, f"an emergency reaches a person at every minute of the next {COVERED.days} days"
        )
        return
    first = gaps[0]
    state = State.FAIL if first.starts_at < at + AHEAD else State.WARN
    when = f"{first.starts_at:%Y-%m-%dT%H:%MZ} on the {first.line} line"
    what = f"{len(gaps)} gaps in {COVERED.days} days, the first at {when}: {first.finding.because}"
    yield Finding("coverage", state, what, "run: ivr coverage")


def _listed(told: list[str]) -> str:
    more = len(told) - PLACES_TOLD
    return "; ".join(told[:PLACES_TOLD]) + (f"; and {more} more" if more > 0 else "")
