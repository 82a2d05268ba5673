"""One revision of the whole configuration: built of its files, and checked across them.

It knows no single file's form; a configuration with any error is never handed out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from app.config.booking import read_pages
from app.config.clients import numbers_of_ours, read_clients
from app.config.crosscheck import cross_check, known_names
from app.config.duty import build_roster
from app.config.duty_time_off import calendars_among
from app.config.folder import CALENDAR, Files, read_folder
from app.config.problems import ConfigError, Problem, Severity
from app.config.prompt_lint import lint
from app.config.source import Document, parse
from app.flow.book import FlowBook
from oncall import Gap, Roster, Schedule

GAP_DAYS = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything a call needs to know, frozen. `warnings` are what staff should look at; nothing in it is wrong."""

    revision: str
    roster: Roster
    book: FlowBook
    loaded_from: str
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What was checked, in numbers; `revision` is None when nothing usable came of it."""

    files: int
    errors: int
    warnings: int
    revision: str | None = None
    flows: int = 0
    nodes: int = 0
    prompts: int = 0
    people: int = 0
    schedules: int = 0

    def __str__(self) -> str:
        told = ", ".join((_count(self.errors, "error"), _count(self.warnings, "warning")))
        if self.revision is None:
            return f"{_count(self.files, 'file')} read: {told}; nothing was loaded"
        parts = (
            _count(self.files, "file"),
            _count(self.flows, "flow"),
            _count(self.nodes, "node"),
            _count(self.prompts, "prompt"),
            "1 person" if self.people == 1 else f"{self.people} people",
            _count(self.schedules, "schedule"),
        )
        return f"revision {self.revision} is good: {', '.join(parts)}; {told}"


def load(folder: Path, *, at: datetime | None = None) -> Snapshot:
    """Read and check the whole folder. Raises ConfigError with all problems of all files, warnings among them.

    With `at`, gaps on call in the 28 days from that instant become warnings of the snapshot.
    """
    return build(read_folder(folder), loaded_from=str(folder), at=at)


def build(files: Files, *, loaded_from: str, at: datetime | None = None) -> Snapshot:
    """Make a snapshot of files already read, wherever they came from. Raises ConfigError as `load` does."""
    if not files.contents:
        raise ConfigError(files.problems or [Problem(loaded_from, 1, 1, "there is no configuration in this folder")])
    documents, problems = _documents(files)
    unread = frozenset(files.contents) - frozenset(documents) | {each.file for each in files.problems}
    revision = files.revision
    calendars = calendars_among(files.contents)
    roster, duty_problems = build_roster(documents, unread=unread, revision=revision, calendars=calendars)
    pages = read_pages(documents, unread)
    ours = numbers_of_ours(roster, {name: line.number for name, line in pages.lines.items()})
    pages.callers, client_problems = read_clients(documents, known=known_names(pages), ours=ours)
    problems += client_problems
    problems += [*duty_problems, *pages.problems, *cross_check(pages, roster), *lint(pages, files.contents)]
    if roster is not None and at is not None:
        problems += _gaps(roster, at=at)
    if roster is None or any(each.severity is Severity.ERROR for each in problems):
        raise ConfigError(problems)
    return Snapshot(
        revision=revision,
        roster=roster,
        book=pages.book(revision),
        loaded_from=loaded_from,
        warnings=tuple(sorted(set(problems))),
    )


def check(folder: Path, *, at: datetime | None = None) -> tuple[list[Problem], Summary]:
    """Return every problem in the folder, errors and warnings, in reading order, and a summary for one line."""
    files = read_folder(folder)
    try:
        snapshot = build(files, loaded_from=str(folder), at=at)
    except ConfigError as error:
        errors, warnings = _tally(error.problems)
        return list(error.problems), Summary(files=len(files.contents), errors=errors, warnings=warnings)
    book, roster = snapshot.book, snapshot.roster
    summary = Summary(
        files=len(files.contents),
        errors=0,
        warnings=len(snapshot.warnings),
        revision=snapshot.revision,
        flows=len(book.flows),
        nodes=sum(len(flow.nodes) for flow in book.flows.values()),
        prompts=sum(map(len, book.prompts.values())),
        people=len(roster.people),
        schedules=len(roster.schedules),
    )
    return list(snapshot.warnings), summary


def _documents(files: Files) -> tuple[dict[str, Document], list[Problem]]:
    documents: dict[str, Document] = {}
    problems = list(files.problems)
    for name, data in files.contents.items():
        if name.endswith(CALENDAR):
            continue
        try:
            documents[name] = parse(data, name)
        except ConfigError as error:
            problems.extend(error.problems)
    return documents, problems


def _gaps(roster: Roster, *, at: datetime) -> list[Problem]:
    """Return one warning for each schedule with gaps, naming the first: the rest often have the same cause."""
    until = at + timedelta(days=GAP_DAYS)
    found = ((schedule, roster.gaps(name, after=at, until=until)) for name, schedule in roster.schedules.items())
    return [_gap_problem(schedule, gaps) for schedule, gaps in found if gaps]


def _gap_problem(schedule: Schedule, gaps: tuple[Gap, ...]) -> Problem:
    first = gaps[0]
    place = first.source or schedule.source
    starts, ends = (f"{each.astimezone(schedule.zone):%a %-d %b %Y %H:%M}" for each in (first.starts_at, first.ends_at))
    more = f" (and {_count(len(gaps) - 1, 'more gap')} within {GAP_DAYS} days)" if len(gaps) > 1 else ""
    message = f"a gap from {starts} to {ends}{more}: {first.because}"
    return Problem(place.file, place.line, 1, message, Severity.WARNING)


def _tally(problems: tuple[Problem, ...]) -> tuple[int, int]:
    warnings = sum(each.severity is Severity.WARNING for each in problems)
    return len(problems) - warnings, warnings


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
