"""Calls and tickets counted by the day, for charts; and the words people wrote about tickets, to find them by."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
# Words of that day, not of today's program: a migration stays what it was.
HOURS = [f"hour_{hour:02}" for hour in range(24)]
DISPOSITIONS = ("in_progress", "answered", "answering_service", "voicemail", "callback", "abandoned", "failed")
BOUNDS = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1800)
OUTCOMES = (
    "ringing",
    "accepted",
    "declined",
    "answered_not_accepted",
    "no_answer",
    "busy",
    "failed",
    "cancelled",
    "caller_left",
)
CALLS = [
    *HOURS,
    *(f"ended_{name}" for name in DISPOSITIONS),
    *(f"within_{bound}" for bound in BOUNDS),
    "beyond",
    "short",
    "turned_away",
    "called_back",
    "wait_seconds",
    "left_seconds",
    "talk_seconds",
]
LEGS = [f"leg_{name}" for name in OUTCOMES]
CLOCKS = ("resolution_kept", "resolution_missed", "update_kept", "update_missed")
OVER = sa.text("status NOT IN ('new', 'acknowledged', 'in_progress', 'waiting') AND resolve_due_at IS NOT NULL")
SETTLING = sa.text("kind IN ('closed', 'status', 'update')")


def upgrade() -> None:
    op.create_table(
        "figure_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("counted_at", INSTANT),
        sa.PrimaryKeyConstraint("day", "kind", name="pk_figure_days"),
    )
    op.create_index("ix_figure_days_due_at", "figure_days", ["due_at"])
    op.create_table(
        "figure_marks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reached", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_figure_marks"),
    )
    _by_day("daily_calls", [("line", sa.Text())], CALLS)
    _by_day("daily_rungs", [("line", sa.Text()), ("rung", sa.SmallInteger())], ["calls", *LEGS])
    people: list[tuple[str, Any]] = [("line", sa.Text()), ("party", sa.Text()), ("team", sa.Text())]
    _by_day("daily_people", people, [*LEGS, "talk_seconds"])
    _by_day("daily_clocks", [("priority", sa.Text())], CLOCKS)
    op.create_table(
        "ticket_words",
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("word", "ticket", name="pk_ticket_words"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_ticket_words_ticket", "ticket_words", ["ticket"])
    for name, column in (("due", "resolve_due_at"), ("resolved", "resolved_at"), ("closed", "closed_at")):
        op.create_index(f"ix_tickets_over_{name}", "tickets", [column], sqlite_where=OVER, postgresql_where=OVER)
    op.create_index("ix_ticket_updates_at", "ticket_updates", ["at"], sqlite_where=SETTLING, postgresql_where=SETTLING)


def _by_day(table: str, keys: list[tuple[str, Any]], counts: list[str] | tuple[str, ...]) -> None:
    op.create_table(
        table,
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, kind, nullable=False) for name, kind in keys),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in counts),
        sa.PrimaryKeyConstraint("day", *(name for name, _ in keys), name=f"pk_{table}"),
    )


def downgrade() -> None:
    op.drop_index("ix_ticket_updates_at", "ticket_updates")
    for name in ("due", "resolved", "closed"):
        op.drop_index(f"ix_tickets_over_{name}", "tickets")
    tables = (
        "ticket_words",
        "daily_clocks",
        "daily_people",
        "daily_rungs",
        "daily_calls",
        "figure_marks",
        "figure_days",
    )
    for table in tables:
        op.drop_table(table)
