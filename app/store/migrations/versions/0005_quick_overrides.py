"""Quick overrides are asked for with those that were withdrawn: a call under way goes on by what was true for it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

NAME = "ix_overrides_ends_at"


def upgrade() -> None:
    op.drop_index(NAME, "overrides")
    op.create_index(NAME, "overrides", ["ends_at"])


def downgrade() -> None:
    op.drop_index(NAME, "overrides")
    open_ones = sa.text("withdrawn_at IS NULL")
    op.create_index(NAME, "overrides", ["ends_at"], sqlite_where=open_ones, postgresql_where=open_ones)
