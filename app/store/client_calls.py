"""Calls of one client, found by its numbers along the index of numbers, or by walking back where they are many.

Knows numbers, and nothing of whose they are or why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, false, func, literal_column, not_, or_, select, union_all

from app.store.models import calls
from app.store.prepared import Session
from app.store.rows import tail_of

MOST_NUMBERS: Final = 50
"""Of so many numbers the newest calls of each are looked up."""
MOST_CALLS: Final = 20_000
"""So many calls of a client can be looked through; whoever has more is found soon by walking back from the newest."""
SEVERAL_NUMBERS: Final = 10
"""The calls of a client with more are first looked for among the newest of everybody: such a client often calls."""
NEWEST_CALLS: Final = 2_000
"""So many these are; looking through them takes less than looking up the numbers."""

_ENDS = calls.c.caller_tail
_NEXT = select(func.min(_ENDS)).where(
    calls.c.caller_tail > bindparam("after", type_=_ENDS.type),
    calls.c.caller_tail <= bindparam("last", type_=_ENDS.type),
)

# Counted along the index alone, and no further than need be.
_SOME = (
    select(literal_column("1").label("one"))
    .where(
        calls.c.caller_tail >= bindparam("first", type_=_ENDS.type),
        calls.c.caller_tail <= bindparam("last", type_=_ENDS.type),
    )
    .limit(bindparam("most"))
    .offset(literal_column("0"))
    .subquery()
)
_COUNT: Any = select(func.count()).select_from(_SOME)


@dataclass(frozen=True, slots=True)
class Span:
    """The numbers (E.164) from one to another, both included and equally long; often one alone."""

    first: str
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerNumbers:
    """Numbers by spans, without those of the spans in `but`."""

    spans: tuple[Span, ...]
    but: tuple[Span, ...] = ()


def among(numbers: CallerNumbers, caller: ColumnElement[str] = calls.c.caller) -> ColumnElement[bool]:
    """That the caller's number is one of these."""
    if not numbers.spans:
        return false()
    within = or_(*(_within(span, caller) for span in numbers.spans))
    return and_(within, not_(or_(*(_within(span, caller) for span in numbers.but)))) if numbers.but else within


def are_several(numbers: CallerNumbers) -> bool:
    """Whether they may be more than are soon looked up one by one."""
    return sum(int(span.last) - int(span.first) + 1 for span in numbers.spans) > SEVERAL_NUMBERS


def of_newest(numbers: CallerNumbers, conditions: Sequence[ColumnElement[bool]], *, limit: int) -> Select[Any]:
    """The SIDs of the newest calls of these numbers, looked for among the NEWEST_CALLS newest of everybody."""
    everybody = select(calls.c.started_at, calls.c.call_sid, calls.c.caller).where(*conditions)
    newest = everybody.order_by(calls.c.started_at.desc(), calls.c.call_sid.desc()).limit(NEWEST_CALLS).subquery()
    theirs = select(newest.c.call_sid).where(among(numbers, newest.c.caller))
    return theirs.order_by(newest.c.started_at.desc(), newest.c.call_sid.desc()).limit(limit)


def tails(session: Session, numbers: CallerNumbers) -> list[str] | None:
    """The ends of these numbers that ever called, or None for more than MOST_NUMBERS."""
    found: dict[str, None] = {}
    for span in numbers.spans:
        first, last = tail_of(span.first), tail_of(span.last)
        if first is None or last is None:
            continue
        if first == last:
            found[first] = None
            continue
        # The first is looked for as well: what comes before it ends with another digit.
        after = str(int(first) - 1).zfill(len(first)) if int(first) else ""
        while len(found) <= MOST_NUMBERS:
            row = session.one(_NEXT, {"after": after, "last": last})
            if row is None or row[0] is None:
                break
            after = str(row[0])
            found[after] = None
    return list(found) if len(found) <= MOST_NUMBERS else None


@dataclass(frozen=True, slots=True)
class Found:
    """Which calls are looked at: the newest of each of these numbers (by their ends), or all of the client's."""

    tails: tuple[str, ...] = ()
    numbers: CallerNumbers | None = None

    def keys(self, conditions: Sequence[ColumnElement[bool]], *, limit: int) -> Select[Any]:
        """The question for their SIDs; what else is asked of the calls is among the conditions."""
        if self.numbers is None:
            return newest_of(self.tails, conditions, limit=limit)
        of_client = select(calls.c.call_sid).where(or_(*map(_ends_within, self.numbers.spans)))
        # Gathered first: otherwise a database may walk the log to spare itself the sorting.
        gathered = of_client.cte().prefix_with("MATERIALIZED")
        return select(gathered.c.call_sid)


def found_by(session: Session, numbers: CallerNumbers, *, alone: bool, most_calls: int) -> Found | None:
    """How the calls of a client are found best; None: by walking back, for more than `most_calls` of them.

    `alone`: nothing but times is asked besides.
    """
    if not numbers.spans:
        return Found()
    if alone and (known := tails(session, numbers)) is not None:
        return Found(tails=tuple(known))
    return Found(numbers=numbers) if _is_seldom(session, numbers, most_calls) else None


def _is_seldom(session: Session, numbers: CallerNumbers, most_calls: int) -> bool:
    left = most_calls
    for span in numbers.spans:
        first, last = tail_of(span.first), tail_of(span.last)
        if first is not None and last is not None and left >= 0:
            row = session.one(_COUNT, {"first": first, "last": last, "most": left + 1})
            left -= int(row[0]) if row else 0
    return left >= 0


def _ends_within(span: Span) -> ColumnElement[bool]:
    return and_(calls.c.caller_tail >= tail_of(span.first), calls.c.caller_tail <= tail_of(span.last))


def newest_of(tails: Sequence[str], conditions: Sequence[ColumnElement[bool]], *, limit: int) -> Select[Any]:
    """The SIDs of the newest calls of all these numbers: each number's own newest, and of those the newest."""
    each = [_newest(calls.c.caller_tail == tail, conditions, limit=limit) for tail in tails]
    together = union_all(*each).subquery() if len(each) > 1 else each[0].subquery()
    ordered = together.c.started_at.desc(), together.c.call_sid.desc()
    return select(together.c.call_sid).order_by(*ordered).limit(limit)


def _newest(of_number: ColumnElement[bool], conditions: Sequence[ColumnElement[bool]], *, limit: int) -> Select[Any]:
    own = select(calls.c.started_at, calls.c.call_sid).where(of_number, *conditions)
    own = own.order_by(calls.c.started_at.desc(), calls.c.call_sid.desc()).limit(limit)
    # SQLite wants an order and a limit within parts of a union to be in a subquery of their own.
    inner = own.subquery()
    return select(inner.c.started_at, inner.c.call_sid)


def _within(span: Span, caller: ColumnElement[str]) -> ColumnElement[bool]:
    if span.first == span.last:
        return caller == span.first
    # Not by length(): PostgreSQL thinks that few numbers have any given one, and then fetches and sorts every call.
    same_length = caller.like("_" * len(span.first))
    return and_(caller >= span.first, caller <= span.last, same_length)
