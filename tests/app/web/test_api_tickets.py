"""Tickets are changed and told of over the API: all faults at once, no stale edit, nothing twice."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from app.web.api_bodies import TicketChange, TicketNews
from oncall import Priority
from tests.app.store.samples import record
from tests.app.web.api_client import Client, client_of
from tests.app.web.test_api_openapi import assert_as_described, description
from tests.desk import Desk
from tests.pages import JAMISON, LASHA

AT = datetime(2026, 12, 1, 16, tzinfo=UTC)


@pytest.fixture
def client(desk: Desk) -> Client:
    return ready(desk)


def ready(desk: Desk) -> Client:
    """A client of a desk with two tickets, 1001 and 1002, on a Tuesday at 10:00."""
    desk.clock.at = AT
    with desk.services.store.turn() as transaction:
        for number in (1, 2):
            transaction.open(record(number, priority=Priority.HIGH))
    return client_of(desk)


def patch(client: Client, body: Any, number: int = 1001, *, headers: Mapping[str, str] | None = None) -> TestResponse:
    return client.http.patch(f"/api/v1/tickets/{number}", json=body, headers={**client.headers, **(headers or {})})


def post(client: Client, body: Any, number: int = 1001, *, headers: Mapping[str, str] | None = None) -> TestResponse:
    return client.http.post(
        f"/api/v1/tickets/{number}/updates", json=body, headers={**client.headers, **(headers or {})}
    )


def faults(answer: TestResponse) -> dict[str, str]:
    return {fault["field"]: fault["message"] for fault in answer.get_json().get("errors", [])}


def test_a_ticket_goes_through_its_life(desk_on_each: Desk) -> None:
    client = ready(desk_on_each)
    for status in ("acknowledged", "in_progress", "waiting", "in_progress", "resolved", "in_progress", "closed"):
        answer = patch(client, {"status": status, "author": JAMISON})
        assert answer.status_code == 200, answer.text
        assert answer.get_json()["status"] == status
    ticket = client.json("/tickets/1001")
    assert ticket["assignee"] == JAMISON
    assert {entry["author"] for entry in ticket["updates"]} == {JAMISON}
    assert [entry["kind"] for entry in ticket["updates"]] == ["acknowledged"] + ["status"] * 6


def test_the_author_is_the_program_unless_a_person_is_named(client: Client) -> None:
    patch(client, {"subject": "PACS slow"})
    ticket = patch(client, {"priority": "emergency", "reason": "two sites", "author": LASHA}).get_json()
    assert [entry["author"] for entry in ticket["updates"]] == ["token:a program", LASHA]
    assert ticket["updates"][1]["because"] == "two sites"
    assert ticket["updates"][1]["detail"]["priority"] == "high"
    assert ticket["assignee"] is None


def test_all_faults_of_a_body_are_told_at_once(client: Client) -> None:
    body = {
        "status": "done",
        "priority": "low",
        "assignee": "Jamison Whit",
        "subject": " ",
        "update_every_seconds": 5,
        "resolve_due_at": "tomorrow",
        "colour": "red",
    }
    answer = patch(client, body)
    assert answer.status_code == 400
    assert set(faults(answer)) == {*body, "reason"} - {"priority"}
    assert "Jamison White" in faults(answer)["assignee"]
    assert client.json("/tickets/1001")["updates"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'"x"', 400),
        (b"", 400),
        (b"\xff", 400),
        (b"{}", 200),
        (b'{"status": "acknowledged", "status": "waiting"}', 200),
    ],
)
def test_what_is_no_object_is_refused(client: Client, body: bytes, status: int) -> None:
    headers = {**client.headers, "Content-Type": "application/json"}
    assert client.http.patch("/api/v1/tickets/1001", data=body, headers=headers).status_code == status
    other = client.http.patch("/api/v1/tickets/1001", data=body, headers=client.headers)
    assert other.status_code == 415


def test_what_a_ticket_does_not_allow_is_a_conflict_that_names_the_fields(client: Client) -> None:
    patch(client, {"status": "closed"})
    answer = patch(client, {"status": "acknowledged", "assignee": JAMISON, "link_to": [77]})
    assert answer.status_code == 409
    assert set(faults(answer)) == {"status", "link_to"}
    assert post(client, {"text": "late"}).status_code == 409


def test_an_edit_of_a_state_that_has_passed_is_refused(client: Client) -> None:
    seen = client.get("/tickets/1001")
    tag, version = seen.headers["ETag"], seen.get_json()["version"]
    assert tag == f'"{version}"'
    first = patch(client, {"subject": "one"}, headers={"If-Match": tag})
    assert first.status_code == 200
    assert first.headers["ETag"] != tag
    assert patch(client, {"subject": "two"}, headers={"If-Match": tag}).status_code == 412
    assert patch(client, {"subject": "two", "version": version}).status_code == 409
    assert patch(client, {"subject": "two"}, headers={"If-Match": "*"}).status_code == 200
    now = client.json("/tickets/1001")["version"]
    assert patch(client, {"subject": "three", "version": now}).status_code == 200


def test_an_update_is_kept_once_for_each_key(desk_on_each: Desk) -> None:
    client = ready(desk_on_each)
    answers = [post(client, {"text": "on it"}, headers={"Idempotency-Key": "k1"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert len(client.json("/tickets/1001")["updates"]) == 1
    assert post(client, {"text": "other"}, headers={"Idempotency-Key": "k1"}).status_code == 422
    assert post(client, {"text": "on it"}, number=1002, headers={"Idempotency-Key": "k1"}).status_code == 201
    other = Client(
        desk_on_each.services, desk_on_each.services.store.tokens.create("another", "staff", at=desk_on_each.clock.at)
    )
    assert post(other, {"text": "on it"}, headers={"Idempotency-Key": "k1"}).status_code == 201
    assert post(client, {"text": "x"}, headers={"Idempotency-Key": "k" * 300}).status_code == 400


@pytest.mark.parametrize(
    ("body", "kind_and_status", "due"),
    [
        ({"text": "on it"}, ("update", "in_progress"), 5),
        ({"text": "on it", "to_requester": False}, ("note", "acknowledged"), 4),
        ({"text": "on it", "kind": "note"}, ("note", "acknowledged"), 4),
        ({"text": "which one?", "waiting": True}, ("update", "waiting"), None),
        ({"text": "it works", "kind": "requester_reply"}, ("requester_reply", "acknowledged"), 4),
    ],
)
def test_what_is_told_moves_the_clocks_as_it_should(
    desk: Desk, client: Client, body: dict[str, Any], kind_and_status: tuple[str, str], due: int | None
) -> None:
    patch(client, {"status": "acknowledged", "author": JAMISON})
    desk.clock.at = AT + timedelta(hours=1)
    ticket = post(client, {**body, "author": JAMISON}).get_json()
    assert (ticket["updates"][-1]["kind"], ticket["status"]) == kind_and_status
    assert ticket["update_due_at"] == (None if due is None else f"2026-12-01T{16 + due}:00:00Z")
    assert ticket["closes_at"] == (None if due else "2026-12-03T17:00:00Z")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": " \n"}, "text"),
        ({"text": "x" * 4001}, "text"),
        ({"text": "x", "kind": "shout"}, "kind"),
        ({"text": "x", "kind": "note", "waiting": True}, "waiting"),
        ({"text": "x", "kind": "note", "to_requester": True}, "to_requester"),
        ({"text": "x", "author": "nobody"}, "author"),
        ({"text": "x", "waiting": "yes"}, "waiting"),
    ],
)
def test_what_cannot_be_told_is_named(client: Client, body: dict[str, Any], field: str) -> None:
    answer = post(client, body)
    assert answer.status_code == 400
    assert field in faults(answer)


def test_a_program_does_not_acknowledge_an_emergency_that_nobody_has(desk: Desk, client: Client) -> None:
    """Its pages would end, and nobody would come."""
    patch(client, {"priority": "emergency", "reason": "archive down"})
    assert set(faults(patch(client, {"status": "acknowledged"}))) == {"status"}
    assert set(faults(post(client, {"text": "which?", "waiting": True}))) == {"waiting"}
    with desk.services.store.turn() as transaction:
        assert transaction.pages.are_due(1001)
    assert patch(client, {"status": "acknowledged", "assignee": LASHA}).get_json()["assignee"] == LASHA
    with desk.services.store.turn() as transaction:
        assert not transaction.pages.are_due(1001)


def test_clocks_can_be_negotiated(client: Client) -> None:
    patch(client, {"assignee": JAMISON, "author": JAMISON})
    body = {
        "update_every_seconds": 7200,
        "update_in_business_hours": False,
        "resolve_due_at": "2026-12-24T12:00:00-06:00",
    }
    assert faults(patch(client, body)).keys() == {"reason"}
    ticket = patch(client, {**body, "reason": "agreed by phone"}).get_json()
    assert (ticket["update_due_at"], ticket["resolve_due_at"]) == ("2026-12-01T18:00:00Z", "2026-12-24T18:00:00Z")
    assert ticket["agreed_updates"] == {"every_seconds": 7200, "in_business_hours": False}
    assert ticket["agreed_resolution"] == {"due_at": "2026-12-24T18:00:00Z"}
    body = {"update_every_seconds": "none", "resolve_due_at": "usual", "reason": "as they wish"}
    ticket = patch(client, body).get_json()
    assert ticket["update_due_at"] is None
    assert ticket["agreed_resolution"] is None


def test_tickets_are_merged(client: Client) -> None:
    ticket = patch(client, {"merge_into": 1001, "reason": "one outage"}, number=1002).get_json()
    assert (ticket["status"], ticket["merged_into"], ticket["calls"]) == ("closed", 1001, [])
    assert len(client.json("/tickets/1001")["calls"]) == 2
    again = patch(client, {"merge_into": 1002, "reason": "back"})
    assert "1001" in faults(again)["merge_into"]


def test_overdue_tickets_are_found(desk_on_each: Desk) -> None:
    desk, client = desk_on_each, ready(desk_on_each)
    patch(client, {"assignee": JAMISON, "author": JAMISON})
    patch(client, {"status": "closed", "author": JAMISON}, number=1002)
    assert client.json("/tickets", overdue="true")["items"] == []
    assert len(client.json("/tickets", due_before="2026-12-01T20:00:01Z")["items"]) == 1
    desk.clock.at = AT + timedelta(hours=5)
    assert [each["number"] for each in client.json("/tickets", overdue="true")["items"]] == [1001]
    assert len(client.json("/tickets", overdue="false")["items"]) == 2


def test_every_answer_is_as_described(client: Client) -> None:
    document, one = description(client), "/api/v1/tickets/{number}"
    for body in ({"subject": "x"}, {"subject": 1}, {"status": "new", "link_to": [5]}):
        assert_as_described(document, one, patch(client, body), "patch")
    assert_as_described(document, one, patch(client, {"subject": "y"}, headers={"If-Match": '"x"'}), "patch")
    assert_as_described(document, one, patch(client, {}, number=7), "patch")
    for key in ("a", "a", "b"):
        answer = post(client, {"text": "x"}, headers={"Idempotency-Key": key})
        assert_as_described(document, f"{one}/updates", answer, "post")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
FIELDS = st.sampled_from([*TicketChange.model_fields, *TicketNews.model_fields])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.dictionaries(FIELDS | st.text(max_size=4), ANYTHING, max_size=5))
def test_whatever_is_sent_is_answered_with_a_document(client: Client, body: dict[str, Any]) -> None:
    for answer in (patch(client, body), post(client, body)):
        assert answer.status_code in {200, 201, 400, 409}
        assert answer.is_json
