"""`ivr provision`, `ivr reconcile`, `ivr fallback` and `ivr doctor`, against a Twilio on this machine's loopback."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.clock import SystemClock
from app.simulator.clock import VirtualClock
from app.simulator.exchange import Account
from app.simulator.numbers import NumberSettings
from app.simulator.phone import Phone
from app.simulator.wire import RoutedWire
from tests.app.edits import ROOT
from tests.desk import ALTERNATE, BASE_URL, CALLER, MAIN, TOKEN

SID = "AC" + "5" * 32


@dataclass
class Twilio:
    """A simulated account whose REST API is really asked, and the `ivr` of an installation that uses it."""

    phone: Phone
    environment: dict[str, str]

    def ivr(self, *arguments: str) -> Result:
        return CliRunner(env=self.environment).invoke(main, arguments)


@pytest.fixture
def twilio(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Twilio]:
    """An hour ago nothing of ours was up: whoever called then was not heard."""
    monkeypatch.chdir(tmp_path)
    phone = Phone(
        RoutedWire({}),
        account=Account(sid=SID, base_url=BASE_URL, owned_numbers=frozenset({MAIN, ALTERNATE})),
        auth_token=TOKEN,
        clock=VirtualClock(SystemClock().now() - timedelta(hours=1)),
        settings=NumberSettings(voice_url="https://elsewhere.example", voice_method="GET", status_callback=None),
    )
    with phone.serve_rest() as server:
        environment = {
            "DATABASE_URL": sqlite_url,
            "IVR_CONFIG_DIR": str(ROOT),
            "PUBLIC_BASE_URL": BASE_URL,
            "TWILIO_ACCOUNT_SID": SID,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_API_BASE_URL": server.base_url,
            "IVR_FALLBACK_URL": "",
        }
        yield Twilio(phone, environment)


def test_provisioning_wires_both_numbers(twilio: Twilio) -> None:
    done = twilio.ivr("provision")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[0].split() == ["number", "field", "is", "wanted", "changed"]
    assert f"{BASE_URL}/voice/incoming#rc=2&rp=5xx,ct,rt&ct=1500&rt=3000&tt=14000" in done.output
    assert done.output.splitlines()[-1] == "All as wanted; 8 of 16 fields changed."
    again = twilio.ivr("provision")
    assert again.output.splitlines()[-1] == "All as wanted; 0 of 16 fields changed."
    assert twilio.phone.rest_warnings == []


def test_a_dry_run_changes_nothing_and_says_so(twilio: Twilio) -> None:
    for _ in range(2):
        done = twilio.ivr("provision", "--dry-run", "--json")
        assert done.exit_code == 1
        told = json.loads(done.output)
        assert not told["ok"]
        wrong = [wire["field"] for wire in told["wiring"] if not wire["ok"]]
        assert wrong == ["voice_url", "voice_method", "voice_fallback_url", "status_callback"] * 2


def test_a_static_document_takes_the_place_of_our_fallback(twilio: Twilio) -> None:
    done = twilio.ivr("provision", "--fallback-url", "https://files.example.net/f.xml", "--json")
    wires = {wire["field"]: wire["found"] for wire in json.loads(done.output)["wiring"]}
    assert wires["voice_fallback_url"] == "https://files.example.net/f.xml"
    assert wires["voice_fallback_method"] == "GET"
    refused = twilio.ivr("provision", "--fallback-url", "files/f.xml")
    assert refused.exit_code == 2


@pytest.mark.parametrize("command", ["provision", "reconcile"])
def test_twilio_out_of_order_is_told_in_one_sentence(twilio: Twilio, command: str) -> None:
    twilio.phone.rest_faults.server_error()
    done = twilio.ivr(command)
    assert done.exit_code == 1
    assert done.output.startswith("Twilio")
    assert "500" in done.output
    assert done.output.count("\n") == 1


@pytest.mark.parametrize("command", ["provision", "reconcile"])
def test_without_an_account_there_is_nothing_to_ask(twilio: Twilio, command: str) -> None:
    del twilio.environment["TWILIO_ACCOUNT_SID"], twilio.environment["TWILIO_API_BASE_URL"]
    done = twilio.ivr(command)
    assert done.exit_code == 1
    assert done.output.startswith("No Twilio account is set")


@pytest.mark.parametrize("base", ["http://127.0.0.1:8000", "http://desk.example.org"])
def test_a_real_number_is_not_led_to_where_twilio_cannot_go(twilio: Twilio, base: str) -> None:
    del twilio.environment["TWILIO_API_BASE_URL"]
    secrets = {"SECRET_KEY": "x" * 40, "DATA_KEYS": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}
    twilio.environment |= secrets | {"PUBLIC_BASE_URL": base}
    done = twilio.ivr("provision")
    assert done.exit_code == 1
    assert done.output.startswith(f"PUBLIC_BASE_URL is {base}, which Twilio cannot use")


def test_a_call_that_met_nobody_gets_its_ticket_once(twilio: Twilio) -> None:
    trace = twilio.phone.dial(to=MAIN, from_=CALLER)
    done = twilio.ivr("reconcile")
    assert done.exit_code == 0, done.output
    first, summary = done.output.splitlines()
    assert first.startswith("Ticket 1001  opened for a call never told to our server: ")
    assert first.endswith(f"[{trace.call_sid}]")
    assert f"{CALLER} on the main line" in first
    assert summary.endswith(": 1 ticket opened, 0 ends filled in.")
    again = twilio.ivr("reconcile", "--json")
    assert json.loads(again.output)["settled"] == []


def test_the_fallback_document(twilio: Twilio, tmp_path: Path) -> None:
    at = ("--at", "2026-11-26T23:00-06:00")
    printed = twilio.ivr("fallback", *at)
    assert printed.exit_code == 0
    assert "+18165550101" in printed.output
    written = twilio.ivr("fallback", *at, "--output", str(tmp_path / "there" / "f.xml"))
    assert written.exit_code == 0
    assert (tmp_path / "there" / "f.xml").read_text() == printed.output.removesuffix("\n")


def test_the_doctor_tells_what_is_wrong_and_what_to_do(twilio: Twilio) -> None:
    twilio.environment["PUBLIC_BASE_URL"] = "http://127.0.0.1:9"
    done = twilio.ivr("doctor")
    assert done.exit_code == 1
    lines = [line.split(maxsplit=3) for line in done.output.splitlines()]
    assert ["fail", "clock", "process", "it has never run"] in lines
    assert "-> run: ivr provision" in done.output
    assert done.output.splitlines()[-1].endswith("skipped.")


def test_the_doctor_in_json(twilio: Twilio) -> None:
    twilio.ivr("provision")
    twilio.environment["PUBLIC_BASE_URL"] = "http://127.0.0.1:9"
    told = json.loads(twilio.ivr("doctor", "--json").output)
    assert not told["ok"]
    assert {finding["state"] for finding in told["findings"]} == {"ok", "warn", "fail", "skipped"}


def test_the_doctor_names_every_bad_variable(twilio: Twilio) -> None:
    twilio.environment |= {"LOG_FORMAT": "loud", "DATABASE_URL": "oracle://x"}
    done = twilio.ivr("doctor")
    assert done.exit_code == 1
    assert [line[:33] for line in done.output.splitlines() if line.startswith("fail")] == [
        "fail     settings           DATAB",
        "fail     settings           LOG_F",
    ]


def test_the_doctor_tells_of_bad_yaml_and_goes_on(twilio: Twilio, tmp_path: Path) -> None:
    twilio.environment["IVR_CONFIG_DIR"] = str(tmp_path)
    done = twilio.ivr("doctor")
    assert done.exit_code == 1
    assert "there is no configuration in this folder" in done.output
    assert "answers, is migrated, and can be written" in done.output
