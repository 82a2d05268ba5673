"""Accounts whose sign-in is another service's."""

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    pass
