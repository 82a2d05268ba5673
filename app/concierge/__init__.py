"""Updates that are due: whoever has the ticket is reminded and may speak or type it; others hear if none comes.

Others come in by the names here. When something is due is the tickets' business, and how texts and calls go out is the
outbox's.
"""

from app.concierge.phone import UpdateCalls
from app.concierge.reminders import Reminders, sweep_reminders
from app.concierge.speaking import SpokenUpdates

__all__ = ["Reminders", "SpokenUpdates", "UpdateCalls", "sweep_reminders"]
