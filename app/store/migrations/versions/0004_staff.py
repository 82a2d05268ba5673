"""Who is talking, and who took the last calls: asked whenever somebody is to be rung."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

INDEXES = (
    ("ix_legs_talking", ["accepted_at"], "accepted_at IS NOT NULL AND ended_at IS NULL"),
    ("ix_legs_taken", ["accepted_at", "party"], "accepted_at IS NOT NULL"),
)


def upgrade() -> None:
    for name, columns, where in INDEXES:
        clause = sa.text(where)
        op.create_index(name, "legs", columns, sqlite_where=clause, postgresql_where=clause)


def downgrade() -> None:
    for name, _columns, _where in INDEXES:
        op.drop_index(name, "legs")
