"""Describes the API as an OpenAPI 3.1 document, made from the same table that its addresses are made from."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

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
    """One question the API answers: where, what it takes, what it answers with, and who may ask."""

    name: str
    rule: str
    summary: str
    parameters: type[Parameters]
    answers: type[BaseModel]
    ask: Callable[..., BaseModel]
    roles: frozenset[Role] = EVERY_ROLE

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
            "description": "Calls, tickets, who is on call and what a call would do. Instants are UTC, RFC 3339.",
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": {operation.path: {"get": _operation(operation)} for operation in operations},
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(operations),
        },
    }


def _schemas(operations: tuple[Operation, ...]) -> dict[str, Any]:
    models: list[type[BaseModel]] = [*(operation.answers for operation in operations), Problem]
    _, schema = models_json_schema([(model, "serialization") for model in models], ref_template=_REFERENCE)
    schemas: dict[str, Any] = schema["$defs"]
    return schemas


def _operation(operation: Operation) -> dict[str, Any]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _IN_PATH.findall(operation.rule)
    ]
    refused = [HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN]
    missing = [HTTPStatus.NOT_FOUND] if in_path else []
    failed = [HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE]
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [*in_path, *described(operation.parameters)],
        "responses": {
            "200": _response(operation.answers.__doc__ or "", JSON, operation.answers),
            **{str(int(each)): _response(each.phrase, PROBLEM_JSON, Problem) for each in (*refused, *missing, *failed)},
        },
    }


def _response(description: str, mimetype: str, model: type[BaseModel]) -> dict[str, Any]:
    schema = {"$ref": _REFERENCE.format(model=model.__name__)}
    return {"description": description, "content": {mimetype: {"schema": schema}}}
