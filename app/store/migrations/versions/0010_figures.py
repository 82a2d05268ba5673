"""What monitors read: tallies of calls that are over, and how far ahead somebody is on call."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
UNOWNED_EMERGENCY = sa.text("priority = 'emergency' AND status = 'new'")


def upgrade() -> None:
    op.create_table(
        "counted_calls",
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("call_sid", name="pk_counted_calls"),
    )
    op.create_index("ix_counted_calls_started_at", "counted_calls", ["started_at"])
    op.create_table(
        "tallies",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", "labels", name="pk_tallies"),
    )
    op.create_table(
        "line_coverage",
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("gap_at", INSTANT),
        sa.Column("looked_at", INSTANT, nullable=False),
        sa.Column("looked_until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("line", "kind", name="pk_line_coverage"),
    )
    op.create_index(
        "ix_tickets_unowned_emergency",
        "tickets",
        ["status", "created_at"],
        sqlite_where=UNOWNED_EMERGENCY,
        postgresql_where=UNOWNED_EMERGENCY,
    )


def downgrade() -> None:
    op.drop_index("ix_tickets_unowned_emergency", "tickets")
    op.drop_table("line_coverage")
    op.drop_table("tallies")
    op.drop_table("counted_calls")
