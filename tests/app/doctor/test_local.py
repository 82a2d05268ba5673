"""This machine: settings, secrets, keys, YAML, database, clock process, spool, outbox, disk."""

import json
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.config.folder import read_folder
from app.config.problems import Problem
from app.doctor import State, local
from app.flow.messages import Order, OrderKind
from app.publishing import Deed, Publishing
from app.store import SpoolEntry
from tests.app.config.configurations import write
from tests.app.doctor.installations import found, live, one
from tests.desk import CONFIG, TOKEN, Desk

KEY = bytes(range(32))


@pytest.mark.parametrize("base", ["http://desk.example.org", "http://127.0.0.1:8000", "https://localhost"])
def test_an_address_twilio_cannot_use(desk: Desk, base: str) -> None:
    installation = live(desk)
    settings = replace(installation.settings, public_base_url=base)
    assert one(local.settings, replace(installation, settings=settings)).state is State.FAIL


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "a secret of a length that nobody guesses"),
        ("DATA_KEYS", b64encode(KEY).decode()),
        ("DATA_KEYS", f"{b64encode(bytes(32)).decode()},{b64encode(KEY).decode()}"),
        ("TWILIO_AUTH_TOKEN", TOKEN),
    ],
)
def test_the_simulations_secrets_are_not_for_real_callers(desk: Desk, name: str, value: str) -> None:
    installation = live(desk)
    folder = installation.settings.instance_dir
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "simulation-secrets.json").write_text(json.dumps({name: value}))
    finding = one(local.secrets, installation)
    assert finding.state is State.FAIL
    assert finding.what.startswith(name)
    assert value not in finding.what


def test_a_short_secret(desk: Desk) -> None:
    installation = live(desk)
    settings = replace(installation.settings, secret_key="short")
    assert one(local.secrets, replace(installation, settings=settings)).state is State.WARN


@pytest.mark.parametrize(
    ("keys", "state"),
    [
        ((KEY,), State.OK),
        ((KEY, KEY[::-1]), State.OK),
        ((), State.FAIL),
        ((KEY, b"short"), State.FAIL),
        ((KEY, KEY), State.WARN),
        ((bytes(32),), State.WARN),
    ],
)
def test_data_keys(desk: Desk, keys: tuple[bytes, ...], state: State) -> None:
    installation = live(desk)
    settings = replace(installation.settings, data_keys=keys)
    assert found(local.data_keys, replace(installation, settings=settings)) == [("data keys", state)]


def test_a_bad_edit_while_the_last_good_configuration_is_in_force(desk: Desk) -> None:
    problem = Problem("schedules/on_call.yaml", 14, 3, "there is no person Ann")
    finding = one(local.configuration, replace(live(desk), faults=(problem,)))
    assert finding.state is State.FAIL
    assert "schedules/on_call.yaml:14:3" in finding.what
    assert "is in force" in finding.what


@pytest.mark.parametrize(
    ("edited", "state", "said"),
    [
        (False, State.OK, "publication 1 of Lasha Dalakishvili is in force"),
        (True, State.WARN, "the folder of this machine differs from it, and no process looks at that"),
    ],
)
def test_a_folder_that_nobody_looks_at_any_more(
    desk: Desk, tmp_path: Path, edited: bool, state: State, said: str
) -> None:
    installation = live(desk)
    write(tmp_path / "config", read_folder(CONFIG).contents)
    settings = replace(installation.settings, config_dir=tmp_path / "config")
    publishing, at = Publishing(installation.store), desk.clock.at
    publishing.publish(
        publishing.draft_of_folder(settings.config_dir, at=at), Deed(by="Lasha Dalakishvili", at=at, message="")
    )
    if edited:
        lines = settings.config_dir / "ivr_flows" / "lines.yaml"
        lines.write_text(lines.read_text() + "# an edit\n")
    finding = one(local.publishing, replace(installation, settings=settings))
    assert finding.state is state
    assert said in finding.what


def test_where_nothing_is_published_the_folder_counts(desk: Desk) -> None:
    assert "the folder of each machine counts" in one(local.publishing, live(desk)).what


def test_a_database_can_be_written(desk: Desk) -> None:
    assert found(local.database, live(desk)) == [("database", State.OK)]
    assert desk.services.store.heartbeats()["doctor"] == desk.clock.at


@pytest.mark.parametrize(
    ("age", "state"),
    [(timedelta(seconds=9), State.OK), (timedelta(minutes=5), State.FAIL), (-timedelta(minutes=5), State.FAIL)],
)
def test_the_clock_process_lives(desk: Desk, age: timedelta, state: State) -> None:
    installation = live(desk)
    desk.clock.at += age
    assert found(local.clock_process, installation) == [("clock process", state)]


def test_what_waits_in_the_spool_is_told(desk: Desk) -> None:
    installation = live(desk)
    assert one(local.spool, installation).state is State.OK
    desk.services.spool.append(SpoolEntry.of(call_sid="CA1", turn=1, facts=[], opening=None, reply="x"))
    assert one(local.spool, installation).state is State.WARN


def test_damaged_lines_of_the_spool_are_told(desk: Desk) -> None:
    installation = live(desk)
    installation.settings.instance_dir.mkdir(parents=True, exist_ok=True)
    (installation.settings.instance_dir / "spool.corrupt").write_text("half a line")
    assert one(local.spool, installation).state is State.WARN


def ordered(desk: Desk) -> None:
    order = Order(kind=OrderKind.SEND_TEXT, key="text:1", due_at=desk.clock.at)
    with desk.services.store.turn() as transaction:
        transaction.order([order])


def test_an_order_nobody_carries_out_is_a_fault(desk: Desk) -> None:
    installation = live(desk)
    ordered(desk)
    assert found(local.outbox, installation) == [("outbox", State.OK)]
    desk.clock.at += timedelta(minutes=6)
    assert found(local.outbox, installation) == [("outbox", State.FAIL)]


def test_an_order_that_was_given_up_is_told_with_its_reason(desk: Desk) -> None:
    installation = live(desk)
    ordered(desk)
    outbox = desk.services.store.outbox
    (order,) = outbox.claim(now=desk.clock.at, limit=1, lease_seconds=60)
    outbox.give_up(order, at=desk.clock.at, reason="Twilio answers 400")
    finding = one(local.outbox, installation)
    assert finding.state is State.WARN
    assert "Twilio answers 400" in finding.what


@pytest.mark.parametrize(("free", "state"), [(5e9, State.OK), (5e8, State.WARN), (5e7, State.FAIL)])
def test_disk(desk: Desk, free: float, state: State) -> None:
    installation = replace(live(desk), free_bytes=lambda _folder: int(free))
    assert found(local.disk, installation) == [("disk", state)]
