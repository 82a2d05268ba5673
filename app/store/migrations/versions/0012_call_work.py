"""What people add to calls they read: wrap-up, notes, and the views they keep; how calls and messages are found."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
UNUSUAL_PRIORITY = sa.text("priority <> 'high'")
OPEN_MESSAGES = sa.text("done_at IS NULL AND state <> 'empty' AND state <> 'deleted'")
DONE_MESSAGES = sa.text("done_at IS NOT NULL AND state <> 'empty' AND state <> 'deleted'")
SEALED = sa.text("key_id IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "call_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("key_id", sa.Text()),
        sa.Column("sealed", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="pk_call_notes"),
        sa.ForeignKeyConstraint(["call_sid"], ["calls.call_sid"], name="fk_call_notes_call_sid"),
    )
    op.create_index("ix_call_notes_call_sid_id", "call_notes", ["call_sid", "id"])
    op.create_index(
        "ix_call_notes_key_id_id", "call_notes", ["key_id", "id"], sqlite_where=SEALED, postgresql_where=SEALED
    )
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_views"),
        sa.UniqueConstraint("account", "name", name="uq_saved_views_account_name"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_saved_views_account"),
    )
    _ways_to_find()


def _ways_to_find() -> None:
    op.create_index(
        "ix_calls_priority_started_at_call_sid",
        "calls",
        ["priority", "started_at", "call_sid"],
        sqlite_where=UNUSUAL_PRIORITY,
        postgresql_where=UNUSUAL_PRIORITY,
    )
    for name, which in (("open", OPEN_MESSAGES), ("done", DONE_MESSAGES)):
        op.create_index(
            f"ix_voicemails_{name}",
            "voicemails",
            ["created_at", "recording_sid"],
            sqlite_where=which,
            postgresql_where=which,
        )


def downgrade() -> None:
    for name in ("open", "done"):
        op.drop_index(f"ix_voicemails_{name}", "voicemails")
    op.drop_index("ix_calls_priority_started_at_call_sid", "calls")
    op.drop_table("saved_views")
    op.drop_table("call_notes")
