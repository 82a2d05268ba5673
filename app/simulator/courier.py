"""Delivers one webhook: address overrides, signature, retries, redirects, time limits. Reads no TwiML."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import parse_qsl, quote_plus, urldefrag, urljoin, urlsplit

from app.simulator.sids import Sids
from app.simulator.signing import signature
from app.simulator.switches import SignatureFault, Switches
from app.simulator.wire import Breakdown, Reply, Wire, WireDown

MAX_REDIRECTS = 10
_FORM_TYPE = "application/x-www-form-urlencoded; charset=UTF-8"
_REPEATED_AS_GET = {301, 302, 303}
_REPEATED_AS_IS = {307, 308}
_CLIENT_ERROR, _SERVER_ERROR = 400, 500


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One logical request. Retries and duplicates of it carry the same token."""

    method: str
    url: str
    params: Mapping[str, str]
    token: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """The reply, where it came from in the end, and the simulated time it took."""

    url: str
    reply: Reply
    took_seconds: float


class Undelivered(Exception):  # noqa: N818 (a result that ends the exchange, named like WireDown)
    """Nothing usable came back: Twilio's error code, and the simulated time it took to find out."""

    def __init__(self, code: str, message: str, *, took_seconds: float) -> None:
        super().__init__(message)
        self.code = code
        self.took_seconds = took_seconds


@dataclass(frozen=True, slots=True)
class Overrides:
    """The connection overrides in a URL's fragment. Source: Twilio "Webhooks: connection overrides"."""

    connect_seconds: float
    read_seconds: float
    total_seconds: float
    retries: int
    retry_on: frozenset[str]

    def retries_after(self, fault: str) -> bool:
        return fault in self.retry_on or "all" in self.retry_on


def overrides_of(url: str) -> Overrides:
    """Read the fragment; whatever is out of range keeps its default."""
    return _overrides_in(url.partition("#")[2])


@lru_cache(maxsize=64)
def _overrides_in(fragment: str) -> Overrides:
    given = dict(parse_qsl(fragment))
    return Overrides(
        connect_seconds=_whole(given.get("ct"), range(100, 10_001), 5000) / 1000,
        read_seconds=_whole(given.get("rt"), range(100, 15_001), 15_000) / 1000,
        total_seconds=_whole(given.get("tt"), range(100, 15_001), 15_000) / 1000,
        retries=_whole(given.get("rc"), range(6), 1),
        retry_on=frozenset(given.get("rp", "ct").split(",")),
    )


def _whole(text: str | None, allowed: range, default: int) -> int:
    if text is None or not text.isdecimal() or int(text) not in allowed:
        return default
    return int(text)


# A call says the same names and numbers again and again.
_quoted = lru_cache(maxsize=8192)(quote_plus)

Witness = Callable[[Outgoing, str, Reply | None], None]


class Courier:
    """Carries requests over one wire, signed for one account.

    `witness` sees every attempt: the request, the URL as sent, and the reply (None when there was none).
    `afterwards` is called when an exchange is over, whatever came of it.
    """

    def __init__(
        self,
        wire: Wire,
        *,
        auth_token: str,
        switches: Switches,
        sids: Sids,
        afterwards: Callable[[], None] = lambda: None,
    ) -> None:
        self._wire = wire
        self._auth_token = auth_token
        self._switches = switches
        self._sids = sids
        self._afterwards = afterwards

    def outgoing(self, method: str, url: str, params: Mapping[str, str]) -> Outgoing:
        """A new logical request with its own token."""
        return Outgoing(method, url, params, self._sids.token())

    def deliver(self, outgoing: Outgoing, witness: Witness) -> Delivered:
        """Follow redirects to a reply; raise Undelivered for a 4xx, a 5xx or silence."""
        try:
            return self._delivered(outgoing, witness)
        finally:
            self._afterwards()

    def _delivered(self, outgoing: Outgoing, witness: Witness) -> Delivered:
        took, limits = 0.0, overrides_of(outgoing.url)
        for _ in range(MAX_REDIRECTS + 1):
            reply, spent = self._with_retries(outgoing, limits, witness)
            took += spent
            place = reply.headers.get("location")
            if place is None or reply.status not in _REPEATED_AS_GET | _REPEATED_AS_IS:
                return self._judged(outgoing, reply, took)
            outgoing = _redirected(outgoing, reply.status, place)
        raise Undelivered("11215", f"{outgoing.url}: too many redirects", took_seconds=took)

    def _judged(self, outgoing: Outgoing, reply: Reply, took: float) -> Delivered:
        if reply.status >= _CLIENT_ERROR:
            message = f"{outgoing.url}: HTTP {reply.status}"
            raise Undelivered(self._switches.server_error_code, message, took_seconds=took)
        return Delivered(urldefrag(outgoing.url).url, reply, took)

    def _with_retries(self, outgoing: Outgoing, limits: Overrides, witness: Witness) -> tuple[Reply, float]:
        took = 0.0
        for attempt in range(limits.retries + 1):
            last = attempt == limits.retries
            try:
                reply = self._once(outgoing, limits, witness)
            except WireDown as down:
                fault = "rt" if down.breakdown in {Breakdown.READ, Breakdown.PROTOCOL} else "ct"
                took = min(took + _lost(down, limits, fault), limits.total_seconds)
                if last or not limits.retries_after(fault) or took >= limits.total_seconds:
                    raise self._unreachable(down, took) from down
                continue
            took += reply.took_seconds
            if last or not limits.retries_after(_status_class(reply.status)):
                return reply, took
        raise AssertionError("the last attempt returns or raises")

    def _once(self, outgoing: Outgoing, limits: Overrides, witness: Witness) -> Reply:
        url, body = _on_the_wire(outgoing)
        try:
            reply = self._wire.request(outgoing.method, url, headers=self._headers(outgoing, url), body=body)
        except WireDown:
            witness(outgoing, url, None)
            raise
        if reply.took_seconds > limits.read_seconds:
            witness(outgoing, url, None)
            raise WireDown(Breakdown.READ, f"{url}: no answer in time", took_seconds=limits.read_seconds)
        witness(outgoing, url, reply)
        return reply

    def _headers(self, outgoing: Outgoing, url: str) -> dict[str, str]:
        headers = {
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "X-Home-Region": "us1",
            "I-Twilio-Idempotency-Token": outgoing.token,
        }
        form = outgoing.params if outgoing.method == "POST" else {}
        if outgoing.method == "POST":
            headers["Content-Type"] = _FORM_TYPE
        if self._switches.signature is not SignatureFault.MISSING:
            token = self._auth_token
            if self._switches.signature is SignatureFault.WRONG:
                token = f"not-{token}"
            headers["X-Twilio-Signature"] = signature(auth_token=token, url=url, form=form)
        return headers

    def _unreachable(self, down: WireDown, took: float) -> Undelivered:
        codes = {Breakdown.TLS: "11220", Breakdown.PROTOCOL: "11206"}
        code = codes.get(down.breakdown, self._switches.unreachable_code)
        return Undelivered(code, str(down), took_seconds=took)


def _lost(down: WireDown, limits: Overrides, fault: str) -> float:
    if down.took_seconds is not None:
        return down.took_seconds
    return limits.read_seconds if fault == "rt" else limits.connect_seconds


def _status_class(status: int) -> str:
    if status >= _SERVER_ERROR:
        return "5xx"
    return "4xx" if status >= _CLIENT_ERROR else "fine"


def _on_the_wire(outgoing: Outgoing) -> tuple[str, bytes]:
    url = urldefrag(outgoing.url).url
    form = "&".join([f"{_quoted(name)}={_quoted(value)}" for name, value in outgoing.params.items()])
    if outgoing.method == "POST":
        return url, form.encode()
    if not form:
        return url, b""
    return f"{url}{'&' if urlsplit(url).query else '?'}{form}", b""


def _redirected(outgoing: Outgoing, status: int, place: str) -> Outgoing:
    url = urljoin(urldefrag(outgoing.url).url, place)
    if status in _REPEATED_AS_IS:
        return replace(outgoing, url=url)
    # Sources disagree on what survives the change to GET; only Digits is promised by the changelog.
    kept = {name: value for name, value in outgoing.params.items() if name == "Digits"}
    return replace(outgoing, url=url, method="GET", params=kept)
