"""What the handlers of REST requests work with: the exchange, the texts, and how resources are addressed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from app.simulator.exchange import Exchange
from app.simulator.rest.asked import Answer, Asked
from app.simulator.targets import Target
from app.simulator.texts import Post


@dataclass(frozen=True, slots=True)
class Desk:
    """The account's side of a REST request."""

    exchange: Exchange
    post: Post

    @property
    def now(self) -> datetime:
        return self.exchange.timeline.now()

    @property
    def base(self) -> str:
        """The path under which everything of the account is found."""
        return f"/2010-04-01/Accounts/{self.exchange.account.sid}"


Handler = Callable[..., Answer]


def target_of(asked: Asked, url: str, method: str) -> Target | None:
    """Where a pair of fields points; None when the URL is missing or empty."""
    address = asked.text(url)
    return Target(asked.text(method, "POST"), address) if address else None


def shown(at: datetime | None) -> str | None:
    """An instant as Twilio's JSON shows it: RFC 2822, GMT."""
    return None if at is None else _formatted(at)


@lru_cache(maxsize=4096)
def _formatted(at: datetime) -> str:
    # A list of calls says the same instants again and again.
    return format_datetime(at.astimezone(UTC))
