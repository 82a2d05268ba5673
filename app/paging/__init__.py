"""Emergencies that nobody has accepted: people are paged until somebody does. Others come in by the names here.

One chain of orders for each ticket, each page ordering the next in its own transaction, so that neither a restart
nor a second process ends or doubles it.
"""

from collections.abc import Sequence
from datetime import datetime

from app.cdr.records import CallRecord
from app.config.snapshot import Snapshot
from app.flow.messages import Fact
from app.paging.chain import follow, stop
from app.paging.delivery_reports import DeliveryReports
from app.paging.message_texts import tell_of_message
from app.paging.number_texts import tell_number, text_number
from app.paging.pager import Pager, sweep_pages
from app.store import TurnTransaction
from oncall import Override

__all__ = ["DeliveryReports", "Pager", "see_to", "stop", "sweep_pages", "tell_number", "text_number"]


def see_to(
    transaction: TurnTransaction,
    before: CallRecord | None,
    after: CallRecord,
    facts: Sequence[Fact],
    *,
    snapshot: Snapshot,
    quick: tuple[Override, ...],
    at: datetime,
) -> None:
    """Order or withdraw what these facts of a call mean for people who are not on it, within their transaction.

    `before` is the record as it was stored, None when it was not.
    """
    follow(transaction, None if before is None else before.ticket, after, facts, roster=snapshot.roster, at=at)
    tell_of_message(transaction, after, facts, snapshot=snapshot, quick=quick, at=at)
