"""What people add to calls they read: wrap-up, notes, and the views they keep."""

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    pass
