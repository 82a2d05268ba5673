"""Tickets over the API: listed, shown, changed, and told of. A change is refused when the ticket is another by then."""

import re
from dataclasses import dataclass
from http import HTTPMethod, HTTPStatus

from flask import Response, request

from app.cdr.records import Target, UpdateRule
from app.config.snapshot import Snapshot
from app.services import Services
from app.store import BadCursor, TicketFile, TicketFilters, TokenIdentity
from app.tickets import Fault, News, NewsKind, Outcome, Result, TicketEdit, TicketRequests, Usual
from app.web import api_documents as documents
from app.web.api_access import signature
from app.web.api_bodies import TicketChange, TicketNews, read_body
from app.web.api_openapi import Operation
from app.web.api_parameters import Parameters, TicketParameters, YesNo, faulty_cursor
from app.web.problems import ApiProblem, ParameterFault, json_answer
from oncall import PRIORITY_CLOCKS, Priority

_NUMBER = re.compile(r"[0-9]{1,10}")
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
# What a fault of the use case is called by those who sent the field.
_SENT_AS = {"updates": "update_every_seconds", "target": "resolve_due_at"}


def ticket_operations(services: Services) -> tuple[Operation, ...]:
    """What the API can be asked and told about tickets."""
    tickets = _Tickets(services)
    return (
        Operation(
            name="tickets",
            rule="/tickets",
            summary="Tickets, newest first",
            parameters=TicketParameters,
            answers=documents.TicketPage,
            ask=tickets.page,
        ),
        Operation(
            name="ticket",
            rule="/tickets/<number>",
            summary="One ticket with its calls and history",
            parameters=Parameters,
            answers=documents.Ticket,
            ask=tickets.one,
        ),
        Operation(
            name="ticket_change",
            rule="/tickets/<number>",
            summary="Change fields of a ticket, wholly or not at all",
            parameters=Parameters,
            answers=documents.Ticket,
            ask=tickets.change,
            method=HTTPMethod.PATCH,
            signed=True,
            body=TicketChange,
            told=(HTTPStatus.PRECONDITION_FAILED, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
        ),
        Operation(
            name="ticket_update",
            rule="/tickets/<number>/updates",
            summary="Put something into a ticket's history, once for each `Idempotency-Key`",
            parameters=Parameters,
            answers=documents.Ticket,
            ask=tickets.tell,
            method=HTTPMethod.POST,
            signed=True,
            body=TicketNews,
            told=(HTTPStatus.CREATED, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, HTTPStatus.UNPROCESSABLE_ENTITY),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Tickets:
    """Each question and change by its name."""

    services: Services

    def page(self, asked: TicketParameters, _snapshot: Snapshot) -> documents.TicketPage:
        now = self.services.clock.now() if asked.overdue is YesNo.YES else None
        bounds = [each for each in (now, asked.due_before) if each is not None]
        filters = TicketFilters(
            status=asked.status,
            priority=asked.priority,
            assignee=asked.assignee,
            q=asked.q,
            due_before=min(bounds, default=None),
        )
        try:
            page = self.services.store.tickets.page(filters, limit=asked.limit, cursor=asked.cursor)
        except BadCursor:
            raise faulty_cursor() from None
        return documents.ticket_page(page)

    def one(self, _asked: Parameters, _snapshot: Snapshot, *, number: str) -> Response:
        return _answer(self._found(number))

    def change(self, _asked: Parameters, snapshot: Snapshot, *, number: str, asker: TokenIdentity) -> Response:
        file = self._found(number)
        body = read_body(TicketChange, request.mimetype, request.get_data(), snapshot)
        match_version = _expected()
        if body.version is not None and match_version is not None and body.version != match_version:
            raise _stale(by_header=True)
        wanted = _edit_of(body, version=match_version or body.version, priority=body.priority or file.ticket.priority)
        requests = TicketRequests(services=self.services, actor=signature(asker), person=body.author)
        result = requests.edit(_number_of(file), wanted)
        if result.outcome is Outcome.STALE:
            raise _stale(by_header=match_version is not None)
        _raise_unless_done(result)
        return _answer(self._found(number))

    def tell(self, _asked: Parameters, snapshot: Snapshot, *, number: str, asker: TokenIdentity) -> Response:
        file = self._found(number)
        body = read_body(TicketNews, request.mimetype, request.get_data(), snapshot)
        kind = NewsKind.NOTE if body.to_requester is False and body.kind is NewsKind.UPDATE else body.kind
        news = News(text=body.text, kind=kind, waiting=body.waiting, key=_key(asker))
        requests = TicketRequests(services=self.services, actor=signature(asker), person=body.author)
        result = requests.tell(_number_of(file), news)
        if result.outcome is Outcome.KEY_USED:
            detail = "this Idempotency-Key was used for something else"
            raise ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
        _raise_unless_done(result)
        fresh = result.outcome is Outcome.DONE
        return _answer(self._found(number), status=HTTPStatus.CREATED if fresh else HTTPStatus.OK)

    def _found(self, number: str) -> TicketFile:
        file = self.services.store.tickets.get(int(number)) if _NUMBER.fullmatch(number) else None
        if file is None:
            raise ApiProblem(HTTPStatus.NOT_FOUND, "there is no ticket with this number")
        return file


def _answer(file: TicketFile, *, status: HTTPStatus = HTTPStatus.OK) -> Response:
    body = documents.ticket(file).model_dump_json()
    return json_answer(body, status=status, headers={"ETag": f'"{file.version}"'})


def _number_of(file: TicketFile) -> int:
    return file.ticket.number or 0


def _edit_of(body: TicketChange, *, version: str | None, priority: Priority) -> TicketEdit:
    assignee = body.assignee
    if assignee is None and "assignee" in body.model_fields_set:
        assignee = ""
    return TicketEdit(
        status=body.status,
        priority=body.priority,
        assignee=assignee,
        subject=body.subject,
        requester=body.requester,
        updates=_updates_of(body, priority),
        target=_target_of(body),
        merge_into=body.merge_into,
        link_to=tuple(dict.fromkeys(body.link_to or ())),
        reason=body.reason or "",
        version=version,
    )


def _updates_of(body: TicketChange, priority: Priority) -> UpdateRule | Usual | None:
    match body.update_every_seconds:
        case None:
            return None
        case "usual":
            return Usual.USUAL
        case "none":
            return UpdateRule(None, business=False)
        case seconds:
            business, usual = body.update_in_business_hours, PRIORITY_CLOCKS[priority].business
            return UpdateRule(seconds, business=usual if business is None else business)


def _target_of(body: TicketChange) -> Target | Usual | None:
    match body.resolve_due_at:
        case None:
            return None
        case "usual":
            return Usual.USUAL
        case "none":
            return Target(None)
        case due_at:
            return Target(due_at)


def _expected() -> str | None:
    """The version the request was decided on, as If-Match says it; `*` is any, and several tags are one that is not."""
    header = request.headers.get("If-Match", "").strip()
    return None if header in {"", "*"} else header.removeprefix("W/").strip('"')


def _key(asker: TokenIdentity) -> str | None:
    """What the program calls its request; programs do not know of each other's."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return None
    if not _KEY.fullmatch(key):
        raise ApiProblem(HTTPStatus.BAD_REQUEST, "the Idempotency-Key must be 1 to 200 printable ASCII characters")
    return f"{asker.name}:{key}"


def _stale(*, by_header: bool) -> ApiProblem:
    status = HTTPStatus.PRECONDITION_FAILED if by_header else HTTPStatus.CONFLICT
    return ApiProblem(status, "the ticket has changed since: read it again and decide anew")


def _raise_unless_done(result: Result) -> None:
    match result.outcome:
        case Outcome.DONE | Outcome.DONE_BEFORE:
            return
        case Outcome.CLOSED:
            status = result.ticket.status if result.ticket else "closed"
            raise ApiProblem(HTTPStatus.CONFLICT, f"the ticket is {status}: reopen it first")
        case _:
            detail = "the ticket does not allow what is named in `errors`"
            raise ApiProblem(HTTPStatus.CONFLICT, detail, errors=map(_told, result.faults))


def _told(fault: Fault) -> ParameterFault:
    return ParameterFault(field=_SENT_AS.get(fault.field, fault.field), message=fault.message)
