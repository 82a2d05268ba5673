"""Numbers are wired as they should be, whatever was set before, and nothing is ever blanked."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from app.config.snapshot import Snapshot
from app.provisioning import compare, provision, wanted_wiring
from app.telephony.overrides import OVERRIDES
from app.telephony.provider import ProviderError
from tests.app.edits import edited
from tests.app.phone_company import PhoneCompany, number

MAIN, ALTERNATE = "+18162327483", "+18166760434"
BASE = "https://desk.example.org"
WANTED = wanted_wiring(BASE)


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return edited()


def company(**wiring: str) -> PhoneCompany:
    return PhoneCompany(
        [number(MAIN, **wiring), number(ALTERNATE), number("+18165550142", voice_url="https://a.example")]
    )


def test_every_line_leads_to_this_service() -> None:
    assert WANTED == {
        "voice_url": "https://desk.example.org/voice/incoming#rc=2&rp=5xx,ct,rt&ct=1500&rt=3000&tt=14000",
        "voice_method": "POST",
        "voice_fallback_url": "https://desk.example.org/voice/fallback#rc=2&rp=5xx,ct,rt&ct=1500&rt=3000&tt=14000",
        "voice_fallback_method": "POST",
        "status_callback": "https://desk.example.org/voice/status",
        "status_callback_method": "POST",
        "sms_url": "https://desk.example.org/sms/incoming",
        "sms_method": "POST",
    }


def test_all_tries_fit_into_what_twilio_allows() -> None:
    told = {name: values[0] for name, values in parse_qs(urlsplit(OVERRIDES).fragment).items()}
    tries = int(told["rc"]) + 1
    assert tries * (int(told["ct"]) + int(told["rt"])) < int(told["tt"]) < 15_000


def test_a_hosted_file_is_fetched_by_get() -> None:
    """A plain file host answers 405 to the POST Twilio sends by default."""
    wanted = wanted_wiring(BASE, fallback_url="https://files.example.net/f.xml")
    assert wanted["voice_fallback_url"] == "https://files.example.net/f.xml"
    assert wanted["voice_fallback_method"] == "GET"


def test_fresh_numbers_are_wired_in_one_request_each(snapshot: Snapshot) -> None:
    """In one: Twilio refuses a fallback address while there is no voice address."""
    twilio = company()
    wires = provision(snapshot, twilio, WANTED, dry_run=False)
    assert all(wire.is_right for wire in wires)
    assert [set(changes) for _, changes in twilio.told] == [
        {"voice_url", "voice_fallback_url", "status_callback", "sms_url"}
    ] * 2
    assert {wire.field for wire in wires if wire.changed} == {
        "voice_url",
        "voice_fallback_url",
        "status_callback",
        "sms_url",
    }


def test_only_what_differs_is_changed(snapshot: Snapshot) -> None:
    twilio = company(**WANTED | {"voice_method": "GET"})
    wires = provision(snapshot, twilio, WANTED, dry_run=False)
    assert twilio.told[0] == (twilio.wired[0].sid, {"voice_method": "POST"})
    changed = next(wire for wire in wires if wire.number == MAIN and wire.changed)
    assert (changed.field, changed.before, changed.found) == ("voice_method", "GET", "POST")


def test_a_second_run_changes_nothing(snapshot: Snapshot) -> None:
    twilio = company()
    provision(snapshot, twilio, WANTED, dry_run=False)
    twilio.told.clear()
    wires = provision(snapshot, twilio, WANTED, dry_run=False)
    assert twilio.told == []
    assert not any(wire.changed for wire in wires)


def test_a_dry_run_only_tells(snapshot: Snapshot) -> None:
    twilio = company()
    wires = provision(snapshot, twilio, WANTED, dry_run=True)
    assert twilio.told == []
    assert [wire.field for wire in wires if wire.number == MAIN and not wire.is_right] == [
        "voice_url",
        "voice_fallback_url",
        "status_callback",
        "sms_url",
    ]


def test_what_twilio_did_not_take_is_told(snapshot: Snapshot) -> None:
    """An update that answers well and changes nothing is found by reading again."""
    twilio = replace(company(), deaf_to=frozenset({"voice_fallback_url"}))
    wires = provision(snapshot, twilio, WANTED, dry_run=False)
    assert [(wire.number, wire.field) for wire in wires if not wire.is_right] == [
        (MAIN, "voice_fallback_url"),
        (ALTERNATE, "voice_fallback_url"),
    ]


def test_a_number_that_is_not_in_the_account_is_named(snapshot: Snapshot) -> None:
    wires = provision(snapshot, PhoneCompany([number(MAIN)]), WANTED, dry_run=False)
    (missing,) = [wire for wire in wires if not wire.is_right]
    assert (missing.number, missing.field, missing.found) == (ALTERNATE, "number", "not in this account")
    assert missing.remedy


@pytest.mark.parametrize("field", ["voice_application_sid", "trunk_sid", "sms_application_sid"])
def test_an_app_or_trunk_that_overrides_us_is_named_and_left(snapshot: Snapshot, field: str) -> None:
    twilio = company(**WANTED, **{field: "AP1"})
    wires = provision(snapshot, twilio, WANTED, dry_run=False)
    (wrong,) = [wire for wire in wires if not wire.is_right]
    assert (wrong.number, wrong.field, wrong.found, wrong.wanted) == (MAIN, field, "AP1", "")
    assert getattr(twilio.wired[0], field) == "AP1"


def test_nothing_is_blanked_and_other_numbers_are_left(snapshot: Snapshot) -> None:
    twilio = company(trunk_sid="TK1", sms_fallback_url="https://b.example")
    provision(snapshot, twilio, WANTED, dry_run=False)
    assert all(value for _, changes in twilio.told for value in changes.values())
    assert twilio.wired[0].sms_fallback_url == "https://b.example"
    assert twilio.wired[2] == number("+18165550142", voice_url="https://a.example")


def test_repeating_it_does_what_a_fault_left(snapshot: Snapshot) -> None:
    twilio = replace(company(), broken_after=2)
    with pytest.raises(ProviderError):
        provision(snapshot, twilio, WANTED, dry_run=False)
    twilio.broken_after = None
    assert all(wire.is_right for wire in provision(snapshot, twilio, WANTED, dry_run=False))
    assert len(twilio.told) == 2


def test_comparing_reads_in_the_order_of_the_lines(snapshot: Snapshot) -> None:
    wires = compare(snapshot, company().numbers(), WANTED)
    assert [wire.number for wire in wires] == [MAIN] * len(WANTED) + [ALTERNATE] * len(WANTED)
