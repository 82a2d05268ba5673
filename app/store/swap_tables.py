"""The table of swaps: turns on call that somebody asks another to take, perhaps for one of theirs."""

from sqlalchemy import Column, Index, Integer, Table, Text

from app.store.columns import Instant
from app.store.models import metadata

swaps = Table(
    "swaps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("asker", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("schedule", Text, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    # What the asker takes in return; all three or none.
    Column("return_schedule", Text),
    Column("return_starts_at", Instant),
    Column("return_ends_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("outcome", Text),
    Column("answered_by", Text),
    Column("answered_at", Instant),
)
Index(None, swaps.c.ends_at)
