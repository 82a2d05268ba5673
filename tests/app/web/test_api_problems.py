"""Whatever is wrong with a request, or with us, is told as a problem document, and gives nothing away."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from app.config.in_force import ConfigStore
from app.config.snapshot import Snapshot
from app.store.paging import packed
from app.web.api_access import Role
from app.web.api_parameters import (
    CallParameters,
    OnCallParameters,
    Parameters,
    RouteParameters,
    TicketParameters,
)
from tests.app.store.samples import AT, record, sid
from tests.app.web.api_client import Client, client_of
from tests.desk import Desk, make_desk

PATHS = ("/calls", f"/calls/{sid(1)}", "/tickets", "/tickets/1", "/oncall", "/route")
TAKES: dict[str, type[Parameters]] = {
    "/calls": CallParameters,
    "/tickets": TicketParameters,
    "/oncall": OnCallParameters,
    "/route": RouteParameters,
}


@pytest.fixture
def client(desk: Desk) -> Client:
    return client_of(desk)


@pytest.fixture
def cut_off(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose database cannot be reached."""
    (tmp_path / "folder").touch()
    made = make_desk(f"sqlite:///{tmp_path}/folder/ivr.db", tmp_path)
    yield made
    made.services.store.close()


def assert_problem(answer: TestResponse, status: int) -> Any:
    """A problem document of this status that nobody keeps; returns it."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    problem = answer.get_json()
    assert problem["status"] == status
    assert problem["type"] == "about:blank"
    assert problem["title"]
    return problem


# Who may ask.


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "bearer\tivr_x", "Token ivr_x", "Béarer x"]
)
def test_without_a_bearer_token_nothing_is_told(desk: Desk, path: str, header: str | None) -> None:
    http = Client(desk.services, None).http
    answer = http.get(f"/api/v1{path}", headers={} if header is None else {"Authorization": header})
    assert_problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="ivr"'


@pytest.mark.parametrize("secret", ["ivr_unknown", "x" * 5000, "é", "ivr_a ivr_b"])
def test_a_token_nobody_knows_is_refused(desk: Desk, secret: str) -> None:
    answer = Client(desk.services, secret).get("/calls")
    assert_problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="ivr", error="invalid_token"'


def test_a_revoked_token_is_refused(desk: Desk, client: Client) -> None:
    [token] = desk.services.store.tokens.list()
    assert client.get("/calls").status_code == 200
    desk.services.store.tokens.revoke(token.id, at=AT)
    assert_problem(client.get("/calls"), 401)


@pytest.mark.parametrize("role", list(Role))
def test_every_role_may_read(desk: Desk, role: Role) -> None:
    client = client_of(desk, role)
    assert [client.get(path).status_code for path in PATHS] == [200, 404, 200, 404, 200, 200]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("role", ["", "guest", "Admin"])
def test_a_token_of_no_such_role_is_forbidden(desk: Desk, path: str, role: str) -> None:
    assert_problem(client_of(desk, role).get(path), 403)


def test_the_scheme_is_understood_in_any_case(desk: Desk) -> None:
    secret = desk.services.store.tokens.create("a program", "staff", at=AT)
    http = Client(desk.services, None).http
    assert http.get("/api/v1/calls", headers={"Authorization": f"bEARER  {secret} "}).status_code == 200


# What may be asked.


def test_all_faults_of_a_request_are_told_at_once(client: Client) -> None:
    query = [
        *[("since", "yesterday"), ("until", "2026-11-28T03:00:00"), ("caller", "nobody"), ("line", "\0")],
        *[("disposition", "lost"), ("limit", "0"), ("cursor", "é"), ("limti", "5"), ("q", "a"), ("q", "b")],
    ]
    answer = client.http.get(f"/api/v1/calls?{urlencode(query)}", headers=client.headers)
    problem = assert_problem(answer, 400)
    assert {fault["field"]: fault["message"] for fault in problem["errors"]} == {
        "since": "must be an instant such as 2026-11-28T03:00:00-06:00",
        "until": "must name its zone, as in 2026-11-28T03:00:00-06:00 or 2026-11-28T09:00:00Z",
        "caller": "must be a phone number such as +18165550142 or 816-555-0142",
        "line": "must be printable text",
        "disposition": (
            "must be one of in_progress, answered, answering_service, voicemail, callback, abandoned, failed"
        ),
        "limit": "must be a whole number from 1 to 200",
        "cursor": "is not the `next` of a page of this list",
        "limti": 'is not a parameter of this request; did you mean "limit"?',
        "q": "is given more than once",
    }


@pytest.mark.parametrize(
    ("path", "parameters", "field"),
    [
        *[
            ("/calls", {"limit": odd}, "limit")
            for odd in ("0", "201", "-1", "1.0", "1_0", "\u0663", " 5", "5 ", "9" * 99)
        ],
        *[("/calls", {"since": odd}, "since") for odd in ("2026-11-28", "12", "2026-02-30T00:00Z", "T", "0001-01-01")],
        ("/calls", {"since": "0001-01-01T00:00:00+14:00"}, "since"),
        ("/calls", {"until": "9999-12-31T23:59:59-14:00"}, "until"),
        ("/calls", {"since": "2026-11-28T03:00Z", "until": "2026-11-28T03:00Z"}, "until"),
        ("/calls", {"caller": "123456"}, "caller"),
        ("/calls", {"caller": "+" + "1" * 400}, "caller"),
        ("/calls", {"q": "a" * 101}, "q"),
        ("/calls", {"q": "a\x00"}, "q"),
        ("/calls", {"cursor": "bm90IG91cnM"}, "cursor"),
        ("/calls", {"cursor": packed(AT, sid(1))[:-3]}, "cursor"),
        ("/calls", {"cursor": "A" * 301}, "cursor"),
        ("/calls", {"cursor": packed(AT, "\ud800")}, "cursor"),
        ("/tickets", {"cursor": packed(AT, sid(1))}, "cursor"),
        ("/tickets", {"cursor": "9" * 60}, "cursor"),
        ("/tickets", {"status": "open"}, "status"),
        ("/tickets", {"priority": "urgent"}, "priority"),
        ("/tickets", {"assignee": "\n"}, "assignee"),
        ("/oncall", {"schedule": "oncall"}, "schedule"),
        ("/oncall", {"at": "9999-01-01T00:00Z"}, "at"),
        ("/route", {"line": "mian"}, "line"),
        ("/route", {"line": "+18165550100"}, "line"),
        ("/route", {"keys": "1w"}, "keys"),
        ("/route", {"keys": "1" * 201}, "keys"),
        (f"/calls/{sid(1)}", {"legs": "1"}, "legs"),
        ("/tickets/1", {"a" * 500: "1"}, "a" * 40),
    ],
)
def test_what_cannot_be_asked_is_named(client: Client, path: str, parameters: dict[str, str], field: str) -> None:
    assert list(client.faults(path, **parameters)) == [field]


def test_a_name_nearly_right_is_guessed(client: Client) -> None:
    assert client.faults("/route", line="mian") == {"line": 'is no line of ours; did you mean "main"?'}
    assert client.faults("/oncall", schedule="on-cal") == {
        "schedule": 'is no schedule of ours; did you mean "on-call"?'
    }


def test_a_value_is_never_repeated(client: Client) -> None:
    secret = "patient Jane Roe"
    names = {*CallParameters.model_fields, *TicketParameters.model_fields, "at", "schedule", "line", "keys", "other"}
    for path in TAKES:
        assert secret not in client.get(path, **dict.fromkeys(names, secret)).text


# What is not there, and what is wrong with us.


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1", "/api/v1/", "/api/v1/calls/", "/api/v2/calls", "/api/v1/calls/a/b"]
)
def test_an_address_that_is_not_there_is_a_problem(client: Client, path: str) -> None:
    assert_problem(client.http.get(path), 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_method_that_is_not_there_is_a_problem_that_names_those_that_are(client: Client, method: str) -> None:
    answer = client.http.open("/api/v1/calls", method=method, headers=client.headers)
    assert_problem(answer, 405)
    assert {"GET", "HEAD"} <= {each.strip() for each in answer.headers["Allow"].split(",")}


def test_other_paths_are_left_to_others(client: Client) -> None:
    assert client.http.get("/apiary").mimetype == "text/html"
    assert client.http.get("/apiary").status_code == 404


@pytest.mark.parametrize("path", PATHS)
def test_a_database_that_does_not_answer_is_told_with_when_to_ask_again(cut_off: Desk, path: str) -> None:
    answer = Client(cut_off.services, "ivr_x").get(path)
    problem = assert_problem(answer, 503)
    assert int(answer.headers["Retry-After"]) >= 1
    assert "sql" not in problem["detail"].lower()


class _BrokenConfig(ConfigStore):
    """A configuration store with a mistake in it."""

    def __init__(self) -> None:
        pass

    def current(self) -> Snapshot:
        raise RuntimeError("secret 816-555-0142")


def test_a_mistake_of_ours_is_logged_and_gives_nothing_away(desk: Desk) -> None:
    client = client_of(desk)
    broken = Client(replace(desk.services, config=_BrokenConfig()), client.headers["Authorization"].split()[1])
    with capture_logs() as logs:
        problem = assert_problem(broken.get("/calls", q="Jane Roe"), 500)
    assert set(problem) == {"type", "title", "status"}
    [entry] = logs
    assert entry["event"] == "api_failed"
    assert entry["route"] == "/api/v1/calls"
    assert isinstance(entry["exc_info"], RuntimeError)
    assert "Jane" not in str(entry)


# Whatever is sent.

_WORDS = st.sampled_from(
    ["main", "on-call", "new", "high", "answered", "2026-11-28T03:00-06:00", "1,2,-", "50", "+18165550142", sid(1)]
)
_TEXT = st.one_of(st.text(max_size=60), _WORDS, st.integers().map(str), st.datetimes().map(str))
_NAMES = st.one_of(
    st.sampled_from(sorted({name for model in TAKES.values() for name in model.model_fields})), st.text(max_size=12)
)
_QUERIES = st.lists(st.tuples(_NAMES, _TEXT), max_size=6)


@pytest.fixture
def asked_anything(desk_on_each: Desk) -> Client:
    """A client of a desk that has one call, for all the questions of one test."""
    with desk_on_each.services.store.turn() as turn:
        turn.open(record(1))
    return client_of(desk_on_each)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), query=_QUERIES)
def test_nothing_that_is_asked_makes_the_service_fail(
    asked_anything: Client, path: str, query: list[tuple[str, str]]
) -> None:
    client = asked_anything
    encoded = urlencode(query, errors="surrogatepass")
    answer = client.http.get(f"/api/v1{path}?{encoded}", headers=client.headers)
    assert answer.status_code in {200, 400, 404}
    if answer.status_code == 400:
        errors = assert_problem(answer, 400)["errors"]
        assert errors
        assert all(re.search(r"\w", fault["message"]) for fault in errors)
