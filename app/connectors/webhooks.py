"""Signed webhooks about tickets, by https://github.com/standard-webhooks/standard-webhooks (version 1, symmetric keys).

Knows what is in one and what an answer means; refuses to know how it travels.
"""

import base64
import hmac
import json
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Final

from app import clock
from app.connectors.notices import Notice, notice_of
from app.connectors.posting import Answer, post
from app.flow.messages import Detail
from app.outbox import NoLongerWanted
from app.outgoing import Endpoint
from app.services import Services
from app.store import ClaimedOrder
from app.telephony.provider import ProviderError

# An endpoint that did not answer is left alone for so long, or the others would wait for it again and again.
REST_SECONDS: Final = 30.0
# Whoever asks for a day's patience does not get it: there is an end to ours.
_LONGEST_RETRY_AFTER: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Carries out orders of webhooks. `trust` instead of the machine's certificates; `monotonic` counts seconds."""

    services: Services
    trust: ssl.SSLContext | None = None
    monotonic: Callable[[], float] = clock.monotonic
    _resting: dict[str, float] = field(default_factory=dict)

    def carry_out(self, order: ClaimedOrder) -> str:
        """Send the webhook; returns its id, which it keeps however often it is sent."""
        endpoint = self._endpoint(order)
        self._must_not_rest(endpoint)
        body = body_of(notice_of(order, self.services))
        webhook_id = f"msg_{sha256(order.key.encode()).hexdigest()[:32]}"
        at = int(self.services.clock.now().timestamp())
        headers = {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(at),
            "webhook-signature": signature(endpoint.keys, webhook_id, at, body),
            "Content-Type": "application/json",
        }
        try:
            answer = post(endpoint.url, body, headers, trust=self.trust)
        except ProviderError:
            self._resting[endpoint.name] = self.monotonic() + REST_SECONDS
            raise
        self._heed(answer)
        return webhook_id

    def _endpoint(self, order: ClaimedOrder) -> Endpoint:
        """The endpoint the order is for. Raises NoLongerWanted when an operator has taken it away."""
        named = (each for each in self.services.announcer.endpoints if each.name == order.payload["to"])
        endpoint = next(named, None)
        if endpoint is None:
            raise NoLongerWanted
        return endpoint

    def _must_not_rest(self, endpoint: Endpoint) -> None:
        left = self._resting.get(endpoint.name, 0.0) - self.monotonic()
        if left > 0:
            raise ProviderError("the endpoint did not answer a moment ago", permanent=False, retry_after=left)

    def _heed(self, answer: Answer) -> None:
        """Return when it was taken, else raise ProviderError; only 410 is for good, and redirects are not followed."""
        if HTTPStatus(200) <= answer.status < HTTPStatus(300):
            return
        wait = answer.retry_after(self.services.clock.now())
        raise ProviderError(
            f"the endpoint answers {answer.status}",
            permanent=answer.status == HTTPStatus.GONE,
            code=answer.status,
            retry_after=None if wait is None else min(wait, _LONGEST_RETRY_AFTER),
        )


def signature(keys: Iterable[bytes], webhook_id: str, at: int, body: bytes) -> str:
    """The signatures under all keys, newest first; `at` is the second, since the epoch, in which it is sent."""
    signed = b".".join((webhook_id.encode(), str(at).encode(), body))
    digests = (hmac.digest(key, signed, "sha256") for key in keys)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


def body_of(notice: Notice) -> bytes:
    """What happened, and the ticket as it now stands: an event that comes late tells nothing that is over."""
    ticket = notice.ticket
    data: dict[str, Detail] = {
        "ticket": ticket.number,
        "channel": ticket.channel.value,
        "priority": ticket.priority.value,
        "status": ticket.status.value,
        "created_at": _written(ticket.created_at),
        "acknowledged_at": _written(ticket.acknowledged_at),
        "update_due_at": _written(ticket.update_due_at),
        "resolve_due_at": _written(ticket.resolve_due_at),
        "resolved_at": _written(ticket.resolved_at),
        "closed_at": _written(ticket.closed_at),
        "calls": [*notice.file.calls],
        "link": notice.link,
    }
    event = {"type": f"ticket.{notice.event}", "timestamp": _written(notice.at), "data": data}
    return json.dumps(event, separators=(",", ":")).encode()


def _written(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
