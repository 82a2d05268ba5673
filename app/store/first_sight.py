"""A call nobody has seen before: its first turn is worked out while nothing is held, then stored in one go.

Decides nothing. Whether the call is new is only found out by storing it: it nearly always is.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    CTE,
    JSON,
    DateTime,
    Select,
    SmallInteger,
    Table,
    Text,
    bindparam,
    cast,
    func,
    insert,
    literal_column,
    select,
)

from app.cdr.records import CallRecord
from app.flow.messages import Fact
from app.flow.standing import Standing
from app.store.models import call_facts, calls, replies, tickets
from app.store.outage import is_duplicate
from app.store.prepared import Session
from app.store.recognition import standing
from app.store.rows import Row, call_row, compact_json, fact_row, ticket_row
from app.store.turns import TurnTransaction, numbered

Then = Callable[[TurnTransaction, CallRecord], None]
_SID = bindparam("sid", type_=calls.c.call_sid.type)
_TURN = bindparam("at_turn", type_=replies.c.turn.type)
_FACT_ARRAYS: Final[dict[str, Any]] = {
    "key": Text(),
    "kind": Text(),
    "at": DateTime(timezone=True),
    "because": Text(),
    "source": Text(),
}


class FirstSight:
    """What the first turn of a call needs of the database. Ends with the `with` block that gave it."""

    def __init__(self, session: Session, writing: Callable[[], AbstractContextManager[Session]]) -> None:
        self._session = session
        self._writing = writing
        self.ordered = False

    def standing(self, *, caller: str, call_sid: str, at: datetime) -> Standing:
        """What is known of the number that calls, apart from this call."""
        return standing(self._session, caller=caller, call_sid=call_sid, at=at)

    def open(
        self, record: CallRecord, turn: int, facts: Sequence[Fact], *, reply: str, then: Then | None = None
    ) -> bool:
        """Store the whole first turn, or nothing; False when somebody else has opened the call meanwhile.

        `then` is done with the call as it was stored, in the same transaction.
        """
        if self._session.database == "postgresql" and then is None:
            return self._open_in_one_statement(record, turn, facts, reply)
        with self._writing() as session:
            transaction = TurnTransaction(session)
            number = transaction.insert(record)
            if number is None:
                return False
            transaction.tell(record.call.call_sid, turn, facts)
            transaction.keep_reply(record.call.call_sid, turn, reply)
            if then is not None:
                then(transaction, numbered(record, number))
        self.ordered = transaction.ordered
        return True

    def _open_in_one_statement(self, record: CallRecord, turn: int, facts: Sequence[Fact], reply: str) -> bool:
        """One round trip, and a transaction of its own, instead of one for each table and one for its end."""
        rows = [fact_row(fact) for fact in facts]
        values: Row = {f"ticket_{name}": value for name, value in ticket_row(record.ticket).items()}
        values |= {f"call_{name}": value for name, value in call_row(record.call).items()}
        values |= {f"facts_{name}": [row[name] for row in rows] for name in _FACT_ARRAYS}
        values |= {"facts_detail": [compact_json(row["detail"]) for row in rows]}
        try:
            self._session.one(_whole(), {**values, "sid": record.call.call_sid, "at_turn": turn, "body": reply})
        except Exception as fault:
            if is_duplicate(fault):
                return False
            raise
        return True


@cache
def _whole() -> Select[Any]:
    """A ticket, its call, the facts and the reply. A call that is there already makes all of it fail."""
    ticket = _inserted(tickets, "ticket", without="number").returning(tickets.c.number).cte("new_ticket")
    call = (
        insert(calls)
        .from_select(
            [column.name for column in calls.c],
            select(
                *(
                    ticket.c.number if column.name == "ticket" else bindparam(f"call_{column.name}", type_=column.type)
                    for column in calls.c
                )
            ),
        )
        .returning(calls.c.ticket)
        .cte("new_call")
    )
    reply = (
        insert(replies)
        .values(call_sid=_SID, turn=_TURN, body=bindparam("body", type_=replies.c.body.type))
        .cte("new_reply")
    )
    return select(call.c.ticket).add_cte(_facts(), reply)


def _inserted(table: Table, prefix: str, *, without: str) -> Any:  # noqa: ANN401 - an Insert of SQLAlchemy's
    columns = [column for column in table.c if column.name != without]
    return insert(table).values({c.name: bindparam(f"{prefix}_{c.name}", type_=c.type) for c in columns})


def _facts() -> CTE:
    from sqlalchemy.dialects.postgresql import ARRAY  # noqa: PLC0415 - only where it is used

    arrays = [bindparam(f"facts_{name}", type_=ARRAY(kind)) for name, kind in _FACT_ARRAYS.items()]
    rows = func.unnest(*arrays, bindparam("facts_detail", type_=ARRAY(Text())))
    told = rows.table_valued(*_FACT_ARRAYS, "detail", with_ordinality="place", name="told").render_derived()
    place = cast(told.c.place - literal_column("1"), SmallInteger)
    columns = [*(told.c[name] for name in _FACT_ARRAYS), cast(told.c.detail, JSON), place]
    names = ["call_sid", "turn", *_FACT_ARRAYS, "detail", "place"]
    return insert(call_facts).from_select(names, select(_SID, _TURN, *columns)).cte("new_facts")
