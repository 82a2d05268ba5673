"""Hands one message to a mail server, within half a minute or not at all.

Knows SMTP and its codes; refuses to know what the message says. Nothing a server answers is repeated: it holds
addresses. Python's library is loaded at the first message.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from typing import TYPE_CHECKING, Final

from app import clock
from app.outgoing import MailServer, Protection
from app.telephony.provider import ProviderError

if TYPE_CHECKING:
    from smtplib import SMTP

# Longer than any server needs, and short enough that a delivery ends within its lease.
_STEP_SECONDS: Final = 8.0
_ALL_SECONDS: Final = 25.0
_ACCEPTED: Final = range(200, 300)
_REFUSED_FOR_GOOD: Final = range(500, 600)


def send(server: MailServer, message: EmailMessage, *, to: str, trust: ssl.SSLContext | None = None) -> None:
    """Hand a message over, from its From to the address `to`; `trust` instead of the machine's certificates.

    Raises ProviderError: permanent when the server refuses this message for good, of unknown outcome when it had it
    and did not answer.
    """
    hurry = _Hurry(clock.monotonic() + _ALL_SECONDS)
    trust = trust or ssl.create_default_context()
    with _translated(), _connection(server, _domain(message), hurry, trust) as smtp:
        _make_ready(smtp, server, hurry, trust)
        _hand_over(smtp, message, to, hurry)


class _Hurry:
    """What is left of the time for a message."""

    def __init__(self, give_up_at: float) -> None:
        self._give_up_at = give_up_at

    def seconds(self) -> float:
        """For the next step."""
        left = self._give_up_at - clock.monotonic()
        if left <= 0:
            raise ProviderError("the mail server is too slow", permanent=False)
        return min(_STEP_SECONDS, left)

    def on(self, smtp: "SMTP") -> "SMTP":
        """The connection, for one more step."""
        if smtp.sock is not None:
            smtp.sock.settimeout(self.seconds())
        return smtp


@contextmanager
def _connection(server: MailServer, name: str, hurry: _Hurry, trust: ssl.SSLContext) -> Iterator["SMTP"]:
    """A connection that has been greeted. `name` is ours; the library would look it up, which may take long."""
    from smtplib import SMTP, SMTP_SSL  # noqa: PLC0415 - only where mail is sent

    seconds = hurry.seconds()
    if server.protection is Protection.TLS:
        smtp: SMTP = SMTP_SSL(server.host, server.port, local_hostname=name, timeout=seconds, context=trust)
    else:
        smtp = SMTP(server.host, server.port, local_hostname=name, timeout=seconds)
    try:
        yield smtp
    finally:
        # How it ends changes nothing about the message.
        with suppress(OSError):
            smtp.close()


def _make_ready(smtp: "SMTP", server: MailServer, hurry: _Hurry, trust: ssl.SSLContext) -> None:
    hurry.on(smtp).ehlo_or_helo_if_needed()
    if server.protection is Protection.STARTTLS:
        hurry.on(smtp).starttls(context=trust)
        hurry.on(smtp).ehlo_or_helo_if_needed()
    if server.login is not None:
        hurry.on(smtp).login(*server.login)


def _domain(message: EmailMessage) -> str:
    return _sender(message).rpartition("@")[2]


def _sender(message: EmailMessage) -> str:
    return str(message["From"]).rpartition("<")[2].rstrip(">")


def _hand_over(smtp: "SMTP", message: EmailMessage, to: str, hurry: _Hurry) -> None:
    _must_accept(hurry.on(smtp).mail(_sender(message))[0])
    _must_accept(hurry.on(smtp).rcpt(to)[0])
    content = message.as_bytes()
    hurry.on(smtp)
    try:
        code = smtp.data(content)[0]
    except OSError as fault:
        if _was_refused(fault):
            raise
        # The whole of it may have been heard. Sent again it has the same Message-ID.
        raise ProviderError("no answer from the mail server", permanent=False, unknown_outcome=True) from None
    _must_accept(code)
    with suppress(OSError):
        hurry.on(smtp).docmd("QUIT")


def _must_accept(code: int) -> None:
    if code not in _ACCEPTED:
        raise ProviderError(f"the mail server answers {code}", permanent=code in _REFUSED_FOR_GOOD, code=code)


def _was_refused(fault: OSError) -> bool:
    return isinstance(getattr(fault, "smtp_code", None), int)


@contextmanager
def _translated() -> Iterator[None]:
    """Faults leave as ProviderError, without what the server said. Before a message is offered none is for good.

    A login that is refused or a certificate that has run out is put right by an operator, and the mail then goes out.
    """
    try:
        yield
    except OSError as fault:  # the library's own faults are such, too
        code = getattr(fault, "smtp_code", None)
        if isinstance(code, int) and code > 0:
            what = f"the mail server answers {code}"
        else:
            what = f"the mail server cannot be used ({type(fault).__name__})"
        raise ProviderError(what, permanent=False, code=code if isinstance(code, int) else None) from None
