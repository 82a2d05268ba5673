"""Calling people back: those who waited in line, and those who left a message. A member of staff's phone rings first.

Knows no page and no address; whoever is called back is rung by the document that answers the key.
"""

from app.callbacks.attempts import Attempt, AttemptState, attempts
from app.callbacks.of_line import QueueCallbacks
from app.callbacks.of_messages import HINDRANCES, Asked, CallbackRequests, MessageCallbacks
from app.callbacks.outcomes import CameOf, Finishing
from app.callbacks.phones import CallbackPhones

__all__ = [
    "HINDRANCES",
    "Asked",
    "Attempt",
    "AttemptState",
    "CallbackPhones",
    "CallbackRequests",
    "CameOf",
    "Finishing",
    "MessageCallbacks",
    "QueueCallbacks",
    "attempts",
]
