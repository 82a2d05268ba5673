"""A token works until it is revoked, and cannot be read back."""

from datetime import timedelta

import pytest

from app.store import Store, TokenIdentity
from tests.app.store.samples import AT


def test_a_token_is_known_by_its_secret(store: Store) -> None:
    secret = store.tokens.create("reports", "supervisor", at=AT)
    other = store.tokens.create("reports", "staff", at=AT)
    assert secret != other
    assert store.tokens.check(secret) == TokenIdentity("reports", "supervisor")
    assert store.tokens.check(other) == TokenIdentity("reports", "staff")


@pytest.mark.parametrize("secret", ["", "ivr_", "x" * 129, "é\0\ud800"])
def test_anything_else_is_nobody(store: Store, secret: str) -> None:
    store.tokens.create("reports", "supervisor", at=AT)
    assert store.tokens.check(secret) is None


def test_a_revoked_token_is_nobody(store: Store) -> None:
    secret = store.tokens.create("reports", "supervisor", at=AT)
    (token,) = store.tokens.list()
    assert store.tokens.revoke(token.id, at=AT + timedelta(days=1))
    assert not store.tokens.revoke(token.id, at=AT + timedelta(days=2))
    assert not store.tokens.revoke(token.id + 1, at=AT)
    assert store.tokens.check(secret) is None
    (token,) = store.tokens.list()
    assert (token.name, token.role, token.created_at) == ("reports", "supervisor", AT)
    assert token.revoked_at == AT + timedelta(days=1)


def test_the_secret_is_nowhere_in_the_database(sqlite_store: Store, sqlite_url: str) -> None:
    secret = sqlite_store.tokens.create("reports", "supervisor", at=AT)
    path = sqlite_url.removeprefix("sqlite:///")
    for name in (path, path + "-wal"):
        with open(name, "rb") as file:  # noqa: PTH123 - two plain names
            assert secret.encode() not in file.read()
