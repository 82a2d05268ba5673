"""What happened, kept in a database: SQLite or PostgreSQL. Others come in by the names here and see no tables."""

from app.store.call_log import CallFilters, CallLog
from app.store.outage import StoreUnavailable
from app.store.paging import BadCursor, Page
from app.store.rows import StoredFact
from app.store.spool import Spool, SpoolEntry
from app.store.store import Store
from app.store.ticket_log import TicketFile, TicketFilters, TicketLog
from app.store.tokens import Token, TokenIdentity, Tokens
from app.store.turns import TurnTransaction

__all__ = [
    "BadCursor",
    "CallFilters",
    "CallLog",
    "Page",
    "Spool",
    "SpoolEntry",
    "Store",
    "StoreUnavailable",
    "StoredFact",
    "TicketFile",
    "TicketFilters",
    "TicketLog",
    "Token",
    "TokenIdentity",
    "Tokens",
    "TurnTransaction",
]
