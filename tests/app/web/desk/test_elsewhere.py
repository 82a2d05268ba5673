"""Signing in with the organisation's account, against a provider that is really asked; and those who attack it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import requests
from werkzeug.test import TestResponse

from app.accounts import AccountKeeping, Role
from app.accounts.tries import MOST_FOR_AN_ADDRESS
from app.identity import IdentityProvider
from app.services import Services
from app.store import Account
from tests.app.web.desk.visits import PASSWORD, Visit, browser, make_account, signed_in
from tests.desk import Desk
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, STRANGERS_KEY, LittleProvider, fresh_key, query, running

pytestmark = pytest.mark.slow

JAMISON = "Jamison White"
BASE = "https://desk.example.org"
BEGIN, BACK = "/desk/sign-in/elsewhere", "/desk/sign-in/elsewhere/back"


@dataclass
class Between:
    """A desk, its provider, and a browser that goes from one to the other."""

    services: Services
    desk: Desk
    provider: LittleProvider

    def visit(self) -> Visit:
        return browser(self.services)

    def leaves(self, visit: Visit, back: str = "") -> str:
        """Where the provider sends the browser back to, as a path of ours."""
        away = visit.opens(f"{BEGIN}?{urlencode({'back': back})}" if back else BEGIN)
        assert away.status_code == 303, away.get_data(as_text=True)
        return self.goes(away.headers["Location"])

    def goes(self, address: str) -> str:
        answer = requests.get(address, allow_redirects=False, timeout=5)
        assert answer.status_code == 302
        return answer.headers["Location"].removeprefix(BASE)

    def signs_in(self, visit: Visit | None = None) -> TestResponse:
        visit = visit or self.visit()
        return visit.opens(self.leaves(visit))

    def account(self, name: str = JAMISON) -> Account | None:
        return self.services.store.accounts.look(lambda rows: rows.named(name))

    def log(self) -> set[str]:
        return {each.action for each in self.services.store.audit.list(limit=50).items}


def beside(desk: Desk, provider: LittleProvider) -> Between:
    way = IdentityProvider(
        issuer=provider.issuer,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        claim="groups",
        roles={"desk": "staff", "desk-leads": "supervisor", "it": "admin"},
        title="Contoso",
    )
    provider.now = int(desk.clock.at.timestamp())
    services = replace(desk.services, settings=replace(desk.services.settings, identity_provider=way))
    return Between(services, desk, provider)


@pytest.fixture
def provider() -> Iterator[LittleProvider]:
    with running() as found:
        yield found


@pytest.fixture
def between(desk: Desk, provider: LittleProvider) -> Between:
    return beside(desk, provider)


@pytest.fixture
def between_on_each(desk_on_each: Desk, provider: LittleProvider) -> Between:
    return beside(desk_on_each, provider)


def test_who_is_known_there_with_a_role_here_gets_an_account_and_is_let_in(between_on_each: Between) -> None:
    between = between_on_each
    visit = between.visit()
    assert "Sign in with Contoso" in visit.opens("/desk/sign-in").get_data(as_text=True)
    answer = visit.opens(between.leaves(visit, "/desk/tickets?shown=all"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/tickets?shown=all")
    assert JAMISON in visit.opens("/desk/tickets").get_data(as_text=True)
    account = between.account()
    assert account is not None
    assert (account.role, account.subject, account.password_hash) == ("staff", "u-1", None)
    assert {"account_added", "signed_in"} <= between.log()
    # Known by who they are and not by what they are called, also when that changes.
    between.provider.person |= {"name": "J. White", "groups": ["desk", "desk-leads"]}
    between.signs_in()
    accounts = AccountKeeping(between.services, "test").all()
    assert [(each.name, each.role) for each in accounts] == [(JAMISON, "supervisor")]
    assert "account_role_changed" in between.log()


def test_what_is_asked_for_is_bound_to_a_verifier_and_to_a_nonce_that_differ_each_time(between: Between) -> None:
    asked = [query(between.visit().opens(BEGIN).headers["Location"]) for _ in range(2)]
    for each in asked:
        assert each["redirect_uri"] == f"{BASE}{BACK}"
        assert (each["response_type"], each["code_challenge_method"]) == ("code", "S256")
        assert "openid" in each["scope"].split()
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]
    assert asked[0]["nonce"] != asked[0]["state"]


def forged(**claims: object) -> Callable[[Between], None]:
    return lambda between: between.provider.claims.update(claims)


def set_to(**fields: object) -> Callable[[Between], None]:
    def change(between: Between) -> None:
        for name, value in fields.items():
            setattr(between.provider, name, value)

    return change


def shifted(**seconds: int) -> Callable[[Between], None]:
    """Claims so many seconds away from the time at the desk."""
    return lambda between: between.provider.claims.update(
        {name: between.provider.now + each for name, each in seconds.items()}
    )


ATTACKS = {
    "another nonce": forged(nonce="x" * 43),
    "no nonce": forged(nonce=None),
    "another audience": forged(aud="another-client"),
    "several audiences, ours not the party": forged(aud=[CLIENT_ID, "another-client"], azp="another-client"),
    "several audiences and no party": forged(aud=[CLIENT_ID, "another-client"]),
    "another issuer": forged(iss="https://login.example.com"),
    "expired": shifted(iat=-400, exp=-100),
    "no end": forged(exp=None),
    "from the future": shifted(iat=300, exp=600),
    "nobody": forged(sub=None),
    "an empty somebody": forged(sub=""),
    "a number for a somebody": forged(sub=7),
    "a hash of another access token": forged(at_hash="x" * 22),
    "no signature": set_to(algorithm="none"),
    "the public key as a secret": set_to(algorithm="HS256"),
    "a stranger's key": set_to(signed_by=STRANGERS_KEY),
    "the answer of another provider": set_to(says_iss="https://login.example.com"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_does_not_prove_who_is_there_lets_nobody_in(between: Between, attack: str) -> None:
    ATTACKS[attack](between)
    visit = between.visit()
    answer = between.signs_in(visit)
    assert answer.status_code == 401
    assert "could not be verified" in answer.get_data(as_text=True)
    assert visit.opens("/desk/tickets").status_code == 401
    assert AccountKeeping(between.services, "test").all() == ()


def test_clocks_may_differ_by_less_than_a_minute(between: Between) -> None:
    shifted(iat=45, exp=345)(between)
    assert between.signs_in().status_code == 303
    shifted(iat=-345, exp=-45)(between)
    assert between.signs_in().status_code == 303
    shifted(iat=-361, exp=-61)(between)
    assert between.signs_in().status_code == 401


def test_a_provider_that_promises_to_name_itself_has_to(between: Between) -> None:
    between.provider.described = {"authorization_response_iss_parameter_supported": True}
    assert between.signs_in().status_code == 401
    between.provider.says_iss = between.provider.issuer
    assert between.signs_in().status_code == 303


def test_an_answer_is_good_once_in_one_browser_and_for_a_while(between: Between) -> None:
    visit = between.visit()
    back = between.leaves(visit)
    # Led there by somebody else: this browser has begun nothing, or something else.
    stranger, other = between.visit(), between.visit()
    between.leaves(other)
    for each in (stranger, other):
        assert each.opens(back).status_code == 401
        assert each.opens("/desk/tickets").status_code == 401
    assert visit.opens(back).status_code == 303
    visit.client.delete_cookie("__Host-desk", domain="localhost")
    again = visit.opens(back)
    assert (again.status_code, "begin again" in again.get_data(as_text=True)) == (401, True)

    late = between.leaves(visit)
    between.desk.clock.show(between.desk.clock.at + timedelta(minutes=10))
    assert visit.opens(late).status_code == 401


def test_a_code_of_somebody_else_and_a_state_of_ones_own_open_nothing(between: Between) -> None:
    """The code belongs to another challenge: whoever found it cannot use it."""
    victim, thief = between.visit(), between.visit()
    code = query(between.leaves(victim))["code"]
    own = query(between.leaves(thief))
    answer = thief.opens(f"{BACK}?{urlencode({**own, 'code': code})}")
    assert answer.status_code == 401
    assert thief.opens("/desk/tickets").status_code == 401


@pytest.mark.parametrize("answer", ["", "?state=x", "?code=x", "?state=x&code=x", "?error=access_denied"])
def test_what_was_never_begun_is_never_over(between: Between, answer: str) -> None:
    assert between.visit().opens(f"{BACK}{answer}").status_code == 401
    assert "/token" not in between.provider.asked


def test_who_turns_back_there_is_told_so(between: Between) -> None:
    between.provider.error = "access_denied"
    answer = between.signs_in()
    assert (answer.status_code, "did not let you through" in answer.get_data(as_text=True)) == (401, True)


def test_who_has_no_role_is_turned_away_and_what_they_had_open_ends(between: Between) -> None:
    visit = between.visit()
    between.signs_in(visit)
    assert visit.opens("/desk/tickets").status_code == 200
    between.provider.person["groups"] = ["something else"]
    answer = between.signs_in()
    assert (answer.status_code, "no role" in answer.get_data(as_text=True)) == (403, True)
    assert visit.opens("/desk/tickets").status_code == 401
    between.provider.person |= {"sub": "u-2", "name": "triggerfish-1"}
    assert between.signs_in().status_code == 403
    assert between.account("triggerfish-1") is None


def test_a_disabled_account_stays_so(between: Between) -> None:
    between.signs_in()
    account = between.account()
    assert account is not None
    AccountKeeping(between.services, "test").disable(account)
    assert between.signs_in().status_code == 403


def test_the_last_administrator_stays_one_whatever_the_groups_say(between: Between) -> None:
    between.provider.person["groups"] = ["it"]
    between.signs_in()
    between.provider.person["groups"] = ["desk"]
    assert between.signs_in().status_code == 303
    account = between.account()
    assert account is not None
    assert account.role == Role.ADMIN


@pytest.mark.parametrize("case", ["answers 500", "is another", "unsafe", "gone"])
def test_a_provider_that_is_away_is_said_so_and_passwords_go_on_working(between: Between, case: str) -> None:
    make_account(between.services, "Lasha Dalakishvili", Role.STAFF)
    spoiling: dict[str, Callable[[], object]] = {
        "answers 500": lambda: setattr(between.provider, "status", 500),
        "is another": lambda: between.provider.described.update(issuer="https://login.example.com"),
        "unsafe": lambda: between.provider.described.update(token_endpoint="http://login.example.com/token"),
        "gone": lambda: setattr(between.provider, "status", 404),
    }
    spoiling[case]()
    visit = between.visit()
    answer = visit.opens(BEGIN)
    assert (answer.status_code, "cannot be reached" in answer.get_data(as_text=True)) == (503, True)
    # Nobody waits for it again at once.
    asked = len(between.provider.asked)
    assert visit.opens(BEGIN).status_code == 503
    assert len(between.provider.asked) == asked
    assert visit.sends("/desk/sign-in", name="Lasha Dalakishvili", password=PASSWORD).status_code == 303
    between.provider.status, between.provider.described = 200, {}
    between.desk.clock.show(between.desk.clock.at + timedelta(seconds=5))
    between.provider.now += 5
    assert between.signs_in().status_code == 303


def test_a_provider_that_goes_away_in_between_is_said_so(between: Between) -> None:
    visit = between.visit()
    back = between.leaves(visit)
    between.provider.status = 503
    assert visit.opens(back).status_code == 503


def test_what_it_says_of_itself_is_kept_and_new_keys_are_found(between: Between) -> None:
    # One program that runs on, with one browser after another in front of it.
    visit = between.visit()
    between.signs_in(visit)
    visit.client.delete_cookie("__Host-desk", domain="localhost")
    between.signs_in(visit)
    assert between.provider.asked.count("/keys") == 1
    visit.client.delete_cookie("__Host-desk", domain="localhost")
    between.provider.key = fresh_key()
    assert between.signs_in(visit).status_code == 401
    between.desk.clock.show(between.desk.clock.at + timedelta(seconds=31))
    between.provider.now += 31
    assert between.signs_in(visit).status_code == 303
    assert between.provider.asked.count("/keys") == 2


def test_nobody_takes_over_an_account_that_was_made_here_by_its_name(between: Between) -> None:
    make_account(between.services, JAMISON, Role.ADMIN)
    answer = between.signs_in()
    assert (answer.status_code, "an account of your name" in answer.get_data(as_text=True)) == (403, True)
    account = between.account()
    assert account is not None
    assert account.issuer is None


def connects(between: Between, visit: Visit) -> str:
    visit.opens("/desk/account")
    page = visit.sends("/desk/account/elsewhere").get_data(as_text=True)
    address = page.partition('class="button main" href="')[2].partition('"')[0].replace("&amp;", "&")
    return between.goes(address)


def test_the_owner_of_an_account_connects_it_and_an_administrator_takes_that_back(between: Between) -> None:
    visit = signed_in(between.services, JAMISON, Role.ADMIN)
    assert visit.opens(connects(between, visit)).status_code == 303
    account = between.account()
    assert account is not None
    assert (account.subject, account.password_hash, account.role) == ("u-1", None, "admin")
    assert "account_connected" in between.log()
    other = between.visit()
    other.opens("/desk/sign-in")
    assert other.sends("/desk/sign-in", name=JAMISON, password=PASSWORD).status_code == 401
    page = visit.opens("/desk/account").get_data(as_text=True)
    assert "Present password" not in page
    assert visit.sends("/desk/account/password", new=PASSWORD, again=PASSWORD).status_code == 422
    assert between.signs_in().status_code == 303

    visit = signed_in(between.services, "admin", Role.ADMIN)
    visit.opens("/desk/users")
    assert "/desk/link/" in visit.sends(f"/desk/users/{account.id}", deed="bring_back").get_data(as_text=True)
    back = between.account()
    assert back is not None
    assert back.issuer is None
    assert between.signs_in().status_code == 403


def test_nobody_connects_an_account_that_is_not_signed_in_here(between: Between) -> None:
    visit = signed_in(between.services, "triggerfish-2", Role.STAFF)
    back = connects(between, visit)
    visit.opens("/desk/account")
    visit.sends("/desk/sign-out")
    assert visit.opens(back).status_code == 401
    account = between.account("triggerfish-2")
    assert account is not None
    assert account.issuer is None


def test_without_a_provider_there_is_nothing_there(desk: Desk) -> None:
    visit = browser(desk.services)
    assert "Sign in with" not in visit.opens("/desk/sign-in").get_data(as_text=True)
    assert (visit.opens(BEGIN).status_code, visit.opens(BACK).status_code) == (404, 404)


def test_going_out_too_often_is_stopped(between: Between) -> None:
    visit = between.visit()
    answers = [visit.opens(BEGIN).status_code for _ in range(MOST_FOR_AN_ADDRESS + 1)]
    assert answers == [*[303] * MOST_FOR_AN_ADDRESS, 429]
