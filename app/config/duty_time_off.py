"""Turns the calendars that schedules/on_call.yaml names into time off, and says what in them cannot be used.

How an iCalendar file is read is known elsewhere, and so is where the file comes from.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from app.config.calendar_reading import NotACalendar, Reading, read_calendar
from app.config.duty_calendars import FOLDER, TimeOffCalendarModel
from app.config.duty_models import OnCallFile
from app.config.duty_report import Page
from app.config.duty_words import read_zone
from app.config.folder import CALENDAR, MAX_CALENDAR_BYTES, read_folder
from app.config.problems import ConfigError, Problem, Severity, did_you_mean
from app.config.source import parse
from app.config.validation import dotted, validate
from oncall import Source, TimeOff

SCHEDULES = "schedules"
_REMEDY = "mend it in the calendar it comes from"
REASON = "time off in their own calendar"
ON_CALL = f"{SCHEDULES}/on_call.yaml"


def calendar_time_off(
    page: Page[OnCallFile], calendars: Mapping[str, bytes], *, people: frozenset[str]
) -> Iterator[TimeOff]:
    """Yield the time off in every calendar that is named. What cannot be used is noted on the page.

    `calendars` holds the bytes of calendar files by name, such as schedules/time_off/jamison.ics.
    """
    if page.content is None:
        return
    models, zone = page.content.time_off_calendars, read_zone(page.content.zone)
    for index, model in enumerate(models):
        path = ("time_off_calendars", index)
        page.must_exist((*path, "person"), model.person, "person", people)
        twin = next((other for other, each in enumerate(models[:index]) if each.file == model.file), None)
        if twin is not None:
            page.fault(
                (*path, "file"), f"{model.file} is also calendar {twin + 1}: give each person a file of their own"
            )
        name = f"{FOLDER}/{model.file}"
        if name in calendars:
            yield from _time_off(page, model.person, name, calendars[name], zone)
        else:
            _note_missing(page, index, model, calendars)
    page.problems.extend(_unread(calendars, {f"{FOLDER}/{model.file}" for model in models}))


def _time_off(page: Page[OnCallFile], person: str, name: str, data: bytes, zone: ZoneInfo) -> Iterator[TimeOff]:
    try:
        reading = _read(data, zone)
    except NotACalendar as fault:
        page.problems.append(Problem(name, 1, 1, str(fault)))
        return
    for each in reading.left_out:
        message = f"the event that begins here does not count, because {each.reason}: {_REMEDY}"
        page.problems.append(Problem(name, each.line, 1, message, Severity.WARNING))
    for span in reading.away:
        yield TimeOff(person, span.starts_at, span.ends_at, REASON, Source(name, span.line))


def _note_missing(
    page: Page[OnCallFile], index: int, model: TimeOffCalendarModel, calendars: Mapping[str, bytes]
) -> None:
    path = ("time_off_calendars", index, "file")
    if model.url is None:
        names = [name.removeprefix(f"{FOLDER}/") for name in calendars]
        page.fault(path, f"there is no file {FOLDER}/{model.file}{did_you_mean(model.file, names)}")
        return
    # The clock process fetches it; until it has, the desk runs without.
    message = f"{dotted(path)}: has not been fetched yet, so nothing in it counts"
    page.problems.append(page.document.problem(path, message, severity=Severity.WARNING))


def _unread(calendars: Mapping[str, bytes], named: set[str]) -> Iterator[Problem]:
    for name in sorted(calendars.keys() - named):
        message = (
            "nothing reads this calendar: name it under time_off_calendars in schedules/on_call.yaml, or delete it"
        )
        yield Problem(name, 1, 1, message, Severity.WARNING)


def _read(data: bytes, zone: ZoneInfo) -> Reading:
    if len(data) > MAX_CALENDAR_BYTES:
        raise NotACalendar("is larger than 1 MiB: export only the days off")
    return read_calendar(data, zone=zone)


def calendars_among(contents: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Return the calendar files among the files of a configuration."""
    return {name: data for name, data in contents.items() if name.endswith(CALENDAR)}


@dataclass(frozen=True, slots=True)
class CalendarAddress:
    """A calendar that is fetched: the file it is kept in, by its name in the folder, where from, and its zone."""

    file: str
    url: str
    zone: ZoneInfo


def calendar_addresses(folder: Path) -> tuple[CalendarAddress, ...]:
    """Return the calendars to fetch that are written in `folder` now; none while that file has a fault."""
    return addresses_among(read_folder(folder, (SCHEDULES,)).contents)


def addresses_among(contents: Mapping[str, bytes]) -> tuple[CalendarAddress, ...]:
    """Return the calendars to fetch that the files of a configuration name; none while that file has a fault."""
    found = contents.get(ON_CALL)
    try:
        content = validate(parse(found or b"", ON_CALL), OnCallFile)
    except ConfigError:
        return ()
    zone = read_zone(content.zone)
    return tuple(
        CalendarAddress(f"{FOLDER}/{model.file}", model.url, zone) for model in content.time_off_calendars if model.url
    )
