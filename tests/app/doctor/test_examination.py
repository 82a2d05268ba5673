"""The doctor as a whole: nothing wrong is nothing wrong, and no fault of one part hides the others."""

from dataclasses import replace
from pathlib import Path

from app.doctor import State, examine
from app.store import Store
from tests.app.doctor.installations import Internet, live
from tests.app.phone_company import PhoneCompany
from tests.desk import Desk


def test_an_installation_in_good_order(desk: Desk) -> None:
    """Only what is not there to be looked at is left out, and only the fallback is not hosted."""
    states = {finding.check: finding.state for finding in examine(live(desk))}
    assert {name: state for name, state in states.items() if state is not State.OK} == {"static fallback": State.WARN}
    assert len(states) == 21


def test_in_simulation_what_concerns_twilio_is_skipped(desk: Desk) -> None:
    installation = replace(live(desk), settings=desk.services.settings, provider=None)
    states = {finding.check: finding for finding in examine(installation)}
    for check in ("numbers at Twilio", "reconciliation"):
        assert (states[check].state, states[check].what) == (State.SKIPPED, "no account")
    assert not [finding for finding in states.values() if finding.state is State.FAIL]


def test_without_a_database_everything_else_is_still_looked_at(desk: Desk, tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'gone' / 'ivr.db'}")
    findings = list(examine(replace(live(desk), store=store)))
    store.close()
    failed = {finding.check for finding in findings if finding.state is State.FAIL}
    assert failed == {"database", "publishing", "clock process", "outbox", "reconciliation"}
    assert len(findings) == 21


def test_with_twilio_out_of_reach_everything_else_is_still_looked_at(desk: Desk) -> None:
    findings = list(examine(replace(live(desk), provider=PhoneCompany(broken_after=0))))
    assert [finding.check for finding in findings if finding.state is State.FAIL] == ["numbers at Twilio"]


def test_without_a_usable_configuration_everything_else_is_still_looked_at(desk: Desk) -> None:
    findings = list(examine(replace(live(desk), snapshot=None)))
    assert {finding.check for finding in findings if finding.state is State.SKIPPED} == {
        "staff numbers",
        "on call",
        "coverage",
        "numbers at Twilio",
    }


def test_without_the_internet_every_check_says_so(desk: Desk) -> None:
    web = Internet(desk.clock.at, down="its name is not known")
    findings = [finding for finding in examine(replace(live(desk), web=web)) if finding.state is State.FAIL]
    assert [finding.check for finding in findings] == ["public address", "certificate", "clock skew"]
    assert all("its name is not known" in finding.what for finding in findings)
