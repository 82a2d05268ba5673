"""Sessions: somebody signed in on a device, until they sign off, are idle for too long, or it is ended for them."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.accounts.roles import Role
from app.accounts.secret_words import hash_of, new_secret
from app.services import Services
from app.store import Account, AccountRows, AccountSession, AuditEntry, StoreUnavailable

LONGEST_SESSION: Final = timedelta(hours=12)
# So often it is written down that a session is in use, and no more often.
_NOTED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Device:
    """Where somebody signs in from."""

    address: str
    name: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in."""

    account: Account
    session: AccountSession

    @property
    def name(self) -> str:
        return self.account.name

    @property
    def role(self) -> Role:
        return Role(self.account.role)


@dataclass(frozen=True, slots=True)
class Sessions:
    """Sessions of all accounts. Raises StoreUnavailable."""

    services: Services

    def visitor(self, secret: str, *, at: datetime, noted: bool = True) -> Visitor | None:
        """Who brings this secret; None when it is unknown, its session over, or its account disabled.

        Not `noted`: this is no sign that they are there, and does not keep the session from becoming idle.
        """
        found = self.services.store.accounts.by_session(hash_of(secret))
        if found is None:
            return None
        session, account = found
        if session.seen_at <= at - self._idle() or session.created_at <= at - LONGEST_SESSION:
            return None
        if noted and session.seen_at <= at - _NOTED_EVERY:
            # Reading goes on while nothing can be written.
            with suppress(StoreUnavailable):
                self.services.store.accounts.seen(session.id, at=at)
        return Visitor(account, session)

    def of(self, account: Account, *, at: datetime) -> tuple[AccountSession, ...]:
        """The sessions of an account that can still be used, the last one used first."""
        found = self.services.store.accounts.sessions(account.id, since=at - self._idle())
        return tuple(each for each in found if each.created_at > at - LONGEST_SESSION)

    def everybodys(self, *, at: datetime) -> tuple[Visitor, ...]:
        """The sessions of all accounts that can still be used, the last one used first."""
        found = self.services.store.accounts.all_sessions(since=at - self._idle())
        return tuple(Visitor(account, each) for each, account in found if each.created_at > at - LONGEST_SESSION)

    def end(self, account: Account, session_id: int, *, by: str) -> bool:
        """End a session of an account; False when there was none to end."""
        at = self.services.clock.now()

        def change(rows: AccountRows) -> bool:
            ended = rows.end_session(session_id, account.id, at=at)
            if ended:
                rows.audit.write(_entry("session_ended", account, at=at, by=by))
            return ended

        return self.services.store.accounts.change(change)

    def end_all(self, account: Account, *, by: str, but: int = 0) -> None:
        """End all sessions of an account, one excepted."""
        at = self.services.clock.now()

        def change(rows: AccountRows) -> None:
            rows.end_sessions(account.id, at=at, but=but)
            rows.audit.write(_entry("sessions_ended", account, at=at, by=by))

        self.services.store.accounts.change(change)

    def _idle(self) -> timedelta:
        return timedelta(minutes=self.services.settings.session_idle_minutes)


def opened(rows: AccountRows, account: Account, device: Device, *, at: datetime, way: str) -> str:
    """A new session within a transaction; gives its secret, which is not kept."""
    secret = new_secret()
    rows.add_session(hash_of(secret), account.id, at=at, address=device.address, device=device.name)
    entry = AuditEntry(
        at=at, actor=account.name, action="signed_in", subject=f"account:{account.name}", detail={"way": way}
    )
    rows.audit.write(entry)
    return secret


def _entry(action: str, account: Account, *, at: datetime, by: str) -> AuditEntry:
    return AuditEntry(at=at, actor=by, action=action, subject=f"account:{account.name}")
