"""What happened, kept in a database: SQLite or PostgreSQL. Others come in by the names here and see no tables."""

from app.store.accounts import Account, AccountRows, Accounts, AccountSession
from app.store.audit import Audit, AuditEntry
from app.store.board import MOST as MOST_ON_BOARD
from app.store.board import Board, GoingOn, next_due
from app.store.call_log import CallFilters, CallLog
from app.store.call_work import CallWork, StoredNote, StoredView
from app.store.client_calls import CallerNumbers, Span
from app.store.daily_figures import DailyFigures, DailySums, DueDay, FigureKind
from app.store.desk_overrides import KNOWN_SECONDS as DESK_KNOWN_SECONDS
from app.store.desk_overrides import DeskOverrides, DeskRows
from app.store.figures import Covered, DueTickets, Figures, InLine, Standing
from app.store.first_sight import FirstSight
from app.store.inbox import Inbox, InboxEntry, InboxFilters, Shelf
from app.store.leadership import Leadership
from app.store.message_teams import TeamScope
from app.store.night_rings import NightRings, Rung
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
from app.store.running import Running, RunningProcess
from app.store.spool import Spool, SpoolEntry
from app.store.store import Store
from app.store.swaps import DutyRows, Swap, SwapOutcome, Swaps
from app.store.tallies import Tallies, Tally
from app.store.ticket_lists import CallsOf, ListedTicket, OpenCounts, TicketLists
from app.store.ticket_log import TicketFile, TicketFilters, TicketLog
from app.store.ticket_words import TicketWords
from app.store.tokens import SERVICE, Token, TokenIdentity, Tokens
from app.store.turns import TurnTransaction
from app.store.voicemail import Sealed, Voicemail, VoicemailFilters, VoicemailLog, VoicemailState

__all__ = [
    "DESK_KNOWN_SECONDS",
    "LANES",
    "MOST_ON_BOARD",
    "REMINDER_KEYS",
    "SERVICE",
    "Account",
    "AccountRows",
    "AccountSession",
    "Accounts",
    "Audit",
    "AuditEntry",
    "BadCursor",
    "Board",
    "CallFilters",
    "CallLog",
    "CallWork",
    "CallerNumbers",
    "CallsOf",
    "ClaimedOrder",
    "Covered",
    "DailyFigures",
    "DailySums",
    "DeadOrder",
    "DeskOverrides",
    "DeskRows",
    "DueDay",
    "DueTicket",
    "DueTickets",
    "DutyRows",
    "FigureKind",
    "Figures",
    "FirstSight",
    "GoingOn",
    "InLine",
    "Inbox",
    "InboxEntry",
    "InboxFilters",
    "KindStanding",
    "Lane",
    "Leadership",
    "ListedTicket",
    "NightRings",
    "NotTheNewest",
    "OfferOutcome",
    "OpenCounts",
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
    "Rung",
    "Running",
    "RunningProcess",
    "Sealed",
    "Shelf",
    "Span",
    "Spool",
    "SpoolEntry",
    "Standing",
    "Store",
    "StoreUnavailable",
    "StoredFact",
    "StoredNote",
    "StoredOrder",
    "StoredView",
    "Swap",
    "SwapOutcome",
    "Swaps",
    "Tallies",
    "Tally",
    "TeamScope",
    "TicketFile",
    "TicketFilters",
    "TicketLists",
    "TicketLog",
    "TicketWords",
    "Token",
    "TokenIdentity",
    "Tokens",
    "TurnTransaction",
    "Voicemail",
    "VoicemailFilters",
    "VoicemailLog",
    "VoicemailState",
    "next_due",
    "pages_of",
]
