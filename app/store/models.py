"""The tables, as they are now. Nobody outside the store sees them; how they came to be is in the migrations.

Closed sets are short strings, instants are UTC, and text has no length limit: what a provider sends is stored
as it came or refused at the edge.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    and_,
    false,
    literal_column,
    text,
)

from app.store.columns import Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Also said in the queries that mean to use the index: neither database concludes it from a bound value.
URGENT_TICKETS = "priority IN ('emergency', 'high')"
OPEN_TICKETS = "status NOT IN ('resolved', 'closed')"

tickets = Table(
    "tickets",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("assignee", Text),
    Column("acknowledged_at", Instant),
    Column("update_due_at", Instant),
    Column("resolve_due_at", Instant),
    Column("resolved_at", Instant),
    Column("closed_at", Instant),
    Column("step_at", Instant),
    # JSON, written and read by the store alone, and absent from most rows.
    Column("life", Text),
)
Index(None, tickets.c.status, tickets.c.number)
# Medium is what a call begins with: its tickets are found quickly enough by walking back from the newest.
Index(
    None,
    tickets.c.priority,
    tickets.c.number,
    sqlite_where=text(URGENT_TICKETS),
    postgresql_where=text(URGENT_TICKETS),
)
Index(
    None,
    tickets.c.assignee,
    tickets.c.number,
    sqlite_where=tickets.c.assignee.is_not(None),
    postgresql_where=tickets.c.assignee.is_not(None),
)
# What is due next, whoever has it; most tickets have nothing due, but those that are over keep what was their target.
for _due in ("step_at", "update_due_at", "resolve_due_at"):
    _OPEN_AND_DUE = text(f"{_due} IS NOT NULL AND {OPEN_TICKETS}")
    Index(None, tickets.c[_due], sqlite_where=_OPEN_AND_DUE, postgresql_where=_OPEN_AND_DUE)

ticket_updates = Table(
    "ticket_updates",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket", Integer, ForeignKey("tickets.number"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("author", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("because", Text),
    Column("detail", Text),
    # What a program calls its entry, so that sending it again adds nothing.
    Column("key", Text),
)
Index(None, ticket_updates.c.ticket, ticket_updates.c.at)
Index(
    "ix_ticket_updates_key",
    ticket_updates.c.ticket,
    ticket_updates.c.key,
    unique=True,
    sqlite_where=ticket_updates.c.key.is_not(None),
    postgresql_where=ticket_updates.c.key.is_not(None),
)

# Tickets about the same matter, each pair once, the lower number first.
ticket_links = Table(
    "ticket_links",
    metadata,
    Column("low", Integer, ForeignKey("tickets.number"), nullable=False),
    Column("high", Integer, ForeignKey("tickets.number"), nullable=False),
    PrimaryKeyConstraint("low", "high"),
)
Index(None, ticket_links.c.high)

# A ticket may have many calls, and a call always has one ticket: the link is a column of the call, never null.
calls = Table(
    "calls",
    metadata,
    Column("call_sid", Text, primary_key=True),
    Column("line", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("caller_tail", Text),
    Column("dialled", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("config_revision", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("answered_at", Instant),
    Column("ended_at", Instant),
    Column("wait_seconds", Integer),
    Column("talk_seconds", Integer),
    Column("disposition", Text, nullable=False),
    Column("answered_by", Text),
    Column("answered_by_key", Text),
    Column("ticket", Integer, ForeignKey("tickets.number"), nullable=False),
    Column("stage", Text, nullable=False),
    Column("callback_number", Text),
    Column("tags", JSON, nullable=False),
)
# Every page of the log is read newest first along one of these, from where the page before ended.
Index(None, calls.c.started_at, calls.c.call_sid)
Index(None, calls.c.line, calls.c.started_at, calls.c.call_sid)
Index(None, calls.c.disposition, calls.c.started_at, calls.c.call_sid)
Index(None, calls.c.ticket, calls.c.started_at, calls.c.call_sid)
Index(
    None,
    calls.c.caller_tail,
    calls.c.started_at,
    calls.c.call_sid,
    sqlite_where=calls.c.caller_tail.is_not(None),
    postgresql_where=calls.c.caller_tail.is_not(None),
)
Index(
    None,
    calls.c.answered_by_key,
    calls.c.started_at,
    calls.c.call_sid,
    sqlite_where=calls.c.answered_by_key.is_not(None),
    postgresql_where=calls.c.answered_by_key.is_not(None),
)

legs = Table(
    "legs",
    metadata,
    Column("call_sid", Text, ForeignKey("calls.call_sid"), nullable=False),
    Column("turn", Integer, nullable=False),
    Column("number", Text, nullable=False),
    Column("place", SmallInteger, nullable=False),
    Column("party", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("because", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("screened", Boolean, nullable=False),
    Column("leg_sid", Text),
    Column("answered_at", Instant),
    Column("accepted_at", Instant),
    Column("ended_at", Instant),
    Column("outcome", Text, nullable=False),
    # One turn may ring several numbers at once, but no number twice.
    PrimaryKeyConstraint("call_sid", "turn", "number"),
    sqlite_with_rowid=False,
)
# Asked whenever somebody is to be rung: who is talking, and who took the last calls.
_TALKING = and_(legs.c.accepted_at.is_not(None), legs.c.ended_at.is_(None))
_TAKEN = legs.c.accepted_at.is_not(None)
_RINGING = and_(legs.c.outcome == literal_column("'ringing'"), legs.c.ended_at.is_(None))
Index("ix_legs_talking", legs.c.accepted_at, sqlite_where=_TALKING, postgresql_where=_TALKING)
Index("ix_legs_taken", legs.c.accepted_at, legs.c.party, sqlite_where=_TAKEN, postgresql_where=_TAKEN)
Index("ix_legs_ringing", legs.c.started_at, sqlite_where=_RINGING, postgresql_where=_RINGING)

# Facts and replies bind to no call row: what happened is kept even when the call it belongs to was never opened.
call_facts = Table(
    "call_facts",
    metadata,
    Column("call_sid", Text, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("place", SmallInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("because", Text, nullable=False),
    Column("source", Text),
    Column("detail", JSON, nullable=False),
    PrimaryKeyConstraint("call_sid", "turn", "key"),
    # The rows of one call lie together, and there is no second tree to keep.
    sqlite_with_rowid=False,
)

replies = Table(
    "replies",
    metadata,
    Column("call_sid", Text, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("call_sid", "turn"),
)

# A row for each message a caller recorded; what was said lies, sealed, in the next table.
voicemails = Table(
    "voicemails",
    metadata,
    Column("recording_sid", Text, primary_key=True),
    Column("call_sid", Text, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("ticket", Integer, ForeignKey("tickets.number"), nullable=False),
    Column("state", Text, nullable=False),
    Column("seconds", Integer),
    Column("encryption", JSON(none_as_null=True)),
    Column("transcript_status", Text),
    Column("created_at", Instant, nullable=False),
    Column("fetched_at", Instant),
    Column("deleted_at_provider_at", Instant),
    Column("heard_at", Instant),
    Column("heard_by", Text),
    Column("claimed_at", Instant),
    Column("claimed_by", Text),
    Column("done_at", Instant),
    Column("done_by", Text),
    Column("retention_until", Instant),
)
Index(None, voicemails.c.call_sid)
Index(None, voicemails.c.ticket, voicemails.c.created_at)
Index(None, voicemails.c.created_at, voicemails.c.recording_sid)
Index(None, voicemails.c.state, voicemails.c.created_at, voicemails.c.recording_sid)
Index(
    None,
    voicemails.c.retention_until,
    sqlite_where=voicemails.c.retention_until.is_not(None),
    postgresql_where=voicemails.c.retention_until.is_not(None),
)

voicemail_contents = Table(
    "voicemail_contents",
    metadata,
    Column("recording_sid", Text, ForeignKey("voicemails.recording_sid"), nullable=False),
    Column("content", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("recording_sid", "content"),
)
Index(None, voicemail_contents.c.key_id)

# Who did what that has to be answered for; never what was seen or heard.
audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JSON, nullable=False),
)
Index(None, audit_log.c.subject, audit_log.c.id)
Index(None, audit_log.c.actor, audit_log.c.id)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("urgent", Boolean, nullable=False, server_default=false()),
    Column("first_due_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("claimed_until", Instant),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("uncertain_since", Instant),
    Column("reason", Text),
    Column("result", Text),
    Column("done_at", Instant),
    Column("dead_at", Instant),
    # Room in each page, so that a claim rewrites its row in place and no index hears of it.
    postgresql_with={"fillfactor": "60"},
)
_PENDING = outbox.c.done_at.is_(None) & outbox.c.dead_at.is_(None)
Index(
    "ix_outbox_pending",
    outbox.c.urgent,
    outbox.c.due_at,
    outbox.c.id,
    sqlite_where=_PENDING,
    postgresql_where=_PENDING,
)
# By the beginning of the key, whatever language the database sorts in.
Index(
    "ix_outbox_pending_key",
    outbox.c.key,
    sqlite_where=_PENDING,
    postgresql_where=_PENDING,
    postgresql_ops={"key": "text_pattern_ops"},
)
_DEAD = outbox.c.dead_at.is_not(None) & outbox.c.done_at.is_(None)
# How each kind stands is counted along this one.
Index(
    "ix_outbox_pending_kind",
    outbox.c.kind,
    outbox.c.first_due_at,
    sqlite_where=_PENDING,
    postgresql_where=_PENDING,
)
_DONE = outbox.c.done_at.is_not(None)
Index("ix_outbox_done", outbox.c.done_at, sqlite_where=_DONE, postgresql_where=_DONE)
Index("ix_outbox_dead", outbox.c.dead_at, outbox.c.id, sqlite_where=_DEAD, postgresql_where=_DEAD)
Index(None, outbox.c.result, sqlite_where=outbox.c.result.is_not(None), postgresql_where=outbox.c.result.is_not(None))

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("secret_sha256", Text, nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", Instant, nullable=False),
)

overrides = Table(
    "overrides",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("schedule", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("instead_of", Text),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
)
Index(None, overrides.c.ends_at)

# A row for each time a caller waited in line, known by the turn that put them there; open until `left_at`.
queue_places = Table(
    "queue_places",
    metadata,
    Column("call_sid", Text, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("line", Text, nullable=False),
    Column("flow", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("people", JSON, nullable=False),
    Column("priority", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("entered_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("choice", Text),
    Column("number", Text),
    Column("due_at", Instant),
    Column("attempts", Integer, nullable=False),
    Column("offers", Integer, nullable=False),
    Column("owner", Text),
    Column("left_at", Instant),
    Column("outcome", Text),
    PrimaryKeyConstraint("call_sid", "turn"),
)
_IN_LINE = queue_places.c.left_at.is_(None)
_WAITED = queue_places.c.outcome == literal_column("'answered'")
Index("ix_queue_places_open", queue_places.c.entered_at, sqlite_where=_IN_LINE, postgresql_where=_IN_LINE)
Index(
    "ix_queue_places_waits",
    queue_places.c.node,
    queue_places.c.left_at,
    sqlite_where=_WAITED,
    postgresql_where=_WAITED,
)

# To whom a caller in line was offered. The index sees to it that nobody is rung for two callers.
queue_offers = Table(
    "queue_offers",
    metadata,
    Column("call_sid", Text, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("offer", Integer, nullable=False),
    Column("person", Text, nullable=False),
    Column("offered_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("outcome", Text),
    PrimaryKeyConstraint("call_sid", "turn", "offer"),
)
_OFFERED = queue_offers.c.ended_at.is_(None)
_PASSED = queue_offers.c.outcome == literal_column("'passed'")
Index("ix_queue_offers_person", queue_offers.c.person, unique=True, sqlite_where=_OFFERED, postgresql_where=_OFFERED)
Index("ix_queue_offers_passed", queue_offers.c.ended_at, sqlite_where=_PASSED, postgresql_where=_PASSED)

# Written by Alembic; read here so that asking for the revision does not load it.
alembic_version = Table("alembic_version", MetaData(), Column("version_num", Text, primary_key=True))
