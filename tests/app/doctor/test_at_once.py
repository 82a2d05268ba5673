"""All checks at once: the same findings as one after another, within a bound whoever is slow."""

import threading
from dataclasses import replace
from datetime import datetime

from app import clock
from app.doctor import Installation, State, examine, examine_at_once
from app.doctor.examination import CHECKS
from app.telephony.provider import RemoteNumber
from tests.app.doctor.installations import Internet, live
from tests.app.phone_company import PhoneCompany
from tests.desk import Desk


def test_it_finds_what_one_after_another_finds(desk: Desk) -> None:
    installation = live(desk)
    together = [each for examined in examine_at_once(installation, within_seconds=30) for each in examined.findings]
    assert together == list(examine(installation))


def test_what_hangs_is_a_finding_and_holds_up_nothing(desk: Desk) -> None:
    release = threading.Event()

    class Hangs(Internet):
        def certificate_ends_at(self, host: str, port: int) -> datetime:
            release.wait(20)
            return super().certificate_ends_at(host, port)

    begun_at = clock.monotonic()
    found = {
        each.name: each for each in examine_at_once(replace(live(desk), web=Hangs(desk.clock.at)), within_seconds=3)
    }
    took = clock.monotonic() - begun_at
    release.set()
    assert took < 10
    (certificate,) = found["certificate"].findings
    assert (certificate.state, certificate.what) == (State.WARN, "no answer within 3 seconds")
    assert certificate.remedy
    assert found["public address"].findings[0].state is State.OK
    assert [each.name for each in found.values()] == [name for name, _ in CHECKS]


def test_a_check_that_breaks_is_told_of_and_the_others_are_looked_at(desk: Desk) -> None:
    class Broken(PhoneCompany):
        def numbers(self) -> tuple[RemoteNumber, ...]:
            raise RuntimeError("+18165550142")

    installation: Installation = replace(live(desk), provider=Broken([]))
    found = {each.name: each.findings for each in examine_at_once(installation, within_seconds=30)}
    (wiring,) = found["numbers at Twilio"]
    assert (wiring.state, wiring.what) == (State.FAIL, "could not be looked at: RuntimeError")
    assert found["reconciliation"][0].state is State.OK


def test_what_looks_outside_and_what_needs_an_account_is_said(desk: Desk) -> None:
    installation = replace(live(desk), settings=desk.services.settings, provider=None)
    for each in examine_at_once(installation, within_seconds=30):
        skipped = [finding for finding in each.findings if finding.state is State.SKIPPED]
        if any("account" in finding.what for finding in skipped):
            assert each.needs_account, each.name
