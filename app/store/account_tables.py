"""The tables of those who sign in: accounts, one-time links, sessions, tries to sign in. Secrets are kept hashed."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from app.store.columns import Instant
from app.store.models import metadata

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
)

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
