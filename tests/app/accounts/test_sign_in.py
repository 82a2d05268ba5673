"""Signing in: what lets somebody in, what does not, and how long it lasts. On each kind of database."""

from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest

from app.accounts import (
    AccountFault,
    AccountKeeping,
    Device,
    Refusal,
    Role,
    SecondFactors,
    Sessions,
    SignedIn,
    SignIn,
    password_fault,
)
from app.accounts.tries import MOST_FOR_A_NAME, MOST_FOR_AN_ADDRESS, WINDOW, Tries, name_hash
from app.services import Services
from app.store import Account
from tests.desk import Desk

NAME, PASSWORD = "Lasha Dalakishvili", "correct horse battery staple"
HERE = Device("192.0.2.7", "Firefox on Windows")
ELSEWHERE = Device("192.0.2.99", "Chrome on Linux")


def secret_of(address: str) -> str:
    return address.rpartition("/")[2]


def with_account(services: Services, name: str = NAME, role: Role = Role.STAFF) -> Account:
    link = AccountKeeping(services, "test").add(name, role)
    came = SignIn(services).choose_password(secret_of(link.address), PASSWORD, HERE)
    assert isinstance(came, SignedIn)
    return AccountKeeping(services, "test").named(name)


def actions(services: Services) -> list[str]:
    return [each.action for each in services.store.audit.list(limit=50).items]


def test_a_name_and_its_password_let_in_and_a_session_lasts_until_it_is_idle(desk_on_each: Desk) -> None:
    services, clock = desk_on_each.services, desk_on_each.clock
    with_account(services)
    came = SignIn(services).by_password("  lasha DALAKISHVILI ", PASSWORD, HERE)
    assert isinstance(came, SignedIn)

    sessions = Sessions(services)
    clock.show(clock.at + timedelta(minutes=50))
    visitor = sessions.visitor(came.secret, at=clock.at)
    assert visitor is not None
    assert (visitor.name, visitor.role) == (NAME, Role.STAFF)
    clock.show(clock.at + timedelta(minutes=59))
    assert sessions.visitor(came.secret, at=clock.at) is not None
    clock.show(clock.at + timedelta(minutes=60))
    assert sessions.visitor(came.secret, at=clock.at) is None


def test_a_session_is_over_after_twelve_hours_however_busy(desk: Desk) -> None:
    with_account(desk.services)
    came = SignIn(desk.services).by_password(NAME, PASSWORD, HERE)
    assert isinstance(came, SignedIn)
    for _ in range(23):
        desk.clock.show(desk.clock.at + timedelta(minutes=30))
        assert Sessions(desk.services).visitor(came.secret, at=desk.clock.at) is not None
    desk.clock.show(desk.clock.at + timedelta(minutes=30))
    assert Sessions(desk.services).visitor(came.secret, at=desk.clock.at) is None


def test_what_is_kept_opens_nothing(desk: Desk) -> None:
    account = with_account(desk.services)
    assert account.password_hash is not None
    assert account.password_hash.startswith("$argon2id$")
    assert SignIn(desk.services).by_password(NAME, account.password_hash, HERE) is Refusal.WRONG
    assert Sessions(desk.services).visitor("x" * 43, at=desk.clock.at) is None


@pytest.mark.parametrize("name", [NAME, "nobody of ours", ""])
def test_a_wrong_name_and_a_wrong_password_are_told_alike(desk: Desk, name: str) -> None:
    with_account(desk.services)
    assert SignIn(desk.services).by_password(name, "something else entirely", HERE) is Refusal.WRONG


def test_guessing_at_a_name_is_stopped_from_wherever_and_a_new_link_lets_its_owner_in(desk_on_each: Desk) -> None:
    services, clock = desk_on_each.services, desk_on_each.clock
    account = with_account(services)
    signing = SignIn(services)
    for number in range(MOST_FOR_A_NAME):
        assert signing.by_password(NAME, "a guess", Device(f"192.0.2.{number}", "curl")) is Refusal.WRONG
    assert signing.by_password(NAME, PASSWORD, HERE) is Refusal.TOO_MANY

    link = AccountKeeping(services, "test").link(account)
    assert isinstance(signing.choose_password(secret_of(link.address), PASSWORD, HERE), SignedIn)
    assert isinstance(signing.by_password(NAME, PASSWORD, HERE), SignedIn)

    for _ in range(MOST_FOR_A_NAME):
        signing.by_password(NAME, "a guess", ELSEWHERE)
    clock.show(clock.at + WINDOW)
    assert isinstance(signing.by_password(NAME, PASSWORD, HERE), SignedIn)


def test_guessing_at_names_is_stopped_for_an_address(desk: Desk) -> None:
    with_account(desk.services)
    signing = SignIn(desk.services)
    for number in range(3, MOST_FOR_AN_ADDRESS):
        assert Tries(desk.services).may_try(name_hash(f"name {number}"), ELSEWHERE)
    for number in range(3):
        assert signing.by_password(f"name {number}", "a guess", ELSEWHERE) is Refusal.WRONG
    assert signing.by_password(NAME, PASSWORD, ELSEWHERE) is Refusal.TOO_MANY
    assert isinstance(signing.by_password(NAME, PASSWORD, HERE), SignedIn)


@pytest.mark.parametrize("spoil", ["used", "old", "replaced", "disabled"])
def test_a_link_is_good_once_for_a_while_and_for_its_account_alone(desk_on_each: Desk, spoil: str) -> None:
    services, clock = desk_on_each.services, desk_on_each.clock
    keeping, signing = AccountKeeping(services, "test"), SignIn(services)
    link = keeping.add(NAME, Role.STAFF)
    secret = secret_of(link.address)
    spoiling: dict[str, Callable[[], object]] = {
        "used": lambda: signing.choose_password(secret, PASSWORD, HERE),
        "old": lambda: clock.show(link.expires_at),
        "replaced": lambda: keeping.link(link.account),
        "disabled": lambda: keeping.disable(link.account),
    }
    spoiling[spoil]()
    assert signing.link(secret) is None
    assert signing.choose_password(secret, PASSWORD, HERE) is Refusal.LINK


def test_a_link_for_a_password_signs_nobody_in_by_itself_and_the_other_kind_sets_no_password(desk: Desk) -> None:
    keeping, signing = AccountKeeping(desk.services, "test"), SignIn(desk.services)
    setup = keeping.add(NAME, Role.STAFF)
    assert signing.by_link(secret_of(setup.address), HERE) is Refusal.LINK
    entry = keeping.sign_in_link(setup.account)
    assert signing.choose_password(secret_of(entry.address), PASSWORD, HERE) is Refusal.LINK
    assert isinstance(signing.by_link(secret_of(entry.address), HERE), SignedIn)
    assert signing.by_link(secret_of(entry.address), HERE) is Refusal.LINK


def test_choosing_a_password_ends_the_sessions_there_were(desk: Desk) -> None:
    account = with_account(desk.services)
    came = SignIn(desk.services).by_password(NAME, PASSWORD, HERE)
    assert isinstance(came, SignedIn)
    link = AccountKeeping(desk.services, "test").link(account)
    SignIn(desk.services).choose_password(secret_of(link.address), "another one, and longer", HERE)
    assert Sessions(desk.services).visitor(came.secret, at=desk.clock.at) is None


def test_a_second_factor_is_asked_for_and_takes_each_code_once(desk_on_each: Desk) -> None:
    services, clock = desk_on_each.services, desk_on_each.clock
    account = with_account(services)
    factors, signing = SecondFactors(services), SignIn(services)
    secret = factors.new(account).secret
    app = pyotp.TOTP(secret)
    assert not factors.turn_on(account, secret, "000000" if app.at(clock.at) != "000000" else "111111")
    assert factors.turn_on(account, secret, app.at(clock.at))

    waiting = signing.by_password(NAME, PASSWORD, HERE)
    assert isinstance(waiting, SignedIn)
    assert (waiting.secret, bool(waiting.waiting_for_code)) == ("", True)
    code = app.at(clock.at)
    assert isinstance(signing.by_code(waiting.waiting_for_code, code, HERE), SignedIn)
    assert signing.by_code(waiting.waiting_for_code, code, HERE) is Refusal.WRONG_CODE
    clock.show(clock.at + timedelta(minutes=6))
    assert signing.by_code(waiting.waiting_for_code, app.at(clock.at), HERE) is Refusal.STALE
    assert signing.by_code("forged", app.at(clock.at), HERE) is Refusal.STALE
    assert "second_factor_on" in actions(services)
    stored = AccountKeeping(services, "test").named(NAME).second_factor
    assert stored is not None
    assert secret.encode() not in stored


def test_the_last_administrator_stays_one(desk_on_each: Desk) -> None:
    services = desk_on_each.services
    keeping = AccountKeeping(services, "test")
    only = with_account(services, "admin", Role.ADMIN)
    with pytest.raises(AccountFault, match="only administrator"):
        keeping.disable(only)
    with pytest.raises(AccountFault, match="only administrator"):
        keeping.set_role(only, Role.STAFF)
    with_account(services, NAME, Role.ADMIN)
    keeping.set_role(only, Role.STAFF)
    assert keeping.named("admin").role == Role.STAFF


def test_a_disabled_account_lets_nobody_in_and_ends_what_was_open(desk: Desk) -> None:
    account = with_account(desk.services)
    keeping, signing = AccountKeeping(desk.services, "test"), SignIn(desk.services)
    came = signing.by_password(NAME, PASSWORD, HERE)
    assert isinstance(came, SignedIn)
    keeping.disable(account)
    assert Sessions(desk.services).visitor(came.secret, at=desk.clock.at) is None
    assert signing.by_password(NAME, PASSWORD, HERE) is Refusal.WRONG
    keeping.enable(account)
    assert isinstance(signing.by_password(NAME, PASSWORD, HERE), SignedIn)


def test_the_first_administrator_is_made_once(desk_on_each: Desk) -> None:
    keeping = AccountKeeping(desk_on_each.services, "test")
    first, again = keeping.first_admin(), keeping.first_admin()
    assert first is not None
    assert again == first
    assert [each.name for each in keeping.all()] == ["admin"]


def test_the_first_link_is_given_once_and_only_while_nobody_has_an_account(desk_on_each: Desk) -> None:
    keeping = AccountKeeping(desk_on_each.services, "test")
    made = keeping.first_link()
    assert made is not None
    assert (made.account.name, made.account.role) == ("admin", Role.ADMIN)
    assert SignIn(desk_on_each.services).link(made.address.rpartition("/")[2]) is not None
    assert keeping.first_link() is None
    assert [each.name for each in keeping.all()] == ["admin"]


def test_every_change_is_in_the_audit_log(desk: Desk) -> None:
    keeping = AccountKeeping(desk.services, "test")
    account = with_account(desk.services)
    with_account(desk.services, "admin", Role.ADMIN)
    SignIn(desk.services).by_password(NAME, PASSWORD, HERE)
    keeping.set_role(account, Role.SUPERVISOR)
    Sessions(desk.services).end_all(account, by="test")
    keeping.disable(account)
    keeping.enable(account)
    assert {
        "account_added",
        "account_link_made",
        "password_chosen",
        "signed_in",
        "account_role_changed",
        "sessions_ended",
        "account_disabled",
        "account_enabled",
    } <= set(actions(desk.services))


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short", "at least 12"),
        ("x" * 201, "at most"),
        ("lasha dalakishvili 1", "your name"),
        ("aaaaaaaaaaaaaa", "different"),
        (PASSWORD, None),
    ],
)
def test_which_passwords_are_good_enough(password: str, fault: str | None) -> None:
    told = password_fault(password, name=NAME)
    assert told is None if fault is None else fault in (told or "")
