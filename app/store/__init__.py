"""What happened, kept in a database: SQLite or PostgreSQL. Others come in by the names here and see no tables."""

from app.store.accounts import Account, AccountRows, Accounts, AccountSession
from app.store.audit import Audit, AuditEntry
from app.store.call_log import CallFilters, CallLog
from app.store.figures import Covered, DueTickets, Figures, InLine, Standing
from app.store.first_sight import FirstSight
from app.store.leadership import Leadership
from app.store.order_log import KindStanding, OrderLog, OrderState, StoredOrder
from app.store.orders import LANES, Lane
from app.store.outage import StoreUnavailable
from app.store.outbox import ClaimedOrder, DeadOrder, Outbox, OutboxCounts
from app.store.overrides import QuickOverride
from app.store.page_orders import pages_of
from app.store.paging import BadCursor, Page
from app.store.publications import NotTheNewest, Publication, PublicationKind, Publications
from app.store.queue import OfferOutcome, OpenOffer, Place, PlaceKind, PlaceOutcome
from app.store.reminders import REMINDER_KEYS, DueTicket, Reminded, ReminderLog
from app.store.rows import StoredFact
from app.store.spool import Spool, SpoolEntry
from app.store.store import Store
from app.store.tallies import Tallies, Tally
from app.store.ticket_log import TicketFile, TicketFilters, TicketLog
from app.store.tokens import SERVICE, Token, TokenIdentity, Tokens
from app.store.turns import TurnTransaction
from app.store.voicemail import Sealed, Voicemail, VoicemailFilters, VoicemailLog, VoicemailState

__all__ = [
    "LANES",
    "REMINDER_KEYS",
    "SERVICE",
    "Account",
    "AccountRows",
    "AccountSession",
    "Accounts",
    "Audit",
    "AuditEntry",
    "BadCursor",
    "CallFilters",
    "CallLog",
    "ClaimedOrder",
    "Covered",
    "DeadOrder",
    "DueTicket",
    "DueTickets",
    "Figures",
    "FirstSight",
    "InLine",
    "KindStanding",
    "Lane",
    "Leadership",
    "NotTheNewest",
    "OfferOutcome",
    "OpenOffer",
    "OrderLog",
    "OrderState",
    "Outbox",
    "OutboxCounts",
    "Page",
    "Place",
    "PlaceKind",
    "PlaceOutcome",
    "Publication",
    "PublicationKind",
    "Publications",
    "QuickOverride",
    "Reminded",
    "ReminderLog",
    "Sealed",
    "Spool",
    "SpoolEntry",
    "Standing",
    "Store",
    "StoreUnavailable",
    "StoredFact",
    "StoredOrder",
    "Tallies",
    "Tally",
    "TicketFile",
    "TicketFilters",
    "TicketLog",
    "Token",
    "TokenIdentity",
    "Tokens",
    "TurnTransaction",
    "Voicemail",
    "VoicemailFilters",
    "VoicemailLog",
    "VoicemailState",
    "pages_of",
]
