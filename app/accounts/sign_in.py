"""Signing in: by name and password, with a code where one is asked for, or by a one-time link.

What is said of a wrong name is what is said of a wrong password.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

import structlog
from itsdangerous import BadData, URLSafeSerializer

from app.accounts.links import LinkKind
from app.accounts.passwords import fits, hashed, is_outdated, password_fault
from app.accounts.second_factor import SecondFactors
from app.accounts.secret_words import hash_of
from app.accounts.sessions import Device, opened
from app.accounts.tries import Tries, name_hash
from app.services import Services
from app.store import Account, AccountRows, AuditEntry

_CODE_WITHIN: Final = timedelta(minutes=5)
_log = structlog.get_logger(__name__)


class Refusal(StrEnum):
    """Why somebody was not let in."""

    WRONG = "wrong"
    TOO_MANY = "too_many"
    WRONG_CODE = "wrong_code"
    STALE = "stale"
    LINK = "link"
    PASSWORD = "password"  # noqa: S105 (the name of a refusal)
    AWAY = "away"
    DENIED = "denied"
    NOT_PROVEN = "not_proven"
    NO_ROLE = "no_role"
    NAME_TAKEN = "name_taken"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """What came of it: the `secret` of a new session, or `waiting_for_code`, to be sent along with the code."""

    secret: str = ""
    waiting_for_code: str = ""


@dataclass(frozen=True, slots=True)
class SignIn:
    """The ways in. Raises StoreUnavailable."""

    services: Services

    def by_password(self, name: str, password: str, device: Device) -> SignedIn | Refusal:
        """Let somebody in who knows a name and its password, unless a code is asked for too."""
        if not self._may_try(name, device):
            return Refusal.TOO_MANY
        account = self.services.store.accounts.look(lambda rows: rows.named(name))
        right = fits(password, account.password_hash if account else None)
        if account is None or not right or account.disabled_at is not None:
            return self._refused(Refusal.WRONG)
        if is_outdated(account.password_hash or ""):
            renewed = hashed(password)
            self.services.store.accounts.change(lambda rows: rows.put(account.id, "password_hash", renewed))
        if account.second_factor is not None:
            return SignedIn(waiting_for_code=self._waiting(account))
        return self._let_in(account, device, way="password")

    def by_code(self, waiting_for_code: str, code: str, device: Device) -> SignedIn | Refusal:
        """Let somebody in whose password was right, by the code of their app."""
        account = self._who_waits(waiting_for_code)
        if account is None or account.disabled_at is not None:
            return self._refused(Refusal.STALE)
        if not self._may_try(account.name, device):
            return Refusal.TOO_MANY
        if not SecondFactors(self.services).accepts(account, code):
            return self._refused(Refusal.WRONG_CODE)
        return self._let_in(account, device, way="password and code")

    def link(self, secret: str) -> tuple[Account, LinkKind] | None:
        """Whose a one-time link is, and its kind; None when it is unknown, used or too old."""
        found = self.services.store.accounts.by_link(hash_of(secret), at=self.services.clock.now())
        return None if found is None else (found[0], LinkKind(found[1]))

    def by_link(self, secret: str, device: Device) -> SignedIn | Refusal:
        """Let somebody in who brings a link for signing in; it is good no longer then."""
        at = self.services.clock.now()

        def change(rows: AccountRows) -> SignedIn | None:
            account = self._used(rows, secret, LinkKind.SIGN_IN)
            if account is None:
                return None
            return SignedIn(secret=opened(rows, account, device, at=at, way="one-time link"))

        return self.services.store.accounts.change(change) or self._refused(Refusal.LINK)

    def choose_password(self, secret: str, password: str, device: Device) -> SignedIn | Refusal:
        """Let somebody in who brings a setup link, with the password they choose; all their sessions end."""
        at = self.services.clock.now()
        found = self.link(secret)
        if found is None:
            return self._refused(Refusal.LINK)
        if password_fault(password, name=found[0].name):
            return Refusal.PASSWORD
        kept = hashed(password)

        def change(rows: AccountRows) -> SignedIn | None:
            account = self._used(rows, secret, LinkKind.SETUP)
            if account is None:
                return None
            rows.put(account.id, "password_hash", kept)
            rows.end_sessions(account.id, at=at)
            rows.forgive(name_hash(account.name))
            subject = f"account:{account.name}"
            rows.audit.write(AuditEntry(at=at, actor=account.name, action="password_chosen", subject=subject))
            return SignedIn(secret=opened(rows, account, device, at=at, way="setup link"))

        return self.services.store.accounts.change(change) or self._refused(Refusal.LINK)

    def _used(self, rows: AccountRows, secret: str, kind: LinkKind) -> Account | None:
        number = rows.use_link(hash_of(secret), kind, at=self.services.clock.now())
        account = None if number is None else rows.get(number)
        return None if account is None or account.disabled_at is not None else account

    def _may_try(self, name: str, device: Device) -> bool:
        allowed = Tries(self.services).may_try(name_hash(name), device)
        if not allowed:
            self._refused(Refusal.TOO_MANY)
        return allowed

    def _let_in(self, account: Account, device: Device, *, way: str) -> SignedIn:
        at = self.services.clock.now()

        def change(rows: AccountRows) -> SignedIn:
            rows.forgive(name_hash(account.name))
            return SignedIn(secret=opened(rows, account, device, at=at, way=way))

        return self.services.store.accounts.change(change)

    def _refused(self, refusal: Refusal) -> Refusal:
        _log.warning("sign_in_refused", reason=refusal.value)
        return refusal

    def _waiting(self, account: Account) -> str:
        at = int(self.services.clock.now().timestamp())
        return str(self._serializer().dumps([account.id, at, _mark(account)]))

    def _who_waits(self, text: str) -> Account | None:
        try:
            number, since, mark = self._serializer().loads(text)
        except (BadData, ValueError):
            return None
        age = self.services.clock.now().timestamp() - since
        account = self.services.store.accounts.look(lambda rows: rows.get(number))
        current = account is not None and mark == _mark(account) and 0 <= age <= _CODE_WITHIN.total_seconds()
        return account if current else None

    def _serializer(self) -> URLSafeSerializer:
        return URLSafeSerializer(self.services.settings.secret_key, salt="waiting for a code")


def _mark(account: Account) -> str:
    """Another one once the password is another."""
    return hashlib.sha256((account.password_hash or "").encode()).hexdigest()[:16]
