"""The table of what was said by hand of the desk's being open."""

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text

from app.store.columns import Instant
from app.store.models import metadata

desk_overrides = Table(
    "desk_overrides",
    metadata,
    Column("id", Integer, primary_key=True),
    # The name of the business hours.
    Column("hours", Text, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("withdrawn_at", Instant),
)
Index(None, desk_overrides.c.ends_at)
