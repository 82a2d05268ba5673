"""The tables of what people add to calls, and the indexes by which they find calls and messages to work on."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text

from app.store.columns import Instant
from app.store.models import calls, metadata, voicemails

# Also said in the queries that mean to use the index: neither database concludes it from a bound value.
UNUSUAL_PRIORITY = "priority <> 'high'"
OPEN_MESSAGES = "done_at IS NULL AND state <> 'empty' AND state <> 'deleted'"
DONE_MESSAGES = "done_at IS NOT NULL AND state <> 'empty' AND state <> 'deleted'"

# Entries are added, and never changed but for the key they are sealed with. A row may hold a code, a text, or both.
call_notes = Table(
    "call_notes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("call_sid", Text, ForeignKey("calls.call_sid"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("author", Text, nullable=False),
    Column("code", Text),
    Column("key_id", Text),
    Column("sealed", LargeBinary),
)
Index(None, call_notes.c.call_sid, call_notes.c.id)
Index(
    None,
    call_notes.c.key_id,
    call_notes.c.id,
    sqlite_where=call_notes.c.key_id.is_not(None),
    postgresql_where=call_notes.c.key_id.is_not(None),
)

# Sealed as a whole: somebody may keep a view of the calls of one number.
saved_views = Table(
    "saved_views",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account", Integer, ForeignKey("accounts.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    UniqueConstraint("account", "name"),
)

# High is what lines usually begin with: such calls are found quickly enough by walking back from the newest, and the
# first webhook of a call has no further index to write.
Index(
    None,
    calls.c.priority,
    calls.c.started_at,
    calls.c.call_sid,
    sqlite_where=text(UNUSUAL_PRIORITY),
    postgresql_where=text(UNUSUAL_PRIORITY),
)
for _name, _which in (("open", text(OPEN_MESSAGES)), ("done", text(DONE_MESSAGES))):
    Index(
        f"ix_voicemails_{_name}",
        voicemails.c.created_at,
        voicemails.c.recording_sid,
        sqlite_where=_which,
        postgresql_where=_which,
    )
