"""The API for programs: calls, tickets, who is on call and what a call would do.

Each answer is asked for here in a few lines; how parameters, tokens, documents and problems look is next door, and
so are tickets, messages and the line.
"""

import re
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus

from flask import Blueprint, Response, request
from pydantic_core import to_json

from app.config.snapshot import Snapshot
from app.route_preview import key_entries, preview
from app.services import Services
from app.store import BadCursor, CallFilters
from app.web import api_documents as documents
from app.web.api_access import admit
from app.web.api_line import line_operations
from app.web.api_openapi import PREFIX, Operation, openapi
from app.web.api_parameters import (
    CallParameters,
    OnCallParameters,
    Parameters,
    RouteParameters,
    faulty_cursor,
    read,
)
from app.web.api_tickets import ticket_operations
from app.web.api_voicemail import voicemail_operations
from app.web.problems import ApiProblem, json_answer

_SID = re.compile(r"[A-Za-z0-9]{1,64}")


def api(services: Services) -> Blueprint:
    """The blueprint of /api/v1. Its problems are told by `register_problems`."""
    blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
    operations = (
        *_operations(_Questions(services)),
        *ticket_operations(services),
        *voicemail_operations(services),
        *line_operations(services),
    )
    for operation in operations:
        _serve(blueprint, services, operation)

    @cache
    def description() -> str:
        return to_json(openapi(operations)).decode()

    @blueprint.get("/openapi.json")
    def describe() -> Response:
        return json_answer(description())

    return blueprint


def _serve(blueprint: Blueprint, services: Services, operation: Operation) -> None:
    @blueprint.route(operation.rule, endpoint=operation.name, methods=[operation.method])
    def answer(**path: str) -> Response:
        asker = admit(services.store.tokens, operation.roles, at=services.clock.now())
        # One snapshot a request: between two an edit might take away what the parameters name.
        snapshot = services.config.current()
        parameters = read(operation.parameters, request.args, snapshot)
        signed = {"asker": asker} if operation.signed or operation.personal else {}
        found = operation.ask(parameters, snapshot, **path, **signed)
        return found if isinstance(found, Response) else json_answer(found.model_dump_json())


@dataclass(frozen=True, slots=True)
class _Questions:
    """What can be asked, each answered with a document."""

    services: Services

    def calls(self, asked: CallParameters, _snapshot: Snapshot) -> documents.CallPage:
        filters = CallFilters(
            since=asked.since,
            until=asked.until,
            caller=asked.caller,
            line=asked.line,
            disposition=asked.disposition,
            q=asked.q,
        )
        try:
            page = self.services.store.calls.page(filters, limit=asked.limit, cursor=asked.cursor)
        except (BadCursor, UnicodeEncodeError):
            # A forged cursor can hold half a character, which no driver takes.
            raise faulty_cursor() from None
        return documents.call_page(page)

    def call(self, _asked: Parameters, _snapshot: Snapshot, *, call_sid: str) -> documents.Call:
        log = self.services.store.calls
        record = log.get(call_sid) if _SID.fullmatch(call_sid) else None
        if record is None:
            raise ApiProblem(HTTPStatus.NOT_FOUND, "there is no call with this SID")
        return documents.call(record, log.timeline(call_sid))

    def on_call(self, asked: OnCallParameters, snapshot: Snapshot) -> documents.OnCall:
        roster = snapshot.roster
        at = asked.at or self.services.clock.now()
        schedule = asked.schedule or next(iter(roster.schedules), None)
        if schedule is None:
            return documents.OnCall(at=at, schedule=None, people=[], until=None, because="there are no schedules")
        coverage = roster.who_is_on(schedule, at=at, quick=self.services.store.overrides.quick(at=at))
        people = documents.people_on_call(coverage, roster)
        return documents.OnCall(at=at, schedule=schedule, people=people, until=coverage.until, because=coverage.because)

    def route(self, asked: RouteParameters, snapshot: Snapshot) -> documents.Route:
        lines = snapshot.book.lines
        line = lines[asked.line] if asked.line else next(iter(lines.values()))
        at = asked.at or self.services.clock.now()
        quick = self.services.store.overrides.quick(at=at)
        desk = self.services.store.desk.in_force(at=at)
        steps = preview(snapshot, line=line, at=at, keys=key_entries(asked.keys or ""), quick=quick, desk=desk)
        return documents.Route(line=line.name, at=at, revision=snapshot.revision, steps=documents.route_steps(steps))


def _operations(questions: _Questions) -> tuple[Operation, ...]:
    return (
        Operation(
            name="calls",
            rule="/calls",
            summary="Calls, newest first",
            parameters=CallParameters,
            answers=documents.CallPage,
            ask=questions.calls,
        ),
        Operation(
            name="call",
            rule="/calls/<call_sid>",
            summary="One call with its legs and timeline",
            parameters=Parameters,
            answers=documents.Call,
            ask=questions.call,
        ),
        Operation(
            name="oncall",
            rule="/oncall",
            summary="Who is on call at an instant, until when, and why",
            parameters=OnCallParameters,
            answers=documents.OnCall,
            ask=questions.on_call,
        ),
        Operation(
            name="route",
            rule="/route",
            summary="What a call would do, step by step, with the file and line that decided",
            parameters=RouteParameters,
            answers=documents.Route,
            ask=questions.route,
        ),
    )
