"""Turns on call that somebody asks another to take."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "swaps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("asker", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("return_schedule", sa.Text()),
        sa.Column("return_starts_at", INSTANT),
        sa.Column("return_ends_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("answered_by", sa.Text()),
        sa.Column("answered_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_swaps"),
    )
    op.create_index("ix_swaps_ends_at", "swaps", ["ends_at"])


def downgrade() -> None:
    op.drop_table("swaps")
