"""Describes the API as an OpenAPI 3.1 document, made from the same table that its addresses are made from."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPMethod, HTTPStatus
from typing import Any

from flask import Response
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.web.api_access import EVERY_ROLE, Role
from app.web.api_parameters import Parameters, described
from app.web.problems import JSON, PROBLEM_JSON, Problem

VERSION = "1.0.0"
PREFIX = "/api/v1"
_IN_PATH = re.compile(r"<(\w+)>")
_REFERENCE = "#/components/schemas/{model}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing the API does: where, what it takes, what it answers with, and who may ask.

    `signed`: what `ask` does is answered for, so it is handed the token's identity as `asker`; `personal`: it is handed
    that because the answer depends on who asks. `media` is what the answer is; where it is not JSON, `ask` gives the
    whole response and `answers` is None. `body` is what has to be sent as JSON, which `ask` reads; `told` are further
    statuses, of which those below 300 are answers like 200.
    """

    name: str
    rule: str
    summary: str
    parameters: type[Parameters]
    answers: type[BaseModel] | None
    ask: Callable[..., BaseModel | Response]
    roles: frozenset[Role] = EVERY_ROLE
    method: HTTPMethod = HTTPMethod.GET
    signed: bool = False
    personal: bool = False
    media: str = JSON
    body: type[BaseModel] | None = None
    told: tuple[HTTPStatus, ...] = ()

    @property
    def path(self) -> str:
        """The address as OpenAPI writes it."""
        return PREFIX + _IN_PATH.sub(r"{\1}", self.rule)


def openapi(operations: Iterable[Operation]) -> dict[str, Any]:
    """The document. Asking for it needs no token."""
    operations = tuple(operations)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Telephone service desk",
            "version": VERSION,
            "description": (
                "Calls, tickets, messages, who waits in line, who is on call and what a call would do."
                " Instants are UTC, RFC 3339."
            ),
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": _paths(operations),
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(operations),
        },
    }


def _paths(operations: tuple[Operation, ...]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return paths


def _schemas(operations: tuple[Operation, ...]) -> dict[str, Any]:
    answers = dict.fromkeys(operation.answers for operation in operations)
    models: list[type[BaseModel]] = [*filter(None, answers), Problem]
    bodies = dict.fromkeys(operation.body for operation in operations)
    sent: list[type[BaseModel]] = [*filter(None, bodies)]
    _, schema = models_json_schema(
        [*((model, "serialization") for model in models), *((model, "validation") for model in sent)],
        ref_template=_REFERENCE,
    )
    schemas: dict[str, Any] = schema["$defs"]
    return schemas


def _operation(operation: Operation) -> dict[str, Any]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _IN_PATH.findall(operation.rule)
    ]
    refused = [HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN]
    missing = [HTTPStatus.NOT_FOUND] if in_path else []
    conflicts = [HTTPStatus.CONFLICT] if operation.signed else []
    failed = [HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE]
    told = (
        *refused,
        *missing,
        *conflicts,
        *(each for each in operation.told if each >= HTTPStatus.BAD_REQUEST),
        *failed,
    )
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [*in_path, *described(operation.parameters)],
        **_request(operation),
        "responses": {
            "200": _answer(operation),
            **{str(int(each)): _answer(operation) for each in operation.told if each < HTTPStatus.BAD_REQUEST},
            **{str(int(each)): _response(each.phrase, PROBLEM_JSON, Problem) for each in told},
        },
    }


def _request(operation: Operation) -> dict[str, Any]:
    if operation.body is None:
        return {}
    schema = {"$ref": _REFERENCE.format(model=operation.body.__name__)}
    return {"requestBody": {"required": True, "content": {JSON: {"schema": schema}}}}


def _answer(operation: Operation) -> dict[str, Any]:
    if operation.answers is None:
        return {"description": operation.summary, "content": {operation.media: {}}}
    return _response(operation.answers.__doc__ or "", operation.media, operation.answers)


def _response(description: str, mimetype: str, model: type[BaseModel]) -> dict[str, Any]:
    schema = {"$ref": _REFERENCE.format(model=model.__name__)}
    return {"description": description, "content": {mimetype: {"schema": schema}}}
