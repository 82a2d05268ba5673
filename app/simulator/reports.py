"""Requests on behalf of whatever the account holds: noted in a trace, and callbacks that steer nothing."""

from collections.abc import Mapping

from app.simulator.courier import Outgoing, Undelivered
from app.simulator.events import Purpose, Requested, Warned
from app.simulator.exchange import Exchange
from app.simulator.targets import Target
from app.simulator.trace import Trace
from app.simulator.wire import Reply


class Witnessed:
    """Notes attempts at requests in a trace."""

    __slots__ = ("_exchange", "_purpose", "_sid", "_trace")

    def __init__(self, exchange: Exchange, trace: Trace, sid: str, purpose: Purpose) -> None:
        self._exchange = exchange
        self._trace = trace
        self._sid = sid
        self._purpose = purpose

    def __call__(self, outgoing: Outgoing, url: str, reply: Reply | None) -> None:
        status, body = (0, b"") if reply is None else (reply.status, reply.body)
        self._trace.add(
            Requested(
                self._exchange.timeline.now(),
                self._sid,
                self._purpose,
                outgoing.method,
                url,
                outgoing.params,
                status,
                body,
                outgoing.token,
            )
        )


def report(
    exchange: Exchange,
    target: Target,
    params: Mapping[str, str],
    *,
    trace: Trace,
    sid: str,
    purpose: Purpose = Purpose.CALLBACK,
    after_seconds: float = 0.0,
) -> None:
    """Send a request that steers nothing; its failure touches nothing."""
    outgoing = exchange.outgoing(target, params)

    def deliver() -> None:
        try:
            delivered = exchange.courier.deliver(outgoing, Witnessed(exchange, trace, sid, purpose))
        except Undelivered as lost:
            trace.add(Warned(exchange.timeline.now(), sid, f"{lost.code}: {lost}"))
            return
        if purpose is Purpose.CALLBACK and _is_chatty(delivered.reply):
            complaint = f"12200: {delivered.url} answered a callback with content"
            trace.add(Warned(exchange.timeline.now(), sid, complaint))

    exchange.send_later(after_seconds, deliver)


def _is_chatty(reply: Reply) -> bool:
    """Whether a callback was answered with more than nothing, which Twilio's debugger complains of."""
    return not reply.body.endswith((b"<Response/>", b"<Response />", b"<Response></Response>")) and bool(reply.body)
