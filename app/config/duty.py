"""Turns four of the files of schedules/ into the roster, and finds everything that is wrong with them at once.

How files are read and revisions made is known elsewhere; so is what a roster does.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from app.config.clients import CLIENTS
from app.config.duty_hours import build_hours
from app.config.duty_models import (
    EscalationFile,
    HoursFile,
    OnCallFile,
    PagingModel,
    PolicyModel,
    StaffFile,
    StepModel,
)
from app.config.duty_reminders import seconds_of
from app.config.duty_report import FileT, Page, read_page
from app.config.duty_rotas import build_schedules
from app.config.duty_time_off import calendar_time_off
from app.config.problems import Problem, Severity
from app.config.source import Document, Path
from app.config.validation import Strict
from oncall import (
    DEFAULT_REMINDERS,
    EscalationPolicy,
    EscalationStep,
    OutsideParty,
    Paging,
    Person,
    Reminders,
    RingGroup,
    Roster,
    TargetKind,
    Team,
)

FOLDER = "schedules"
STAFF = f"{FOLDER}/staff.yaml"
HOURS = f"{FOLDER}/hours.yaml"
ON_CALL = f"{FOLDER}/on_call.yaml"
ESCALATION = f"{FOLDER}/escalation.yaml"

DUTY_FILES: Mapping[str, type[Strict]] = MappingProxyType(
    {STAFF: StaffFile, HOURS: HoursFile, ON_CALL: OnCallFile, ESCALATION: EscalationFile}
)

_MINUTE = 60
_RING_SECONDS = 20


def build_roster(
    documents: Mapping[str, Document],
    *,
    unread: Collection[str] = (),
    revision: str,
    calendars: Mapping[str, bytes] = MappingProxyType({}),
) -> tuple[Roster | None, list[Problem]]:
    """Return the roster written in schedules/, or None with everything that is wrong.

    `documents` holds the files that could be read by their names relative to the configuration folder; other
    files than those of schedules/ are left aside. `unread` names files whose faults are told already, `calendars`
    holds the iCalendar files of people's time off. What the service can do without is a warning.
    """
    problems = _missing(documents, unread)
    mine = {name: document for name, document in documents.items() if name.startswith(f"{FOLDER}/")}
    if not DUTY_FILES.keys() <= mine.keys():
        return None, problems + _form_faults(mine)
    staff = read_page(mine[STAFF], StaffFile)
    hours = read_page(mine[HOURS], HoursFile)
    on_call = read_page(mine[ON_CALL], OnCallFile)
    ladder = read_page(mine[ESCALATION], EscalationFile)
    roster = _roster(staff, hours, on_call, ladder, revision=revision, calendars=calendars)
    problems += staff.problems + hours.problems + on_call.problems + ladder.problems
    return (None if any(each.severity is Severity.ERROR for each in problems) else roster), problems


def _missing(documents: Mapping[str, Document], unread: Collection[str]) -> list[Problem]:
    names = [name for name in DUTY_FILES if name not in documents and name not in unread]
    problems = [Problem(name, 1, 1, "there is no such file, and the service needs it") for name in names]
    for name, document in documents.items():
        if name.startswith(f"{FOLDER}/") and name not in (*DUTY_FILES, CLIENTS):
            listed = ", ".join(each.removeprefix(f"{FOLDER}/") for each in (*DUTY_FILES, CLIENTS))
            problems.append(document.problem((), f"nothing reads this file: the files of {FOLDER}/ are {listed}"))
    return problems


def _form_faults(documents: Mapping[str, Document]) -> list[Problem]:
    """Return what each file alone shows, when another one is missing that it would be compared with."""
    pages = (
        _checked(documents, STAFF, StaffFile),
        _checked(documents, HOURS, HoursFile),
        _checked(documents, ON_CALL, OnCallFile),
        _checked(documents, ESCALATION, EscalationFile),
    )
    return [problem for problems in pages for problem in problems]


def _checked(documents: Mapping[str, Document], name: str, model: type[FileT]) -> list[Problem]:
    document = documents.get(name)
    return read_page(document, model).problems if document else []


def _roster(
    staff: Page[StaffFile],
    hours: Page[HoursFile],
    on_call: Page[OnCallFile],
    ladder: Page[EscalationFile],
    *,
    revision: str,
    calendars: Mapping[str, bytes],
) -> Roster:
    # Names come from the text and not from what could be made of it: one fault must not call others unknown.
    names = staff.names("people")
    _check_staff(staff)
    business_hours = build_hours(hours)
    hours_names = hours.names("business_hours")
    away = tuple(calendar_time_off(on_call, calendars, people=names))
    schedules = build_schedules(on_call, people=names, hours=business_hours, hours_names=hours_names, away=away)
    known = {
        TargetKind.PERSON: names,
        TargetKind.RING_GROUP: staff.names("ring_groups"),
        TargetKind.SCHEDULE: on_call.names("schedules"),
    }
    return Roster(
        revision=revision,
        people=MappingProxyType(_people(staff)),
        teams=MappingProxyType(_teams(staff)),
        ring_groups=MappingProxyType(_ring_groups(staff)),
        outside_parties=MappingProxyType(_outside_parties(staff)),
        hours=business_hours,
        schedules=schedules,
        policies=MappingProxyType(_policies(ladder, known, _ring_groups(staff))),
        paging=_paging(ladder),
        reminders=_reminders(ladder, staff),
    )


# Staff.


def _check_staff(page: Page[StaffFile]) -> None:
    content = page.content
    if content is None:
        return
    folded: dict[str, str] = {}
    for name, person in content.people.items():
        page.must_exist(("people", name, "team"), person.team, "team", page.names("teams"))
        twin = folded.setdefault(" ".join(name.split()).casefold(), name)
        if twin != name:
            page.fault(("people", name), f'"{twin}" is written almost the same: keep one of them')
        if len(set(person.phones)) < len(person.phones):
            page.fault(("people", name, "phones"), "has a number twice: keep one of them")
    for group, model in content.ring_groups.items():
        path: Path = ("ring_groups", group, "members")
        for index, member in enumerate(model.members):
            page.must_exist((*path, index), member, "person", page.names("people"))
            if member in model.members[:index]:
                page.fault((*path, index), f'"{member}" is in the group twice: keep one of them')


def _people(page: Page[StaffFile]) -> dict[str, Person]:
    return {
        name: Person(
            name=name,
            team=model.team,
            phones=model.phones,
            languages=model.languages,
            zone=model.zone,
            source=page.source("people", name),
        )
        for name, model in (page.content.people if page.content else {}).items()
    }


def _teams(page: Page[StaffFile]) -> dict[str, Team]:
    teams = page.content.teams if page.content else {}
    return {name: Team(name, title, page.source("teams", name)) for name, title in teams.items()}


def _ring_groups(page: Page[StaffFile]) -> dict[str, RingGroup]:
    return {
        name: RingGroup(
            name=name,
            members=model.members,
            strategy=model.strategy,
            ring_seconds=model.ring_seconds,
            ring_busy=model.ring_busy,
            source=page.source("ring_groups", name),
        )
        for name, model in (page.content.ring_groups if page.content else {}).items()
    }


def _outside_parties(page: Page[StaffFile]) -> dict[str, OutsideParty]:
    return {
        name: OutsideParty(
            name=name,
            title=model.title,
            number=model.number,
            ring_seconds=model.ring_seconds,
            source=page.source("outside_parties", name),
        )
        for name, model in (page.content.outside_parties if page.content else {}).items()
    }


# Escalation.


def _policies(
    page: Page[EscalationFile], known: Mapping[TargetKind, frozenset[str]], groups: Mapping[str, RingGroup]
) -> dict[str, EscalationPolicy]:
    models = page.content.policies if page.content else {}
    return {name: _policy(page, name, model, known=known, groups=groups) for name, model in models.items()}


def _policy(
    page: Page[EscalationFile],
    name: str,
    model: PolicyModel,
    *,
    known: Mapping[TargetKind, frozenset[str]],
    groups: Mapping[str, RingGroup],
) -> EscalationPolicy:
    steps: list[EscalationStep] = []
    for index, step in enumerate(model.steps):
        kind, target = _target(step)
        path: Path = ("policies", name, "steps", index)
        page.must_exist((*path, kind.value), target, kind.replace("_", " "), known[kind])
        group = groups.get(target) if kind is TargetKind.RING_GROUP else None
        seconds = step.ring_seconds or (group.ring_seconds if group else _RING_SECONDS)
        steps.append(EscalationStep(kind, target, seconds, page.source(*path)))
    cap = model.max_wait_minutes * _MINUTE if model.max_wait_minutes else None
    return EscalationPolicy(name, tuple(steps), model.rounds, cap, page.source("policies", name))


def _target(step: StepModel) -> tuple[TargetKind, str]:
    if step.person is not None:
        return TargetKind.PERSON, step.person
    if step.ring_group is not None:
        return TargetKind.RING_GROUP, step.ring_group
    return TargetKind.SCHEDULE, step.schedule or ""


def _paging(page: Page[EscalationFile]) -> Paging | None:
    content = page.content
    if content is None:
        return None
    names = page.names("policies")
    model = content.paging or PagingModel(policy=next(iter(content.policies)))
    for key, name in (("policy", model.policy), ("while_open", model.while_open)):
        if name is not None:
            page.must_exist(("paging", key), name, "policy", names)
    return Paging(
        policy=model.policy,
        while_open=model.while_open,
        first_after_seconds=model.first_after_seconds,
        every_seconds=model.every_minutes * _MINUTE,
        source=page.source("paging") if content.paging else page.source("policies", model.policy),
    )


def _reminders(page: Page[EscalationFile], staff: Page[StaffFile]) -> Reminders:
    model = page.content.reminders if page.content else None
    if model is None:
        return DEFAULT_REMINDERS
    for key, name in (("policy", model.policy), ("while_open", model.while_open)):
        page.must_exist(("reminders", key), name, "policy", page.names("policies"))
    people, teams = staff.names("people"), staff.names("teams")
    page.must_exist(("reminders", "supervisor"), model.supervisor, "person or team", people | teams)
    usual = DEFAULT_REMINDERS
    text_before = seconds_of(model.text_before_minutes, usual.text_before_seconds)
    call_before = seconds_of(model.call_before_minutes, usual.call_before_seconds)
    for priority, seconds in call_before.items():
        if priority in text_before and seconds >= text_before[priority]:
            most = text_before[priority] // _MINUTE
            told = f"the phone would ring before the text is sent: fewer than {most} minutes, or 0"
            page.fault(("reminders", "call_before_minutes", priority.value), told)
    return Reminders(
        text_before_seconds=text_before,
        call_before_seconds=call_before,
        every_seconds=model.every_minutes * _MINUTE,
        policy=model.policy,
        while_open=model.while_open,
        supervisor=model.supervisor,
        supervisor_mail=model.supervisor_mail,
        source=page.source("reminders"),
    )
