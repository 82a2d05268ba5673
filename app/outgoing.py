"""Where mail and signed webhooks go out, as an operator writes it down: addresses, logins and keys.

Reads texts only; refuses to know where they stand, and how anything is sent.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Final
from urllib.parse import unquote, urlsplit

from app.hosts import is_this_machine

KEY_PREFIX: Final = "whsec_"
# https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: 24 to 64 random bytes.
_KEY_BYTES: Final = range(24, 65)
# What every mail server takes; names with spaces or quotes are refused rather than misread.
_MAILBOX: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_LONGEST_MAILBOX: Final = 254


class Protection(StrEnum):
    """How the way to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


_SCHEMES: Final = {
    "smtp": (Protection.STARTTLS, 587),
    "smtps": (Protection.TLS, 465),
    "smtp+plaintext": (Protection.NONE, 25),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """The server that takes our mail. `login` is a user name and its password."""

    host: str
    port: int
    protection: Protection
    login: tuple[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailWay:
    """How mail leaves: the server, the address it comes from, and the desk's support address, if there is one."""

    server: MailServer
    sender: str
    support: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address that hears of tickets, and the keys its webhooks are signed with, newest first.

    `name` is short and stays the same as long as the address does.
    """

    url: str
    keys: tuple[bytes, ...] = field(repr=False)

    @property
    def name(self) -> str:
        """What the endpoint is called where its address, which may be a secret, must not stand."""
        return sha256(self.url.encode()).hexdigest()[:12]


def is_mailbox(text: str) -> bool:
    """Whether a text is a plain mail address, such as desk@example.org."""
    return len(text) <= _LONGEST_MAILBOX and _MAILBOX.fullmatch(text) is not None


def mail_server(text: str) -> MailServer:
    """The server in a text such as smtp://user:password@mail.example.org:587.

    Raises ValueError with words that go on from the variable's name.
    """
    parts = urlsplit(text)
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must be an address such as smtp://user:password@mail.example.org:587, or smtps://…")
    protection, usual_port = _SCHEMES[parts.scheme]
    try:
        port = parts.port or usual_port
    except ValueError as fault:
        raise ValueError("has a port that is none") from fault
    login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    if login is not None and not login[1]:
        raise ValueError("names a user without a password")
    if login is not None and protection is Protection.NONE and not is_this_machine(parts.hostname):
        raise ValueError("would send its password in the clear: use smtp:// or smtps://")
    return MailServer(host=parts.hostname, port=port, protection=protection, login=login)


def endpoints(text: str) -> tuple[Endpoint, ...]:
    """The endpoints in a text: `address key [key …]`, several of them parted by semicolons.

    Raises ValueError with words that go on from the variable's name.
    """
    found = tuple(_endpoint(part.split()) for part in text.split(";") if part.strip())
    if len({each.url for each in found}) < len(found):
        raise ValueError("names an address twice: give all its keys behind the first")
    return found


def _endpoint(words: list[str]) -> Endpoint:
    url, *secrets = words
    parts = urlsplit(url)
    if not parts.hostname or parts.username or parts.fragment or parts.scheme not in {"https", "http"}:
        raise ValueError("must be addresses such as https://hooks.example.org/tickets, each followed by its keys")
    if parts.scheme != "https" and not is_this_machine(parts.hostname):
        raise ValueError("must begin with https:// unless it is on this machine")
    if not secrets:
        raise ValueError(f"has no key behind an address: a key is {KEY_PREFIX} and the base64 of 24 to 64 bytes")
    return Endpoint(url=url, keys=tuple(map(_key, secrets)))


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(KEY_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(KEY_PREFIX) or len(key) not in _KEY_BYTES:
        raise ValueError(f"has a key that is not {KEY_PREFIX} and the base64 of 24 to 64 bytes")
    return key
