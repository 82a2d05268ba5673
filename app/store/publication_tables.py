"""The tables of published configurations: files by their contents, which of them a revision has, and what was when.

Rows are added and never changed, so that what was in force at any time stays known.
"""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text

from app.store.columns import Instant
from app.store.models import metadata

published_files = Table(
    "published_files",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

published_contents = Table(
    "published_contents",
    metadata,
    Column("revision", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("sha256", Text, ForeignKey("published_files.sha256"), nullable=False),
    PrimaryKeyConstraint("revision", "name"),
)

# The row with the highest number is in force. One without a revision gives their folders back to the machines.
publications = Table(
    "publications",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("revision", Text),
    Column("written", Text),
    Column("author", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("message", Text, nullable=False),
    Column("difference", Text, nullable=False),
)
