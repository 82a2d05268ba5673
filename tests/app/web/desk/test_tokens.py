"""Tokens at the desk: shown once, known by their use, and good for nothing once revoked."""

import re
from datetime import timedelta

import pytest

from app import create_app
from app.accounts import Role
from tests.app.web.desk.visits import Visit, signed_in
from tests.desk import Desk

LASHA = "Lasha Dalakishvili"


@pytest.fixture
def admin(desk: Desk) -> Visit:
    return signed_in(desk.services, LASHA, Role.ADMIN)


def made(admin: Visit, name: str = "monthly report", role: str = "supervisor") -> str:
    admin.opens("/desk/tokens")
    page = admin.sends("/desk/tokens", name=name, role=role).get_data(as_text=True)
    found = re.search(r'value="(ivr_[\w-]{40,})"', page)
    assert found is not None
    return found[1]


def test_a_token_is_shown_once_opens_the_api_and_is_revoked(desk: Desk, admin: Visit) -> None:
    secret = made(admin)
    page = admin.opens("/desk/tokens").get_data(as_text=True)
    assert secret not in page
    assert "not yet" in page
    program = create_app(desk.services).test_client()
    bearer = {"Authorization": f"Bearer {secret}"}
    assert program.get("/api/v1/calls", headers=bearer).status_code == 200
    desk.clock.show(desk.clock.at + timedelta(minutes=10))
    page = admin.opens("/desk/tokens").get_data(as_text=True)
    assert "10 min ago" in page
    (token,) = desk.services.store.tokens.list()
    assert admin.sends(f"/desk/tokens/{token.id}").status_code == 303
    assert program.get("/api/v1/calls", headers=bearer).status_code == 401
    assert "1 was revoked" in admin.opens("/desk/tokens").get_data(as_text=True)
    entries = desk.services.store.audit.list(limit=9, subject="token:monthly report").items
    assert [(each.actor, each.action) for each in entries] == [(LASHA, "token_revoked"), (LASHA, "token_created")]
    assert admin.sends(f"/desk/tokens/{token.id}").status_code == 404


def test_that_a_token_is_in_use_is_written_down_once_an_hour(desk: Desk, admin: Visit) -> None:
    secret, tokens, at = made(admin), desk.services.store.tokens, desk.clock.at
    for minutes, noted in ((0, 0), (59, 0), (60, 60), (100, 60), (120, 120)):
        assert tokens.check(secret, at=at + timedelta(minutes=minutes)) is not None
        assert tokens.list()[0].last_used_at == at + timedelta(minutes=noted)


def test_a_token_needs_a_purpose_and_a_role_there_is(desk: Desk, admin: Visit) -> None:
    for name, role, status in (("", "staff", 422), ("x" * 81, "staff", 422), ("bridge", "feed", 400)):
        admin.opens("/desk/tokens")
        assert admin.sends("/desk/tokens", name=name, role=role).status_code == status
    assert desk.services.store.tokens.list() == ()


def test_calendar_feeds_stand_apart(desk: Desk, admin: Visit) -> None:
    assert "No program has a token" in admin.opens("/desk/tokens").get_data(as_text=True)
    desk.services.store.tokens.create("feed:person", "feed", at=desk.clock.at)
    page = admin.opens("/desk/tokens").get_data(as_text=True)
    assert "Calendar feeds" in page
    assert "No program has a token" in page
