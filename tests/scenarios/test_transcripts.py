"""Calls as the desk is known by, each kept as a page to read: what is heard, who rings, which keys, what comes of it.

The pages are in transcripts/. Played again they must come out the same, word for word; with GOLDEN=write in the
environment they are written anew, to be read before they are kept.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.call_records import CallRecords
from app.cdr.records import Disposition, TicketStatus
from app.simulator.caller import CallerScript
from app.simulator.handsets import accept, ignore, voicemail
from app.simulator.parties import Moment
from oncall import Priority
from tests.app import edits
from tests.desk import (
    ALTERNATE,
    CALLER,
    CONFIG,
    MAIN,
    SATURDAY_NIGHT,
    TUESDAY_MORNING,
    Desk,
    assert_cared_for,
    make_desk,
)
from tests.scenarios.breakdowns import BreakingStore, never, unavailable_always
from tests.scenarios.switchboard import JAMISON, LASHA, Switchboard, config_with
from tests.scenarios.telling import page

PAGES = Path(__file__).with_name("transcripts")
JAMISONS, LASHAS, FIRSTS, SECONDS = (f"+181655501{number:02}" for number in range(1, 5))
SERVICE = "+18165550150"
IMAGING = "+18165550160"
AT_ONCE = "strategy: hunt", "strategy: simultaneous"
LASHA_SPEAKS_SPANISH = (edits.STAFF, 'phones: ["+18165550102"]', 'phones: ["+18165550102"]\n    languages: [en, es]')
Boards = Callable[..., Switchboard]


@pytest.fixture
def boards(sqlite_url: str, tmp_path: Path) -> Iterator[Boards]:
    """Makes a switchboard: the shipped configuration or another one, at an instant."""
    made: list[Switchboard] = []

    def board(config: Path = CONFIG, *, at: str = TUESDAY_MORNING) -> Switchboard:
        desk = make_desk(sqlite_url, tmp_path, store=BreakingStore.open(sqlite_url), config=config, rest=True)
        made.append(Switchboard(desk, at=at))
        return made[-1]

    yield board
    for each in made:
        each.desk.services.store.close()


def ringing_at_once(folder: Path) -> Path:
    """The shipped configuration, but each ring group's phones ring at once."""
    config = folder / "config"
    for name in ("ivr_flows", "schedules"):
        shutil.copytree(CONFIG / name, config / name)
    staff = config / "schedules" / "staff.yaml"
    staff.write_text(staff.read_text().replace(*AT_ONCE))
    return config


def assert_kept(name: str, text: str) -> None:
    """The page is as it was when somebody last read it."""
    kept = PAGES / f"{name}.txt"
    if os.environ.get("GOLDEN") == "write":
        kept.write_text(text)
    assert kept.read_text() == text


def store_of(desk: Desk) -> BreakingStore:
    assert isinstance(desk.services.store, BreakingStore)
    return desk.services.store


def test_the_first_key_press_wins(boards: Boards, tmp_path: Path) -> None:
    board = boards(ringing_at_once(tmp_path))
    board.phone.handsets.behave(JAMISONS, voicemail(after_seconds=1))
    board.phone.handsets.behave(LASHAS, accept(after_seconds=8))
    played = board.caller("2", number=IMAGING)
    board.run()

    assert_cared_for(played)
    assert played.call.answered_by == LASHA
    about = (
        "Both OffSite phones ring at once. Jamison White's voicemail picks up first and presses nothing; Lasha "
        "Dalakishvili presses 1 and has the call. The caller hears music meanwhile, and no machine. The client is "
        "named before the key; who calls, from where, is not."
    )
    title = "The first key press wins although another phone's voicemail picked up first"
    assert_kept("first-key-press", page(title, about, desk=board.desk, journals=[board.phone.journal], calls=[played]))


def test_two_emergencies_at_once(boards: Boards) -> None:
    board = boards(at=SATURDAY_NIGHT)
    board.phone.handsets.behave(JAMISONS, accept(talks_for_seconds=120))
    first = board.caller("1")
    board.let_pass(50)
    second = board.caller("1", to=ALTERNATE)
    board.run()

    for played in (first, second):
        assert_cared_for(played)
    assert [first.ticket.assignee, second.ticket.assignee] == [JAMISON, LASHA]
    about = (
        "At night one analyst is on call and one is backup. While the analyst talks with the first caller a second "
        "emergency comes in on the other line. It goes to the backup at once, and the caller is told why."
    )
    assert_kept(
        "two-emergencies",
        page(
            "Two emergencies at once",
            about,
            desk=board.desk,
            journals=[board.phone.journal],
            calls=[first, second],
        ),
    )


def test_the_line_and_a_call_back(boards: Boards, tmp_path: Path) -> None:
    board = boards(config_with(tmp_path, staff=(JAMISON,)))
    speaks = accept(talks_for_seconds=150)
    board.phone.handsets.behave(
        JAMISONS, speaks, accept(keys=("1", "2"), talks_for_seconds=90), accept(keys=("1", "1"))
    )
    board.phone.handsets.behave("+18165550132", voicemail(after_seconds=4), accept(talks_for_seconds=45))
    first = board.caller("2")
    board.let_pass(50)
    second = board.caller("0,1,1", script=CallerScript(presses_after_seconds=6))
    board.let_pass(20)
    third = board.caller("0", script=CallerScript(hangs_up_after_seconds=400))
    board.let_pass(1500)
    board.run()

    for played in (first, second, third):
        assert_cared_for(played)
    assert second.call.disposition is Disposition.ANSWERED
    about = (
        "One person is at the desk, and talks. The second caller waits in line and asks to be called back; the place "
        "in line is kept. The third one waits. When the first talk ends the call-back comes first: a voicemail "
        "answers, which is nobody, so that it is tried again after ten minutes. The third is put through meanwhile."
    )
    assert_kept(
        "line-and-call-back",
        page(
            "In line, and called back",
            about,
            desk=board.desk,
            journals=[board.phone.journal],
            calls=[first, second, third],
        ),
    )


def test_hanging_up_while_people_are_paged(boards: Boards) -> None:
    board = boards(at=SATURDAY_NIGHT)
    for number in (JAMISONS, FIRSTS, SECONDS):
        board.phone.handsets.behave(number, ignore())
    board.phone.handsets.behave(LASHAS, voicemail(after_seconds=4))
    board.phone.on_text(LASHAS, accepts_by_text, after_seconds=40)
    script = CallerScript(hangs_up_at=Moment.RINGING, hangs_up_delay_seconds=75)
    played = board.caller("1", number=CALLER, script=script)
    board.run()
    board.let_pass(1500)

    assert (played.ticket.status, played.ticket.assignee) == (TicketStatus.ACKNOWLEDGED, LASHA)
    assert played.call.disposition is Disposition.ABANDONED
    about = (
        "An emergency at night; nobody picks up, and after a minute and a quarter the caller gives up. The ticket is "
        "there, and people go on being paged, by text and by phone, until somebody accepts it. A voicemail accepts "
        "nothing. After that no phone rings any more."
    )
    assert_kept(
        "hang-up-while-paging",
        page(
            "A caller hangs up, and the emergency is paged until somebody accepts it",
            about,
            desk=board.desk,
            journals=[board.phone.journal],
            calls=[played],
        ),
    )


def accepts_by_text(body: str) -> str | None:
    """What somebody texts back who is told of an emergency."""
    found = re.search(r"Reply (ACK \d+)", body)
    return found.group(1) if found else None


def test_a_caller_who_speaks_spanish(boards: Boards, tmp_path: Path) -> None:
    board = boards(edits.write(tmp_path / "config", LASHA_SPEAKS_SPANISH))
    played = board.caller("8,2", number=CALLER)
    board.run()

    assert_cared_for(played)
    assert played.call.answered_by == LASHA
    about = (
        "The caller chooses Spanish by key and hears Spanish from then on. Who speaks it is rung first and hears, in "
        "English, that the caller speaks Spanish. Nobody would have been left out."
    )
    title = "A caller who speaks Spanish"
    assert_kept("spanish", page(title, about, desk=board.desk, journals=[board.phone.journal], calls=[played]))


def test_a_known_client_with_an_open_ticket(boards: Boards) -> None:
    desk = boards().desk
    desk.phones |= {JAMISONS: accept(talks_for_seconds=40)}
    before = desk.dials(MAIN, caller=IMAGING, keys="0")
    journals = [desk.phones_company.journal] if desk.phones_company else []
    played = desk.dials(MAIN, at="2026-12-01T15:00-06:00", caller=IMAGING, keys="1,2")
    journals += [desk.phones_company.journal] if desk.phones_company else []

    assert_cared_for(played)
    assert played.ticket.number == before.ticket.number
    assert (before.call.priority, played.call.answered_by) == (Priority.HIGH, JAMISON)
    about = (
        "The imaging department of a client calls in the morning: never less urgent than high, whatever it presses. "
        "In the afternoon it calls again, hears how its ticket stands, and is put through to the person who has it. "
        "No second ticket comes of it."
    )
    title = "A known client with an open ticket"
    assert_kept("open-ticket", page(title, about, desk=desk, journals=journals, calls=[before, played]))


def test_twilios_rest_interface_goes_down_in_the_middle(boards: Boards, tmp_path: Path) -> None:
    board = boards(ringing_at_once(tmp_path))
    for number in (JAMISONS, LASHAS, FIRSTS):
        board.phone.handsets.behave(number, ignore())
    played = board.caller("2", number=CALLER)
    board.let_pass(45)
    board.phone.rest_faults.refuse()
    board.run()

    assert_cared_for(played)
    assert played.call.answered_by == "triggerfish-2"
    about = (
        "Two phones ring at once through Twilio's REST interface, in vain. Then that interface goes down. The next two "
        "cannot be rung so; after a few seconds the caller is taken off hold and the same phones ring one after "
        "another, which needs no REST."
    )
    title = "Twilio's REST interface goes down in the middle of a call"
    assert_kept("rest-down", page(title, about, desk=board.desk, journals=[board.phone.journal], calls=[played]))


def test_the_database_goes_down_in_the_middle(boards: Boards) -> None:
    board = boards(at=SATURDAY_NIGHT)
    board.phone.handsets.behave(JAMISONS, voicemail(after_seconds=20))
    played = board.caller("1", number=CALLER)
    board.let_pass(20)
    store_of(board.desk).breaks(unavailable_always)
    board.run()
    store_of(board.desk).breaks(never)
    CallRecords(board.desk.services).replay()

    assert_cared_for(played)
    assert (played.call.disposition, played.call.answered_by) == (Disposition.ANSWERED, LASHA)
    about = (
        "The database is gone from the menu on, until after the call. The caller notices nothing: the analyst's "
        "voicemail is no answer, the backup presses 1. What happened is in the local spool, and in the record when the "
        "database is back."
    )
    title = "The database goes down in the middle of a call"
    assert_kept("database-down", page(title, about, desk=board.desk, journals=[board.phone.journal], calls=[played]))
