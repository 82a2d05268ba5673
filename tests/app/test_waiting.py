"""Who waits: in the order they are served, with a wait foretold only where it can be, and numbers for few."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli import main
from app.store import OfferOutcome, Place, PlaceKind, PlaceOutcome
from app.waiting import waiting
from oncall import Priority
from tests.app.web.api_client import client_of
from tests.desk import CONFIG, TUESDAY_MORNING, Desk

AT = datetime.fromisoformat(TUESDAY_MORNING)
JAMISON, LASHA, FISH = "Jamison White", "Lasha Dalakishvili", "triggerfish-1"
NUMBER = "+18165550142"


def place(name: str, *, minutes: int = 1, people: tuple[str, ...] = (JAMISON, LASHA), **more: Any) -> Place:
    fields: dict[str, object] = {
        "call_sid": name,
        "turn": 2,
        "line": "main",
        "flow": "main",
        "node": "in-line",
        "language": "en",
        "people": people,
        "priority": Priority.MEDIUM,
        "kind": PlaceKind.WAITING,
        "entered_at": AT - timedelta(minutes=minutes),
        "seen_at": AT,
    }
    return Place(**{**fields, **more})


def in_line(desk: Desk, *places: Place) -> None:
    desk.clock.show(AT)
    with desk.services.store.turn() as transaction:
        for each in places:
            transaction.queue.add(each)


def test_they_come_in_the_order_they_are_served(desk: Desk) -> None:
    in_line(
        desk,
        place("CAmedium", minutes=6),
        place("CAlow", minutes=7, priority=Priority.LOW),
        place("CAemergency", minutes=1, priority=Priority.EMERGENCY),
        place("CAelsewhere", minutes=1, people=(FISH,)),
    )
    found = waiting(desk.services, at=AT)
    assert [(each.call_sid, each.position, each.waited_seconds) for each in found] == [
        ("CAemergency", 1, 60),
        ("CAmedium", 2, 360),
        ("CAlow", 3, 420),
        ("CAelsewhere", 1, 60),
    ]


def test_a_phone_that_rings_is_told_until_it_is_over(desk: Desk) -> None:
    mine = place("CA1")
    in_line(desk, mine)
    with desk.services.store.turn() as transaction:
        offer = transaction.queue.offer(mine, LASHA, at=AT, until=AT + timedelta(minutes=1))
    assert offer == 1
    assert waiting(desk.services, at=AT)[0].offered_to == (LASHA,)
    with desk.services.store.turn() as transaction:
        transaction.queue.end_offer("CA1", 2, 1, at=AT, outcome=OfferOutcome.PASSED)
    assert waiting(desk.services, at=AT)[0].offered_to == ()


def test_a_wait_is_foretold_from_recent_waits_alone(desk: Desk) -> None:
    in_line(desk, place("CA1"), place("CA2", kind=PlaceKind.CALLBACK, number=NUMBER))
    assert [each.estimate_seconds for each in waiting(desk.services, at=AT)] == [None, None]
    before = [place(f"CA{number}", minutes=12) for number in range(10, 15)]
    in_line(desk, *before)
    with desk.services.store.turn() as transaction:
        for each in before:
            transaction.queue.change(each, left_at=AT - timedelta(minutes=10), outcome=PlaceOutcome.ANSWERED.value)
    assert [(each.call_sid, each.estimate_seconds) for each in waiting(desk.services, at=AT)] == [
        ("CA1", 120),
        ("CA2", None),
    ]


@pytest.mark.parametrize(("role", "number"), [("staff", None), ("supervisor", NUMBER), ("admin", NUMBER)])
def test_numbers_are_for_those_who_may_see_all_calls(desk: Desk, role: str, number: str | None) -> None:
    in_line(desk, place("CA1", kind=PlaceKind.CALLBACK, number=NUMBER, due_at=AT + timedelta(minutes=5)))
    (told,) = client_of(desk, role).json("/line")["items"]
    assert (told["call_sid"], told["kind"], told["position"], told["number"]) == ("CA1", "callback", 1, number)


def test_the_command_shows_no_number(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.services.settings.instance_dir.parent)
    in_line(desk, place("CA1", kind=PlaceKind.CALLBACK, number=NUMBER), place("CA2", minutes=2))
    runner = CliRunner(env={"DATABASE_URL": desk.services.settings.database_url, "IVR_CONFIG_DIR": str(CONFIG)})
    for arguments in (["line"], ["line", "--json"]):
        told = runner.invoke(main, arguments)
        assert told.exit_code == 0, told.output
        assert told.stdout.index("CA2") < told.stdout.index("CA1")
        assert NUMBER not in told.output


def test_nobody_in_line_is_said_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.services.settings.instance_dir.parent)
    runner = CliRunner(env={"DATABASE_URL": desk.services.settings.database_url, "IVR_CONFIG_DIR": str(CONFIG)})
    assert runner.invoke(main, ["line"]).stdout == "Nobody waits in line.\nCalls in progress: 0.\n"
    assert client_of(desk).json("/line")["items"] == []
