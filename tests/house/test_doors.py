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
    "/desk/sign-in/elsewhere": "likewise, with an account of their organisation",
    "/desk/sign-in/elsewhere/back": "who comes back from there brings what was given them here",
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
    "/desk/account/elsewhere": STAFF,
    "/desk/account/password": STAFF,
    "/desk/account/sessions/<int:number>": STAFF,
    "/desk/admin": OVERSEERS,
    "/desk/audit": ADMINS,
    "/desk/audit.csv": ADMINS,
    "/desk/board": STAFF,
    "/desk/board/calendar": OVERSEERS,
    "/desk/board/calls": OVERSEERS,
    "/desk/board/desk": OVERSEERS,
    "/desk/board/events": STAFF,
    "/desk/board/panel-events": STAFF,
    "/desk/calls": OVERSEERS,
    "/desk/calls.csv": OVERSEERS,
    "/desk/calls/<call_sid>": STAFF,
    "/desk/calls/<call_sid>/notes": STAFF,
    "/desk/calls/<call_sid>/replay": STAFF,
    "/desk/calls/views": OVERSEERS,
    "/desk/calls/views/<int:number>": OVERSEERS,
    "/desk/calls/views/<int:number>/forget": OVERSEERS,
    "/desk/components": STAFF,
    "/desk/phone": STAFF,
    "/desk/phone/case/<call_sid>": OVERSEERS,
    "/desk/phone/do/<deed>": STAFF,
    "/desk/phone/moment": STAFF,
    "/desk/phone/picture": STAFF,
    "/desk/phone/route/<call_sid>": STAFF,
    "/desk/phone/sound/<call_sid>/<int:number>": STAFF,
    "/desk/reports": OVERSEERS,
    "/desk/reports.csv": OVERSEERS,
    "/desk/oncall": STAFF,
    "/desk/oncall/away": STAFF,
    "/desk/oncall/change": STAFF,
    "/desk/oncall/changes/<int:number>/end": STAFF,
    "/desk/oncall/fairness": STAFF,
    "/desk/oncall/feed": STAFF,
    "/desk/oncall/mine": STAFF,
    "/desk/oncall/swaps": STAFF,
    "/desk/oncall/swaps/<int:number>": STAFF,
    "/desk/outbox": OVERSEERS,
    "/desk/outbox/retry": ADMINS,
    "/desk/outbox/<int:number>/aside": ADMINS,
    "/desk/outbox/<int:number>/retry": ADMINS,
    "/desk/revisions": OVERSEERS,
    "/desk/revisions/<int:number>": OVERSEERS,
    "/desk/revisions/<int:number>/back": OVERSEERS,
    "/desk/revisions/publish": OVERSEERS,
    "/desk/revisions/stop": OVERSEERS,
    "/desk/sessions": ADMINS,
    "/desk/sessions/<int:number>": ADMINS,
    "/desk/settings": ADMINS,
    "/desk/sign-out": STAFF,
    "/desk/tickets": STAFF,
    "/desk/tickets/board": STAFF,
    "/desk/tickets/board/now": STAFF,
    "/desk/tickets/bulk": STAFF,
    "/desk/tickets/now": STAFF,
    "/desk/tickets/<int:number>": STAFF,
    "/desk/tickets/<int:number>/agree": STAFF,
    "/desk/tickets/<int:number>/change": STAFF,
    "/desk/tickets/<int:number>/join": STAFF,
    "/desk/tickets/<int:number>/move": STAFF,
    "/desk/tickets/<int:number>/other": STAFF,
    "/desk/tickets/<int:number>/take": STAFF,
    "/desk/tickets/<int:number>/tell": STAFF,
    "/desk/tokens": ADMINS,
    "/desk/tokens/<int:number>": ADMINS,
    "/desk/users": ADMINS,
    "/desk/voicemail": STAFF,
    "/desk/voicemail/<recording_sid>": STAFF,
    "/desk/voicemail/<recording_sid>/call-back": STAFF,
    "/desk/voicemail/<recording_sid>/claim": STAFF,
    "/desk/voicemail/<recording_sid>/done": STAFF,
    "/desk/voicemail/<recording_sid>/read": STAFF,
    "/desk/voicemail/<recording_sid>/release": STAFF,
    "/desk/voicemail/<recording_sid>/sound": STAFF,
    "/desk/users/<int:number>": ADMINS,
    "/desk/wiring": OVERSEERS,
    "/desk/wiring/findings": OVERSEERS,
    "/desk/wiring/now": OVERSEERS,
}

# What programs ask with a token, and whose tokens may.
API = {
    "GET /api/v1/calls": STAFF,
    "GET /api/v1/calls/<call_sid>": STAFF,
    "GET /api/v1/line": STAFF,
    "GET /api/v1/oncall": STAFF,
    "GET /api/v1/route": STAFF,
    "GET /api/v1/tickets": STAFF,
    "GET /api/v1/tickets/<number>": STAFF,
    "PATCH /api/v1/tickets/<number>": STAFF,
    "POST /api/v1/tickets/<number>/updates": STAFF,
    "GET /api/v1/voicemail": STAFF,
    "GET /api/v1/voicemail/<recording_sid>": STAFF,
    "GET /api/v1/voicemail/<recording_sid>/audio": STAFF,
    "GET /api/v1/voicemail/<recording_sid>/call-backs": STAFF,
    "GET /api/v1/voicemail/<recording_sid>/transcript": STAFF,
    "POST /api/v1/voicemail/<recording_sid>/call-back": STAFF,
    "POST /api/v1/voicemail/<recording_sid>/claim": STAFF,
    "POST /api/v1/voicemail/<recording_sid>/done": STAFF,
    "POST /api/v1/voicemail/<recording_sid>/heard": STAFF,
    "POST /api/v1/voicemail/<recording_sid>/release": STAFF,
}
# What the provider calls, and signs.
SIGNED = {
    "/sms/incoming",
    "/sms/status/<reference>",
    "/voice/<path:unknown>",
    "/voice/accept-key/<token>",
    "/voice/accept/<token>",
    "/voice/callback-answered/<token>",
    "/voice/callback-done/<token>",
    "/voice/callback-key/<token>",
    "/voice/callback-spoken/<token>",
    "/voice/callback/<token>",
    "/voice/dialled/<token>",
    "/voice/fallback",
    "/voice/hold-music.wav",
    "/voice/incoming",
    "/voice/keys/<token>",
    "/voice/left/<token>",
    "/voice/leg/<token>",
    "/voice/page-key/<reference>",
    "/voice/page/<reference>",
    "/voice/recorded/<token>",
    "/voice/recording/<token>",
    "/voice/ring-done/<token>",
    "/voice/ring-key/<token>",
    "/voice/ring-status/<token>",
    "/voice/ring/<token>",
    "/voice/silence/<token>",
    "/voice/status",
    "/voice/transcription/<token>",
    "/voice/update-key/<reference>",
    "/voice/update-recording/<reference>",
    "/voice/update-spoken/<reference>",
    "/voice/update-transcription/<reference>",
    "/voice/update/<reference>",
    "/voice/wait/<token>",
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


def test_every_route_stands_on_one_of_the_lists(app: Flask) -> None:
    """A new one is not forgotten: whoever adds it says who may come in."""
    lists = (set(OPEN), SECRET_ADDRESSES, set(PAGES), {each.partition(" ")[2] for each in API}, SIGNED)
    found = {rule.rule for rule in rules(app)}
    assert found - set().union(*lists) == set(), "on no list"
    assert {rule for rule in found if sum(rule in each for each in lists) > 1} == set(), "on two lists"
    assert set().union(*lists) - found == set(), "nowhere any more"


def test_the_api_lets_in_the_tokens_of_the_table(app: Flask, services: Services) -> None:
    """And nobody by a session: a browser that is signed in brings its cookie to every address."""
    services.store.upgrade()
    at, client = services.clock.now(), app.test_client()
    tokens = {role: services.store.tokens.create(f"a {role}", role, at=at) for role in Role}
    asked = [
        (f"{method} {rule.rule}", method, address(rule))
        for rule in rules(app)
        if rule.rule.startswith("/api/") and rule.rule not in OPEN
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})
    ]
    assert {name for name, _, _ in asked} == set(API)
    signed = signed_in(services, "an admin", Role.ADMIN)
    for name, method, where in asked:
        for role, secret in tokens.items():
            answer = client.open(where, method=method, headers={"Authorization": f"Bearer {secret}"})
            assert (answer.status_code == 403) == (role not in API[name]), (name, role)
            assert answer.status_code != 401, (name, role)
        assert signed.client.open(where, method=method).status_code == 401, name


def test_a_token_opens_no_page(services: Services) -> None:
    services.store.upgrade()
    secret = services.store.tokens.create("a program", Role.ADMIN, at=services.clock.now())
    client = create_app(services).test_client()
    for rule in rules(create_app(services)):
        if rule.rule in PAGES and "GET" in (rule.methods or ()):
            answer = client.get(address(rule), headers={"Authorization": f"Bearer {secret}"})
            assert answer.status_code == 401, rule.rule


def test_an_address_has_the_same_roles_whatever_is_done_there(services: Services) -> None:
    """The table says one thing of each: what is sent to an address may not ask for less than what is looked at."""
    by_rule: dict[str, set[frozenset[Role] | None]] = {}
    for page in desk_pages(services):
        by_rule.setdefault(page.rule, set()).add(page.roles)
    assert {rule for rule, roles in by_rule.items() if len(roles) > 1} == set()


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
