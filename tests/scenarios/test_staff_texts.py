"""What staff can do by text, and what nobody can: from a stranger's phone, twice, or so that nobody is left on call."""

import re
import shutil
from collections.abc import Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.cdr.records import TicketStatus
from app.simulator.caller import CallerScript
from app.simulator.handsets import accept, ignore
from app.staff_texts.commands import KEPT_WORDS
from app.store import CallFilters
from oncall import OverrideKind
from tests.app.web.signed import SignedClient
from tests.desk import CALLER, CONFIG, MAIN, SATURDAY_NIGHT, TUESDAY_MORNING
from tests.pages import FIRST, JAMISON, LASHA, PagedDesk, answer_in, make_paged_desk
from tests.scenarios.breakdowns import BreakingStore, log, unavailable_always

pytestmark = pytest.mark.slow

__all__ = ["log"]  # used by every test here
STRANGER = "+18165550177"
GSM_7 = re.compile(r"[A-Za-z0-9 @$!\"#%&'()*+,\-./:;<=>?_\n]*")


def missed(paged: PagedDesk, *, keys: str = "2", at: str = TUESDAY_MORNING, caller: str | None = None) -> int:
    """The ticket of a call that nobody took, each a new one: the number is withheld."""
    paged.desk.everybody(ignore())
    script = CallerScript(hangs_up_after_seconds=60)
    number = paged.desk.dials(MAIN, at=at, keys=keys, script=script, caller=caller).ticket.number
    assert number is not None
    return number


@pytest.fixture
def doubled(sqlite_url: str, tmp_path: Path) -> Iterator[PagedDesk]:
    """A desk on which two people are on call at once."""
    made = make_paged_desk(sqlite_url, tmp_path, config=with_two_on_call(tmp_path))
    yield made
    made.services.store.close()


def with_two_on_call(folder: Path) -> Path:
    config = folder / "config"
    for name in ("schedules", "ivr_flows"):
        shutil.copytree(CONFIG / name, config / name)
    file = config / "schedules" / "on_call.yaml"
    text = file.read_text()
    first = "          - Jamison White\n          - Lasha Dalakishvili\n          - triggerfish-1\n"
    assert first in text
    both = "          - [Jamison White, triggerfish-1]\n          - Lasha Dalakishvili\n          - triggerfish-1\n"
    file.write_text(text.replace(first, both, 1))
    return config


# Who is obeyed.


def test_a_strangers_text_gets_no_answer_and_changes_nothing(
    paged: PagedDesk, log: list[MutableMapping[str, Any]]
) -> None:
    number = missed(paged)
    log.clear()
    for body in ("WHO", f"ACK {number}", "AWAY", "hello", ""):
        assert paged.texts(JAMISON, body, number=STRANGER) is None

    assert paged.ticket(number).status is TicketStatus.NEW
    assert {event["event"] for event in log} == {"text_from_stranger"}
    assert STRANGER[-4:] not in str(log)


@pytest.mark.parametrize("sender", ["", "anonymous", "+266696687", "sip:somebody@example.org", "12345"])
def test_a_sender_that_is_no_number_gets_no_answer(paged: PagedDesk, sender: str) -> None:
    assert answer_in(paged.post_text(sender, "WHO")) is None


@pytest.mark.parametrize("word", sorted(KEPT_WORDS))
def test_words_twilio_answers_itself_are_left_to_it(paged: PagedDesk, word: str) -> None:
    assert paged.texts(JAMISON, f" {word.lower()} \n") is None


def test_a_word_twilio_has_answered_is_left_to_it(paged: PagedDesk) -> None:
    """With Advanced Opt-Out the words are the account's own."""
    reply = paged.post_text(paged.number(JAMISON), "ADIOS", OptOutType="STOP")
    assert b"<Message" not in reply.body


@pytest.mark.parametrize(
    "body", ["", "hello", "ACK", "ACK me", "TAKE", "UPDATE", "UPDATE 1042", "\u00e9\u4e2d", "1042", "ACKNOWLEDGE 1042"]
)
def test_what_is_unclear_gets_the_list_of_commands(paged: PagedDesk, body: str) -> None:
    answer = paged.texts(JAMISON, body)
    assert answer is not None
    assert answer.startswith("Commands: WHO, LIST, ACK 1234")
    assert len(answer) <= 160


def test_a_webhook_without_a_signature_is_refused(paged: PagedDesk) -> None:
    fields = [("MessageSid", "SM1"), ("From", paged.number(JAMISON)), ("To", MAIN), ("Body", "WHO")]
    assert SignedClient(paged.services).post("/sms/incoming", fields, signature="d3Jvbmc=").status == 403


# Tickets.


@pytest.mark.parametrize("command", ["ACK {}", "ack {}", "  Ack  #{} ", "ACK{}", "ack: {}.", "TAKE {}", "take {}!"])
def test_a_ticket_is_accepted_in_any_spelling(paged: PagedDesk, command: str) -> None:
    number = missed(paged)
    answer = paged.texts(JAMISON, command.format(number))
    ticket = paged.ticket(number)

    assert answer is not None
    assert answer.startswith(f"{number} is yours. Next update due 14:0")
    assert (ticket.status, ticket.assignee) == (TicketStatus.ACKNOWLEDGED, JAMISON)
    assert ticket.acknowledged_at is not None
    assert ticket.resolve_due_at is not None


def test_of_two_who_accept_the_second_is_told_who_was_first_and_may_take_it_over(paged_on_each: PagedDesk) -> None:
    paged = paged_on_each
    number = missed(paged)
    paged.texts(JAMISON, f"ACK {number}")
    told = paged.texts(LASHA, f"ACK {number}")
    again = paged.texts(JAMISON, f"ACK {number}")
    over = paged.texts(LASHA, f"TAKE {number}")

    assert told is not None
    assert re.fullmatch(rf"{number} was taken by {JAMISON} \d\d:\d\d\. TAKE {number} takes it over\.", told)
    assert again is not None
    assert again.startswith(f"{number} is yours already.")
    assert over is not None
    assert over.startswith(f"{number} is yours, taken over from {JAMISON}.")
    assert paged.ticket(number).assignee == LASHA
    entries = [(entry.author, entry.kind, entry.text) for entry in paged.file(number).updates]
    assert entries == [
        (JAMISON, "acknowledged", "acknowledged by text"),
        (LASHA, "assigned", f"taken by text, from {JAMISON}"),
    ]


def test_of_two_who_accept_in_the_same_moment_one_wins_and_the_other_is_told(paged_on_each: PagedDesk) -> None:
    paged = paged_on_each
    for _ in range(5):
        number = missed(paged)
        with ThreadPoolExecutor(4) as pool:
            names = [JAMISON, LASHA, FIRST, "triggerfish-2"]
            answers = dict(
                zip(names, pool.map(lambda name, body=f"ACK {number}": paged.texts(name, body), names), strict=True)
            )
        winner = paged.ticket(number).assignee
        assert winner is not None
        for name, answer in answers.items():
            assert answer is not None
            assert answer.startswith(f"{number} is yours." if name == winner else f"{number} was taken by {winner}")
        assert len(paged.file(number).updates) == 1


def test_news_is_kept_with_the_ticket_resets_its_clock_and_is_not_repeated(paged: PagedDesk) -> None:
    number = missed(paged)
    paged.texts(JAMISON, f"ACK {number}")
    paged.desk.clock.at += timedelta(hours=1)
    answer = paged.texts(LASHA, f"Update {number}: vendor is on site; gantry is up")
    file = paged.file(number)

    assert answer is not None
    assert "vendor" not in answer
    assert answer.startswith(f"Noted on {number}. Next update due 15:0")
    assert (file.updates[-1].author, file.updates[-1].kind) == (LASHA, "update")
    assert file.updates[-1].text == "vendor is on site; gantry is up"
    assert file.ticket.status is TicketStatus.IN_PROGRESS
    assert file.ticket.assignee == JAMISON


def test_news_of_a_ticket_nobody_has_accepted_makes_nobody_its_owner(paged: PagedDesk) -> None:
    number = missed(paged, keys="1", at=SATURDAY_NIGHT)
    answer = paged.texts(LASHA, f"UPDATE {number} I cannot, somebody else please")
    paged.passes(301)

    assert answer == f"Noted on {number}. Nobody has it yet: ACK {number} makes it yours."
    assert paged.ticket(number).status is TicketStatus.NEW
    assert paged.company.texts, "pages go on"


@pytest.mark.parametrize("command", ["ACK 999999", "TAKE 0", "UPDATE 4711 news", "ACK 999999999"])
def test_a_ticket_that_does_not_exist_is_named(paged: PagedDesk, command: str) -> None:
    answer = paged.texts(JAMISON, command)
    assert answer == f"There is no ticket {int(command.split()[1])}."


@pytest.mark.parametrize("command", ["ACK {}", "TAKE {}", "UPDATE {} news"])
def test_a_ticket_that_is_closed_stays_so(paged: PagedDesk, command: str) -> None:
    number = missed(paged)
    with paged.services.store.turn() as transaction:
        ticket = transaction.tickets.hold(number)
        assert ticket is not None
        transaction.tickets.save(ticket, replace(ticket, status=TicketStatus.CLOSED, closed_at=paged.desk.clock.at))

    assert paged.texts(JAMISON, command.format(number)) == f"{number} is closed: nothing was changed."
    assert paged.ticket(number).status is TicketStatus.CLOSED
    assert paged.file(number).updates == ()


def test_open_tickets_are_listed_the_most_urgent_first(paged: PagedDesk) -> None:
    assert paged.texts(JAMISON, "list") == "You have no open tickets."
    high, emergency = missed(paged), missed(paged, keys="1")
    paged.texts(JAMISON, f"ACK {high}")
    paged.texts(JAMISON, f"ACK {emergency}")
    answer = paged.texts(JAMISON, "LIST")

    assert answer is not None
    assert re.fullmatch(rf"Yours: {emergency} emergency by \d\d:\d\d; {high} high by \d\d:\d\d\.", answer)
    assert paged.texts(LASHA, "LIST") == "You have no open tickets."


# The same text twice.


def test_a_text_delivered_twice_is_acted_on_once_and_answered_the_same(paged_on_each: PagedDesk) -> None:
    paged = paged_on_each
    number = missed(paged)
    paged.texts(JAMISON, f"ACK {number}")
    sid = "SM" + "7" * 32
    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(lambda _: paged.texts(JAMISON, f"UPDATE {number} on it", sid=sid), range(4)))
    answers.add(paged.texts(JAMISON, f"UPDATE {number} on it", sid=sid))

    assert len(answers) == 1
    assert [entry.text for entry in paged.file(number).updates] == ["acknowledged by text", "on it"]


def test_while_the_database_is_away_one_is_told_and_can_try_again(sqlite_url: str, tmp_path: Path) -> None:
    store = BreakingStore.open(sqlite_url)
    paged = make_paged_desk(sqlite_url, tmp_path, store=store)
    number = missed(paged)
    sid = "SM" + "8" * 32
    store.breaks(unavailable_always)
    told = paged.texts(JAMISON, f"ACK {number}", sid=sid)
    store.breaks(lambda _: None)

    assert told == "This could not be noted right now. Please try again in a minute, or call the desk."
    assert paged.ticket(number).status is TicketStatus.NEW
    assert str(paged.texts(JAMISON, f"ACK {number}", sid=sid)).startswith(f"{number} is yours.")
    store.close()


# Who is on call.


def test_who_says_who_is_on_call_now_and_next_in_one_text(paged: PagedDesk) -> None:
    answer = paged.at("2026-11-26T21:00-06:00").texts(LASHA, "who")

    assert answer == (
        "on-call: Jamison White until Mon 08:00, then Lasha Dalakishvili. "
        "on-call-backup: Lasha Dalakishvili until Mon 08:00, then triggerfish-1."
    )
    assert len(answer) <= 160


def test_who_works_without_a_database(tmp_path: Path) -> None:
    paged = make_paged_desk(f"sqlite:///{tmp_path}/nowhere/ivr.db", tmp_path)
    answer = paged.at("2026-11-26T21:00-06:00").texts(LASHA, "WHO")
    assert str(answer).startswith("on-call: Jamison White until Mon 08:00")
    paged.services.store.close()


# Away and back.


def test_nobody_can_leave_so_that_nobody_is_on_call(paged_on_each: PagedDesk) -> None:
    paged = paged_on_each.at("2026-11-26T02:00-06:00")
    answer = paged.texts(JAMISON, "AWAY until 08:00")

    assert answer == (
        "Not changed: nobody would be on call Thu 26 Nov 02:00-08:00 (on-call). Ask somebody to take over first."
    )
    assert len(answer) <= 160
    assert paged.services.store.overrides.recent(at=paged.desk.clock.at) == ()
    paged.desk.phone(JAMISON, accept())
    assert paged.desk.dials(MAIN, at="2026-11-26T02:05-06:00", keys="1").rang() == [JAMISON]


def test_a_gap_later_in_the_span_is_found_too(paged: PagedDesk) -> None:
    """On Sunday triggerfish-1 is on nothing, and from Monday on they are the backup."""
    answer = paged.at("2026-11-29T12:00-06:00").texts(FIRST, "AWAY tomorrow 10:00")
    assert answer is not None
    assert "nobody would be on call Mon 30 Nov 08:00-10:00 (on-call-backup)" in answer
    fine = paged.texts(FIRST, "AWAY tomorrow 08:00")
    assert fine == "You are on no schedule until Mon 08:00: nothing to change."


def test_somebody_who_left_is_not_rung_at_once_until_they_are_back(doubled: PagedDesk) -> None:
    paged = doubled.at("2026-11-28T02:00-06:00")
    paged.desk.everybody(accept())
    assert paged.desk.dials(MAIN, at="2026-11-28T02:01-06:00", keys="1", caller=None).rang() == [JAMISON]
    answer = paged.texts(JAMISON, "AWAY 4h")
    assert answer is not None
    assert re.fullmatch(r"You are off on-call until 06:0\d\. Text BACK when you are here again\.", answer)

    during = paged.desk.dials(MAIN, at="2026-11-28T02:10-06:00", keys="1", caller=None)
    assert during.rang() == [FIRST]
    who = paged.texts(LASHA, "WHO")
    assert str(who).startswith("on-call: triggerfish-1 until 06:0")

    back = paged.texts(JAMISON, "back")
    assert back == "Welcome back. You are in your turns of on-call again."
    assert paged.desk.dials(MAIN, at="2026-11-28T02:20-06:00", keys="1", caller=None).rang() == [JAMISON]
    assert paged.texts(JAMISON, "BACK") == "You were not away: nothing to change."


def test_an_absence_ends_by_itself(doubled: PagedDesk) -> None:
    paged = doubled.at("2026-11-28T02:00-06:00")
    paged.desk.everybody(accept())
    paged.texts(JAMISON, "AWAY 2h")

    assert paged.desk.dials(MAIN, at="2026-11-28T03:59-06:00", keys="1", caller=None).rang() == [FIRST]
    assert paged.desk.dials(MAIN, at="2026-11-28T04:00-06:00", keys="1", caller=None).rang() == [JAMISON]


def test_of_two_who_leave_in_the_same_moment_one_stays(sqlite_url: str, tmp_path: Path) -> None:
    leave_together(make_paged_desk(sqlite_url, tmp_path, config=with_two_on_call(tmp_path)))


def test_of_two_who_leave_in_the_same_moment_one_stays_on_postgresql(postgresql_url: str, tmp_path: Path) -> None:
    leave_together(make_paged_desk(postgresql_url, tmp_path, config=with_two_on_call(tmp_path)))


def leave_together(paged: PagedDesk) -> None:
    paged.at("2026-11-28T02:00-06:00")
    for _ in range(5):
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda name: str(paged.texts(name, "AWAY 2h")), [JAMISON, FIRST]))
        assert sorted(answer.split(" ")[0] for answer in answers) == ["Not", "You"]
        for name in (JAMISON, FIRST):
            paged.texts(name, "BACK")
    paged.services.store.close()


def test_an_absence_is_in_the_audit_log_with_its_author(doubled: PagedDesk) -> None:
    paged = doubled.at("2026-11-28T02:00-06:00")
    paged.texts(JAMISON, "AWAY 2h")
    paged.texts(JAMISON, "BACK")
    entries = paged.services.store.audit.list(limit=10).items

    assert [(entry.actor, entry.action, entry.subject) for entry in entries] == [
        (JAMISON, "override_withdrawn", "schedule:on-call"),
        (JAMISON, "override_created", "schedule:on-call"),
    ]
    (kept,) = paged.services.store.overrides.recent(at=paged.desk.clock.at)
    assert (kept.kind, kept.person, kept.author) == (OverrideKind.REMOVE, JAMISON, JAMISON)
    assert kept.withdrawn_at == paged.desk.clock.at


def test_a_hunt_under_way_keeps_its_plan_when_somebody_leaves(doubled: PagedDesk) -> None:
    """The caller is at the second phone of the plan: it must not become another one's."""
    paged = doubled
    paged.desk.everybody(ignore())
    show = paged.desk.clock.show
    done: list[bool] = []

    def meanwhile(at: Any) -> None:
        show(at)
        page = paged.services.store.calls.page
        record = next(iter(page(CallFilters(), limit=1).items), None)
        if record is not None and len(record.legs) == 1 and not done:
            done.append(True)
            paged.texts(JAMISON, "AWAY 2h")

    paged.desk.clock.show = meanwhile  # type: ignore[method-assign]
    rang = paged.desk.dials(MAIN, at="2026-11-28T02:10-06:00", keys="1").rang()
    assert rang[:3] == [JAMISON, FIRST, LASHA]


@pytest.mark.parametrize(
    "words", ["soon", "17", "25:00", "0h", "999 days", "13pm", "until", "yesterday 8:00", "today 02:00"]
)
def test_a_time_nobody_understands_is_asked_for_again(paged: PagedDesk, words: str) -> None:
    answer = str(paged.at(SATURDAY_NIGHT).texts("triggerfish-2", f"AWAY {words}"))
    assert answer.startswith("Until when? For example: AWAY 17:00")
    assert len(answer) <= 160
    assert paged.services.store.overrides.recent(at=paged.desk.clock.at) == ()


def test_no_answer_holds_a_callers_number_or_a_sign_that_costs_a_second_text(paged: PagedDesk) -> None:
    number = missed(paged, caller=CALLER)
    said = [
        str(paged.texts(name, body))
        for name in (JAMISON, LASHA)
        for body in (
            "WHO",
            f"ACK {number}",
            f"TAKE {number}",
            "LIST",
            f"UPDATE {number} x",
            "AWAY",
            "AWAY x",
            "BACK",
            "?",
        )
    ]
    assert len(said) == 18
    for answer in said:
        assert CALLER[-7:] not in answer
        assert GSM_7.fullmatch(answer), answer
