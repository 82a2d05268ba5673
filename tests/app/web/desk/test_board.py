"""The board: what it says, to whom, how little it sends, and what overseers do there."""

import gzip
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.accounts import LONGEST_SESSION, Role
from app.simulator.handsets import accept, ignore
from app.steering import Steered, Steering
from app.web.desk.board import PARTS
from tests.app.web.desk.visits import Visit, signed_in
from tests.desk import MAIN, SATURDAY_NIGHT, Desk
from tests.scenarios.switchboard import JAMISON, Switchboard, make_switchboard

pytestmark = pytest.mark.slow

LASHA, STAFF = "Lasha Dalakishvili", "triggerfish-1"
JAMISONS, LASHAS = "+18165550101", "+18165550102"
Make = Callable[..., Switchboard]


@pytest.fixture
def make(sqlite_url: str, tmp_path: Path) -> Iterator[Make]:
    """Makes a switchboard."""
    made: list[Switchboard] = []

    def switchboard(**options: Any) -> Switchboard:
        made.append(make_switchboard(sqlite_url, tmp_path, **options))
        return made[-1]

    yield switchboard
    for each in made:
        each.desk.services.store.close()


@pytest.fixture
def busy(make: Make) -> Switchboard:
    """Jamison talks with a caller, and two more wait in line."""
    board = make()
    board.phone.handsets.behave(JAMISONS, accept(talks_for_seconds=600))
    board.caller("2")
    board.let_pass(60)
    board.caller("2")
    board.let_pass(30)
    board.caller("1", number="+18165550160")
    board.let_pass(30)
    return board


def text(visit: Visit, address: str = "/desk/board") -> str:
    return visit.opens(address).get_data(as_text=True)


def part(page: str, name: str) -> str:
    found = re.search(rf'data-part="{name}"[^>]*>(.*?)(?=<(?:div|section)[^>]* data-part=|</main>)', page, re.DOTALL)
    assert found, name
    return found[1]


def asked(visit: Visit, seen: str, *, stream: str = "events", packed: bool = False) -> TestResponse:
    headers = {"Accept-Encoding": "gzip" if packed else "identity", "Last-Event-ID": seen}
    return visit.client.get(f"/desk/board/{stream}", headers=headers)


def mark(page: str) -> str:
    found = re.search(r'data-seen="([0-9a-f.]+)"', page)
    assert found
    return found[1]


def changed(answer: TestResponse) -> tuple[str, dict[str, str]]:
    """The mark and the sections of an event."""
    body = answer.get_data(as_text=True)
    assert body.endswith("\n\n")
    fields = dict(line.split(": ", 1) for line in body.strip().split("\n"))
    assert fields["retry"] == "2000"
    return fields["id"], json.loads(fields.get("data", "{}"))


def test_the_board_is_home_for_overseers_and_there_for_everybody(desk: Desk) -> None:
    assert signed_in(desk.services, role=Role.SUPERVISOR).opens("/desk").headers["Location"] == "/desk/board"
    staff = signed_in(desk.services, STAFF, Role.STAFF)
    assert staff.opens("/desk").headers["Location"] == "/desk/tickets"
    assert staff.opens("/desk/board").status_code == 200
    assert "Open or close the desk" not in text(staff)


def test_a_quiet_desk_says_so_with_who_is_on_call_until_when_and_why(desk: Desk) -> None:
    desk.services.store.beat("clock", at=desk.clock.at)
    page = text(signed_in(desk.services))
    now = part(page, "now")
    assert "Open" in now
    assert "17:00" in now
    assert "within business hours" in now
    assert "layer weekly turn" in now
    assert "then <b>" in now
    assert "All quiet" in now or "Coverage: see below" in now
    assert "No call right now" in page
    assert "Nothing is due" in page
    assert all(name in part(page, "staff") for name in (JAMISON, LASHA, STAFF))


def test_calls_are_told_with_their_stage_most_urgent_first_and_numbers_only_to_overseers(busy: Switchboard) -> None:
    services = busy.desk.services
    calls = part(text(signed_in(services)), "calls")
    stages = re.findall(r"</svg></span> ((?:talks with|number \d in line|rings)[^<]*)", calls)
    assert [re.sub(r", rings.*", "", each) for each in stages] == [
        "number 1 in line",
        "number 2 in line",
        f"talks with {JAMISON}",
    ]
    assert "816-555-0160" in calls
    staff = part(text(signed_in(services, STAFF, Role.STAFF)), "calls")
    assert "816-555-01" not in staff
    assert "Next step" not in staff
    assert "number 1 in line" in staff
    panel = text(signed_in(services), "/desk/board?panel=1")
    assert "816-555-01" not in panel
    assert "<nav" not in panel
    assert "Next step" not in panel


def test_what_waits_and_burns_is_told_first(busy: Switchboard) -> None:
    now = part(text(signed_in(busy.desk.services)), "now")
    assert "2 callers wait in line" in now
    assert "nobody has accepted it" in now
    assert 'class="hero is-bad burns"' in now
    assert "talking" in part(text(signed_in(busy.desk.services)), "staff")


def test_a_stream_ends_and_sends_only_what_has_changed(busy: Switchboard) -> None:
    visit = signed_in(busy.desk.services)
    first = mark(text(visit))
    answer = asked(visit, first)
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    assert changed(answer) == (first, {})
    assert len(answer.data) < 80
    busy.let_pass(3)
    third = busy.caller("2")
    busy.let_pass(5)
    seen, parts = changed(asked(visit, first))
    assert list(parts) == ["calls"]
    assert str(third.ticket.number) in parts["calls"]
    assert changed(asked(visit, seen)) == (seen, {})
    assert list(changed(asked(visit, "nothing"))[1]) == list(PARTS)


def test_clocks_that_run_on_change_nothing(busy: Switchboard) -> None:
    visit = signed_in(busy.desk.services)
    # No tick of music, no answer: only time goes by.
    seen = mark(text(visit))
    busy.desk.clock.at += timedelta(seconds=7)
    assert changed(asked(visit, seen)) == (seen, {})


def test_an_update_is_smaller_than_2_kb_even_on_a_busy_day(make: Make) -> None:
    board = make()
    board.phone.handsets.behave(JAMISONS, accept(talks_for_seconds=900))
    visit = signed_in(board.desk.services)
    for _ in range(14):
        board.caller("1")
        board.let_pass(9)
    seen = mark(text(visit))
    board.let_pass(61)
    one = board.caller("2")
    board.let_pass(2)
    seen, parts = changed(asked(visit, seen))
    assert "and 3 more" in parts["calls"]
    assert one.call.ended_at is None
    everything = asked(visit, "nothing", packed=True)
    assert everything.headers["Content-Encoding"] == "gzip"
    assert len(parts["calls"]) > 3000
    assert len(everything.data) < 3500
    for name in PARTS:
        known = dict(zip(PARTS, seen.split("."), strict=True)) | {name: "-"}
        answer = asked(visit, ".".join(known.values()), packed=True)
        assert len(answer.data) < 2048, (name, len(answer.data))
        assert len(gzip.decompress(answer.data) if "Content-Encoding" in answer.headers else answer.data) > 100


def test_a_board_that_stands_open_does_not_keep_its_reader_signed_in_but_a_panel_does(desk: Desk) -> None:
    idle = timedelta(minutes=desk.services.settings.session_idle_minutes)
    visit, panel = signed_in(desk.services), signed_in(desk.services)
    for _ in range(int(idle / timedelta(minutes=5)) + 1):
        desk.clock.at += timedelta(minutes=5)
        asked(visit, "")
        assert asked(panel, "", stream="panel-events").status_code == 200
    assert asked(visit, "").status_code == 401
    desk.clock.at += LONGEST_SESSION
    assert asked(panel, "", stream="panel-events").status_code == 401


def test_an_overseer_closes_the_desk_by_hand_and_takes_it_back(desk: Desk) -> None:
    visit = signed_in(desk.services)
    page = text(visit)
    assert 'name="seen" value="0"' in page
    assert visit.sends("/desk/board/desk", state="closed", until="60", reason="fire drill", seen="0").status_code == 303
    page = text(visit)
    assert "It counts for every call from now on" in page
    now = part(page, "now")
    assert "Closed" in now
    assert f"closed by hand until 11:00 by {LASHA}: fire drill" in now
    assert "Back to business hours" in now
    assert visit.sends("/desk/board/calendar", seen="1").status_code == 303
    page = text(visit)
    assert "Business hours count again." in page
    assert "Open" in part(page, "now")
    assert [each.action for each in desk.services.store.audit.list(limit=5, subject="desk").items] == [
        "desk_by_calendar",
        "desk_closed",
    ]


def test_of_two_who_change_the_desk_the_second_is_told(desk: Desk) -> None:
    one, other = signed_in(desk.services), signed_in(desk.services, JAMISON)
    text(one)
    text(other)
    one.sends("/desk/board/desk", state="closed", until="30", reason="fire drill", seen="0")
    other.sends("/desk/board/desk", state="open", until="30", reason="what?", seen="0")
    assert "Somebody else opened or closed the desk" in text(other)
    assert [each.is_open for each in desk.services.store.desk.known()] == [False]


@pytest.mark.parametrize(
    "fields",
    [{"state": "ajar"}, {"until": "61"}, {"until": "9" * 30}, {"until": "change ", "state": "open"}],
)
def test_what_no_form_of_ours_says_is_refused(desk: Desk, fields: dict[str, str]) -> None:
    visit = signed_in(desk.services)
    text(visit)
    sent = {"state": "closed", "until": "60", "reason": "x", "seen": "0", **fields}
    assert visit.sends("/desk/board/desk", **sent).status_code == 400
    text(visit)
    assert visit.sends("/desk/board/calls", take="nobody").status_code == 400


def test_a_night_on_which_the_desk_is_opened_until_its_hours_begin(desk: Desk) -> None:
    desk.clock.show(datetime.fromisoformat("2026-12-01T05:00-06:00"))
    visit = signed_in(desk.services)
    text(visit)
    visit.sends("/desk/board/desk", state="open", until="change", reason="a cutover", seen="0")
    (said,) = desk.services.store.desk.known()
    assert said.ends_at == datetime.fromisoformat("2026-12-01T08:00-06:00")
    now = part(text(visit), "now")
    # Nothing changes at eight, when the hours themselves begin: the desk is open until they end.
    assert "until" in now
    assert "17:00" in now


def test_a_waiting_call_is_sent_on_and_taken_from_the_board(busy: Switchboard) -> None:
    visit, services = signed_in(busy.desk.services), busy.desk.services
    busy.phone.handsets.behave(LASHAS, accept(after_seconds=2, talks_for_seconds=20))
    page = text(visit)
    first, second = re.findall(r'name="send_on" value="([^"]+)"', page)
    assert visit.sends("/desk/board/calls", take=first).status_code == 303
    assert "Your phone rings in a moment" in text(visit)
    assert visit.sends("/desk/board/calls", send_on=second).status_code == 303
    assert "The call goes on to its next step." in text(visit)
    visit.sends("/desk/board/calls", send_on=second)
    assert "Somebody has sent this call on already." in text(visit)
    busy.let_pass(40)
    taken = services.store.calls.get(first.split(":")[0])
    assert taken is not None
    assert taken.call.answered_by == LASHA
    assert Steering(services, LASHA).take(*_wait(second)) is Steered.LATE


def _wait(name: str) -> tuple[str, int]:
    call_sid, turn = name.split(":")
    return call_sid, int(turn)


def test_tickets_due_are_told_with_how_late_they_are(desk: Desk) -> None:
    desk.phone(JAMISON, accept())
    taken = desk.everybody(accept()).dials(MAIN, keys="1", at=SATURDAY_NIGHT)
    desk.everybody(ignore())
    assert taken.ticket.update_due_at is not None
    desk.clock.at = taken.ticket.update_due_at + timedelta(minutes=5)
    page = text(signed_in(desk.services))
    assert "overdue by 5 min" in part(page, "due")
    assert "1 ticket is overdue" in part(page, "now")
