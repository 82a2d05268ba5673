"""Orders to be carried out: which are urgent, which may have been done already, what came of them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
PENDING = "done_at IS NULL AND dead_at IS NULL"
INDEXES = (
    ("ix_outbox_pending", ["urgent", "due_at", "id"], PENDING),
    ("ix_outbox_pending_key", ["key"], PENDING),
    ("ix_outbox_dead", ["dead_at", "id"], "dead_at IS NOT NULL AND done_at IS NULL"),
    ("ix_outbox_result", ["result"], "result IS NOT NULL"),
)


def upgrade() -> None:
    op.add_column("outbox", sa.Column("urgent", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("outbox", sa.Column("uncertain_since", INSTANT))
    op.add_column("outbox", sa.Column("reason", sa.Text()))
    op.add_column("outbox", sa.Column("result", sa.Text()))
    # No release before this one reads or writes the table, so its columns may be named anew.
    op.execute("ALTER TABLE outbox RENAME COLUMN created_at TO first_due_at")
    op.drop_index("ix_outbox_pending", "outbox")
    for name, columns, where in INDEXES:
        clause = sa.text(where)
        # By the beginning of the key, whatever language the database sorts in.
        ops = {"key": "text_pattern_ops"} if columns == ["key"] else {}
        op.create_index(name, "outbox", columns, sqlite_where=clause, postgresql_where=clause, postgresql_ops=ops)
    if op.get_bind().dialect.name == "postgresql":
        # Room in each page, so that a claim rewrites its row in place and no index hears of it.
        op.execute("ALTER TABLE outbox SET (fillfactor = 60)")
