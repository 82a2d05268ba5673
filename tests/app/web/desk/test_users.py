"""Accounts as administrators keep them at the desk: each change is theirs in the audit log, and one of them stays."""

import pyotp
import pytest

from app.accounts import AccountKeeping, Role, SecondFactors
from app.accounts.tries import MOST_FOR_A_NAME
from tests.app.web.desk.visits import PASSWORD, Visit, browser, make_account, signed_in
from tests.desk import Desk

LASHA, JAMISON = "Lasha Dalakishvili", "Jamison White"


@pytest.fixture
def admin(desk: Desk) -> Visit:
    return signed_in(desk.services, LASHA, Role.ADMIN)


def does(desk: Desk, admin: Visit, deed: str, name: str = JAMISON) -> str:
    account = AccountKeeping(desk.services, "test").named(name)
    admin.opens("/desk/users")
    answer = admin.sends(f"/desk/users/{account.id}", deed=deed)
    return admin.opens("/desk/users").get_data(as_text=True) if answer.status_code == 303 else answer.text


def test_every_deed_is_in_the_audit_log_under_the_administrators_name(desk: Desk, admin: Visit) -> None:
    make_account(desk.services, JAMISON, Role.STAFF)
    account, factors = AccountKeeping(desk.services, "test").named(JAMISON), SecondFactors(desk.services)
    secret = factors.new(account).secret
    assert factors.turn_on(account, secret, pyotp.TOTP(secret).at(desk.clock.at))
    assert "with a code" in does(desk, admin, "sign_out")
    for deed in ("supervisor", "forget_code", "link", "unlock", "disable", "enable"):
        does(desk, admin, deed)
    entries = desk.services.store.audit.list(limit=50, actor=LASHA, subject=f"account:{JAMISON}").items
    assert {each.action for each in entries} == {
        "account_role_changed",
        "second_factor_off",
        "sessions_ended",
        "account_link_made",
        "account_unlocked",
        "account_disabled",
        "account_enabled",
    }


@pytest.mark.parametrize("deed", ["staff", "supervisor", "disable"])
def test_the_only_administrator_cannot_be_taken_away(desk: Desk, admin: Visit, deed: str) -> None:
    assert "only administrator" in does(desk, admin, deed, LASHA)
    assert AccountKeeping(desk.services, "test").named(LASHA).role == Role.ADMIN
    assert admin.opens("/desk/users").status_code == 200


def test_who_is_locked_out_is_seen_and_let_in_again(desk: Desk, admin: Visit) -> None:
    make_account(desk.services, JAMISON, Role.STAFF)
    visit = browser(desk.services)
    visit.opens("/desk/sign-in")
    assert "locked out" not in admin.opens("/desk/users").get_data(as_text=True)
    for _ in range(MOST_FOR_A_NAME):
        visit.sends("/desk/sign-in", name=JAMISON, password="a guess that is wrong")
    assert visit.sends("/desk/sign-in", name=JAMISON, password=PASSWORD).status_code == 429
    assert admin.opens("/desk/users").get_data(as_text=True).count("locked out") == 1
    assert "locked out" not in does(desk, admin, "unlock")
    visit.opens("/desk/sign-in")
    assert visit.sends("/desk/sign-in", name=JAMISON, password=PASSWORD).status_code == 303


def test_a_name_and_a_deed_that_cannot_be_are_refused(desk: Desk, admin: Visit) -> None:
    admin.opens("/desk/users")
    assert admin.sends("/desk/users", name=" ", role="staff").status_code == 422
    admin.opens("/desk/users")
    assert admin.sends("/desk/users", name="somebody", role="owner").status_code == 400
    admin.opens("/desk/users")
    assert admin.sends("/desk/users/999", deed="link").status_code == 404
    assert does(desk, admin, "nonsense", LASHA).count("There is no such change") >= 1


def test_an_account_that_signs_in_elsewhere_gets_no_link_for_a_password(desk: Desk, admin: Visit) -> None:
    make_account(desk.services, JAMISON, Role.STAFF)
    account = AccountKeeping(desk.services, "test").named(JAMISON)
    desk.services.store.accounts.change(lambda rows: rows.identify(account.id, "https://login.example.org", "u-1"))
    assert "organisation" in admin.opens("/desk/users").get_data(as_text=True)
    assert "has no password here" in does(desk, admin, "link")
    assert "/desk/link/" in does(desk, admin, "bring_back")
    assert "signs in here as it is" in does(desk, admin, "bring_back")
