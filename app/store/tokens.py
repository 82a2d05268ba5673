"""API tokens: made once, shown once, and known afterwards only by their hash."""

import hashlib
import hmac
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, insert, select, update

from app.flow.messages import Detail
from app.store.access import Reader, Writer
from app.store.audit import AuditEntry, AuditRows
from app.store.models import api_tokens
from app.store.outage import StoreUnavailable
from app.store.prepared import Session

_BYTES: Final = 32
_PREFIX: Final = "ivr_"
_LONGEST: Final = 128
SERVICE: Final = "service"
"""Who makes and ends what nobody asked for by name."""
_BY_HASH = select(*(api_tokens.c[name] for name in ("id", "name", "role", "secret_sha256", "last_used_at"))).where(
    api_tokens.c.secret_sha256 == bindparam("hash"), api_tokens.c.revoked_at.is_(None)
)
_USED = update(api_tokens).where(api_tokens.c.id == bindparam("which")).values(last_used_at=bindparam("at"))
# So often it is written down that a token is in use, and no more often.
_NOTED_EVERY: Final = timedelta(hours=1)
_INSERT = insert(api_tokens).values({name: bindparam(name) for name in ("name", "role", "secret_sha256", "created_at")})
_REVOKE = (
    update(api_tokens)
    .where(api_tokens.c.id == bindparam("which"), api_tokens.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
    .returning(api_tokens.c.name, api_tokens.c.role)
)


@dataclass(frozen=True, slots=True)
class TokenIdentity:
    """Who a token speaks for."""

    name: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What may be shown of a token afterwards."""

    id: int
    name: str
    role: str
    created_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


class Tokens:
    """API tokens. Raises StoreUnavailable."""

    def __init__(self, read: Reader, write: Writer) -> None:
        self._read = read
        self._write = write

    def create(self, name: str, role: str, *, at: datetime, by: str = SERVICE) -> str:
        """A new secret of 256 random bits; it cannot be had again. `by` whom stands in the audit log."""
        secret = _PREFIX + secrets.token_urlsafe(_BYTES)
        row = {"name": name, "role": role, "secret_sha256": _hashed(secret), "created_at": at}
        entry = AuditEntry(at=at, actor=by, action="token_created", subject=f"token:{name}", detail={"role": role})

        def change(session: Session) -> None:
            session.run(_INSERT, row)
            AuditRows(session).write(entry)

        self._write(change)
        return secret

    def check(self, secret: str, *, at: datetime | None = None) -> TokenIdentity | None:
        """Who this secret speaks for; None when it is unknown or revoked. That it was used is noted by the hour."""
        if len(secret) > _LONGEST:
            return None
        # A secret of 256 random bits needs no slow hash: there is nothing to guess it from.
        sought = _hashed(secret)
        row = self._read(lambda connection: connection.execute(_BY_HASH, {"hash": sought}).first())
        if row is None or not hmac.compare_digest(row.secret_sha256, sought):
            return None
        if at is not None and (row.last_used_at is None or row.last_used_at <= at - _NOTED_EVERY):
            # Reading goes on while nothing can be written.
            with suppress(StoreUnavailable):
                self._write(lambda session: session.run(_USED, {"which": row.id, "at": at}))
        return TokenIdentity(row.name, row.role)

    def revoke(self, token_id: int, *, at: datetime, by: str = SERVICE) -> bool:
        """End a token; False when there was none to end. `by` whom stands in the audit log."""

        def change(session: Session) -> bool:
            ended = session.one(_REVOKE, {"which": token_id, "at": at})
            if ended is None:
                return False
            detail: dict[str, Detail] = {"id": token_id, "role": ended[1]}
            subject = f"token:{ended[0]}"
            AuditRows(session).write(
                AuditEntry(at=at, actor=by, action="token_revoked", subject=subject, detail=detail)
            )
            return True

        return self._write(change)

    def list(self) -> tuple[Token, ...]:
        """All tokens ever made, oldest first."""
        columns = (api_tokens.c[name] for name in ("id", "name", "role", "created_at", "revoked_at", "last_used_at"))
        query = select(*columns).order_by(api_tokens.c.id)
        rows = self._read(lambda connection: connection.execute(query).all())
        return tuple(Token(**row._mapping) for row in rows)  # noqa: SLF001 - SQLAlchemy's documented name


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
