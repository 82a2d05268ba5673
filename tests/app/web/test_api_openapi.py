"""The description of the API is a valid one, and every answer is as it says."""

import re
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from werkzeug.test import TestResponse

from app.simulator.handsets import accept, ignore, voicemail
from tests.app.store.samples import sid
from tests.app.web.api_client import Client, client_of
from tests.desk import MAIN, SATURDAY_NIGHT, TUESDAY_MORNING, Desk

pytestmark = pytest.mark.slow

PARAMETER_KEYS = {"name", "in", "required", "description", "schema"}


@pytest.fixture
def client(desk: Desk) -> Client:
    desk.everybody(ignore()).phone("Jamison White", voicemail())
    desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1")
    desk.everybody(accept()).dials(MAIN, at=TUESDAY_MORNING, keys="2")
    desk.dials(MAIN, at=TUESDAY_MORNING, caller=None)
    return client_of(desk)


def description(client: Client) -> Any:
    answer = client.http.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return answer.get_json()


def assert_as_described(document: Any, path: str, answer: TestResponse, method: str = "get") -> None:
    """The body is of the type and schema that the description promises for this status."""
    [(mimetype, content)] = document["paths"][path][method]["responses"][str(answer.status_code)]["content"].items()
    assert answer.mimetype == mimetype
    schema = {**content["schema"], "components": document["components"]}
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(answer.get_json())


def references(part: Any) -> set[str]:
    """Every $ref in a document."""
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*(references(each) for each in part.values()))
    return set().union(*(references(each) for each in part)) if isinstance(part, list) else set()


def test_the_description_needs_no_token_and_is_sound(desk: Desk) -> None:
    document = description(Client(desk.services, None))
    assert document["openapi"] == "3.1.0"
    assert {"title", "version"} <= set(document["info"])
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) == known
    identifiers = [each["operationId"] for path in document["paths"].values() for each in path.values()]
    assert len(identifiers) == len(set(identifiers))


def test_every_parameter_is_described_and_none_is_named_by_a_reference(desk: Desk) -> None:
    paths = description(Client(desk.services, None))["paths"]
    for path, operation in [(path, each) for path, item in paths.items() for each in item.values()]:
        in_path = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path))
        for each in operation["parameters"]:
            assert set(each) == PARAMETER_KEYS if each["in"] == "query" else each["required"]
            assert each["schema"]["type"] in {"string", "integer"}
            Draft202012Validator.check_schema(each["schema"])


def test_every_address_is_described(client: Client) -> None:
    rules = {str(rule) for rule in client.http.application.url_map.iter_rules() if str(rule).startswith("/api/")}
    described = set(description(client)["paths"])
    assert {re.sub(r"<(\w+)>", r"{\1}", rule) for rule in rules} == described | {"/api/v1/openapi.json"}


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/api/v1/calls", "/calls"),
        ("/api/v1/calls", "/calls?limit=1"),
        ("/api/v1/calls", "/calls?limit=x"),
        ("/api/v1/calls/{call_sid}", "/calls/FIRST"),
        ("/api/v1/calls/{call_sid}", f"/calls/{sid(99)}"),
        ("/api/v1/calls/{call_sid}", "/calls/FIRST?x=1"),
        ("/api/v1/tickets", "/tickets"),
        ("/api/v1/tickets", "/tickets?status=x"),
        ("/api/v1/tickets/{number}", "/tickets/1001"),
        ("/api/v1/tickets/{number}", "/tickets/1"),
        ("/api/v1/oncall", "/oncall"),
        ("/api/v1/oncall", "/oncall?at=x"),
        ("/api/v1/line", "/line"),
        ("/api/v1/line", "/line?x=1"),
        ("/api/v1/voicemail", "/voicemail"),
        ("/api/v1/voicemail", "/voicemail?state=x"),
        ("/api/v1/voicemail/{recording_sid}", "/voicemail/RE1"),
        ("/api/v1/voicemail/{recording_sid}/audio", "/voicemail/RE1/audio"),
        ("/api/v1/route", "/route?keys=1"),
        ("/api/v1/route", "/route?line=nowhere"),
    ],
)
def test_every_answer_is_as_described(client: Client, path: str, asked: str) -> None:
    first = client.json("/calls")["items"][0]["call_sid"]
    answer = client.http.get(f"/api/v1{asked.replace('FIRST', first)}", headers=client.headers)
    assert_as_described(description(client), path, answer)


def test_every_call_that_was_played_is_as_described(client: Client) -> None:
    document = description(client)
    for call in client.json("/calls")["items"]:
        assert_as_described(document, "/api/v1/calls/{call_sid}", client.get(f"/calls/{call['call_sid']}"))
        assert_as_described(document, "/api/v1/tickets/{number}", client.get(f"/tickets/{call['ticket']}"))


@pytest.mark.parametrize(("secret", "status"), [(None, 401), ("ivr_unknown", 401)])
def test_a_refusal_is_as_described(desk: Desk, secret: str | None, status: int) -> None:
    client = Client(desk.services, secret)
    document = description(client)
    for path, method in [(path, method) for path, item in document["paths"].items() for method in item]:
        address = re.sub(r"{\w+}", "1", path)
        answer = client.http.open(address, method=method.upper(), headers=client.headers)
        assert answer.status_code == status
        assert_as_described(document, path, answer, method)


def test_the_limits_told_are_those_that_are_kept(client: Client) -> None:
    @cache
    def schema(name: str) -> Any:
        parameters = description(client)["paths"]["/api/v1/calls"]["get"]["parameters"]
        return next(each["schema"] for each in parameters if each["name"] == name)

    assert schema("limit") == {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
    assert schema("since") == {"type": "string", "format": "date-time"}
    for disposition in schema("disposition")["enum"]:
        assert client.get("/calls", disposition=disposition).status_code == 200
