"""Texts a caller's number to whoever has taken the call or its ticket: that number, the ticket's, and nothing else.

The phone itself shows the desk's line, so that staff know whom they pick up for.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from app.cdr.records import CallRecord, Ticket
from app.flow.messages import Fact, FactKind, Order, OrderKind
from app.store import TurnTransaction

_LETTERS = str.maketrans("0123456789", "ghijklmnop")
_E164 = re.compile(r"\+[1-9]\d{6,14}")


def text_number(
    transaction: TurnTransaction, ticket: Ticket, *, to: str, at: datetime, number: str = "", line: str | None = None
) -> None:
    """Order the text, once for each ticket, number and phone; nothing when the caller's number is not known.

    `number` is the caller's, or the ticket's requester; `line` the name of the line the text comes from.
    """
    number = number or ticket.requester
    if ticket.number is None or not _E164.fullmatch(number) or number == to:
        return
    payload = {"to": to, "body": f"Ticket {ticket.number}: the caller's number is {number}."}
    if line is not None:
        payload["line"] = line
    # Keys are logged, and no number is: nor what looks like one, which would be masked there.
    whom = sha256(f"{number} {to}".encode()).hexdigest()[:12].translate(_LETTERS)
    key = f"number:{ticket.number}:{whom}"
    transaction.order([Order(kind=OrderKind.SEND_TEXT, key=key, due_at=at, payload=dict(payload))])


def tell_number(transaction: TurnTransaction, record: CallRecord, facts: Iterable[Fact], *, at: datetime) -> None:
    """Text the number to each phone on which the call was taken by its key in these facts."""
    taken = {fact.at for fact in facts if fact.kind is FactKind.LEG_ACCEPTED}
    for leg in record.legs:
        if leg.screened and leg.accepted_at in taken:
            number = record.call.callback_number or record.call.caller
            text_number(transaction, record.ticket, to=leg.number, at=at, number=number, line=record.call.line)
