"""The first schema: calls with their legs, facts and replies; tickets; work to deliver; tokens; overrides."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    for create in (
        _tickets,
        _ticket_updates,
        _calls,
        _legs,
        _call_facts,
        _replies,
        _recordings,
        _outbox,
        _api_tokens,
        _heartbeats,
        _overrides,
    ):
        create()
    # Tickets are numbered from 1001. On SQLite whoever inserts one counts on from the last.
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER SEQUENCE tickets_number_seq START WITH 1001 RESTART")


def _index(name: str, table: str, columns: list[str], *, where: str | None = None) -> None:
    clause = None if where is None else sa.text(where)
    partial: dict[str, Any] = {} if clause is None else {"sqlite_where": clause, "postgresql_where": clause}
    op.create_index(name, table, columns, **partial)


def _tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("assignee", sa.Text()),
        sa.Column("acknowledged_at", INSTANT),
        sa.Column("update_due_at", INSTANT),
        sa.Column("resolve_due_at", INSTANT),
        sa.Column("resolved_at", INSTANT),
        sa.Column("closed_at", INSTANT),
        sa.PrimaryKeyConstraint("number", name="pk_tickets"),
    )
    _index("ix_tickets_assignee_number", "tickets", ["assignee", "number"], where="assignee IS NOT NULL")
    _index(
        "ix_tickets_priority_number",
        "tickets",
        ["priority", "number"],
        where="priority IN ('emergency', 'high')",
    )
    _index("ix_tickets_status_number", "tickets", ["status", "number"])


def _ticket_updates() -> None:
    op.create_table(
        "ticket_updates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name="fk_ticket_updates_ticket"),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_updates"),
    )
    _index("ix_ticket_updates_ticket_at", "ticket_updates", ["ticket", "at"])


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("caller_tail", sa.Text()),
        sa.Column("dialled", sa.Text(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("config_revision", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("answered_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("wait_seconds", sa.Integer()),
        sa.Column("talk_seconds", sa.Integer()),
        sa.Column("disposition", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text()),
        sa.Column("answered_by_key", sa.Text()),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("callback_number", sa.Text()),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name="fk_calls_ticket"),
        sa.PrimaryKeyConstraint("call_sid", name="pk_calls"),
    )
    _index(
        "ix_calls_answered_by_key_started_at_call_sid",
        "calls",
        ["answered_by_key", "started_at", "call_sid"],
        where="answered_by_key IS NOT NULL",
    )
    _index(
        "ix_calls_caller_tail_started_at_call_sid",
        "calls",
        ["caller_tail", "started_at", "call_sid"],
        where="caller_tail IS NOT NULL",
    )
    _index("ix_calls_disposition_started_at_call_sid", "calls", ["disposition", "started_at", "call_sid"])
    _index("ix_calls_line_started_at_call_sid", "calls", ["line", "started_at", "call_sid"])
    _index("ix_calls_started_at_call_sid", "calls", ["started_at", "call_sid"])
    _index("ix_calls_ticket_started_at_call_sid", "calls", ["ticket", "started_at", "call_sid"])


def _legs() -> None:
    op.create_table(
        "legs",
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("screened", sa.Boolean(), nullable=False),
        sa.Column("leg_sid", sa.Text()),
        sa.Column("answered_at", INSTANT),
        sa.Column("accepted_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call_sid"], ["calls.call_sid"], name="fk_legs_call_sid"),
        sa.PrimaryKeyConstraint("call_sid", "turn", "number", name="pk_legs"),
        sqlite_with_rowid=False,
    )


def _call_facts() -> None:
    op.create_table(
        "call_facts",
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("source", sa.Text()),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("call_sid", "turn", "key", name="pk_call_facts"),
        sqlite_with_rowid=False,
    )


def _replies() -> None:
    op.create_table(
        "replies",
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("call_sid", "turn", name="pk_replies"),
    )


def _recordings() -> None:
    op.create_table(
        "recordings",
        sa.Column("recording_sid", sa.Text(), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("duration_seconds", sa.Integer()),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("stored_at", INSTANT),
        sa.Column("deleted_at", INSTANT),
        sa.PrimaryKeyConstraint("recording_sid", name="pk_recordings"),
    )
    _index("ix_recordings_call_sid", "recordings", ["call_sid"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("claimed_until", INSTANT),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done_at", INSTANT),
        sa.Column("dead_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("key", name="uq_outbox_key"),
    )
    _index("ix_outbox_pending", "outbox", ["due_at", "id"], where="done_at IS NULL AND dead_at IS NULL")


def _api_tokens() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("secret_sha256", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("secret_sha256", name="uq_api_tokens_secret_sha256"),
    )


def _heartbeats() -> None:
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_heartbeats"),
    )


def _overrides() -> None:
    op.create_table(
        "overrides",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("instead_of", sa.Text()),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("withdrawn_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_overrides"),
    )
    _index("ix_overrides_ends_at", "overrides", ["ends_at"], where="withdrawn_at IS NULL")
