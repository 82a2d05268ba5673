"""`ivr outbox`: an operator sees what was given up, has it tried again or puts it aside, and that is on record."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.clock import SystemClock
from app.flow.messages import Order, OrderKind
from app.store import Store
from tests.app.edits import ROOT

STAFF = "+18165550101"


@dataclass
class Installation:
    """An `ivr` with a database, and what is in it."""

    store: Store
    environment: dict[str, str]

    def ivr(self, *arguments: str) -> Result:
        return CliRunner(env=self.environment).invoke(main, ["outbox", *arguments])

    def order(self, key: str, kind: OrderKind = OrderKind.RING_PHONE, *, dead: bool = False) -> int:
        """The id of a new order."""
        now = SystemClock().now()
        payload = {"number": STAFF, "url": "/voice/ring/a-secret-token", "line": "main"}
        with self.store.turn() as turn:
            turn.order([Order(kind=kind, key=key, due_at=now, payload={**payload})])
        (claimed,) = self.store.outbox.claim(now=now, limit=1, lease_seconds=0.0001)
        if dead:
            self.store.outbox.give_up(claimed, at=now, reason="Twilio answers 400, code 21211")
        else:
            self.store.outbox.again(claimed, due_at=now, reason="no answer", uncertain_since=None)
        return claimed.id


@pytest.fixture
def installation(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOGNAME", "lasha")
    store = Store.open(sqlite_url)
    yield Installation(store, {"DATABASE_URL": sqlite_url, "IVR_CONFIG_DIR": str(ROOT)})
    store.close()


def test_what_waits_and_what_is_dead_is_listed(installation: Installation) -> None:
    dead = installation.order("ring:CA1:1", dead=True)
    waiting = installation.order("mail:desk:1042:opened", OrderKind.MAIL)
    shown = installation.ivr("list").output
    assert "mail: 1 waiting" in shown
    assert "ring_phone: 0 waiting, 1 dead" in shown
    assert re.search(rf"^ +{waiting} +mail ", shown, re.MULTILINE)
    assert not re.search(rf"^ +{dead} +ring_phone", shown, re.MULTILINE)
    graves = installation.ivr("list", "--dead").output
    assert re.search(rf"^ +{dead} +ring_phone", graves, re.MULTILINE)
    assert "code 21211" in graves
    assert installation.ivr("list", "--dead", "--kind", "mail").output.endswith("0 orders shown (dead).\n")


def test_programs_get_json(installation: Installation) -> None:
    dead = installation.order("ring:CA1:1", dead=True)
    items = json.loads(installation.ivr("list", "--dead", "--json").stdout)["items"]
    assert [(item["id"], item["kind"], item["state"]) for item in items] == [(dead, "ring_phone", "dead")]
    shown = json.loads(installation.ivr("show", str(dead), "--json").stdout)
    assert shown == items[0]
    assert shown["dead_at"].endswith("Z")


def test_no_number_and_no_address_of_a_call_is_shown(installation: Installation) -> None:
    dead = installation.order("ring:CA1:1", dead=True)
    for arguments in (("show", str(dead)), ("show", str(dead), "--json"), ("list", "--dead", "--json")):
        shown = installation.ivr(*arguments).output
        assert "5550101" not in shown
        assert "secret-token" not in shown


def test_a_dead_order_is_tried_again(installation: Installation) -> None:
    dead = installation.order("one", dead=True)
    result = installation.ivr("retry", str(dead))
    assert (result.exit_code, result.output) == (0, f"Order {dead} will be tried again.\n")
    (entry,) = installation.store.audit.list(limit=9).items
    assert (entry.actor, entry.action, entry.subject) == ("command:lasha", "order_retried", f"order {dead}")
    again = installation.ivr("retry", str(dead))
    assert (again.exit_code, again.stderr) == (1, f"Order {dead} is not dead: it is waiting.\n")


def test_all_the_dead_are_tried_again(installation: Installation) -> None:
    for key in ("one", "two", "three"):
        installation.order(key, dead=True)
    assert installation.ivr("retry", "all").output == "3 orders will be tried again.\n"
    assert installation.ivr("retry", "all").output == "0 orders will be tried again.\n"
    assert len(installation.store.audit.list(limit=9).items) == 3


def test_a_dead_order_is_put_aside_with_a_reason(installation: Installation) -> None:
    dead = installation.order("one", dead=True)
    assert installation.ivr("discard", str(dead)).exit_code == 2
    assert installation.ivr("discard", str(dead), "--because", " ").exit_code == 2
    put_aside = installation.ivr("discard", str(dead), "--because", "called them myself", "--by", "Jamison White")
    assert put_aside.exit_code == 0
    (entry,) = installation.store.audit.list(limit=9).items
    assert (entry.actor, entry.action) == ("Jamison White", "order_discarded")
    assert entry.detail["because"] == "called them myself"
    assert installation.store.outbox.counts(now=SystemClock().now()).dead == 0


@pytest.mark.parametrize(
    "arguments", [("show", "99"), ("retry", "99"), ("discard", "99", "--because", "x"), ("retry", "99999999999999")]
)
def test_an_order_that_is_none_is_said_to_be_none(installation: Installation, arguments: tuple[str, ...]) -> None:
    result = installation.ivr(*arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("There is no order 99")


def test_only_an_id_or_all_can_be_tried_again(installation: Installation) -> None:
    assert installation.ivr("retry", "everything").exit_code == 2
