"""Carries out what turns have ordered: after they are stored, under a lease, again when it failed, and once."""

from app.outbox.delivery import Deliveries, GaveUp, Handler, NoLongerWanted
from app.outbox.phone import Rung, phone_handlers
from app.outbox.retention import sweep_orders
from app.outbox.thread import DeliveryThread

__all__ = [
    "Deliveries",
    "DeliveryThread",
    "GaveUp",
    "Handler",
    "NoLongerWanted",
    "Rung",
    "phone_handlers",
    "sweep_orders",
]
