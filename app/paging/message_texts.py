"""Tells the people on call that somebody has left a message of high priority: that there is one, and nothing of it."""

from collections.abc import Iterable
from datetime import datetime

from app.cdr.derive import holds_message
from app.cdr.records import CallRecord, TicketStatus
from app.config.snapshot import Snapshot
from app.flow.messages import Fact, FactKind, Order, OrderKind
from app.paging.ladder import on_duty
from app.store import TurnTransaction
from app.voicemail import voicemail_alert
from oncall import Override, Priority


def tell_of_message(
    transaction: TurnTransaction,
    record: CallRecord,
    facts: Iterable[Fact],
    *,
    snapshot: Snapshot,
    quick: tuple[Override, ...],
    at: datetime,
) -> None:
    """Order one text for each person on call when these facts tell of a message nobody has in hand.

    Emergencies are left aside: their people are paged. However often the message is told of, it is one text.
    """
    ticket = record.ticket
    left = next(filter(_tells_of_message, facts), None)
    if left is None or ticket.priority is not Priority.HIGH or ticket.status is not TicketStatus.NEW:
        return
    seconds = left.detail.get("seconds")
    line = snapshot.book.line(record.call.line)
    body = voicemail_alert(ticket.number or 0, line.title, seconds if isinstance(seconds, int) else None)
    transaction.order(
        [
            Order(
                kind=OrderKind.SEND_TEXT,
                key=f"message:{record.call.call_sid}:{place}",
                due_at=at,
                payload={"to": person.phones[0], "body": body, "line": line.name},
            )
            for place, person in enumerate(on_duty(snapshot.roster, at=at, quick=quick))
        ]
    )


def _tells_of_message(fact: Fact) -> bool:
    if fact.kind is FactKind.RECORDING_STORED:
        return holds_message(fact)
    return fact.kind is FactKind.RECORDING_ENDED and bool(fact.detail.get("left"))
