"""Configurations published for several machines, and which of them is in force."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "published_files",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_published_files"),
    )
    op.create_table(
        "published_contents",
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("revision", "name", name="pk_published_contents"),
        sa.ForeignKeyConstraint(["sha256"], ["published_files.sha256"], name="fk_published_contents_sha256"),
    )
    op.create_table(
        "publications",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text()),
        sa.Column("written", sa.Text()),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("difference", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_publications"),
    )


def downgrade() -> None:
    op.drop_table("publications")
    op.drop_table("published_contents")
    op.drop_table("published_files")
