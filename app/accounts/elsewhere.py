"""Signing in with an account of the organisation: somebody is sent to its provider, comes back, and is let in.

Whoever comes back must have left from the same browser, once, and a few minutes ago. The account is made for who is
known there with a role here; it is theirs by issuer and subject, never by a name.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

import structlog

from app.accounts.keeping import good_name, is_only_admin
from app.accounts.provider import Identity, NotProven, Provider, ProviderAway
from app.accounts.roles import Role
from app.accounts.secret_words import hash_of, new_secret
from app.accounts.sessions import Device, opened
from app.accounts.sign_in import Refusal, SignedIn
from app.accounts.tries import Tries, name_hash
from app.services import Services
from app.store import Account, AccountRows, AuditEntry

AWAY_FOR: Final = timedelta(minutes=10)
WAY: Final = "organisation"
_LONGEST_CODE: Final = 2048
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """Somebody is back and signed in; `path` is where they wanted to go."""

    signed_in: SignedIn
    path: str


@dataclass(frozen=True, slots=True)
class SignInElsewhere:
    """The way out and back. Raises StoreUnavailable."""

    services: Services
    provider: Provider

    def begin(self, device: Device, *, browser: str, back: str, account: Account | None = None) -> str | Refusal:
        """The address to send somebody to. `browser` is a secret their browser keeps.

        With an account, it is signed in to from there in future.
        """
        state, at = new_secret(), self.services.clock.now()
        if not Tries(self.services).may_try(_try_of(state), device):
            return self._refused(Refusal.TOO_MANY, "too many tries")
        try:
            address = self.provider.address(
                state=state, nonce=self._derived("nonce", state), verifier=self._derived("verifier", state), at=at
            )
        except ProviderAway as fault:
            return self._away(fault)
        number = None if account is None else account.id
        self.services.store.accounts.change(
            lambda rows: rows.elsewhere.begin(
                hash_of(state), hash_of(browser), back=back, account=number, at=at, until=at + AWAY_FOR
            )
        )
        return address

    def finish(
        self, answer: Mapping[str, str], device: Device, *, browser: str, visitor: Account | None
    ) -> Back | Refusal:
        """Let somebody in who is back with this answer. `visitor` is whoever is signed in in this browser."""
        at, state = self.services.clock.now(), answer.get("state", "")
        # First of all, and whatever the answer is: it is good once.
        left = self.services.store.accounts.change(
            lambda rows: rows.elsewhere.take(hash_of(state), hash_of(browser), at=at)
        )
        if left is None or not browser:
            return self._refused(Refusal.STALE, "not begun here, too long ago, or over")
        path, number = left
        if number is not None and (visitor is None or visitor.id != number):
            return self._refused(Refusal.STALE, "signed off meanwhile")
        came = self._came(answer, state)
        if isinstance(came, Refusal):
            return came
        return self._let_in(came, device, path=path, state=state, connect=None if number is None else visitor)

    def _came(self, answer: Mapping[str, str], state: str) -> Identity | Refusal:
        """Who the provider says is there."""
        at, code = self.services.clock.now(), answer.get("code", "")
        try:
            self.provider.check_issuer(answer.get("iss"), at=at)
            if answer.get("error") or not 0 < len(code) <= _LONGEST_CODE:
                return self._refused(Refusal.DENIED, "the provider let nobody through")
            nonce, verifier = self._derived("nonce", state), self._derived("verifier", state)
            return self.provider.who(code, nonce=nonce, verifier=verifier, at=at)
        except ProviderAway as fault:
            return self._away(fault)
        except NotProven as fault:
            return self._refused(Refusal.NOT_PROVEN, str(fault))

    def _let_in(
        self, who: Identity, device: Device, *, path: str, state: str, connect: Account | None
    ) -> Back | Refusal:
        role, at = self._role(who), self.services.clock.now()

        def change(rows: AccountRows) -> SignedIn | Refusal:
            rows.alone()
            account = self._connected(rows, who, connect) if connect else self._account(rows, who, role)
            if isinstance(account, Refusal):
                return account
            rows.forgive(_try_of(state))
            return SignedIn(secret=opened(rows, account, device, at=at, way=WAY))

        came = self.services.store.accounts.change(change)
        return (
            self._refused(came, "no account for them") if isinstance(came, Refusal) else Back(signed_in=came, path=path)
        )

    def _account(self, rows: AccountRows, who: Identity, role: Role | None) -> Account | Refusal:
        """Their account, as it is from now on; made when there is none."""
        account = rows.identified(self.provider.way.issuer, who.subject)
        if account is not None and account.disabled_at is not None:
            return Refusal.DISABLED
        if role is None:
            if account is not None:
                rows.end_sessions(account.id, at=self.services.clock.now())
            return Refusal.NO_ROLE
        if account is None:
            return self._made(rows, who, role)
        if account.role != role and not (role is not Role.ADMIN and is_only_admin(rows, account)):
            rows.put(account.id, "role", role.value)
            self._log(rows, account, "account_role_changed", {"from": account.role, "to": role.value})
        return account

    def _made(self, rows: AccountRows, who: Identity, role: Role) -> Account | Refusal:
        name = good_name(who.name) or good_name(who.subject)
        if name is None or rows.named(name) is not None:
            return Refusal.NAME_TAKEN
        account = rows.add(name, role, at=self.services.clock.now())
        rows.identify(account.id, self.provider.way.issuer, who.subject)
        self._log(rows, account, "account_added", {"role": role.value, "way": WAY})
        return account

    def _connected(self, rows: AccountRows, who: Identity, account: Account) -> Account | Refusal:
        """An account that was made here, and is signed in to from there in future: its password is forgotten."""
        if rows.identified(self.provider.way.issuer, who.subject) is not None or account.issuer is not None:
            return Refusal.NAME_TAKEN
        rows.identify(account.id, self.provider.way.issuer, who.subject)
        rows.put(account.id, "password_hash", None)
        rows.put(account.id, "second_factor", None)
        rows.void_links(account.id, at=self.services.clock.now())
        rows.end_sessions(account.id, at=self.services.clock.now())
        self._log(rows, account, "account_connected", {"way": WAY}, by=account.name)
        return account

    def _role(self, who: Identity) -> Role | None:
        """The highest role their groups mean here."""
        given = {self.provider.way.roles[word] for word in who.words & self.provider.way.roles.keys()}
        return next((role for role in (Role.ADMIN, Role.SUPERVISOR, Role.STAFF) if role.value in given), None)

    def _derived(self, purpose: str, state: str) -> str:
        """What only we can make of a state, so that nothing but its hash has to be kept. 43 signs, as PKCE wants."""
        text = f"sign-in elsewhere, {purpose}: {state}"
        digest = hmac.digest(self.services.settings.secret_key.encode(), text.encode(), hashlib.sha256)
        return urlsafe_b64encode(digest).rstrip(b"=").decode()

    def _log(self, rows: AccountRows, account: Account, action: str, detail: dict[str, str], *, by: str = "") -> None:
        entry = AuditEntry(
            at=self.services.clock.now(),
            actor=by or (urlsplit(self.provider.way.issuer).hostname or WAY),
            action=action,
            subject=f"account:{account.name}",
            detail={**detail},
        )
        rows.audit.write(entry)

    def _away(self, fault: ProviderAway) -> Refusal:
        _log.warning("identity_provider_away", reason=str(fault))
        return Refusal.AWAY

    def _refused(self, refusal: Refusal, why: str) -> Refusal:
        _log.warning("sign_in_refused", reason=refusal.value, why=why)
        return refusal


def _try_of(state: str) -> str:
    """Each try counts for its address alone."""
    return name_hash(f"elsewhere {state}")
