"""Gets the documents that steer a leg: the request, the strict reading, the fallback. Executes no verb."""

from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urljoin

from app.simulator.courier import Delivered, Outgoing, Undelivered
from app.simulator.events import Failed, Purpose, ReplayDiffered, ReplyIgnored, Warned
from app.simulator.legs import Leg, PartyLeft
from app.simulator.reports import report
from app.simulator.targets import Target
from app.simulator.timeline import Script
from app.simulator.twiml import Document, TwimlFault, Verb, only, parse, read

APOLOGY = "We are sorry, an application error has occurred. Goodbye."
_BEFORE_AN_ACTION_SECONDS = 0.1


class ApplicationError(Exception):
    """Neither a document nor its fallback could be had: the party hears Twilio's apology."""


class WaitFailed(Exception):  # noqa: N818 (what became of the wait)
    """A waiting document could not be had or executed."""

    def __init__(self, fault: TwimlFault, failed_url: str) -> None:
        super().__init__(str(fault))
        self.fault = fault
        self.failed_url = failed_url


def address(url: str, document: Document) -> str:
    """A URL of a document, made absolute; an empty one is the document's own."""
    return urljoin(document.url, url) if url else document.url


def target_of(verb: Verb, document: Document, *, url: str = "action", method: str = "method") -> Target | None:
    """Where an attribute of a verb points; None when it is missing."""
    if url not in verb.attributes:
        return None
    return Target(verb.attributes.get(method, "POST"), address(verb.attributes[url], document))


def fetch(leg: Leg, target: Target, extra: Mapping[str, str]) -> Script[Document]:
    """Request the leg's next document, or the fallback's when that fails; else raise ApplicationError."""
    try:
        return (yield from _retrieve(leg, target, extra, Purpose.DOCUMENT))
    except TwimlFault as fault:
        return (yield from recover(leg, fault, failed_url=target.address))


def inline(leg: Leg, twiml: str) -> Script[Document]:
    """Read the TwiML that a REST request brought along; it has no address of its own."""
    try:
        return _legal(leg, parse(twiml.encode(), url=""))
    except TwimlFault as fault:
        return (yield from recover(leg, fault, failed_url=""))


def recover(leg: Leg, fault: TwimlFault, *, failed_url: str) -> Script[Document]:
    """Request the fallback after a failure. A dialled leg has none; what waits in a queue does not look for it."""
    leg.trace.add(Failed(leg.now(), leg.sid, fault.code, failed_url, str(fault)))
    if not leg.recovers:
        raise WaitFailed(fault, failed_url) from fault
    return (yield from fall_back(leg, fault, failed_url))


def fall_back(leg: Leg, fault: TwimlFault, failed_url: str) -> Script[Document]:
    """Request the fallback in force; raise ApplicationError when there is none or it fails too."""
    fallback = leg.fallback
    if fallback is None:
        raise ApplicationError from fault
    try:
        extra = {"ErrorCode": fault.code, "ErrorUrl": failed_url}
        return (yield from _retrieve(leg, fallback, extra, Purpose.FALLBACK))
    except TwimlFault as again:
        leg.trace.add(Failed(leg.now(), leg.sid, again.code, fallback.address, str(again)))
        raise ApplicationError from again


def _retrieve(leg: Leg, target: Target, extra: Mapping[str, str], purpose: Purpose) -> Script[Document]:
    leg.count_request()
    delivered = yield from _deliver(leg, leg.exchange.outgoing(target, leg.envelope(extra)), purpose)
    return _legal(leg, read(delivered.reply, url=delivered.url))


def _legal(leg: Leg, document: Document) -> Document:
    document = only(document, leg.legal)
    for warning in document.warnings:
        leg.warn(f"{document.url}: {warning}")
    return document


def _deliver(leg: Leg, outgoing: Outgoing, purpose: Purpose) -> Script[Delivered]:
    try:
        delivered = leg.exchange.courier.deliver(outgoing, leg.witness(purpose))
        if leg.exchange.switches.webhooks_delivered_twice:
            _deliver_again(leg, outgoing, purpose, first=delivered)
    except Undelivered as lost:
        yield from leg.pause(lost.took_seconds)
        raise TwimlFault(lost.code, str(lost)) from lost
    yield from leg.pause(delivered.took_seconds)
    return delivered


def _deliver_again(leg: Leg, outgoing: Outgoing, purpose: Purpose, *, first: Delivered) -> None:
    try:
        second = leg.exchange.courier.deliver(outgoing, leg.witness(purpose)).reply.body
    except Undelivered as lost:
        second = str(lost).encode()
    if second != first.reply.body:
        leg.trace.add(ReplayDiffered(leg.now(), leg.sid, first.url, first.reply.body, second))


def request_action(leg: Leg, target: Target, extra: Mapping[str, str]) -> Script[Document]:
    """Request a verb's action; when the party has gone it is still requested, and PartyLeft raised."""
    with suppress(PartyLeft):
        yield from leg.pause(0.0 if leg.is_over else _BEFORE_AN_ACTION_SECONDS)
    if leg.is_over:
        yield from farewell(leg, target, extra)
        raise PartyLeft
    return (yield from fetch(leg, target, extra))


def request_ignored(leg: Leg, target: Target, extra: Mapping[str, str]) -> None:
    """Have the action of a verb requested that the leg was steered away from; the reply is ignored."""
    report(
        leg.exchange,
        target,
        leg.envelope(extra),
        trace=leg.trace,
        sid=leg.sid,
        purpose=Purpose.FAREWELL,
        after_seconds=_BEFORE_AN_ACTION_SECONDS,
    )


def farewell(leg: Leg, target: Target, extra: Mapping[str, str], *, status: str | None = None) -> Script[None]:
    """Request the pending action of a party who has gone; the reply is received and ignored."""
    yield from _linger(leg, _BEFORE_AN_ACTION_SECONDS)
    outgoing = leg.exchange.outgoing(target, leg.envelope(extra, status=status))
    try:
        delivered = leg.exchange.courier.deliver(outgoing, leg.witness(Purpose.FAREWELL))
        if leg.exchange.switches.webhooks_delivered_twice:
            _deliver_again(leg, outgoing, Purpose.FAREWELL, first=delivered)
        document = read(delivered.reply, url=delivered.url)
    except (Undelivered, TwimlFault) as fault:
        leg.trace.add(Warned(leg.now(), leg.sid, f"{target.address}: {fault}"))
        return
    leg.trace.add(ReplyIgnored(leg.now(), leg.sid, delivered.url, empty=not document.verbs))


def _linger(leg: Leg, seconds: float) -> Script[None]:
    began = leg.now()
    while (left := seconds - (leg.now() - began).total_seconds()) > 0:
        yield left
