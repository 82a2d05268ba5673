"""The tables behind reports: calls and clocks counted by the day, and the words by which tickets are found.

All of it follows from other tables: losing it loses nothing that is not counted again.
"""

from sqlalchemy import BigInteger, Column, Date, Index, Integer, PrimaryKeyConstraint, SmallInteger, Table, Text
from sqlalchemy import text as sql

from app.cdr.call_sums import CALL_COUNTS, PERSON_COUNTS, RUNG_COUNTS
from app.cdr.clock_sums import CLOCK_COUNTS, ENDS, NEWS
from app.store.columns import Instant
from app.store.models import metadata, ticket_updates, tickets


def _counts(names: tuple[str, ...]) -> list[Column[int]]:
    return [Column(name, Integer, nullable=False) for name in names]


# Which days are counted, and when each is to be counted again. NULL: never was.
figure_days = Table(
    "figure_days",
    metadata,
    Column("day", Date, nullable=False),
    Column("kind", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("counted_at", Instant),
    PrimaryKeyConstraint("day", "kind"),
)
Index(None, figure_days.c.due_at)

# How far those have got that go through a table once, in the order of its numbers.
figure_marks = Table(
    "figure_marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("reached", BigInteger, nullable=False),
)

daily_calls = Table(
    "daily_calls",
    metadata,
    Column("day", Date, nullable=False),
    Column("line", Text, nullable=False),
    *_counts(CALL_COUNTS),
    PrimaryKeyConstraint("day", "line"),
)
daily_rungs = Table(
    "daily_rungs",
    metadata,
    Column("day", Date, nullable=False),
    Column("line", Text, nullable=False),
    Column("rung", SmallInteger, nullable=False),
    *_counts(RUNG_COUNTS),
    PrimaryKeyConstraint("day", "line", "rung"),
)
daily_people = Table(
    "daily_people",
    metadata,
    Column("day", Date, nullable=False),
    Column("line", Text, nullable=False),
    Column("party", Text, nullable=False),
    Column("team", Text, nullable=False),
    *_counts(PERSON_COUNTS),
    PrimaryKeyConstraint("day", "line", "party", "team"),
)
daily_clocks = Table(
    "daily_clocks",
    metadata,
    Column("day", Date, nullable=False),
    Column("priority", Text, nullable=False),
    *_counts(CLOCK_COUNTS),
    PrimaryKeyConstraint("day", "priority"),
)

# A word that people wrote about a ticket; newest tickets are read first, from its end.
ticket_words = Table(
    "ticket_words",
    metadata,
    Column("word", Text, nullable=False),
    Column("ticket", Integer, nullable=False),
    PrimaryKeyConstraint("word", "ticket"),
    sqlite_with_rowid=False,
)
Index(None, ticket_words.c.ticket)

# Only what is over, and only entries that settle something: nothing that is written while a call comes in.
# What is over is named by what it is not: otherwise SQLite would go along the index of statuses.
OVER = "status NOT IN ('new', 'acknowledged', 'in_progress', 'waiting') AND resolve_due_at IS NOT NULL"
SETTLING = f"kind IN ({', '.join(repr(kind) for kind in (*ENDS, NEWS))})"
Index("ix_tickets_over_due", tickets.c.resolve_due_at, sqlite_where=sql(OVER), postgresql_where=sql(OVER))
Index("ix_tickets_over_resolved", tickets.c.resolved_at, sqlite_where=sql(OVER), postgresql_where=sql(OVER))
Index("ix_tickets_over_closed", tickets.c.closed_at, sqlite_where=sql(OVER), postgresql_where=sql(OVER))
Index("ix_ticket_updates_at", ticket_updates.c.at, sqlite_where=sql(SETTLING), postgresql_where=sql(SETTLING))
