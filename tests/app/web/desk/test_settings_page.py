"""The settings in force: every variable is there, and no secret can be read off the page."""

import base64
import re
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.accounts import Role
from app.settings import Settings, read_settings
from app.web.desk.settings_page import GROUPS, Origin, row_of
from tests.app.web.desk.visits import signed_in
from tests.desk import Desk

SHOWN = {each.name: each for _, group in GROUPS for each in group}
# What is a secret by its name, whatever the page thinks of it.
SECRET_BY_NAME = re.compile(r"TOKEN|SECRET|PRIVATE|PASSWORD|DATA_KEYS")
# Each with words of its own that must not be seen; those of addresses stand in their logins, paths and parameters.
LEAKS = {
    "DATABASE_URL": ("leak-db-user", "leak-db-password", "leak-db-parameter"),
    "TWILIO_AUTH_TOKEN": ("leak-first-token",),
    "TWILIO_AUTH_TOKEN_SECONDARY": ("leak-second-token",),
    "TWILIO_API_KEY_SECRET": ("leak-api-secret",),
    "SECRET_KEY": ("leak-secret-key-that-is-long-enough",),
    "DATA_KEYS": (base64.b64encode(b"leak-data-key-number-one-of-two!").decode(), "leak-data-key"),
    "SMTP_URL": ("leak-mail-user", "leak-mail-password"),
    "WEBHOOK_ENDPOINTS": (base64.b64encode(b"leak-webhook-key-32-bytes-long!!").decode(), "leak-webhook-path"),
    "OIDC_CLIENT_SECRET": ("leak-client-secret",),
    "RECORDING_PRIVATE_KEY": ("PRIVATE KEY",),
}


class Asked(dict[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override] # simpler than dict's
        self.names.add(name)
        return super().get(name, default)


def everything() -> dict[str, str]:
    """Every variable set, each secret to words that are found again."""
    key = generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    data, webhook = LEAKS["DATA_KEYS"][0], LEAKS["WEBHOOK_ENDPOINTS"][0]
    return {
        "DATABASE_URL": "postgresql+psycopg://leak-db-user:leak-db-password@db.example.org/ivr?x=leak-db-parameter",
        "PUBLIC_BASE_URL": "https://desk.example.org",
        "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
        "TWILIO_AUTH_TOKEN": "leak-first-token",
        "TWILIO_AUTH_TOKEN_SECONDARY": "leak-second-token",
        "TWILIO_API_KEY_SID": "SK" + "1" * 32,
        "TWILIO_API_KEY_SECRET": "leak-api-secret",
        "SECRET_KEY": "leak-secret-key-that-is-long-enough",
        "DATA_KEYS": data,
        "LOG_FORMAT": "json",
        "VOICEMAIL_RETENTION_DAYS": "30",
        "VOICEMAIL_TRANSCRIPTION": "twilio",
        "RECORDING_PRIVATE_KEY": key.decode(),
        "SMTP_URL": "smtp://leak-mail-user:leak-mail-password@mail.example.org",
        "MAIL_FROM": "desk@example.org",
        "SUPPORT_ADDRESS": "support@example.org",
        "WEBHOOK_ENDPOINTS": f"https://hooks.example.org/leak-webhook-path whsec_{webhook}",
        "SESSION_IDLE_MINUTES": "30",
        "PROXIES": "1",
        "OIDC_ISSUER": "https://login.example.org",
        "OIDC_CLIENT_ID": "the-desk",
        "OIDC_CLIENT_SECRET": "leak-client-secret",
        "OIDC_ROLES": "desk=staff, cn=desk leads=supervisor",
        "OIDC_ROLE_CLAIM": "realm_access.roles",
        "OIDC_NAME": "Contoso",
    }


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return read_settings(everything(), instance_dir=tmp_path_factory.mktemp("instance"))


def test_every_variable_that_is_read_is_on_the_page(tmp_path: Path) -> None:
    environ = Asked()
    read_settings(environ, instance_dir=tmp_path)
    assert set(SHOWN) == environ.names
    assert len(SHOWN) == sum(len(group) for _, group in GROUPS)


def test_whatever_is_called_a_secret_is_one() -> None:
    assert {name for name, each in SHOWN.items() if SECRET_BY_NAME.search(name) and not each.is_secret} == set()
    assert {name for name, each in SHOWN.items() if each.is_secret} <= set(LEAKS) | {"SECRET_KEY"}


def test_no_secret_can_be_read_off_the_page(desk: Desk, filled: Settings) -> None:
    """Neither a whole one nor a part that was put into it."""
    own = desk.services.settings
    shown = replace(filled, instance_dir=own.instance_dir, secret_key=own.secret_key)
    page = signed_in(replace(desk.services, settings=shown), role=Role.ADMIN).opens("/desk/settings").text
    rows = [row_of(each, filled) for each in SHOWN.values()]
    for name, words in LEAKS.items():
        for word in words:
            assert word not in page, name
            assert not any(word in row.value for row in rows), name
    assert own.secret_key not in page
    for row in rows:
        assert not row.is_secret or row.value == "set", row.name


@pytest.mark.parametrize("name", sorted(everything()))
def test_what_was_set_is_said_to_come_from_the_environment(filled: Settings, name: str) -> None:
    row = row_of(SHOWN[name], filled)
    assert (row.origin, bool(row.value)) == (Origin.ENVIRONMENT, True)


def test_what_was_not_set_is_a_default_or_was_made_here(tmp_path: Path) -> None:
    settings = read_settings({}, instance_dir=tmp_path)
    origins = {name: row_of(each, settings).origin for name, each in SHOWN.items()}
    assert {name for name, origin in origins.items() if origin is Origin.ENVIRONMENT} == set()
    assert {name for name, origin in origins.items() if origin is Origin.KEPT} == {
        "SECRET_KEY",
        "DATA_KEYS",
        "TWILIO_AUTH_TOKEN",
    }
    assert origins["LOG_FORMAT"] is Origin.DEFAULT
    assert origins["OIDC_ISSUER"] is Origin.NONE


def test_addresses_are_shown_without_their_logins(filled: Settings) -> None:
    told = {name: row_of(each, filled).value for name, each in SHOWN.items()}
    assert told["DATABASE_URL"] == "postgresql+psycopg://db.example.org/ivr"
    assert told["SMTP_URL"].startswith("mail.example.org:587")
    assert told["WEBHOOK_ENDPOINTS"] == "hooks.example.org"
    assert told["OIDC_ROLES"] == "desk = staff, cn=desk leads = supervisor"
