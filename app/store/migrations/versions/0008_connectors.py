"""Orders by kind, and those that are over by age: for those who watch them, and for the sweep."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

INDEXES = (
    ("ix_outbox_pending_kind", ["kind", "first_due_at"], "done_at IS NULL AND dead_at IS NULL"),
    ("ix_outbox_done", ["done_at"], "done_at IS NOT NULL"),
)


def upgrade() -> None:
    for name, columns, where in INDEXES:
        clause = sa.text(where)
        op.create_index(name, "outbox", columns, sqlite_where=clause, postgresql_where=clause)


def downgrade() -> None:
    for name, _columns, _where in INDEXES:
        op.drop_index(name, "outbox")
