"""THE use case of tickets: what staff, programs and the clock do to them, each with an entry that says who and why.

Others come in by the names here. What may become of a ticket is decided by the rules of `cdr`.
"""

from app.tickets.edits import TicketEdit, Usual, edit
from app.tickets.news import News, NewsKind, tell
from app.tickets.outcomes import EntryKind, Fault, Outcome, Result
from app.tickets.requests import TicketRequests
from app.tickets.sweeps import SERVICE, TicketSweeps, sweep_tickets
from app.tickets.work import LONGEST_UPDATE, Tickets, TicketWork, work

__all__ = [
    "LONGEST_UPDATE",
    "SERVICE",
    "EntryKind",
    "Fault",
    "News",
    "NewsKind",
    "Outcome",
    "Result",
    "TicketEdit",
    "TicketRequests",
    "TicketSweeps",
    "TicketWork",
    "Tickets",
    "Usual",
    "edit",
    "sweep_tickets",
    "tell",
    "work",
]
