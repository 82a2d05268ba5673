"""The life of tickets: what their clocks count from, what was negotiated, why each change was made, what is linked."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
DUE = ("step_at", "update_due_at", "resolve_due_at")


def upgrade() -> None:
    op.add_column("tickets", sa.Column("step_at", INSTANT))
    op.add_column("tickets", sa.Column("life", sa.Text()))
    for name in ("because", "detail", "key"):
        op.add_column("ticket_updates", sa.Column(name, sa.Text()))
    op.create_table(
        "ticket_links",
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("high", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["low"], ["tickets.number"], name="fk_ticket_links_low"),
        sa.ForeignKeyConstraint(["high"], ["tickets.number"], name="fk_ticket_links_high"),
        sa.PrimaryKeyConstraint("low", "high", name="pk_ticket_links"),
    )
    op.create_index("ix_ticket_links_high", "ticket_links", ["high"])
    _index("ix_ticket_updates_key", "ticket_updates", ["ticket", "key"], "key IS NOT NULL", unique=True)
    for name in DUE:
        where = f"{name} IS NOT NULL AND status NOT IN ('resolved', 'closed')"
        _index(f"ix_tickets_{name}", "tickets", [name], where)


def downgrade() -> None:
    for name in DUE:
        op.drop_index(f"ix_tickets_{name}", "tickets")
    op.drop_index("ix_ticket_updates_key", "ticket_updates")
    op.drop_table("ticket_links")
    for name in ("because", "detail", "key"):
        op.drop_column("ticket_updates", name)
    for name in ("step_at", "life"):
        op.drop_column("tickets", name)


def _index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    clause = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=clause, postgresql_where=clause)
