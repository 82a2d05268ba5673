"""Whatever of ours fails while a call is on, the caller reaches a person or a recording, and the ticket is there."""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from app.call_records import CallRecords
from app.calls import Calls
from app.cdr.records import Disposition, LegOutcome
from app.config.in_force import ConfigStore
from app.flow.book import FlowBook
from app.flow.nodes import Flow, Node, PartyNode, SayNode, SetNode, VoicemailNode
from app.simulator import CallerScript, Moment, Reply, Wire, accept, ignore
from app.store import Store, TicketFilters
from oncall import Priority, Source
from tests.databases import PostgresqlServer, migrate, start_postgresql
from tests.desk import CONFIG, MAIN, SATURDAY_NIGHT, TUESDAY_MORNING, Desk, PlayedCall, assert_cared_for, make_desk
from tests.scenarios.breakdowns import (
    STEERING,
    BreakingStore,
    Fault,
    MeddlingWire,
    log,
    mistaken_always,
    never,
    unavailable_always,
    unavailable_at,
    unavailable_between,
    with_broken_roster,
)
from tests.scenarios.variants import (
    JAMISON,
    LASHA,
    LINES,
    MOMENTS,
    PLOTS,
    SERVICE,
    SharedServices,
    disposition_of,
    shared_services,
    what_happened,
)

pytestmark = pytest.mark.slow

__all__ = ["log"]  # used by every test here
LONGEST_ANSWER_SECONDS = 1.5
# Short calls, for tests that play each of them many times.
SHORT = ["answered", "hangs-up-ringing", "hangs-up-in-the-menu", "silent-in-the-menu", "message-ended-by-key"]


@pytest.fixture(scope="module")
def breaking(sqlite_template: Path) -> Iterator[SharedServices]:
    with shared_services(sqlite_template, open_store=BreakingStore.open) as services:
        yield services


def store_of(desk: Desk) -> BreakingStore:
    assert isinstance(desk.services.store, BreakingStore)
    return desk.services.store


def play(desk: Desk, plot: str, *, line: str = "main", moment: str = "night") -> PlayedCall:
    told = PLOTS[plot]
    told.set_up(desk)
    return desk.dials(LINES[line], at=MOMENTS[moment], keys=told.keys(moment), script=told.script)


def play_broken(shared: SharedServices, plot: str, fault: Fault, *, after_commit: bool = False) -> PlayedCall:
    """A call during which the store breaks, followed by the store's recovery and a replay of the spool."""
    desk = shared.desk()
    store = store_of(desk)
    store.breaks(fault, after_commit=after_commit)
    played = play(desk, plot)
    store.breaks(never)
    CallRecords(desk.services).replay()
    return played


def number_of_transactions(shared: SharedServices, plot: str) -> int:
    desk = shared.desk()
    store_of(desk).breaks(never)
    play(desk, plot)
    return store_of(desk).asked


def tickets_of(played: PlayedCall) -> list[int | None]:
    """The numbers of the tickets this call is on. A ticket on which there is no call at all is one too many."""
    files = played.services.store.tickets.page(TicketFilters(), limit=20).items
    assert all(file.calls for file in files)
    return [file.ticket.number for file in files if played.sid in file.calls]


def assert_nothing_waits(desk: Desk | PlayedCall) -> None:
    assert desk.services.spool.size() == 0


# The database fails.


@pytest.mark.parametrize("plot", PLOTS)
def test_with_the_database_down_for_the_whole_call_the_caller_is_served_as_ever_and_nothing_is_forgotten(
    breaking: SharedServices, plot: str
) -> None:
    undisturbed = play_broken(breaking, plot, never)
    played = play_broken(breaking, plot, unavailable_always)

    assert played.trace.rang() == undisturbed.trace.rang()
    assert played.trace.connected() == undisturbed.trace.connected()
    assert_cared_for(played)
    assert what_happened(played.record) == what_happened(undisturbed.record)
    assert played.call.started_at == undisturbed.call.started_at
    assert tickets_of(played) == [played.ticket.number]
    assert_nothing_waits(played)


@pytest.mark.parametrize("plot", SHORT)
def test_with_the_database_down_for_any_single_moment_the_record_is_the_same_in_the_end(
    breaking: SharedServices, plot: str
) -> None:
    undisturbed = play_broken(breaking, plot, never)
    for transaction in range(number_of_transactions(breaking, plot)):
        played = play_broken(breaking, plot, unavailable_at(transaction))
        assert_cared_for(played)
        assert what_happened(played.record) == what_happened(undisturbed.record), transaction
        assert tickets_of(played) == [played.ticket.number]
        assert_nothing_waits(played)


@pytest.mark.parametrize("plot", SHORT)
def test_with_the_database_gone_from_some_moment_on_or_up_to_some_moment_the_record_is_the_same_in_the_end(
    breaking: SharedServices, plot: str
) -> None:
    undisturbed = play_broken(breaking, plot, never)
    transactions = number_of_transactions(breaking, plot)
    for middle in range(transactions):
        for first, last in ((0, middle), (middle, transactions + 50)):
            played = play_broken(breaking, plot, unavailable_between(first, last))
            assert_cared_for(played)
            assert what_happened(played.record) == what_happened(undisturbed.record), (first, last)
            assert played.call.started_at == undisturbed.call.started_at
            assert played.call.wait_seconds == pytest.approx(undisturbed.call.wait_seconds, abs=1)
            assert tickets_of(played) == [played.ticket.number]


@pytest.mark.parametrize("plot", SHORT)
def test_a_commit_whose_answer_got_lost_doubles_nothing(breaking: SharedServices, plot: str) -> None:
    undisturbed = play_broken(breaking, plot, never)
    played = play_broken(breaking, plot, unavailable_always, after_commit=True)

    assert_cared_for(played)
    assert what_happened(played.record) == what_happened(undisturbed.record)
    assert [entry.fact for entry in played.timeline] == [entry.fact for entry in undisturbed.timeline]
    assert tickets_of(played) == [played.ticket.number]


@pytest.mark.parametrize("plot", SHORT)
def test_a_second_replay_changes_nothing(breaking: SharedServices, plot: str) -> None:
    desk = breaking.desk()
    store_of(desk).breaks(unavailable_always)
    played = play(desk, plot)
    waiting = list(desk.services.spool.read())
    store_of(desk).breaks(never)
    calls = Calls(desk.services)
    assert calls.records.replay() == len(waiting)
    before = played.record, played.timeline

    assert calls.records.replay() == 0
    for entry in waiting:  # as after a crash between storing them and forgetting them
        desk.services.spool.append(entry)
    assert calls.records.replay() == len(waiting)
    assert (played.record, played.timeline) == before


def test_a_replay_while_the_database_is_still_away_keeps_everything(breaking: SharedServices) -> None:
    desk = breaking.desk()
    store_of(desk).breaks(unavailable_always)
    played = play(desk, "answered")
    waiting = desk.services.spool.size()
    with pytest.raises(Exception, match="cannot connect"):
        CallRecords(desk.services).replay()
    assert desk.services.spool.size() == waiting

    store_of(desk).breaks(never)
    CallRecords(desk.services).replay()
    assert played.call.disposition is Disposition.ANSWERED


def test_staff_are_not_rung_after_a_talk_whose_key_the_database_never_saw(breaking: SharedServices) -> None:
    """The key was pressed while the database was away for a moment: it waits in the spool, and it counts."""
    for transaction in range(number_of_transactions(breaking, "answered")):
        played = play_broken(breaking, "answered", unavailable_at(transaction))
        assert played.rang() == [JAMISON], transaction


def test_the_turn_that_dialled_may_wait_on_another_machine_and_the_key_still_counts(breaking: SharedServices) -> None:
    """One machine cannot reach the database while it answers the menu; the other one, which can, knows no such leg."""
    desk = breaking.desk()
    store_of(desk).breaks(never)
    other_spool = type(desk.services.spool)(desk.services.settings.instance_dir / "other-machine" / "spool")
    other = replace(desk, services=replace(desk.services, spool=other_spool), make_wire=None)
    here, there = desk.wire(), other.wire()

    class Balanced:
        def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
            alone = "/voice/keys/" in url
            store_of(desk).breaks(unavailable_always if alone else never)
            return (here if alone else there).request(method, url, headers=headers, body=body)

    desk.make_wire = Balanced
    played = play(desk, "answered")
    CallRecords(other.services).replay()
    CallRecords(desk.services).replay()

    assert_cared_for(played)
    assert played.rang() == [JAMISON]
    assert played.outcomes() == [(JAMISON, LegOutcome.ACCEPTED)]
    assert played.ticket.assignee == JAMISON


def locked_file(url: str) -> sqlite3.Connection:
    """Another process's hold on the file: nobody else writes until it lets go."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    return connection


def let_the_store_try_again(store: Store) -> None:
    """As if the pause after an outage were over."""
    store._breaker._open_until = None


def timed(desk: Desk) -> MeddlingWire:
    """The desk's own wire, with a watch."""
    watch = MeddlingWire(desk.wire(), lambda _what: None)
    desk.make_wire = lambda: watch
    return watch


@pytest.mark.parametrize("plot", ["answered", "answering-service"])
def test_a_locked_sqlite_file_keeps_no_caller_waiting(sqlite_url: str, tmp_path: Path, plot: str) -> None:
    desk = make_desk(sqlite_url, tmp_path, store=Store.open(sqlite_url))
    watch = timed(desk)
    holder = locked_file(sqlite_url)
    played = play(desk, plot)
    holder.close()
    let_the_store_try_again(desk.services.store)
    CallRecords(desk.services).replay()

    assert max(watch.seconds) < LONGEST_ANSWER_SECONDS
    assert_cared_for(played)
    assert played.call.disposition is disposition_of(plot, "night")
    assert tickets_of(played) == [played.ticket.number]
    desk.services.store.close()


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresqlServer]:
    """A server that this module alone may stop."""
    folder = Path(tempfile.mkdtemp(prefix="ivr-pg-"))
    server = start_postgresql(folder / "data")
    try:
        server.run("CREATE DATABASE migrated")
        migrate(server.url("migrated"))
        yield server
    finally:
        server.handle.ensure_postgres_running()
        server.handle.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
@pytest.mark.parametrize("stopped_before", ["incoming", "dialled"])
def test_a_stopped_postgresql_server_keeps_no_caller_waiting(
    own_server: PostgresqlServer, tmp_path: Path, stopped_before: str
) -> None:
    name = own_server.make()
    desk = make_desk(own_server.url(name), tmp_path, store=Store.open(own_server.url(name)))
    desk.phone(JAMISON, ignore())

    def stop(what: str) -> None:
        if what == stopped_before and own_server.handle._postmaster_info.is_running():
            own_server.handle.stop()

    watch = MeddlingWire(desk.wire(), lambda _what: None)
    outer = MeddlingWire(watch, stop)  # the watch does not count the stopping
    desk.make_wire = lambda: outer
    played = desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1")
    own_server.handle.ensure_postgres_running()
    let_the_store_try_again(desk.services.store)
    CallRecords(desk.services).replay()

    assert max(watch.seconds) < LONGEST_ANSWER_SECONDS
    assert_cared_for(played)
    assert played.outcomes() == [(JAMISON, LegOutcome.NO_ANSWER), (LASHA, LegOutcome.ACCEPTED)]
    assert tickets_of(played) == [played.ticket.number]
    desk.services.store.close()
    own_server.drop(name)


def test_without_a_database_and_without_a_disk_the_caller_is_still_connected(breaking: SharedServices) -> None:
    desk = breaking.desk()
    no_folder = desk.services.settings.instance_dir / "not-a-folder"
    no_folder.write_text("a file where a folder is needed")
    desk.services = replace(desk.services, spool=type(desk.services.spool)(no_folder / "spool"))
    store_of(desk).breaks(unavailable_always)
    played = play(desk, "answered")
    store_of(desk).breaks(never)
    no_folder.unlink()

    assert played.trace.connected() == ["+18165550101"]
    assert not played.trace.dropped


# Our own mistakes.


def assert_reached_somebody_after_a_fault(played: PlayedCall) -> None:
    assert not played.trace.dropped
    assert not played.trace.dead_air
    assert played.trace.failures == [], "never an error page"
    assert played.rang()[-1] == SERVICE
    assert played.ticket.number is not None
    assert played.told("fault_met")
    assert played.call.disposition in {Disposition.ANSWERING_SERVICE, Disposition.VOICEMAIL}


@pytest.mark.parametrize("service_answers", [True, False])
@pytest.mark.parametrize("line", LINES)
def test_an_engine_that_raises_puts_the_caller_through_to_the_answering_service(
    desk: Desk, line: str, service_answers: bool
) -> None:
    desk.services.config._take(replace(desk.snapshot, roster=with_broken_roster(desk.snapshot)))
    desk.phone(SERVICE, accept(keys=()) if service_answers else ignore())
    played = desk.dials(LINES[line], at=SATURDAY_NIGHT, keys="1")

    assert_cared_for(played)
    assert_reached_somebody_after_a_fault(played)
    assert played.call.line == line
    assert "ZeroDivisionError" in played.told("fault_met")[0].because


@pytest.mark.parametrize("service_answers", [True, False])
@pytest.mark.parametrize("line", LINES)
def test_a_store_that_raises_at_every_turn_still_puts_the_caller_through_and_the_ticket_comes_with_the_repair(
    breaking: SharedServices, line: str, service_answers: bool
) -> None:
    desk = breaking.desk()
    desk.phone(SERVICE, accept(keys=()) if service_answers else ignore())
    store_of(desk).breaks(mistaken_always)
    played = desk.dials(LINES[line], at=SATURDAY_NIGHT, keys="1")
    store_of(desk).breaks(never)
    CallRecords(desk.services).replay()

    assert played.trace.warnings == []
    assert_reached_somebody_after_a_fault(played)
    assert "TypeError" in played.told("fault_met")[0].because
    assert tickets_of(played) == [played.ticket.number]


def test_a_store_that_raises_at_any_single_transaction_loses_neither_caller_nor_ticket(
    breaking: SharedServices,
) -> None:
    def mistaken_at(transaction: int) -> Fault:
        return lambda asked: TypeError("a mistake") if asked == transaction else None

    for transaction in range(number_of_transactions(breaking, "answered")):
        played = play_broken(breaking, "answered", mistaken_at(transaction))
        assert not played.trace.dropped
        assert not played.trace.dead_air
        assert played.trace.failures == []
        assert played.trace.connected()
        assert tickets_of(played) == [played.ticket.number]


def test_a_report_that_a_mistake_of_ours_keeps_from_being_stored_waits_in_the_spool(breaking: SharedServices) -> None:
    """Nothing that Twilio told is dropped: the record says in the end how the call ended and who was on it."""
    desk = breaking.desk()
    wire = desk.wire()

    class Mistaken:
        def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
            is_report = "/voice/leg/" in url or url.endswith("/voice/status")
            store_of(desk).breaks(mistaken_always if is_report else never)
            return wire.request(method, url, headers=headers, body=body)

    desk.make_wire = Mistaken
    played = play(desk, "hangs-up-ringing")
    assert desk.services.spool.size()
    store_of(desk).breaks(never)
    CallRecords(desk.services).replay()

    assert_cared_for(played)
    assert played.told("call_ended")
    assert played.legs[0].leg_sid is not None
    assert_nothing_waits(played)


@pytest.mark.parametrize("prompt", ["greeting", "closed-menu", "ringing-on-call", "still-trying", "message"])
def test_a_prompt_that_is_missing_is_a_fault_and_not_the_end_of_the_call(desk: Desk, prompt: str) -> None:
    book = desk.snapshot.book
    without = {
        language: {name: text for name, text in prompts.items() if name != prompt}
        for language, prompts in book.prompts.items()
    }
    desk.services.config._take(replace(desk.snapshot, book=replace(book, prompts=without)))
    desk.everybody(ignore())
    played = desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1")

    assert_cared_for(played)
    assert_reached_somebody_after_a_fault(played)


class NoTokens:
    """Position tokens that can be neither written nor read."""

    def write(self, _position: object) -> str:
        raise ZeroDivisionError

    def read(self, _token: str) -> None:
        return None


@pytest.mark.parametrize("line", LINES)
def test_when_even_the_last_resort_raises_the_caller_hears_plain_words_and_can_leave_a_message(
    desk: Desk, line: str
) -> None:
    """Nothing works: neither the flows nor the flow of last resort. What is left needs only a text of ours."""
    desk.services = replace(desk.services, positions=NoTokens())  # type: ignore[arg-type]
    desk.phone(SERVICE, ignore())
    played = desk.dials(LINES[line], at=SATURDAY_NIGHT, script=CallerScript(message_seconds=10))

    assert not played.trace.dropped
    assert played.trace.failures == []
    assert played.trace.warnings == []
    assert played.rang() == [SERVICE]
    assert played.trace.heard("something went wrong")
    assert played.trace.heard("patient")


# The configuration changes while a call is on.


@pytest.fixture
def edited(sqlite_url: str, tmp_path: Path) -> Iterator[tuple[Desk, Path]]:
    """A desk on a configuration of its own, and the folder to edit."""
    folder = tmp_path / "config"
    for part in ("ivr_flows", "schedules"):
        shutil.copytree(CONFIG / part, folder / part)
    made = make_desk(sqlite_url, tmp_path, config=folder)
    yield made, folder
    made.services.store.close()


def change_before(desk: Desk, what: str, change: Callable[[], None]) -> None:
    """Have `change` happen just before the first request of this kind."""
    pending = [change]

    def meddle(seen: str) -> None:
        if seen == what and pending:
            pending.pop()()

    inner = desk.wire()
    desk.make_wire = lambda: MeddlingWire(inner, meddle)


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def reload_without_faults(config: ConfigStore) -> None:
    before = config.current().revision
    config.reload()
    assert config.fault is None, config.fault
    assert config.current().revision != before


def test_a_running_call_keeps_the_revision_it_began_with(edited: tuple[Desk, Path]) -> None:
    desk, folder = edited
    began_with = desk.snapshot.revision
    desk.phone(JAMISON, ignore())

    def change() -> None:
        edit(
            folder / "schedules/escalation.yaml",
            "{schedule: on-call-backup, ring_seconds: 25}",
            "{ring_group: triggerfish}",
        )
        reload_without_faults(desk.services.config)

    change_before(desk, "dialled", change)
    played = desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1")

    assert_cared_for(played)
    assert played.call.config_revision == began_with
    assert desk.snapshot.revision != began_with
    assert played.rang() == [JAMISON, LASHA], "the backup of the old policy"


def test_a_call_whose_revision_is_gone_goes_on_with_the_current_one(edited: tuple[Desk, Path]) -> None:
    desk, folder = edited
    desk.phone(JAMISON, ignore())

    def change() -> None:
        edit(
            folder / "schedules/escalation.yaml",
            "{schedule: on-call-backup, ring_seconds: 25}",
            "{ring_group: triggerfish}",
        )
        reload_without_faults(desk.services.config)
        desk.services.config._kept = {desk.snapshot.revision: desk.snapshot}

    change_before(desk, "dialled", change)
    played = desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1")

    assert_cared_for(played)
    assert played.call.disposition is Disposition.ANSWERED


@pytest.mark.parametrize("caller_presses", ["1", ""])
def test_a_call_whose_node_is_gone_goes_where_errors_lead(edited: tuple[Desk, Path], caller_presses: str) -> None:
    desk, folder = edited

    def change() -> None:
        for file in (folder / "ivr_flows").glob("*.yaml"):
            text = file.read_text()
            text = text.replace("  closed-menu:\n", "  night-menu:\n").replace(
                "closed: closed-menu", "closed: night-menu"
            )
            file.write_text(text)
        reload_without_faults(desk.services.config)
        desk.services.config._kept = {desk.snapshot.revision: desk.snapshot}

    change_before(desk, "keys" if caller_presses else "silence", change)
    played = desk.dials(MAIN, at=SATURDAY_NIGHT, keys=caller_presses)

    assert_cared_for(played)
    assert played.trace.heard("something went wrong on our side")
    assert played.rang() == [SERVICE]
    assert played.told("fault_met")[0].detail["node"] == "closed-menu"


def test_a_bad_edit_never_reaches_a_caller(edited: tuple[Desk, Path]) -> None:
    desk, folder = edited

    def change() -> None:
        edit(folder / "ivr_flows/main.yaml", "policy: emergency-after-hours", "policy: no-such-policy")
        desk.services.config.reload()
        assert desk.services.config.fault is not None

    change_before(desk, "keys", change)
    played = desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1")

    assert_cared_for(played)
    assert played.call.answered_by == JAMISON
    assert not played.told("fault_met")


# Flows that go in circles.

HERE = Source("tests", 1)


def looping_book(desk: Desk, *, on_error: str, said: bool) -> FlowBook:
    """The shipped flows, with a main flow that goes round for ever."""
    step: Node = (
        SayNode(prompt="greeting", next="back", source=HERE)
        if said
        else SetNode(next="back", priority=Priority.HIGH, source=HERE)
    )
    nodes: dict[str, Node] = {
        "round": step,
        "back": SetNode(next="round", tags=("round",), source=HERE),
        "service": PartyNode(party=SERVICE, otherwise="message", source=HERE),
        "message": VoicemailNode(prompt="message", next="message", source=HERE),
    }
    book = desk.snapshot.book
    flow = Flow(name="main", start="round", on_error=on_error, nodes=nodes, source=HERE)
    return replace(book, flows={**book.flows, "main": flow})


@pytest.mark.parametrize("said", [True, False])
@pytest.mark.parametrize("on_error", ["service", "message", "round", "no-such-node"])
def test_a_loop_of_nodes_ends_where_errors_lead_and_the_caller_hears_none_of_it(
    desk: Desk, on_error: str, said: bool
) -> None:
    desk.services.config._take(replace(desk.snapshot, book=looping_book(desk, on_error=on_error, said=said)))
    desk.phone(SERVICE, accept(keys=()))
    played = desk.dials(MAIN, at=TUESDAY_MORNING)

    assert not played.trace.dropped
    assert played.trace.failures == []
    assert played.told("fault_met")
    assert "more than 50 steps" in played.told("fault_met")[0].because
    assert len(played.trace.heard_texts()) < 5
    assert played.call.disposition in {Disposition.ANSWERING_SERVICE, Disposition.VOICEMAIL}


# Twilio could not use our answer, and asks the fallback address.

SERVER_ERROR = Reply(500, {"content-type": "text/html"}, b"<h1>Internal Server Error</h1>")
BAD_GATEWAY = Reply(502, {"content-type": "text/html"}, b"<h1>Bad Gateway</h1>")
NOT_TWIML = Reply(200, {"content-type": "text/html"}, b"<html><body>Please log in</body></html>")
TOO_LARGE = Reply(200, {"content-type": "text/xml"}, b"<Response>" + b"<Pause/>" * 9000 + b"</Response>")


@dataclass
class FailingRequest:
    """Answers one of the caller's requests, that of a number (from 0), with something else, however often it comes."""

    wire: Wire
    number: int
    reply: Reply
    after_we_answered: bool
    tokens: list[str] = field(default_factory=list)

    def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        what, token = url.split("/")[4], headers["I-Twilio-Idempotency-Token"]
        if what in STEERING and what != "fallback" and token not in self.tokens:
            self.tokens.append(token)
        fails = token in self.tokens and self.tokens.index(token) == self.number
        if fails and not self.after_we_answered:
            return self.reply
        answer = self.wire.request(method, url, headers=headers, body=body)
        return self.reply if fails else answer


def fail_one(desk: Desk, number: int, reply: Reply, *, after_we_answered: bool = False) -> None:
    """The answer to the caller's request of this number is replaced, before or after we worked on it."""
    wire = FailingRequest(desk.wire(), number, reply, after_we_answered)
    desk.make_wire, desk.fallback_url = (lambda: wire), "/voice/fallback"


@pytest.mark.parametrize("after_we_answered", [False, True])
@pytest.mark.parametrize(
    "reply", [SERVER_ERROR, BAD_GATEWAY, NOT_TWIML, TOO_LARGE], ids=["500", "502", "html", "large"]
)
@pytest.mark.parametrize("plot", ["answered", "answering-service", "message-ended-by-key", "silent-in-the-menu"])
def test_with_the_fallback_address_set_one_failed_answer_anywhere_loses_nobody(
    breaking: SharedServices, plot: str, reply: Reply, after_we_answered: bool
) -> None:
    number, failures = 0, 1
    while failures:
        desk = breaking.desk()
        store_of(desk).breaks(never)
        fail_one(desk, number, reply, after_we_answered=after_we_answered)
        played = play(desk, plot)
        failures = len(played.trace.failures)
        assert failures <= 1, "the fallback's answer is good"
        assert_cared_for(played)
        assert played.call.disposition in {
            Disposition.ANSWERED,
            Disposition.ANSWERING_SERVICE,
            Disposition.VOICEMAIL,
        }
        assert tickets_of(played) == [played.ticket.number]
        number += 1
    assert number > 2


@pytest.mark.parametrize("reply", [NOT_TWIML, TOO_LARGE], ids=["html", "large"])
def test_an_answer_that_twilio_can_never_carry_out_is_not_given_again(breaking: SharedServices, reply: Reply) -> None:
    """As a prompt whose voice Twilio does not know: the same document would fail at the fallback address too."""
    desk = breaking.desk()
    store_of(desk).breaks(never)
    inner = desk.wire()

    class EveryMenu:
        def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
            answer = inner.request(method, url, headers=headers, body=body)
            return reply if b"numDigits" in answer.body and "/accept" not in url else answer

    desk.make_wire, desk.fallback_url = EveryMenu, "/voice/fallback"
    desk.phone(SERVICE, accept(keys=()))
    played = desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1")

    assert_cared_for(played)
    assert played.call.disposition is Disposition.ANSWERING_SERVICE
    assert played.told("fault_met")


def test_a_failed_answer_after_a_talk_rings_nobody_else(breaking: SharedServices) -> None:
    """The third webhook of this call is the end of the talk."""
    for plot, party in (("answered", JAMISON), ("silent-in-the-menu", SERVICE)):
        desk = breaking.desk()
        store_of(desk).breaks(never)
        told = PLOTS[plot]
        fail_one(desk, 2 if plot == "answered" else 3, SERVER_ERROR)
        played = desk.dials(MAIN, at=SATURDAY_NIGHT, keys=told.keys("night"))
        assert played.trace.failures
        assert played.rang() == [party]
        assert played.call.answered_by == party


def test_a_caller_who_hangs_up_during_a_breakdown_is_a_missed_call_with_a_number(breaking: SharedServices) -> None:
    desk = breaking.desk()
    store_of(desk).breaks(unavailable_always)
    script = CallerScript(hangs_up_at=Moment.MENU, hangs_up_delay_seconds=1)
    played = desk.dials(MAIN, at=SATURDAY_NIGHT, script=script)
    store_of(desk).breaks(never)
    CallRecords(desk.services).replay()

    assert played.call.disposition is Disposition.ABANDONED
    assert played.ticket.subject.endswith("hung up in the menu")
