"""The API tells calls, tickets, duty and routes as promised, page by page, in few queries."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from app.cdr.records import Disposition
from app.simulator.handsets import ignore, voicemail
from oncall import Priority
from tests.app.store.samples import AT, facts, leg, record, sid
from tests.app.web.api_client import Client, client_of
from tests.desk import ALTERNATE, CALLER, MAIN, SATURDAY_NIGHT, TUESDAY_MORNING, Desk

CALL_FIELDS = {
    *("call_sid", "line", "caller", "dialled", "started_at", "answered_at", "ended_at", "wait_seconds"),
    *("talk_seconds", "disposition", "answered_by", "priority", "ticket", "config_revision", "legs", "timeline"),
}
LEG_FIELDS = {
    *("leg_sid", "party", "team", "number", "started_at", "answered_at", "accepted_at", "ended_at", "outcome"),
    *("because", "source"),
}
TICKET_FIELDS = {
    *("number", "channel", "priority", "status", "subject", "requester", "assignee", "created_at", "calls"),
    *("acknowledged_at", "update_due_at", "resolve_due_at", "resolved_at", "closed_at", "updates"),
    *("closes_at", "agreed_updates", "agreed_resolution", "merged_into", "related", "version"),
}


@pytest.fixture
def client(desk: Desk) -> Client:
    return client_of(desk)


def fill(desk: Desk, calls: int, **changes: Any) -> None:
    """Puts calls into the log, a minute apart, each with two legs and two facts."""
    with desk.services.store.turn() as turn:
        for number in range(1, calls + 1):
            opened = turn.open(record(number, **{"started_at": AT + timedelta(minutes=number), **changes}))
            turn.save(opened, replace(opened, legs=(leg(number, turn=2), leg(number, turn=3))))
            turn.tell(sid(number), 1, facts("first", "second"))


@contextmanager
def queries(desk: Desk) -> Iterator[list[str]]:
    """The statements sent to the database meanwhile."""
    sent: list[str] = []
    engine = desk.services.store._engine

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


# Calls.


def test_a_call_that_was_played_is_told_with_its_legs_reasons_and_timeline(desk: Desk) -> None:
    desk.everybody(ignore()).phone("Jamison White", voicemail())
    played = desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1")
    call = client_of(desk).json(f"/calls/{played.sid}")
    assert set(call) == CALL_FIELDS
    assert call["line"] == "main"
    assert call["caller"] == CALLER
    assert call["priority"] == "emergency"
    assert [one["party"] for one in call["legs"]] == [one.party for one in played.legs]
    assert all(set(one) == LEG_FIELDS and one["because"] and one["source"] for one in call["legs"])
    assert [entry["fact"] for entry in call["timeline"]] == [entry.fact for entry in played.timeline]
    assert all(set(entry) == {"at", "fact", "because", "detail"} for entry in call["timeline"])
    pressed = next(entry for entry in call["timeline"] if entry["fact"] == "keys_pressed")
    assert pressed["detail"]["source"].startswith("ivr_flows/main.yaml:")


def test_a_list_has_the_calls_with_their_legs_but_without_timelines(desk: Desk, client: Client) -> None:
    fill(desk, 1)
    [call] = client.json("/calls")["items"]
    assert set(call) == CALL_FIELDS - {"timeline"}
    assert [one["party"] for one in call["legs"]] == ["Jamison White", "Jamison White"]


def test_instants_are_in_utc_with_a_z(desk: Desk, client: Client) -> None:
    fill(desk, 1)
    call = client.json(f"/calls/{sid(1)}")
    assert call["started_at"] == "2026-11-28T09:01:00.123456Z"
    assert client.json("/oncall", at="2026-11-28T03:00:00-06:00")["at"] == "2026-11-28T09:00:00Z"


@pytest.mark.parametrize("limit", [1, 3, 7, 200])
def test_pages_lead_to_the_end_newest_first_without_a_gap_or_a_repeat(desk_on_each: Desk, limit: int) -> None:
    fill(desk_on_each, 7)
    pages = list(client_of(desk_on_each).pages("/calls", limit=limit))
    assert [call["call_sid"] for page in pages for call in page] == [sid(number) for number in range(7, 0, -1)]
    assert all(len(page) <= limit for page in pages)


def test_ticket_pages_lead_to_the_end_newest_first(desk_on_each: Desk) -> None:
    fill(desk_on_each, 5)
    pages = list(client_of(desk_on_each).pages("/tickets", limit=2))
    assert [ticket["number"] for page in pages for ticket in page] == [1005, 1004, 1003, 1002, 1001]


def test_a_page_of_many_calls_takes_as_few_queries_as_a_page_of_one(desk: Desk, client: Client) -> None:
    fill(desk, 30)
    counts = {}
    for path in ("/calls", "/tickets"):
        for limit in (1, 30):
            with queries(desk) as sent:
                assert len(client.json(path, limit=limit)["items"]) == limit
            counts[path, limit] = len(sent)
    assert counts["/calls", 1] == counts["/calls", 30] <= 3
    assert counts["/tickets", 1] == counts["/tickets", 30] <= 5


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, [3, 2, 1]),
        ({"since": "2026-11-28T03:02:00-06:00"}, [3, 2]),
        ({"until": "2026-11-28T09:02:00Z"}, [1]),
        ({"since": "2026-11-28T09:02:00+00:00", "until": "2026-11-28T09:03:00Z"}, [2]),
        ({"since": "", "until": "", "caller": "", "line": "", "disposition": "", "q": "", "cursor": ""}, [3, 2, 1]),
        ({"line": "main"}, [3, 2, 1]),
        ({"line": "816-232-7483"}, [3, 2, 1]),
        ({"line": "alternate"}, []),
        ({"line": "a line of former times"}, []),
        ({"caller": "+18165550142"}, [3, 2, 1]),
        ({"caller": "(816) 555-0142"}, [3, 2, 1]),
        ({"caller": "+18165550143"}, []),
        ({"disposition": "in_progress"}, [3, 2, 1]),
        ({"disposition": "voicemail"}, []),
        ({"q": "1002"}, [2]),
        ({"q": sid(3)}, [3]),
        ({"q": "816-555-0142", "limit": "2"}, [3, 2]),
    ],
)
def test_calls_are_found_by(desk: Desk, client: Client, parameters: dict[str, str], found: list[int]) -> None:
    fill(desk, 3)
    assert [call["call_sid"] for call in client.json("/calls", **parameters)["items"]] == [sid(one) for one in found]


@pytest.mark.parametrize("query", ["caller=+18165550142", "since=2026-11-28T03:00:00+00:00"])
def test_a_plus_sign_that_nobody_escaped_is_understood(desk: Desk, client: Client, query: str) -> None:
    fill(desk, 1)
    answer = client.http.get(f"/api/v1/calls?{query}", headers=client.headers)
    assert len(answer.get_json()["items"]) == 1


# Tickets.


def test_a_ticket_is_told_with_its_calls_and_history(desk: Desk) -> None:
    played = desk.everybody(ignore()).dials(ALTERNATE, keys="2")
    ticket = client_of(desk).json(f"/tickets/{played.ticket.number}")
    assert set(ticket) == TICKET_FIELDS
    assert ticket["calls"] == [played.sid]
    assert ticket["requester"] == CALLER
    assert ticket["priority"] == "high"
    assert ticket["channel"] == "phone"


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"status": "new"}, 2),
        ({"status": "closed"}, 0),
        ({"priority": "emergency"}, 2),
        ({"priority": "low"}, 0),
        ({"assignee": "Jamison White"}, 0),
        ({"q": "1001"}, 1),
    ],
)
def test_tickets_are_found_by(desk: Desk, client: Client, parameters: dict[str, str], found: int) -> None:
    fill(desk, 2, priority=Priority.EMERGENCY)
    assert len(client.json("/tickets", **parameters)["items"]) == found


# Who is on call.


def test_who_is_on_call_is_told_with_team_phone_end_and_reason(desk: Desk, client: Client) -> None:
    told = client.json("/oncall", at=SATURDAY_NIGHT)
    assert set(told) == {"at", "schedule", "people", "until", "because"}
    coverage = desk.snapshot.roster.who_is_on("on-call", at=datetime.fromisoformat(SATURDAY_NIGHT))
    people = [desk.snapshot.roster.people[duty.person] for duty in coverage.people]
    assert told["people"] == [{"name": one.name, "team": one.team, "phone": one.phones[0]} for one in people]
    assert told["schedule"] == "on-call"
    assert told["until"] == "2026-11-30T14:00:00Z"
    assert told["because"] == coverage.because


def test_on_call_means_now_and_the_first_schedule_unless_said_otherwise(desk: Desk, client: Client) -> None:
    assert client.json("/oncall") == client.json("/oncall", at=desk.clock.now().isoformat(), schedule="on-call")
    assert client.json("/oncall", schedule="on-call-backup")["people"] != client.json("/oncall")["people"]


# What a call would do.


@pytest.mark.parametrize("line", ["alternate", ALTERNATE, "816-676-0434", "(816) 676 0434"])
def test_a_route_is_of_the_line_by_name_or_number(client: Client, line: str) -> None:
    told = client.json("/route", line=line, at=SATURDAY_NIGHT, keys="1")
    assert told["line"] == "alternate"
    assert told["at"] == "2026-11-28T09:00:00Z"
    assert told["steps"][0]["because"] == "the alternate line starts flow main"
    assert any(step["does"].startswith("rings ") for step in told["steps"])
    assert all(set(step) == {"at", "does", "because", "source"} for step in told["steps"])


def test_a_route_is_of_the_first_line_now_unless_said_otherwise(desk: Desk, client: Client) -> None:
    desk.clock.show(AT)
    told = client.json("/route")
    assert told["line"] == "main"
    assert told["at"] == "2026-11-28T09:00:00.123456Z"
    assert told["revision"] == desk.snapshot.revision


def test_a_call_that_is_thought_through_leaves_no_record(desk: Desk, client: Client) -> None:
    client.json("/route", at=TUESDAY_MORNING, keys="2")
    assert client.json("/calls")["items"] == []
    assert desk.services.store.calls.get(sid(1)) is None


# What is not there.


ODD_SIDS = (sid(99), "%00", "%F0%9F%98%80", "a" * 5000)
ODD_NUMBERS = ("999", "x", "9" * 40, "-1", "%D9%A1", "1e3", "0", "2147483648", "9999999999")


def test_what_is_not_there_is_a_problem_of_404(desk_on_each: Desk) -> None:
    client = client_of(desk_on_each)
    for path in (*(f"/calls/{odd}" for odd in ODD_SIDS), *(f"/tickets/{odd}" for odd in ODD_NUMBERS)):
        answer = client.get(path)
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json"), path
        assert answer.get_json()["status"] == 404


def test_every_disposition_can_be_asked_for(client: Client) -> None:
    for disposition in Disposition:
        assert client.json("/calls", disposition=disposition.value)["items"] == []
