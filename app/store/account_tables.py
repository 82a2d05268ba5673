"""The tables of those who sign in, here or elsewhere, and of what administrators look at. Secrets are kept hashed."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from app.store.columns import Instant
from app.store.models import audit_log, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    # The form of the name that is compared.
    Column("name_key", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text),
    Column("second_factor", LargeBinary),
    # The time step of the last code that was taken, so that none is taken twice.
    Column("second_factor_step", BigInteger),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    # Who says that it is they, and what they are called there; both or neither.
    Column("issuer", Text),
    Column("subject", Text),
)
Index(None, accounts.c.issuer, accounts.c.subject, unique=True)

account_links = Table(
    "account_links",
    metadata,
    Column("secret_sha256", Text, primary_key=True),
    Column("account", Integer, ForeignKey("accounts.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)
Index(None, account_links.c.account)

account_sessions = Table(
    "account_sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("secret_sha256", Text, nullable=False, unique=True),
    Column("account", Integer, ForeignKey("accounts.id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("address", Text, nullable=False),
    Column("device", Text, nullable=False),
)
Index(None, account_sessions.c.account)

# A name is kept hashed: people type passwords where their name belongs.
sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name_sha256", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("at", Instant, nullable=False),
)
Index("ix_sign_in_attempts_name", sign_in_attempts.c.name_sha256, sign_in_attempts.c.at)
Index("ix_sign_in_attempts_address", sign_in_attempts.c.address, sign_in_attempts.c.at)
Index(None, sign_in_attempts.c.at)

# Those who were sent to sign in elsewhere and are not back yet. `account` is set when it is to be signed in to from
# there in future.
sign_ins_elsewhere = Table(
    "sign_ins_elsewhere",
    metadata,
    Column("state_sha256", Text, primary_key=True),
    Column("browser_sha256", Text, nullable=False),
    Column("back", Text, nullable=False),
    Column("account", Integer),
    Column("expires_at", Instant, nullable=False),
)
Index(None, sign_ins_elsewhere.c.expires_at)

# Which process runs which configuration, as each says of itself every half minute.
running_processes = Table(
    "running_processes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("revision", Text, nullable=False),
    Column("publication", Integer),
    Column("refuses", Boolean, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

Index("ix_audit_log_at", audit_log.c.at, audit_log.c.id)
Index("ix_audit_log_action", audit_log.c.action, audit_log.c.at)
