"""Accounts whose sign-in is another service's; when tokens were used, who runs which configuration, the log by time."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.add_column("accounts", sa.Column("issuer", sa.Text()))
    op.add_column("accounts", sa.Column("subject", sa.Text()))
    op.create_index("ix_accounts_issuer_subject", "accounts", ["issuer", "subject"], unique=True)
    op.create_table(
        "sign_ins_elsewhere",
        sa.Column("state_sha256", sa.Text(), nullable=False),
        sa.Column("browser_sha256", sa.Text(), nullable=False),
        sa.Column("back", sa.Text(), nullable=False),
        sa.Column("account", sa.Integer()),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("state_sha256", name="pk_sign_ins_elsewhere"),
    )
    op.create_index("ix_sign_ins_elsewhere_expires_at", "sign_ins_elsewhere", ["expires_at"])
    op.add_column("api_tokens", sa.Column("last_used_at", INSTANT))
    op.create_table(
        "running_processes",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("publication", sa.Integer()),
        sa.Column("refuses", sa.Boolean(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_running_processes"),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at", "id"])
    op.create_index("ix_audit_log_action", "audit_log", ["action", "at"])


def downgrade() -> None:
    op.drop_index("ix_audit_log_action", "audit_log")
    op.drop_index("ix_audit_log_at", "audit_log")
    op.drop_table("running_processes")
    op.drop_column("api_tokens", "last_used_at")
    op.drop_table("sign_ins_elsewhere")
    op.drop_index("ix_accounts_issuer_subject", "accounts")
    op.drop_column("accounts", "subject")
    op.drop_column("accounts", "issuer")
