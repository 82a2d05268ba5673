"""Whoever has a message calls back with their own phone: it rings first, and the caller only after its key."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.call_records import CallRecords
from app.callbacks import (
    Asked,
    Attempt,
    AttemptState,
    CallbackPhones,
    CallbackRequests,
    MessageCallbacks,
    QueueCallbacks,
    attempts,
)
from app.calls import Calls
from app.cdr.records import Disposition, TicketStatus
from app.flow.messages import CALLBACK_TURN, KeysPressed, OrderKind, Position
from app.held_calls import HeldCalls
from app.simulator.events import Heard
from app.simulator.handsets import Behaviour, accept, busy, decline, ignore, voicemail
from app.store import ClaimedOrder, StoreUnavailable, Voicemail
from app.telephony import twiml
from app.telephony.inbound import voice_request
from app.voicemail import Voicemails
from tests.desk import MAIN, PlayedCall
from tests.messages import left
from tests.outages import LeavingStore
from tests.scenarios.switchboard import JAMISON, LASHA, Switchboard, make_switchboard

pytestmark = pytest.mark.slow

JAMISONS, LASHAS = "+18165550101", "+18165550102"
NIGHT = "2026-11-28T03:00-06:00"
SPEAKS = accept(after_seconds=3, keys=("1", "1"), talks_for_seconds=90)
Make = Callable[..., "Inbox"]


@dataclass
class Inbox:
    """A desk at night with a message of one caller, which Lasha Dalakishvili has claimed."""

    board: Switchboard
    number: str | None = ""
    call: PlayedCall = field(init=False)
    sid: str = field(init=False)

    def __post_init__(self) -> None:
        desk = self.board.desk
        for number in desk.names():
            self.board.phone.handsets.behave(number, ignore())
        self.call = self.board.caller("0", number=self.number)
        self.board.run()
        self.sid = left(desk.services, self.call.sid, self.call.ticket.number or 0, at=desk.clock.at, number=7)
        Voicemails(desk.services).claim(self.sid, by=LASHA, at=desk.clock.at)

    @property
    def caller(self) -> str:
        return self.call.call.caller

    def does(self, number: str, *behaviours: Behaviour) -> None:
        self.board.phone.handsets.behave(number, *behaviours)

    def asks(self, name: str = LASHA, *, seen: int | None = None) -> Asked:
        requests = CallbackRequests(services=self.board.desk.services, actor=name, person=name)
        return requests.ask(self.sid, seen=seen)

    def passes(self, seconds: float) -> None:
        self.board.let_pass(seconds)

    def tried(self) -> tuple[Attempt, ...]:
        services = self.board.desk.services
        told = services.store.calls.facts_from((self.call.sid,), CALLBACK_TURN)
        return attempts(told.get(self.call.sid, ()), at=services.clock.now())

    def states(self) -> list[AttemptState]:
        return [each.state for each in self.tried()]

    def rings_at(self, number: str) -> list[tuple[str, str]]:
        """From where a phone was rung since the message was left, and how each of those calls stands."""
        since = len([call for call in self.board.phone.calls if call.fields["To"] == MAIN])
        assert since == 1
        return [(call.fields["From"], call.status) for call in self.board.phone.calls if call.fields["To"] == number]

    def message(self) -> Voicemail:
        found = self.board.desk.services.store.voicemails.get(self.sid)
        assert found is not None
        return found

    def ticket_texts(self) -> list[tuple[str, str]]:
        found = self.board.desk.services.store.tickets.get(self.call.ticket.number or 0)
        assert found is not None
        return [(each.author, each.text) for each in found.updates]

    def heard_by(self, number: str) -> list[str]:
        return [event.text for event in self.board.phone.journal.of(Heard) if event.number == number]

    def engaged(self) -> set[str]:
        with self.board.desk.services.store.turn() as transaction:
            return {offer.person for offer in transaction.queue.offers()}


@pytest.fixture
def make(sqlite_url: str, tmp_path: Path) -> Iterator[Make]:
    made: list[Inbox] = []

    def inbox(**options: Any) -> Inbox:
        board = make_switchboard(sqlite_url, tmp_path, at=NIGHT, store=LeavingStore)
        made.append(Inbox(board, **options))
        return made[-1]

    yield inbox
    for each in made:
        each.board.desk.services.store.close()


@pytest.fixture
def inbox(make: Make) -> Inbox:
    return make()


@pytest.fixture
def inbox_on_each(database_url: str, tmp_path: Path) -> Iterator[Inbox]:
    made = Inbox(make_switchboard(database_url, tmp_path, at=NIGHT))
    yield made
    made.board.desk.services.store.close()


def test_ones_own_phone_rings_first_and_on_its_key_the_caller_sees_the_lines_number(inbox_on_each: Inbox) -> None:
    inbox = inbox_on_each
    before = len(inbox.rings_at(LASHAS))
    inbox.does(LASHAS, SPEAKS)
    inbox.does(inbox.caller, accept(after_seconds=4, keys=(), talks_for_seconds=40))
    assert inbox.asks(seen=0) is Asked.RINGS
    inbox.passes(2)
    assert (inbox.states(), inbox.engaged()) == ([AttemptState.RINGING], {LASHA})
    assert inbox.rings_at(inbox.caller) == [], "nothing reaches the caller before the key"
    inbox.passes(200)

    assert inbox.states() == [AttemptState.SPOKEN]
    assert inbox.rings_at(LASHAS)[before:] == [(MAIN, "completed")]
    assert inbox.rings_at(inbox.caller) == [(MAIN, "completed")]
    prompt, calling, question, thanks = inbox.heard_by(LASHAS)[-4:]
    ticket = " ".join(str(inbox.call.ticket.number))
    assert "asked at the desk to call back about a message" in prompt
    assert ticket not in prompt
    assert inbox.caller[-4:] not in prompt
    assert f"Ticket {ticket}" in calling
    assert "If you spoke to the person, press 1" in question
    assert f"message of ticket {ticket} is done" in thanks
    message = inbox.message()
    assert (message.done_by, message.claimed_by) == (LASHA, LASHA)
    assert (LASHA, "Message answered: called back and spoken to.") in inbox.ticket_texts()
    assert inbox.call.ticket.assignee == LASHA
    assert inbox.call.ticket.status is TicketStatus.IN_PROGRESS
    assert inbox.call.call.disposition is Disposition.VOICEMAIL, "what the call was stays what it was"
    assert inbox.engaged() == set()
    asked = inbox.call.told("message_callback_asked")[0]
    assert asked.because == f"{LASHA} asked to call back about the message"
    audit = inbox.board.desk.services.store.audit.list(limit=9, subject=f"voicemail:{inbox.sid}").items
    assert [each.action for each in reversed(audit)] == ["voicemail_claimed", "voicemail_call_back", "voicemail_done"]
    assert inbox.board.phone.rest_warnings == []


@pytest.mark.parametrize(
    ("phone", "why"),
    [
        (ignore(), "it was not picked up"),
        (busy(), "it was busy"),
        (decline(after_seconds=2), "2 was pressed"),
        (voicemail(after_seconds=2), "it was picked up, perhaps by its voicemail, and 1 was not pressed"),
        (
            accept(after_seconds=2, keys=("7", "9", "0")),
            "it was picked up, perhaps by its voicemail, and 1 was not pressed",
        ),
    ],
    ids=["ignored", "busy", "declined", "voicemail", "wrong-keys"],
)
def test_without_the_key_nothing_reaches_the_caller_and_one_may_ask_again(
    inbox: Inbox, phone: Behaviour, why: str
) -> None:
    inbox.does(LASHAS, phone)
    assert inbox.asks(seen=0) is Asked.RINGS
    inbox.passes(150)
    assert [(each.state, each.because) for each in inbox.tried()] == [(AttemptState.NOT_TAKEN, why)]
    assert inbox.rings_at(inbox.caller) == []
    assert (inbox.message().done_at, inbox.engaged()) == (None, set())
    inbox.does(LASHAS, SPEAKS)
    assert inbox.asks(seen=1) is Asked.RINGS
    inbox.passes(250)
    assert inbox.states() == [AttemptState.NOT_TAKEN, AttemptState.SPOKEN]


@pytest.mark.parametrize(
    ("theirs", "keys", "state"),
    [
        (ignore(), ("1",), AttemptState.NOT_REACHED),
        (busy(), ("1",), AttemptState.NOT_REACHED),
        (voicemail(after_seconds=3), ("1", "2"), AttemptState.NOT_REACHED),
        (accept(after_seconds=3, keys=(), talks_for_seconds=20), ("1",), AttemptState.UNSAID),
    ],
    ids=["ignored", "busy", "a-machine-and-2", "nothing-said"],
)
def test_who_is_not_spoken_to_stays_on_the_list_and_the_ticket_tells_of_the_attempt(
    inbox: Inbox, theirs: Behaviour, keys: tuple[str, ...], state: AttemptState
) -> None:
    inbox.does(LASHAS, accept(after_seconds=2, keys=keys, talks_for_seconds=120))
    inbox.does(inbox.caller, theirs)
    inbox.asks(seen=0)
    inbox.passes(400)
    assert inbox.states() == [state]
    assert (inbox.message().done_at, inbox.message().claimed_by, inbox.engaged()) == (None, LASHA, set())
    told = [text for author, text in inbox.ticket_texts() if author == LASHA and "Called back" in text]
    assert len(told) == (0 if state is AttemptState.UNSAID else 1)
    assert len(inbox.rings_at(inbox.caller)) == 1, "nobody is called again by itself"


def test_two_presses_in_two_processes_ring_one_phone_once(inbox_on_each: Inbox) -> None:
    inbox = inbox_on_each
    before = len(inbox.rings_at(LASHAS))
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _press: inbox.asks(seen=0), range(4))) == {Asked.RINGS}
    inbox.passes(60)
    assert inbox.asks(seen=0) is Asked.BEFORE, "the same form once more, after the phone has rung out"
    inbox.passes(20)
    assert len(inbox.rings_at(LASHAS)) - before == 1
    assert len(inbox.call.told("message_callback_asked")) == 1


def test_only_who_has_the_message_is_rung_and_nobody_who_is_rung_already(inbox: Inbox) -> None:
    assert inbox.asks(JAMISON) is Asked.NOT_YOURS
    assert inbox.asks("somebody else") is Asked.NOT_YOURS
    assert inbox.asks() is Asked.RINGS
    services, at = inbox.board.desk.services, inbox.board.desk.clock.at
    other = left(services, inbox.call.sid, inbox.call.ticket.number or 0, at=at, number=8)
    Voicemails(services).claim(other, by=LASHA, at=at)
    requests = CallbackRequests(services=services, actor=LASHA, person=LASHA)
    assert requests.ask(other) is Asked.ENGAGED
    assert requests.ask("RE1") is Asked.UNKNOWN


def test_a_message_given_back_or_done_meanwhile_is_not_called_about(inbox: Inbox) -> None:
    inbox.does(LASHAS, SPEAKS)
    inbox.asks()
    Voicemails(inbox.board.desk.services).done(inbox.sid, by=LASHA, at=inbox.board.desk.clock.at)
    inbox.passes(120)
    assert inbox.rings_at(inbox.caller) == []
    assert "taken care of" in inbox.heard_by(LASHAS)[-1]
    assert inbox.states() == [AttemptState.NOT_TAKEN]


def test_a_withheld_number_cannot_be_called_back_and_another_country_is_not(make: Make) -> None:
    inbox = make(number=None)
    assert inbox.asks() is Asked.WITHHELD
    requests = CallbackRequests(services=inbox.board.desk.services, actor=LASHA, person=LASHA)
    assert requests.hindrance("+18095550123") is Asked.NOT_DIALABLE
    nobody = CallbackRequests(services=inbox.board.desk.services, actor="a visitor", person=None)
    assert nobody.hindrance("+18165550123") is Asked.NO_PHONE
    assert inbox.call.told("message_callback_asked") == []


def test_where_the_provider_refuses_it_is_told_and_one_may_ask_again(inbox: Inbox) -> None:
    inbox.board.phone.rest_faults.refuse()
    assert inbox.asks(seen=0) is Asked.RINGS
    inbox.passes(60)
    assert inbox.states() == [AttemptState.NOT_RUNG]
    assert inbox.engaged() == set()
    inbox.board.phone.rest_faults.clear()
    inbox.does(LASHAS, SPEAKS)
    assert inbox.asks(seen=1) is Asked.RINGS
    inbox.passes(250)
    assert inbox.states() == [AttemptState.NOT_RUNG, AttemptState.SPOKEN]


def test_a_phone_of_which_nothing_is_heard_keeps_its_owner_from_nothing(inbox: Inbox) -> None:
    inbox.board.phone.rest_faults.refuse()
    inbox.asks(seen=0)
    services = inbox.board.desk.services
    with services.store.turn() as transaction:
        transaction.cancel_orders("ring:", at=services.clock.now())
    inbox.passes(30)
    assert (inbox.states(), inbox.engaged()) == ([AttemptState.ASKED], {LASHA})
    inbox.passes(10)
    assert (inbox.states(), inbox.engaged()) == ([AttemptState.NOT_RUNG], set())


@contextmanager
def without_database(inbox: Inbox) -> Iterator[None]:
    """The database is away meanwhile."""
    store = inbox.board.desk.services.store
    assert isinstance(store, LeavingStore)
    store.leaves_after(0)
    yield
    store.is_back()


def test_without_a_database_at_the_key_nobody_is_called_and_the_phone_says_so(inbox: Inbox) -> None:
    inbox.does(LASHAS, accept(after_seconds=6, keys=("1",)))
    inbox.asks()
    inbox.passes(4)
    with without_database(inbox):
        inbox.passes(60)
        with pytest.raises(StoreUnavailable):
            inbox.asks()
    assert "Please ask again at the desk" in inbox.heard_by(LASHAS)[-1]
    assert inbox.rings_at(inbox.caller) == []


def test_without_a_database_at_the_last_key_it_is_kept_for_later_and_said_at_the_desk(inbox: Inbox) -> None:
    inbox.does(LASHAS, accept(after_seconds=2, keys=("1", "1"), talks_for_seconds=60))
    inbox.does(inbox.caller, accept(after_seconds=2, keys=(), talks_for_seconds=20))
    inbox.asks()
    while inbox.states() != [AttemptState.TALKING]:
        inbox.passes(1)
    with without_database(inbox):
        inbox.passes(60)
    assert "Please say at the desk what came of it" in inbox.heard_by(LASHAS)[-1]
    assert CallRecords(inbox.board.desk.services).replay() > 0
    assert inbox.states() == [AttemptState.SPOKEN]
    assert inbox.message().done_at is None, "whoever called finishes with it at the desk"
    assert inbox.engaged() == set()


def test_a_ring_whose_reply_is_lost_is_not_made_again(inbox: Inbox) -> None:
    before = len(inbox.rings_at(LASHAS))
    inbox.board.phone.rest_faults.lose_reply(times=1, method="POST")
    inbox.asks()
    inbox.passes(120)
    assert len(inbox.rings_at(LASHAS)) - before == 1
    assert inbox.states() == [AttemptState.NOT_TAKEN]


def test_the_same_key_told_twice_calls_and_finishes_once(inbox: Inbox) -> None:
    inbox.asks()
    inbox.passes(2)
    services = inbox.board.desk.services
    phones = CallbackPhones(
        Calls(services), of_line=QueueCallbacks(Calls(services)), of_messages=MessageCallbacks(Calls(services))
    )
    position = Position(
        line="main",
        flow="",
        node="",
        turn=CALLBACK_TURN + 1,
        revision="",
        started_at=0,
        entered_at=0,
        call_sid=inbox.call.sid,
    )
    token, form = services.positions.write(position), {"CallSid": "CA" + "9" * 32, "CallStatus": "in-progress"}
    request = voice_request(list(form.items()))
    first, second = (phones.key(token, request, KeysPressed("1")) for _ in range(2))
    assert first == second
    assert f">{inbox.caller}</Number>" in first
    said = {phones.spoken(token, request, KeysPressed("1")) for _ in range(2)}
    assert len(said) == 1
    assert len(inbox.call.told("callback_tried")) == len(inbox.call.told("callback_spoken")) == 1
    assert [text for _, text in inbox.ticket_texts() if "spoken to" in text] == [
        "Message answered: called back and spoken to."
    ]
    assert phones.key("no token of ours", request, KeysPressed("1")) == twiml.HANGUP


def test_an_order_given_up_after_it_was_carried_out_ends_nothing(inbox: Inbox) -> None:
    """Two processes whose clocks differ may both have the order; one of them finds it too late."""
    inbox.does(LASHAS, accept(after_seconds=10, keys=("1", "1"), talks_for_seconds=90))
    inbox.asks()
    inbox.passes(5)
    calls, turn = Calls(inbox.board.desk.services), CALLBACK_TURN + 1
    order = ClaimedOrder(
        id=1,
        kind=OrderKind.RING_PHONE,
        key=f"ring:{inbox.call.sid}:{turn}:0",
        payload={"call_sid": inbox.call.sid, "turn": turn, "number": LASHAS},
        due_at=inbox.board.desk.clock.at,
        attempts=2,
        claimed_at=inbox.board.desk.clock.at,
        uncertain_since=None,
    )
    HeldCalls(calls).not_rung(order, "no longer wanted")
    assert inbox.states() == [AttemptState.RINGING]
    inbox.passes(250)
    assert inbox.states() == [AttemptState.SPOKEN]


def test_a_message_that_is_somebody_elses_meanwhile_stays_theirs_and_the_ticket_tells_of_the_call(inbox: Inbox) -> None:
    inbox.does(LASHAS, SPEAKS)
    inbox.does(inbox.caller, accept(after_seconds=2, keys=(), talks_for_seconds=30))
    inbox.asks()
    while inbox.states() != [AttemptState.TALKING]:
        inbox.passes(1)
    messages, at = Voicemails(inbox.board.desk.services), inbox.board.desk.clock.at
    messages.release(inbox.sid, by=LASHA, at=at)
    messages.claim(inbox.sid, by=JAMISON, at=at)
    inbox.passes(120)
    assert inbox.states() == [AttemptState.SPOKEN]
    assert (inbox.message().claimed_by, inbox.message().done_at) == (JAMISON, None)
    assert inbox.ticket_texts()[-1] == (LASHA, "Called back about the message and spoken to")
