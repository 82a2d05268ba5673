"""Who carries out which orders: one list, for the web processes and the clock process alike."""

from app.calls import Calls
from app.concierge import Reminders
from app.connectors import connector_handlers
from app.flow.messages import OrderKind
from app.held_calls import HeldCalls
from app.outbox import Deliveries, phone_handlers
from app.paging import Pager
from app.queue_offers import QueueOffers
from app.services import Services
from app.voicemail import Voicemails


def deliveries(services: Services) -> Deliveries:
    """Deliveries of everything that can be ordered."""
    calls = Calls(services)
    held = HeldCalls(calls)
    phones = phone_handlers(services, rung=held.rung)
    handlers = {**phones, **Voicemails(services).handlers(), **Pager(services).handlers(phones)}
    handlers |= Reminders(services).handlers(handlers)
    handlers |= connector_handlers(services)
    handlers[OrderKind.OFFER] = QueueOffers(calls).carry_out
    return Deliveries(services, handlers, gave_up=held.not_rung)
