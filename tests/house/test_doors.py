"""Nobody gets in by a door that has been forgotten: every route is signed, needs a token, or is meant to be open."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from app import create_app
from app.accounts import EVERY_ROLE, Role
from app.services import Services, wire
from app.settings import read_settings
from app.store import Store
from app.web.desk.blueprint import PREFIX, desk_pages
from tests.app.web.desk.visits import signed_in
from tests.house.tree import ROOT

OPEN = {
    "/healthz": "a load balancer has no token",
    "/readyz": "a monitor has none either, and nothing personal is told",
    "/metrics": "figures only",
    "/api/v1/openapi.json": "describes the API and holds none of its data",
    "/": "leads to the desk",
    "/desk/assets/<version>/<name>": "style sheets and scripts",
    "/desk/sign-in": "where people say who they are",
    "/desk/sign-in/code": "likewise",
    "/desk/theme": "the colours of the reader's own browser",
}
# Calendar programs cannot send a token: the address is one. An address that is none gets nothing at all.
FEEDS = {"/feeds/<secret>.ics"}
# Whoever brings a one-time link is known by it, and has no account to sign in with yet.
LINKS = {"/desk/link/<secret>"}
SECRET_ADDRESSES = FEEDS | LINKS
STAFF, OVERSEERS, ADMINS = EVERY_ROLE, frozenset({Role.SUPERVISOR, Role.ADMIN}), frozenset({Role.ADMIN})
# Every page behind the sign-in, and whom it lets in.
PAGES = {
    "/desk": STAFF,
    "/desk/<path:rest>": STAFF,
    "/desk/account": STAFF,
    "/desk/account/code": STAFF,
    "/desk/account/code/off": STAFF,
    "/desk/account/password": STAFF,
    "/desk/account/sessions/<int:number>": STAFF,
    "/desk/audit": ADMINS,
    "/desk/calls": OVERSEERS,
    "/desk/calls.csv": OVERSEERS,
    "/desk/calls/<call_sid>": STAFF,
    "/desk/components": STAFF,
    "/desk/sign-out": STAFF,
    "/desk/tickets": STAFF,
    "/desk/tickets/<int:number>": STAFF,
    "/desk/tickets/<int:number>/change": STAFF,
    "/desk/tickets/<int:number>/take": STAFF,
    "/desk/tickets/<int:number>/tell": STAFF,
    "/desk/users": ADMINS,
    "/desk/users/<int:number>": ADMINS,
}


@pytest.fixture
def services(sqlite_url: str, tmp_path: Path) -> Iterator[Services]:
    environ = {"DATABASE_URL": sqlite_url, "IVR_CONFIG_DIR": str(ROOT)}
    store = Store.open(sqlite_url)
    yield wire(read_settings(environ, instance_dir=tmp_path / "instance"), store=store)
    store.close()


@pytest.fixture
def app(services: Services) -> Flask:
    return create_app(services)


def rules(app: Flask) -> list[Rule]:
    # Flask offers files of a folder that we do not have.
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static" or app.static_folder is None]


def address(rule: Rule) -> str:
    values = dict.fromkeys(rule.arguments, "x") | ({"number": 1} if "number" in rule.arguments else {})
    return rule.build(values)[1]  # type: ignore[index] # of our own rules, it is built


def test_every_route_asks_who_is_there(app: Flask) -> None:
    """Asked by every method it takes, with neither signature nor token, a route refuses; or it is on the list."""
    client = app.test_client()
    let_in = [
        f"{method} {rule.rule} answers {status}"
        for rule in rules(app)
        if rule.rule not in {*OPEN, *SECRET_ADDRESSES}
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})
        if (status := client.open(address(rule), method=method).status_code) not in {401, 403}
    ]
    assert let_in == []


def test_every_webhook_refuses_a_wrong_signature(app: Flask, services: Services) -> None:
    client = app.test_client()
    hooks = [rule for rule in rules(app) if rule.rule.startswith(("/voice/", "/sms/"))]
    assert len(hooks) > len({"incoming", "status", "fallback"})
    for rule in hooks:
        form = {"CallSid": "CA" + "0" * 32, "To": "+18162327483"}
        answer = client.post(address(rule), data=form, headers={"X-Twilio-Signature": "d3Jvbmc="})
        assert answer.status_code == 403, rule.rule
    assert services.store.calls.get("CA" + "0" * 32) is None


def test_the_open_routes_are_those_on_the_list(app: Flask) -> None:
    assert {rule.rule for rule in rules(app)} >= {*OPEN, *SECRET_ADDRESSES}


def test_a_wrong_secret_in_an_address_opens_nothing(app: Flask, services: Services) -> None:
    services.store.upgrade()
    for rule in rules(app):
        if rule.rule in SECRET_ADDRESSES:
            answer = app.test_client().get(address(rule))
            assert answer.status_code == 404, rule.rule
            assert answer.data == b"" or rule.rule in LINKS, rule.rule


def test_routes_with_a_secret_in_their_address_are_those_on_the_list(app: Flask) -> None:
    assert {rule.rule for rule in rules(app) if "secret" in rule.arguments} == SECRET_ADDRESSES


def test_every_page_lets_in_the_roles_of_the_table(services: Services) -> None:
    guarded = {
        f"{PREFIX}{page.rule}": page.roles
        for page in desk_pages(services)
        if page.roles is not None and page.rule != "/"
    }
    assert guarded == PAGES


@pytest.mark.parametrize("role", Role)
def test_a_page_asked_for_without_its_role_refuses(services: Services, role: Role) -> None:
    visit = signed_in(services, f"a {role}", role)
    wrong = []
    for rule in rules(create_app(services)):
        roles = PAGES.get(rule.rule)
        if roles is not None and "GET" in (rule.methods or ()):
            refused = visit.opens(address(rule)).status_code == 403
            wrong += [rule.rule] if refused != (role not in roles) else []
    assert wrong == []


def test_what_changes_anything_refuses_a_form_that_is_not_ours(services: Services) -> None:
    visit = signed_in(services, "an admin", Role.ADMIN)
    for rule in rules(create_app(services)):
        if rule.rule in PAGES and "POST" in (rule.methods or ()):
            assert visit.client.post(address(rule)).status_code == 403, rule.rule
            forged = {"form_token": "00" * 64}
            assert visit.client.post(address(rule), data=forged).status_code == 403, rule.rule


def test_no_files_are_served(app: Flask) -> None:
    assert app.static_folder is None or not Path(app.static_folder).exists()
