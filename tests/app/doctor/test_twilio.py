"""At Twilio: wired as `ivr provision` would, a fallback that is tonight's, calls compared not long ago."""

from dataclasses import replace
from datetime import timedelta

from app.doctor import State, twilio
from app.static_fallback import render
from tests.app.doctor.installations import Internet, found, live, one
from tests.app.phone_company import PhoneCompany, number
from tests.desk import ALTERNATE, BASE_URL, MAIN, Desk

FALLBACK = "https://files.example.net/fallback.xml"


def test_numbers_that_are_not_wired(desk: Desk) -> None:
    provider = PhoneCompany([number(MAIN, voice_url="https://demo.twilio.com")])
    findings = list(twilio.wiring(replace(live(desk), provider=provider)))
    assert {finding.state for finding in findings} == {State.FAIL}
    assert f"{MAIN} voice_url: is https://demo.twilio.com, should be {BASE_URL}/voice/incoming#rc=2" in findings[0].what
    assert findings[0].remedy == "run: ivr provision"
    assert findings[-1].what == f"{ALTERNATE} number: is not in this account, should be {ALTERNATE}"
    assert provider.told == []


def test_a_number_that_is_wired_but_overridden(desk: Desk) -> None:
    installation = live(desk)
    assert isinstance(installation.provider, PhoneCompany)
    installation.provider.wired[0] = replace(installation.provider.wired[0], trunk_sid="TK1")
    finding = one(twilio.wiring, installation)
    assert finding.state is State.FAIL
    assert "SIP trunk" in finding.remedy


def test_a_hosted_fallback_of_tonight(desk: Desk) -> None:
    installation = live(desk, fallback_url=FALLBACK)
    assert installation.snapshot is not None
    document = render(installation.snapshot, at=desk.clock.at)
    installation = replace(installation, web=Internet(desk.clock.at, files={FALLBACK: document + "\n"}))
    assert found(twilio.static_fallback, installation) == [("static fallback", State.OK)]
    assert found(twilio.wiring, installation) == [("numbers at Twilio", State.OK)]
    desk.clock.at += timedelta(days=7)
    assert found(twilio.static_fallback, installation) == [("static fallback", State.WARN)]


def test_a_fallback_that_is_not_there(desk: Desk) -> None:
    assert found(twilio.static_fallback, live(desk, fallback_url=FALLBACK)) == [("static fallback", State.FAIL)]


def test_calls_that_were_not_compared_for_long(desk: Desk) -> None:
    installation = live(desk)
    assert found(twilio.reconciliation, installation) == [("reconciliation", State.OK)]
    desk.clock.at += timedelta(hours=1)
    assert found(twilio.reconciliation, installation) == [("reconciliation", State.WARN)]
