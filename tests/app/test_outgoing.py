"""What an operator writes about mail and webhooks is understood, or refused with a sentence that helps."""

import base64
from pathlib import Path

import pytest

from app.outgoing import MailServer, Protection, endpoints, is_mailbox, mail_server
from app.settings import Settings, SettingsError, read_settings

KEY = "whsec_" + base64.b64encode(b"k" * 24).decode()
OLDER = "whsec_" + base64.b64encode(b"o" * 64).decode()
SMTP = {"SMTP_URL": "smtp://mail.example.org", "MAIL_FROM": "telephone@example.org"}

SERVERS = [
    ("smtp://mail.example.org", ("mail.example.org", 587, Protection.STARTTLS, None)),
    ("smtps://mail.example.org", ("mail.example.org", 465, Protection.TLS, None)),
    ("smtp+plaintext://relay.example.org", ("relay.example.org", 25, Protection.NONE, None)),
    ("smtp://me:p%40ss%2Fword@mail.example.org:2525/", ("mail.example.org", 2525, Protection.STARTTLS, "p@ss/word")),
    ("smtp+plaintext://me:secret@127.0.0.1:1025", ("127.0.0.1", 1025, Protection.NONE, "secret")),
]


@pytest.mark.parametrize(("text", "expected"), SERVERS)
def test_a_mail_server_is_understood(text: str, expected: tuple[str, int, Protection, str | None]) -> None:
    host, port, protection, password = expected
    login = None if password is None else ("me", password)
    assert mail_server(text) == MailServer(host=host, port=port, protection=protection, login=login)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mail.example.org:587", "must be an address"),
        ("http://mail.example.org", "must be an address"),
        ("smtp://", "must be an address"),
        ("smtp://mail.example.org/inbox", "must be an address"),
        ("smtp://mail.example.org:99999", "port"),
        ("smtp://me@mail.example.org", "without a password"),
        ("smtp+plaintext://me:secret@mail.example.org", "in the clear"),
    ],
)
def test_a_mail_server_that_cannot_be_meant_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        mail_server(text)


def test_endpoints_are_addresses_with_their_keys() -> None:
    one, two = endpoints(f"https://hooks.example.org/a?b=c {KEY} {OLDER}; http://127.0.0.1:9000/ {KEY};")
    assert (one.url, one.keys) == ("https://hooks.example.org/a?b=c", (b"k" * 24, b"o" * 64))
    assert two.url == "http://127.0.0.1:9000/"
    assert one.name != two.name
    assert endpoints("  ") == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"http://hooks.example.org {KEY}", "must begin with https"),
        (f"ftp://hooks.example.org {KEY}", "must be addresses"),
        (f"https://me:secret@hooks.example.org {KEY}", "must be addresses"),
        ("https://hooks.example.org", "no key"),
        ("https://hooks.example.org secret", "is not whsec_"),
        ("https://hooks.example.org whsec_c2hvcnQ=", "24 to 64 bytes"),
        ("https://hooks.example.org whsec_!!!", "24 to 64 bytes"),
        (f"https://hooks.example.org {KEY}; https://hooks.example.org {OLDER}", "twice"),
    ],
)
def test_an_endpoint_that_cannot_be_meant_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as fault:
        endpoints(text)
    assert KEY not in str(fault.value)
    assert "secret" not in str(fault.value).replace("is secret", "")


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("desk@example.org", True),
        ("first.last+tag@mail.clinic.example.org", True),
        ("desk@localhost", False),
        ("Desk <desk@example.org>", False),
        ("a@b@example.org", False),
        ("desk@example.org\nBcc: all@example.org", False),
        ("+18165550191", False),
        ("", False),
        ("x" * 250 + "@example.org", False),
    ],
)
def test_only_a_plain_address_is_a_mailbox(text: str, is_one: bool) -> None:
    assert is_mailbox(text) is is_one


def read(folder: Path, **environ: str) -> Settings:
    return read_settings(environ, instance_dir=folder)


def test_without_variables_nothing_goes_out(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert (settings.mail, settings.webhook_endpoints) == (None, ())


def test_mail_may_go_to_requesters_alone(tmp_path: Path) -> None:
    mail = read(tmp_path, **SMTP).mail
    assert mail is not None
    assert (mail.sender, mail.support) == ("telephone@example.org", None)


@pytest.mark.parametrize(
    ("environ", "fault"),
    [
        ({"MAIL_FROM": "a@example.org"}, "SMTP_URL is missing"),
        ({"SUPPORT_ADDRESS": "a@example.org"}, "SMTP_URL is missing"),
        ({"SMTP_URL": "smtp://mail.example.org"}, "MAIL_FROM is missing"),
        ({**SMTP, "SMTP_URL": "mail"}, "SMTP_URL must be an address"),
        ({**SMTP, "SUPPORT_ADDRESS": "the desk"}, "SUPPORT_ADDRESS must be a mail address"),
        ({"WEBHOOK_ENDPOINTS": "https://hooks.example.org"}, "WEBHOOK_ENDPOINTS has no key"),
    ],
)
def test_a_bad_value_stops_the_start_with_its_name(tmp_path: Path, environ: dict[str, str], fault: str) -> None:
    with pytest.raises(SettingsError, match=fault):
        read(tmp_path, **environ)


def test_no_password_and_no_key_is_shown(tmp_path: Path) -> None:
    server = "smtp://me:very-secret@mail.example.org"
    settings = read(tmp_path, **{**SMTP, "SMTP_URL": server}, WEBHOOK_ENDPOINTS=f"https://a.example.org {KEY}")
    shown = repr((settings, settings.mail, settings.webhook_endpoints))
    assert "very-secret" not in shown
    assert "kkkk" not in shown
