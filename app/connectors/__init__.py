"""What leaves the house besides calls and texts: mail over SMTP and signed webhooks. Others come in by the names here.

Everything is loaded at the first order, for most processes never send either.
"""

from collections.abc import Mapping
from functools import cache

from app.flow.messages import OrderKind
from app.outbox import Handler
from app.services import Services
from app.store import ClaimedOrder

__all__ = ["connector_handlers"]


def connector_handlers(services: Services) -> Mapping[OrderKind, Handler]:
    """What carries out orders of mail and webhooks."""

    @cache
    def mailer() -> Handler:
        from app.connectors.mail import Mailer  # noqa: PLC0415

        return Mailer(services).carry_out

    @cache
    def webhooks() -> Handler:
        from app.connectors.webhooks import Webhooks  # noqa: PLC0415

        return Webhooks(services).carry_out

    def mail(order: ClaimedOrder) -> str | None:
        return mailer()(order)

    def webhook(order: ClaimedOrder) -> str | None:
        return webhooks()(order)

    return {OrderKind.MAIL: mail, OrderKind.WEBHOOK: webhook}
