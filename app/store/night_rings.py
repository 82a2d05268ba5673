"""How often phones were rung in certain spans of time, by who was rung, told by the legs themselves.

What makes a span a night is not known here.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, func, literal_column, select, union_all

from app.cdr.records import LegOutcome
from app.store.access import Reader
from app.store.models import calls, legs
from app.store.prepared import Session

Span = tuple[datetime, datetime]

# So many calls are looked at for one question, whatever it is about: a desk of a few calls a night is far below.
MOST_CALLS: Final = 3_000
# A phone rings for a call that began no longer ago than this; no caller is kept waiting for nearly as long.
BEFOREHAND: Final = timedelta(hours=2)
_AT_ONCE: Final = 7


@dataclass(frozen=True, slots=True)
class Rung:
    """How often each party was rung. `since` is where the look back ended when there was too much to look through."""

    times: Mapping[str, int]
    since: datetime | None


class NightRings:
    """Rings in spans of time. Raises StoreUnavailable."""

    def __init__(self, read: Reader) -> None:
        self._read = read

    def rung(self, spans: Sequence[Span], *, most: int = MOST_CALLS) -> Rung:
        """How often each party was rung within the spans (UTC, half-open); the last of them is looked at first.

        Once `most` calls have been looked at, no further span is.

        Each leg that began to ring counts as once, also when it was declined, not answered or called off. A phone
        that was busy or could not be reached did not ring and does not count; nor do the calls and texts that page
        somebody about a ticket, which are no legs of a call.
        """
        return self._read(lambda connection: _rung(connection, sorted(spans, reverse=True), most))


def _rung(connection: Connection, spans: Sequence[Span], most: int) -> Rung:
    session, times = Session.of(connection), Counter[str]()
    looked_at = most_a_span = done = 0
    while done < len(spans):
        if looked_at >= most:
            return Rung(times, spans[done - 1][0])
        # One by itself at first, and wherever several might be too much.
        number = _AT_ONCE if done > 0 and looked_at + most_a_span * _AT_ONCE <= most else 1
        some = spans[done : done + number]
        found = session.all(_counted(len(some)), _values(some))
        calls_of_these = sum(count for _, count in found)
        looked_at += calls_of_these
        most_a_span = max(most_a_span, -(-calls_of_these // len(some)))
        times.update({party: count for party, count in found if party is not None})
        done += len(some)
    return Rung(times, None)


def _values(spans: Sequence[Span]) -> dict[str, datetime]:
    values: dict[str, datetime] = {}
    for place, (starts_at, ends_at) in enumerate(spans):
        values |= {f"begun_{place}": starts_at - BEFOREHAND, f"from_{place}": starts_at, f"until_{place}": ends_at}
    return values


@cache
def _counted(number: int) -> Select[Any]:
    """The legs of so many spans by party; under no party those calls of which none rang then."""
    found = union_all(*(_span(place) for place in range(number))).subquery()
    return select(found.c.party, func.count()).group_by(found.c.party)


def _span(place: int) -> Select[Any]:
    begun, starts, ends = (
        bindparam(f"{name}_{place}", type_=calls.c.started_at.type) for name in ("begun", "from", "until")
    )
    rang = (
        (legs.c.call_sid == calls.c.call_sid)
        & (legs.c.started_at >= starts)
        & (legs.c.started_at < ends)
        & (legs.c.outcome != literal_column(f"'{LegOutcome.BUSY}'"))
        & (legs.c.outcome != literal_column(f"'{LegOutcome.FAILED}'"))
    )
    began = (calls.c.started_at >= begun, calls.c.started_at < ends)
    return select(legs.c.party).select_from(calls.outerjoin(legs, rang)).where(*began)


# What is asked for one span, and for the most at once: to see that each goes along an index.
ASKED: Final = (_counted(1), _counted(_AT_ONCE))
