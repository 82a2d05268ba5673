"""The line of callers who wait for somebody to be free, and to whom each of them was offered."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
INDEXES = (
    ("ix_queue_places_open", "queue_places", ["entered_at"], "left_at IS NULL", False),
    ("ix_queue_places_waits", "queue_places", ["node", "left_at"], "outcome = 'answered'", False),
    ("ix_queue_offers_person", "queue_offers", ["person"], "ended_at IS NULL", True),
    ("ix_queue_offers_passed", "queue_offers", ["ended_at"], "outcome = 'passed'", False),
    ("ix_legs_ringing", "legs", ["started_at"], "outcome = 'ringing' AND ended_at IS NULL", False),
)


def upgrade() -> None:
    op.create_table(
        "queue_places",
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("choice", sa.Text()),
        sa.Column("number", sa.Text()),
        sa.Column("due_at", INSTANT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("offers", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("left_at", INSTANT),
        sa.Column("outcome", sa.Text()),
        sa.PrimaryKeyConstraint("call_sid", "turn", name="pk_queue_places"),
    )
    op.create_table(
        "queue_offers",
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("offer", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("offered_at", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("outcome", sa.Text()),
        sa.PrimaryKeyConstraint("call_sid", "turn", "offer", name="pk_queue_offers"),
    )
    for name, table, columns, where, unique in INDEXES:
        clause = sa.text(where)
        op.create_index(name, table, columns, unique=unique, sqlite_where=clause, postgresql_where=clause)


def downgrade() -> None:
    op.drop_index("ix_legs_ringing", "legs")
    op.drop_table("queue_offers")
    op.drop_table("queue_places")
