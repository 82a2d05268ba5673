"""Monitors learn that the process lives, whether all it leans on is there, and figures without anything personal."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from app.config.folder import read_folder
from app.flow.messages import Order, OrderKind
from app.services import Services
from app.store import AuditEntry, Publication, PublicationKind, Spool, Store, StoreUnavailable
from app.web.health import OLDEST_HEARTBEAT, Finding, Readiness, _masked, health
from app.web.metrics import figure_of, observe
from tests.app.config.configurations import good_files, write
from tests.app.store.samples import sid
from tests.desk import CONFIG, Desk, make_desk
from tests.outages import LeavingStore


def client_of(services: Services) -> FlaskClient:
    app = Flask("health-alone")
    app.register_blueprint(health(services))
    observe(app)

    @app.get("/voice/keys/<token>")
    def keys(token: str) -> str:
        return token

    @app.get("/fails")
    def fails() -> str:
        raise RuntimeError("a mistake")

    return app.test_client()


@pytest.fixture
def beating(desk: Desk) -> Desk:
    """A desk whose clock process is alive."""
    desk.services.store.beat("clock", at=desk.clock.now())
    return desk


class FailingSpool(Spool):
    """A spool on a disk that cannot be read."""

    def __init__(self) -> None:
        pass

    def size(self) -> int:
        raise OSError(5, "Input/output error")


def without_a_database(folder: Path) -> Desk:
    """A desk whose database cannot be reached."""
    url = f"sqlite:///{folder}/nothing.db"
    return make_desk(url, folder, store=Unreachable.open(url))


class Unreachable(Store):
    """A database that never answers."""

    def ping(self) -> None:
        raise StoreUnavailable("cannot connect")

    def revision(self) -> str:
        raise AssertionError("asked although it does not answer")

    def heartbeats(self) -> Mapping[str, datetime]:
        raise AssertionError("asked although it does not answer")


GO_ON = "calls go on, and what they tell waits in the spool until you get it back"


def readiness(services: Services) -> tuple[int, dict[str, Any]]:
    answer = client_of(services).get("/readyz")
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code, answer.get_json()


def failing(services: Services) -> dict[str, str]:
    """The parts that are not as they should be, and what is said of each."""
    status, found = readiness(services)
    faults = {name: part["detail"] for name, part in found.items() if not part["ok"]}
    assert (status == 503) == bool(faults)
    return faults


def test_a_process_that_lives_says_so_whatever_else_is_wrong(tmp_path: Path) -> None:
    cut_off = without_a_database(tmp_path)
    answer = client_of(cut_off.services).get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok")


def test_ready_means_that_every_part_is_there(beating: Desk) -> None:
    status, found = readiness(beating.services)
    assert status == 200
    assert set(found) == {"database", "migrations", "clock", "outbox", "coverage", "configuration", "spool"}
    assert all(set(part) == {"ok", "detail"} and part["ok"] for part in found.values())
    assert found["configuration"]["detail"] == f"revision {beating.snapshot.revision}, folder"
    assert found["migrations"]["detail"] == f"at revision {beating.services.store.revision()}"


def test_a_database_that_does_not_answer_is_named_and_asked_once(tmp_path: Path) -> None:
    cut_off = without_a_database(tmp_path)
    faults = failing(cut_off.services)
    assert faults["database"] == f"the database does not answer: cannot connect; {GO_ON}"
    assert faults["migrations"] == faults["clock"] == "not known: the database does not answer"
    assert set(faults) == {"database", "migrations", "clock"}


def test_a_database_without_our_tables_is_named(tmp_path: Path) -> None:
    empty = make_desk(f"sqlite:///{tmp_path}/empty.db", tmp_path, store=_touched(tmp_path / "empty.db"))
    faults = failing(empty.services)
    assert faults["migrations"] == "the schema is at revision none, older than ours: run `ivr db upgrade`"
    assert faults["clock"] == "the database does not answer: not migrated; run `ivr db upgrade`"


def _touched(path: Path) -> Store:
    path.touch()
    return Store.open(f"sqlite:///{path}")


@pytest.mark.parametrize("number", ["+18165550142", "816-555-0142", "(816) 555 0142", "8165550142x", "555.0142"])
def test_numbers_in_a_message_are_hidden_and_dates_are_not(number: str) -> None:
    shown = _masked(f'staff.yaml:14:3: "{number}" on 2026-11-28 is wrong')
    assert shown.startswith('staff.yaml:14:3: "')
    assert "(a number)" in shown
    assert "555" not in shown
    assert shown.endswith("on 2026-11-28 is wrong")


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(), None),
        (OLDEST_HEARTBEAT, None),
        (-OLDEST_HEARTBEAT, None),
        (timedelta(seconds=121), "the clock process was last alive 121 seconds ago: is `ivr clock` running?"),
        (
            timedelta(days=-1),
            "the clock process was last alive 86400 seconds ahead of our time: is `ivr clock` running?",
        ),
    ],
)
def test_a_clock_process_that_has_stopped_is_named(desk: Desk, age: timedelta, said: str | None) -> None:
    desk.services.store.beat("clock", at=desk.clock.now() - age)
    assert failing(desk.services).get("clock") == said


def test_a_clock_process_that_never_ran_is_named(desk: Desk) -> None:
    desk.services.store.beat("another process", at=desk.clock.now())
    assert failing(desk.services) == {"clock": "the clock process has never run: start `ivr clock`"}


def test_a_bad_edit_is_named_with_its_problems_and_the_revision_kept(sqlite_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "config"
    write(folder, good_files())
    desk = make_desk(sqlite_url, tmp_path, config=folder)
    desk.services.store.beat("clock", at=desk.clock.now())
    assert failing(desk.services) == {}
    kept = desk.snapshot.revision
    for name in good_files():
        if name.endswith("lines.yaml"):
            (folder / name).write_text('lines: {main: {number: "8165550142x", colour: red}}\n')
    desk.services.config.reload()
    said = failing(desk.services)["configuration"]
    assert said.startswith(
        f"revision {kept}, folder, stays in force; the files are refused since 2026-12-01T16:00:00Z: "
    )
    assert "lines.yaml:1:" in said
    assert "8165550142" not in said


def published(desk: Desk, revision: str) -> None:
    """Something is published, by whatever program."""
    made = Publication(
        kind=PublicationKind.PUBLISHED,
        revision=revision,
        written=revision,
        author="Lasha Dalakishvili",
        at=desk.clock.at,
        message="",
    )
    entry = AuditEntry(at=desk.clock.at, actor=made.author, action="configuration_published", subject=revision)
    files = read_folder(CONFIG).contents
    newest = desk.services.store.publications.newest()
    desk.services.store.publications.add(made, files, after=newest.number if newest else 0, audit=entry)


def test_what_is_published_is_named_as_the_source(beating: Desk) -> None:
    published(beating, read_folder(CONFIG).revision)
    beating.services.config.look()
    assert failing(beating.services) == {}
    _, found = readiness(beating.services)
    assert found["configuration"]["detail"] == f"revision {beating.snapshot.revision}, publication 1"


def test_a_publication_that_is_damaged_or_cannot_be_read_is_named(beating: Desk) -> None:
    published(beating, "0123456789ab")
    kept = beating.snapshot.revision
    beating.services.config.look()
    said = failing(beating.services)["configuration"]
    assert said.startswith(f"revision {kept}, folder, stays in force; publication 1 is refused since 2026-12-01T16:00")
    assert "is not in the database as it was published" in said


def test_a_clock_process_that_stands_by_is_told_of(beating: Desk) -> None:
    beating.services.store.beat("clock standby", at=beating.clock.at)
    assert readiness(beating.services)[1]["clock"]["detail"] == "alive 0 seconds ago; another one stands by"
    beating.services.store.beat("clock standby", at=beating.clock.at - timedelta(hours=1))
    assert readiness(beating.services)[1]["clock"]["detail"] == "alive 0 seconds ago"


def test_the_figures_tell_what_is_in_force_and_where_it_came_from(beating: Desk) -> None:
    tell = figure_of(beating.services.config)
    tell()
    revision = read_folder(CONFIG).revision
    before = f'ivr_configuration{{revision="{revision}",source="folder"}}'
    text = client_of(beating.services).get("/metrics").text
    assert f"{before} 1.0" in text
    published(beating, revision)
    beating.services.config.look()
    tell()
    text = client_of(beating.services).get("/metrics").text
    assert f"{before} 0.0" in text
    assert f'ivr_configuration{{revision="{revision}",source="publication 1"}} 1.0' in text


def test_a_long_list_of_problems_is_cut_short(sqlite_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "config"
    write(folder, good_files())
    desk = make_desk(sqlite_url, tmp_path, config=folder)
    for name in good_files():
        (folder / name).write_text("".join(f"wrong{number}: 1\n" for number in range(30)))
    desk.services.config.reload()
    assert failing(desk.services)["configuration"].endswith(" more; correct it and look with `ivr check`")


def test_what_waits_in_the_spool_is_told_but_is_no_fault(beating: Desk) -> None:
    _, found = readiness(beating.services)
    assert found["spool"]["detail"] == "0 bytes wait to be stored"
    broken = replace(beating.services, spool=FailingSpool())
    status, found = readiness(broken)
    assert status == 200
    assert found["spool"]["detail"] == "cannot be read: Input/output error"


def test_readiness_never_raises_for_a_database_that_goes_away_meanwhile(beating: Desk) -> None:
    def gone() -> Finding:
        raise StoreUnavailable("shutting down")

    found = Readiness(beating.services)._asked(gone)
    assert found == Finding(ok=False, detail=f"the database does not answer: shutting down; {GO_ON}")


# Figures.


def samples(client: FlaskClient) -> dict[tuple[str, str, str], float]:
    """Every figure of ours by name, route and status."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    return {
        (sample.name, sample.labels["route"], sample.labels.get("status", sample.labels.get("le", ""))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if family.name.startswith("ivr_http_")
    }


def test_answers_are_counted_by_route_and_status(beating: Desk) -> None:
    client = client_of(beating.services)
    counted, timed = "ivr_http_answers_total", "ivr_http_answer_seconds_count"
    before = samples(client)
    for path in ("/voice/keys/a", "/voice/keys/b", "/nowhere", "/nowhere/else", "/fails"):
        client.get(path)
    after = samples(client)

    def grown(*key: str) -> float:
        return after[key[0], key[1], key[2]] - before.get((key[0], key[1], key[2]), 0.0)

    assert grown(counted, "/voice/keys/<token>", "200") == 2
    assert grown(timed, "/voice/keys/<token>", "") == 2
    assert grown(counted, "none", "404") == 2
    assert grown(counted, "/fails", "500") == 1


def test_no_figure_carries_anything_personal(beating: Desk) -> None:
    client = client_of(beating.services)
    for path in (f"/voice/keys/{sid(1)}", "/voice/keys/816-555-0142", "/Jane/Roe?caller=8165550142"):
        client.get(path)
    text = client.get("/metrics").text
    assert not [each for each in (sid(1), "8165550142", "816-555-0142", "Jane", "Roe") if each in text]


def test_the_figures_of_several_processes_are_added_up(
    beating: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "figures"
    shared.mkdir()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(shared))
    program = (
        "from flask import Flask; from app.web.metrics import observe; app = Flask('one'); observe(app);"
        "client = app.test_client(); [client.get('/nowhere') for _ in range(3)]"
    )
    for _ in range(2):
        subprocess.run([sys.executable, "-c", program], check=True, cwd=CONFIG)  # noqa: S603 (our own words)
    found = samples(client_of(beating.services))
    assert found["ivr_http_answers_total", "none", "404"] == 6
    assert found["ivr_http_answer_seconds_count", "none", ""] == 6


def test_both_kinds_of_database_can_be_ready(desk_on_each: Desk) -> None:
    desk_on_each.services.store.beat("clock", at=desk_on_each.clock.now())
    assert failing(desk_on_each.services) == {}


def give_up(desk: Desk, kind: OrderKind, reason: str) -> None:
    """An order of this kind is given up."""
    with desk.services.store.turn() as turn:
        turn.order([Order(kind=kind, key=f"{kind} {reason}", due_at=desk.clock.at)])
    (order,) = desk.services.store.outbox.claim(now=desk.clock.at, limit=1, lease_seconds=60)
    desk.services.store.outbox.give_up(order, at=desk.clock.at, reason=reason)


def test_orders_that_were_given_up_are_a_warning_and_an_alarm(beating: Desk) -> None:
    """The service is as ready as before: an alarm that stays until a person has looked must not hide other faults."""
    give_up(beating, OrderKind.MAIL, "refused")
    give_up(beating, OrderKind.RING_PHONE, "refused")
    status, found = readiness(beating.services)
    assert status == 200
    dead = "warning: given up and not dealt with: 1 mail, 1 ring_phone; see `ivr outbox list --dead`; 0 orders wait"
    assert found["outbox"] == {"ok": True, "detail": dead}


def test_urgent_orders_that_nobody_carries_out_are_a_warning(beating: Desk) -> None:
    kinds = (OrderKind.RING_PHONE, OrderKind.MAIL)
    with beating.services.store.turn() as turn:
        turn.order([Order(kind=kind, key=kind, due_at=beating.clock.at) for kind in kinds])
    assert readiness(beating.services)[1]["outbox"]["detail"] == "2 orders wait"
    beating.clock.at += timedelta(seconds=90)
    told = readiness(beating.services)[1]["outbox"]["detail"]
    assert told == "warning: urgent orders wait: ring_phone for 90 seconds; 2 orders wait"


def test_the_figures_tell_how_each_kind_of_order_stands(beating: Desk) -> None:
    give_up(beating, OrderKind.MAIL, "refused")
    with beating.services.store.turn() as turn:
        turn.order([Order(kind=OrderKind.WEBHOOK, key="one", due_at=beating.clock.at - timedelta(seconds=30))])
    text = client_of(beating.services).get("/metrics").get_data(as_text=True)
    families = {family.name: family for family in text_string_to_metric_families(text)}

    def figures(name: str) -> dict[str, float]:
        return {sample.labels["kind"]: sample.value for sample in families[name].samples}

    assert figures("ivr_outbox_dead")["mail"] == 1
    assert figures("ivr_outbox_waiting")["webhook"] == 1
    assert figures("ivr_outbox_oldest_seconds")["webhook"] == 30
    assert figures("ivr_outbox_waiting").keys() == {kind.value for kind in OrderKind}, "also of those without any"


def test_figures_do_not_need_the_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/nothing.db"
    store = LeavingStore.open(url)
    store.leaves_after(0)
    answer = client_of(make_desk(url, tmp_path, store=store).services).get("/metrics")
    assert answer.status_code == 200
    text = answer.get_data(as_text=True)
    assert "ivr_outbox" not in text
    assert "ivr_database_up 0.0" in text
    assert "ivr_spool_bytes 0.0" in text
