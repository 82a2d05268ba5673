"""Messages with their sealed contents, and the log of who did what. The recordings of before were never written."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.drop_table("recordings")
    _voicemails()
    _voicemail_contents()
    _audit_log()


def _voicemails() -> None:
    op.create_table(
        "voicemails",
        sa.Column("recording_sid", sa.Text(), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Integer()),
        sa.Column("encryption", sa.JSON()),
        sa.Column("transcript_status", sa.Text()),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("fetched_at", INSTANT),
        sa.Column("deleted_at_provider_at", INSTANT),
        sa.Column("heard_at", INSTANT),
        sa.Column("heard_by", sa.Text()),
        sa.Column("claimed_at", INSTANT),
        sa.Column("claimed_by", sa.Text()),
        sa.Column("done_at", INSTANT),
        sa.Column("done_by", sa.Text()),
        sa.Column("retention_until", INSTANT),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.number"], name="fk_voicemails_ticket"),
        sa.PrimaryKeyConstraint("recording_sid", name="pk_voicemails"),
    )
    by_state = ["state", "created_at", "recording_sid"]
    op.create_index("ix_voicemails_call_sid", "voicemails", ["call_sid"])
    op.create_index("ix_voicemails_ticket_created_at", "voicemails", ["ticket", "created_at"])
    op.create_index("ix_voicemails_created_at_recording_sid", "voicemails", ["created_at", "recording_sid"])
    op.create_index("ix_voicemails_state_created_at_recording_sid", "voicemails", by_state)
    kept = sa.text("retention_until IS NOT NULL")
    op.create_index(
        "ix_voicemails_retention_until",
        "voicemails",
        ["retention_until"],
        sqlite_where=kept,
        postgresql_where=kept,
    )


def _voicemail_contents() -> None:
    op.create_table(
        "voicemail_contents",
        sa.Column("recording_sid", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_sid"], ["voicemails.recording_sid"], name="fk_voicemail_contents_recording_sid"
        ),
        sa.PrimaryKeyConstraint("recording_sid", "content", name="pk_voicemail_contents"),
    )
    op.create_index("ix_voicemail_contents_key_id", "voicemail_contents", ["key_id"])


def _audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_subject_id", "audit_log", ["subject", "id"])
    op.create_index("ix_audit_log_actor_id", "audit_log", ["actor", "id"])
