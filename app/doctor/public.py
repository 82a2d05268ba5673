"""Checks from the outside: does the public address answer as Twilio needs it, safely, and do the clocks agree?"""

import hmac
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from app.doctor.findings import Finding, Installation, State
from app.doctor.web import Answer, Unreachable

TWILIO_API: Final = "https://api.twilio.com"
FEW_DAYS: Final = timedelta(days=21)
LAST_DAYS: Final = timedelta(days=3)
# The Date header has whole seconds, and the way takes its time.
TOLERATED_SKEW: Final = timedelta(seconds=5)
DANGEROUS_SKEW: Final = timedelta(minutes=1)
_HTTPS_PORT: Final = 443
# A status Twilio does not have, and that ends nothing: the service reads it and does nothing.
_HARMLESS: Final = {"CallSid": "CA" + "0" * 32, "CallStatus": "examined"}
_ACCEPTED: Final = (HTTPStatus.OK, HTTPStatus.NO_CONTENT)


def address(installation: Installation) -> Iterator[Finding]:
    """The service lives there, takes what is signed and refuses what is not."""
    base, web = installation.settings.public_base_url, installation.web
    try:
        lives = web.ask(f"{base}/healthz", headers=_signed(installation, f"{base}/healthz", {}))
    except Unreachable as fault:
        remedy = "is the service running, and do name, proxy and firewall lead Twilio to it?"
        yield Finding("public address", State.FAIL, f"{base} cannot be reached: {fault}", remedy)
        return
    if lives.status != HTTPStatus.OK:
        remedy = "does the proxy pass every path on, unchanged and without a redirect?"
        yield Finding("public address", State.FAIL, f"{base}/healthz answers {lives.status}", remedy)
        return
    yield Finding("public address", State.OK, f"{base} answers")
    try:
        yield from _round_trip(installation, f"{base}/voice/status")
    except Unreachable as fault:
        yield Finding("signed request", State.FAIL, f"{base}/voice/status gives no answer: {fault}", "look at its log")


def _round_trip(installation: Installation, url: str) -> Iterator[Finding]:
    """A harmless report, signed as Twilio would, and the same without a signature. Raises Unreachable."""
    web = installation.web
    signed = web.ask(url, form=_HARMLESS, headers=_signed(installation, url, _HARMLESS))
    if signed.status in _ACCEPTED:
        yield Finding("signed request", State.OK, "a request signed with our token is accepted")
    else:
        remedy = "has the running service this PUBLIC_BASE_URL and TWILIO_AUTH_TOKEN, and does the proxy keep the path?"
        yield Finding("signed request", State.FAIL, f"a request signed with our token gets {signed.status}", remedy)
    bare = web.ask(url, form=_HARMLESS, headers={})
    if bare.status == HTTPStatus.FORBIDDEN:
        yield Finding("unsigned request", State.OK, "a request nobody signed is refused")
    else:
        remedy = "is it our service that answers there?"
        yield Finding("unsigned request", State.FAIL, f"a request nobody signed gets {bare.status}, not 403", remedy)


def _signed(installation: Installation, url: str, form: Mapping[str, str]) -> dict[str, str]:
    """The header Twilio would send. Source: Twilio's "Security" page; written apart from the check it tests."""
    text = url + "".join(name + form[name] for name in sorted(form))
    digest = hmac.digest(installation.settings.auth_tokens[0].encode(), text.encode(), "sha1")
    return {"X-Twilio-Signature": b64encode(digest).decode()}


def certificate(installation: Installation) -> Iterator[Finding]:
    """How long the certificate of the public address is still valid."""
    parts = urlsplit(installation.settings.public_base_url)
    if parts.scheme != "https":
        yield Finding("certificate", State.SKIPPED, "the public address is not https")
        return
    try:
        ends_at = installation.web.certificate_ends_at(parts.hostname or "", parts.port or _HTTPS_PORT)
    except Unreachable as fault:
        remedy = "renew it, with its whole chain: Twilio refuses it as we do"
        yield Finding("certificate", State.FAIL, f"none that is valid: {fault}", remedy)
        return
    left = ends_at - installation.clock.now()
    what = f"valid for {left.days} days, until {ends_at:%Y-%m-%d}"
    state = State.FAIL if left < LAST_DAYS else State.WARN if left < FEW_DAYS else State.OK
    yield Finding(
        "certificate", state, what, "" if state is State.OK else "renew it, and see why that is not automatic"
    )


def skew(installation: Installation) -> Iterator[Finding]:
    """Our clock against Twilio's, or against the public address where there is no account."""
    settings = installation.settings
    if settings.clock_start is not None:
        yield Finding("clock skew", State.SKIPPED, "IVR_CLOCK sets the time")
        return
    url = f"{settings.public_base_url}/healthz"
    if installation.provider is not None:
        url = settings.twilio_api_base_url or TWILIO_API
    try:
        answer = installation.web.ask(url, headers={})
    except Unreachable as fault:
        state = State.SKIPPED if installation.provider is None else State.FAIL
        yield Finding("clock skew", state, f"{url} cannot be reached: {fault}", "does a firewall stand in the way?")
        return
    yield _skew(installation, answer)


def _skew(installation: Installation, answer: Answer) -> Finding:
    if answer.dated_at is None:
        return Finding("clock skew", State.SKIPPED, "the answer has no date")
    apart = abs(answer.dated_at - installation.clock.now())
    what = f"{apart.total_seconds():.0f} seconds apart"
    if apart <= TOLERATED_SKEW:
        return Finding("clock skew", State.OK, what)
    state = State.FAIL if apart > DANGEROUS_SKEW else State.WARN
    return Finding("clock skew", state, what, "switch on the time service of this machine (chrony, systemd-timesyncd)")
