"""What web processes and the clock process alike carry out: orders, and what waits in the spool."""

import structlog

from app.call_records import CallRecords
from app.calls import Calls
from app.concierge import Reminders, SpokenUpdates
from app.connectors import connector_handlers
from app.flow.messages import OrderKind
from app.held_calls import HeldCalls
from app.outbox import Deliveries, phone_handlers
from app.paging import Pager
from app.queue_offers import QueueOffers
from app.services import Services
from app.store import StoreUnavailable
from app.voicemail import Voicemails

_log = structlog.get_logger(__name__)


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


def replay(services: Services) -> None:
    """Store what the spool of this machine holds. What cannot be stored yet waits for the next time."""
    try:
        stored = CallRecords(services).replay(SpokenUpdates(services).replayed)
    except StoreUnavailable as fault:
        _log.warning("replay_waits", reason=fault.reason)
    except OSError as fault:
        _log.warning("replay_waits", reason=fault.strerror)
    else:
        if stored:
            _log.info("replayed", entries=stored)
