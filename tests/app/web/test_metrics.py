"""Figures: calls counted once whoever ended them, how things stand, all of it readable by Prometheus at any time."""

import json
import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import ClauseElement, create_engine
from structlog.testing import capture_logs

from app.cdr.records import Disposition, LegOutcome, TicketStatus
from app.coverage_watch import HORIZON, look_ahead
from app.finished_calls import WAIT_BOUNDS, count_finished, count_late
from app.flow.messages import Order, OrderKind
from app.services import Services
from app.simulator.handsets import decline, ignore
from app.store import Covered, Place, PlaceKind, Spool, Standing, Store, StoreUnavailable, figures
from app.web.health import health
from app.web.metrics import count_line
from app.web.standing_figures import KNOWN_SECONDS, StandingFigures, coverage_sentence
from oncall import Priority
from tests.app.edits import MAIN as MAIN_FLOW
from tests.app.store.samples import leg, record, sid
from tests.desk import CONFIG, MAIN, SATURDAY_NIGHT, Desk, make_desk

Labels = dict[str, str]


def scraped(services: Services) -> dict[str, list[tuple[Labels, float]]]:
    """Every sample of /metrics by name, as Prometheus would read it."""
    app = Flask("figures-alone")
    app.register_blueprint(health(services))
    answer = app.test_client().get("/metrics")
    assert answer.status_code == 200
    found: dict[str, list[tuple[Labels, float]]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((dict(sample.labels), sample.value))
    return found


def value(services: Services, name: str, **labels: str) -> float:
    """The one sample with these labels."""
    (found,) = [number for told, number in scraped(services)[name] if told.items() >= labels.items()]
    return found


def some(services: Services, name: str) -> dict[tuple[str, ...], float]:
    """Samples that are not zero, by the values of their labels, which Prometheus is told by name."""
    return {
        tuple(labels[name] for name in sorted(labels)): number
        for labels, number in scraped(services).get(name, [])
        if number
    }


def store_call(desk: Desk, number: int, **changes: Any) -> None:
    """A call that is over, with one phone that rang."""
    at = desk.clock.at - timedelta(minutes=5)
    told = {"started_at": at, "ended_at": at + timedelta(seconds=90), "disposition": Disposition.ABANDONED}
    made = record(number, **{**told, "wait_seconds": 90, **changes})
    rang = leg(number, started_at=at, ended_at=at + timedelta(seconds=20), outcome=LegOutcome.NO_ANSWER)
    with desk.services.store.turn() as turn:
        turn.open(replace(made, legs=(rang,)))


# Calls that are over.


def test_a_call_is_counted_once_however_often_and_by_how_many_it_is_looked_for(desk_on_each: Desk) -> None:
    for number in range(120):
        store_call(desk_on_each, number)
    services = desk_on_each.services
    others = [threading.Thread(target=count_late, args=(services,)) for _ in range(3)]
    for other in others:
        other.start()
    for other in others:
        other.join()
    count_finished(services)
    assert some(services, "ivr_calls_ended_total") == {("abandoned", "main"): 120}
    assert some(services, "ivr_legs_ended_total") == {("no_answer", "1", "offsite"): 120}
    assert value(services, "ivr_call_wait_seconds_sum", line="main", disposition="abandoned") == 120 * 90


def test_a_call_that_goes_on_or_has_just_ended_is_not_counted_yet(desk: Desk) -> None:
    """A report about its recording may still change what became of it."""
    store_call(desk, 1, ended_at=None, disposition=Disposition.IN_PROGRESS)
    store_call(desk, 2, ended_at=desk.clock.at - timedelta(seconds=59))
    count_finished(desk.services)
    assert some(desk.services, "ivr_calls_ended_total") == {}
    desk.clock.at += timedelta(seconds=10)
    count_finished(desk.services)
    assert some(desk.services, "ivr_calls_ended_total") == {("abandoned", "main"): 1}


def test_a_call_that_is_stored_late_is_counted_by_the_far_look(desk: Desk) -> None:
    long_ago = desk.clock.at - timedelta(days=2)
    store_call(desk, 1, started_at=long_ago, ended_at=long_ago + timedelta(minutes=1))
    count_finished(desk.services)
    assert some(desk.services, "ivr_calls_ended_total") == {}
    count_late(desk.services)
    count_late(desk.services)
    assert some(desk.services, "ivr_calls_ended_total") == {("abandoned", "main"): 1}


def test_what_was_counted_is_forgotten_only_when_it_cannot_be_found_again(desk: Desk) -> None:
    store_call(desk, 1)
    for _ in range(6):
        count_late(desk.services)
        desk.clock.at += timedelta(days=1)
    assert some(desk.services, "ivr_calls_ended_total") == {("abandoned", "main"): 1}


def test_waits_fall_into_buckets_that_add_up(desk: Desk) -> None:
    for number, seconds in enumerate((0, 5, 6, 60, 4000)):
        store_call(desk, number, wait_seconds=seconds)
    count_finished(desk.services)
    found = scraped(desk.services)["ivr_call_wait_seconds_bucket"]
    buckets = {
        labels["le"]: number
        for labels, number in found
        if (labels["disposition"], labels["line"]) == ("abandoned", "main")
    }
    assert [*buckets.values()] == [2, 3, 3, 3, 4, 4, 4, 4, 4, 5]
    assert [float(bound) for bound in buckets] == [*WAIT_BOUNDS, float("inf")]
    assert value(desk.services, "ivr_call_wait_seconds_count", line="main", disposition="abandoned") == 5


def test_a_played_call_is_told_of_in_one_line_without_anything_personal(desk_on_each: Desk) -> None:
    desk = desk_on_each
    desk.everybody(ignore()).phone("Lasha Dalakishvili", decline())
    played = desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1")
    desk.clock.at += timedelta(minutes=3)
    with capture_logs() as lines:
        count_finished(desk.services)
        count_finished(desk.services)
    (line,) = [line for line in lines if line["event"] == "call_over"]
    call = played.call
    assert line["call_sid"] == played.sid
    assert line["ticket"] == played.ticket.number
    assert line["disposition"] == call.disposition.value
    assert (line["wait_seconds"], line["talk_seconds"]) == (call.wait_seconds, call.talk_seconds)
    assert (line["line"], line["revision"]) == ("main", desk.snapshot.revision)
    assert line["phones_rung"] == len(played.legs)
    told = json.dumps(line)
    assert not [name for name in desk.names().values() if name in told]
    assert call.caller[-7:] not in told
    rungs = some(desk.services, "ivr_legs_ended_total")
    assert sum(rungs.values()) == len(played.legs)
    assert any(outcome == "declined" for outcome, _, _ in rungs), rungs


def test_while_the_database_is_away_nothing_is_counted_and_nothing_raises(tmp_path: Path) -> None:
    desk = away(tmp_path)
    with capture_logs() as lines:
        for job in (count_finished, count_late, look_ahead):
            job(desk.services)
    assert {line["event"] for line in lines} == {"figures_wait", "look_ahead_waits"}


# How things stand.


def test_every_figure_begins_at_nothing(desk_on_each: Desk) -> None:
    """An alarm over what has never happened yet has something to look at."""
    services = desk_on_each.services
    assert value(services, "ivr_database_up") == 1
    assert value(services, "ivr_calls_ended_total", line="main", disposition="abandoned") == 0
    assert value(services, "ivr_emergencies_unowned") == 0
    assert value(services, "ivr_tickets_overdue", clock="update", priority="emergency") == 0
    assert value(services, "ivr_queue_callers", line="alternate", kind="waiting") == 0
    assert value(services, "ivr_clock_heartbeat_age_seconds", role="leader") == float("inf")
    assert value(services, "ivr_coverage_age_seconds") == float("inf")


def test_the_clock_process_is_as_old_as_its_last_heartbeat(desk: Desk) -> None:
    desk.services.store.beat("clock", at=desk.clock.at - timedelta(seconds=7))
    desk.services.store.beat("clock standby", at=desk.clock.at - timedelta(seconds=3))
    assert some(desk.services, "ivr_clock_heartbeat_age_seconds") == {("leader",): 7, ("standby",): 3}


def test_calls_in_progress_are_told_apart_by_whether_somebody_talks(desk_on_each: Desk) -> None:
    at = desk_on_each.clock.at
    for number in (1, 2):
        store_call(desk_on_each, number, ended_at=None, disposition=Disposition.IN_PROGRESS)
    taken = leg(3, started_at=at, accepted_at=at, outcome=LegOutcome.ACCEPTED)
    answered = record(3, line="alternate", started_at=at, disposition=Disposition.ANSWERED)
    with desk_on_each.services.store.turn() as turn:
        turn.open(replace(answered, legs=(taken,)))
    assert some(desk_on_each.services, "ivr_calls_in_progress") == {("main", "waiting"): 2, ("alternate", "talking"): 1}


def test_the_line_tells_how_many_wait_and_the_longest_wait(desk_on_each: Desk) -> None:
    at = desk_on_each.clock.at
    with desk_on_each.services.store.turn() as turn:
        for number, (kind, minutes) in enumerate(
            ((PlaceKind.WAITING, 1), (PlaceKind.WAITING, 4), (PlaceKind.CALLBACK, 30))
        ):
            turn.queue.add(
                Place(
                    call_sid=sid(number),
                    turn=1,
                    line="main",
                    flow="main",
                    node="line",
                    language="en",
                    people=(),
                    priority=Priority.MEDIUM,
                    kind=kind,
                    entered_at=at - timedelta(minutes=minutes),
                    seen_at=at,
                )
            )
    services = desk_on_each.services
    assert some(services, "ivr_queue_callers") == {("waiting", "main"): 2, ("callback", "main"): 1}
    assert some(services, "ivr_queue_longest_wait_seconds") == {("waiting", "main"): 240, ("callback", "main"): 1800}


def test_tickets_are_due_soon_or_overdue_by_clock_and_priority(desk_on_each: Desk) -> None:
    now = desk_on_each.clock.at
    tickets: list[dict[str, Any]] = [
        {"priority": Priority.HIGH, "update_due_at": now - timedelta(seconds=1)},
        {"priority": Priority.HIGH, "update_due_at": now + timedelta(minutes=29)},
        {"priority": Priority.LOW, "resolve_due_at": now - timedelta(days=3)},
        {"priority": Priority.LOW, "resolve_due_at": now + timedelta(minutes=31)},
        {"priority": Priority.LOW, "resolve_due_at": now - timedelta(days=3), "status": TicketStatus.CLOSED},
    ]
    with desk_on_each.services.store.turn() as turn:
        for number, changes in enumerate(tickets):
            made = record(number)
            status = {"status": TicketStatus.IN_PROGRESS, "acknowledged_at": now}
            turn.open(replace(made, ticket=replace(made.ticket, **{**status, **changes})))
    services = desk_on_each.services
    assert some(services, "ivr_tickets_overdue") == {("update", "high"): 1, ("resolution", "low"): 1}
    assert some(services, "ivr_tickets_due_soon") == {("update", "high"): 1}


def test_an_emergency_without_an_owner_is_an_alarm_until_somebody_has_it(desk_on_each: Desk) -> None:
    at, store = desk_on_each.clock.at, desk_on_each.services.store
    made = record(1, priority=Priority.EMERGENCY, started_at=at - timedelta(minutes=10))
    with store.turn() as turn:
        before = turn.open(made)
    assert value(desk_on_each.services, "ivr_emergencies_unowned") == 1
    assert value(desk_on_each.services, "ivr_emergency_unowned_seconds") == 600
    owned = replace(before.ticket, status=TicketStatus.ACKNOWLEDGED, assignee="Jamison White", acknowledged_at=at)
    with store.turn() as turn:
        turn.save(before, replace(before, ticket=owned))
    assert value(desk_on_each.services, "ivr_emergencies_unowned") == 0


def test_orders_that_failed_and_are_tried_again_are_told_by_kind(desk_on_each: Desk) -> None:
    at, store = desk_on_each.clock.at, desk_on_each.services.store
    with store.turn() as turn:
        turn.order([Order(kind=OrderKind.MAIL, key=f"mail {number}", due_at=at) for number in range(2)])
    (order,) = store.outbox.claim(now=at, limit=1, lease_seconds=60)
    store.outbox.again(order, due_at=at, reason="Twilio cannot be reached", uncertain_since=None)
    assert some(desk_on_each.services, "ivr_outbox_failing") == {("mail",): 1}


def test_coverage_is_told_in_seconds_until_the_next_gap(desk_on_each: Desk) -> None:
    services = desk_on_each.services
    look_ahead(services)
    desk_on_each.clock.at += timedelta(seconds=40)
    shown = scraped(services)["ivr_coverage_horizon_seconds"]
    assert {labels["line"] for labels, _ in shown} == {"main", "alternate"}
    assert {number for _, number in shown} == {HORIZON.total_seconds() - 40}
    assert value(services, "ivr_coverage_age_seconds") == 40
    assert coverage_sentence(services) == "no gap until 2026-12-31T16:00Z"


def test_a_line_that_is_no_more_is_not_told_of_any_longer(desk_on_each: Desk) -> None:
    at, store = desk_on_each.clock.at, desk_on_each.services.store
    seen = Covered(line="old", kind="nobody", gap_at=None, looked_at=at - timedelta(minutes=1), looked_until=at)
    store.figures.cover((seen,))
    look_ahead(desk_on_each.services)
    look_ahead(desk_on_each.services)
    assert [(each.line, each.kind) for each in store.figures.coverage()] == [
        (line, kind) for line in ("alternate", "main") for kind in ("duty_empty", "nobody", "silent")
    ]


def test_several_clocks_may_look_ahead_at_once(desk_on_each: Desk) -> None:
    faults: list[BaseException] = []

    def look() -> None:
        try:
            for _ in range(3):
                look_ahead(desk_on_each.services)
        except Exception as fault:  # noqa: BLE001 - of a thread, for the test to see
            faults.append(fault)

    clocks = [threading.Thread(target=look) for _ in range(4)]
    for each in clocks:
        each.start()
    for each in clocks:
        each.join()
    assert faults == []
    assert len(desk_on_each.services.store.figures.coverage()) == 6


def test_a_gap_is_told_of_by_its_line_and_kind(sqlite_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "config"
    for part in ("ivr_flows", "schedules"):
        for path in (CONFIG / part).rglob("*.yaml"):
            copy = folder / path.relative_to(CONFIG)
            copy.parent.mkdir(parents=True, exist_ok=True)
            text = path.read_text()
            if str(path.relative_to(CONFIG)) == MAIN_FLOW:
                text = text.replace("priority: emergency", "priority: high")
            copy.write_text(text)
    desk = make_desk(sqlite_url, tmp_path, config=folder)
    assert coverage_sentence(desk.services) == "not looked at yet: the clock process does so every minute"
    look_ahead(desk.services)
    told = coverage_sentence(desk.services)
    assert told.startswith("warning: a gap on line alternate from 2026-12-01T16:00Z"), told
    assert value(desk.services, "ivr_coverage_horizon_seconds", line="main", kind="nobody") == 0
    desk.services.store.close()


# Asking for them.


class Counting(Store):
    """A database that knows how often it was asked."""

    asked = 0

    def _read(self, question: Any) -> Any:
        self.asked += 1
        return super()._read(question)


@dataclass
class Stopwatch:
    """Seconds that pass when a test says so."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_the_database_is_asked_every_few_seconds_however_many_scrape(sqlite_url: str, tmp_path: Path) -> None:
    store, stopwatch = Counting.open(sqlite_url), Stopwatch()
    standing = StandingFigures(make_desk(sqlite_url, tmp_path, store=store).services, monotonic=stopwatch)
    before = store.asked
    for _ in range(5):
        list(standing.collect())
    once = store.asked - before
    assert once == 2
    stopwatch.seconds = KNOWN_SECONDS
    list(standing.collect())
    assert store.asked - before == 2 * once
    store.close()


class Away(Store):
    """A database that does not answer; and one of which our own questions are wrong, once it is `broken`."""

    broken = False

    def _read(self, _question: Any) -> Any:
        raise ValueError("a mistake of ours") if self.broken else StoreUnavailable("cannot connect")

    def _write(self, _change: Any) -> Any:
        raise StoreUnavailable("cannot connect")


def away(folder: Path) -> Desk:
    url = f"sqlite:///{folder}/nothing.db"
    return make_desk(url, folder, store=Away.open(url))


@pytest.mark.parametrize("broken", [False, True])
def test_a_scrape_never_fails_and_the_processes_own_figures_are_there(tmp_path: Path, broken: bool) -> None:
    count_line("store_unavailable", "warning")
    services = away(tmp_path).services
    cast("Away", services.store).broken = broken
    found = scraped(services)
    assert found["ivr_database_up"] == [({}, 0.0)]
    assert "ivr_log_lines_total" in found
    assert "ivr_calls_ended_total" not in found


class DamagedSpool(Spool):
    """A spool of which something was set aside."""

    def set_aside(self) -> int:
        return 17


def test_the_spool_tells_what_waits_and_what_was_set_aside(desk: Desk) -> None:
    services = replace(desk.services, spool=DamagedSpool(desk.services.settings.instance_dir / "spool"))
    assert value(services, "ivr_spool_bytes") == 0
    assert value(services, "ivr_spool_set_aside_bytes") == 17


def test_warnings_and_errors_in_the_log_are_counted_by_event(desk: Desk) -> None:
    for event, level in (("signature_refused", "warning"), ("order_done", "info"), ("signature_refused", "warning")):
        count_line(event, level)
    lines = some(desk.services, "ivr_log_lines_total")
    assert lines["signature_refused", "warning"] >= 2
    assert ("order_done", "info") not in lines


def test_no_question_reads_a_whole_table(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        for name, (statement, index) in figures.INDEXED.items():
            words = str(cast("ClauseElement", statement).compile(engine, compile_kwargs={"render_postcompile": True}))
            plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", (5,) * words.count("?")).all())
            assert f"INDEX {index}" in plan, (name, plan)
    engine.dispose()


def test_what_stands_is_read_on_both_databases(desk_on_each: Desk) -> None:
    standing = desk_on_each.services.store.figures.standing(at=desk_on_each.clock.at, soon=timedelta(minutes=30))
    assert isinstance(standing, Standing)
    assert standing.tallies == ()
    assert standing.unowned_since is None
