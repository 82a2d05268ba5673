"""The tables behind the figures that monitors read: what was counted, and how far ahead somebody is on call.

All of it follows from other tables and the configuration: losing it loses figures and nothing else.
"""

from sqlalchemy import Column, Float, Index, PrimaryKeyConstraint, Table, Text, literal_column

from app.store.columns import Instant
from app.store.models import metadata, tickets

# Which calls are in the tallies, for as long as they could be found again.
counted_calls = Table(
    "counted_calls",
    metadata,
    Column("call_sid", Text, primary_key=True),
    Column("started_at", Instant, nullable=False),
)
Index(None, counted_calls.c.started_at)

tallies = Table(
    "tallies",
    metadata,
    Column("name", Text, nullable=False),
    # JSON of label and value, written by the store alone and always in the same order.
    Column("labels", Text, nullable=False),
    Column("value", Float, nullable=False),
    PrimaryKeyConstraint("name", "labels"),
)

# A row for each line and kind of gap: when the next one begins. NULL: none until `looked_until`.
line_coverage = Table(
    "line_coverage",
    metadata,
    Column("line", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("gap_at", Instant),
    Column("looked_at", Instant, nullable=False),
    Column("looked_until", Instant, nullable=False),
    PrimaryKeyConstraint("line", "kind"),
)

# Few rows whatever the table holds, so that they can be asked for every few seconds.
UNOWNED_EMERGENCY = (
    tickets.c.priority == literal_column("'emergency'"),
    tickets.c.status == literal_column("'new'"),
)
Index(
    "ix_tickets_unowned_emergency",
    tickets.c.status,
    tickets.c.created_at,
    sqlite_where=UNOWNED_EMERGENCY[0] & UNOWNED_EMERGENCY[1],
    postgresql_where=UNOWNED_EMERGENCY[0] & UNOWNED_EMERGENCY[1],
)
