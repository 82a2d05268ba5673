"""Calls and tickets counted by the day, for charts."""

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    pass
