"""Accounts kept: made, given roles and links, disabled. There is always somebody left who can do so."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.accounts.links import LinkKind
from app.accounts.passwords import fits, hashed, password_fault
from app.accounts.roles import Role
from app.accounts.secret_words import hash_of, new_secret
from app.accounts.tries import name_hash
from app.flow.messages import Detail
from app.services import Services
from app.store import Account, AccountRows, AuditEntry

FIRST_NAME: Final = "admin"
_LONGEST_NAME: Final = 80


class AccountFault(Exception):  # noqa: N818 - what was asked for cannot be done
    """Why a change cannot be made, as a sentence to whoever asked for it."""


@dataclass(frozen=True, slots=True)
class NewLink:
    """A one-time link, shown now and never again."""

    account: Account
    address: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AccountKeeping:
    """Changes to accounts, under the name of whoever makes them. Raises AccountFault and StoreUnavailable."""

    services: Services
    by: str

    def all(self) -> tuple[Account, ...]:
        """All accounts, by name."""
        return self.services.store.accounts.look(lambda rows: rows.all())

    def named(self, name: str) -> Account:
        """One account by its name."""
        found = self.services.store.accounts.look(lambda rows: rows.named(name))
        if found is None:
            raise AccountFault(f'There is no account "{name}".')
        return found

    def get(self, account_id: int) -> Account | None:
        """One account by its number."""
        return self.services.store.accounts.look(lambda rows: rows.get(account_id))

    def add(self, name: str, role: Role) -> NewLink:
        """A new account, and the link by which its owner chooses a password."""
        wanted = good_name(name)
        if wanted is None:
            raise AccountFault(f"A name has 1 to {_LONGEST_NAME} characters.")

        def change(rows: AccountRows) -> NewLink:
            rows.alone()
            if rows.named(wanted) is not None:
                raise AccountFault(f'There is an account "{wanted}" already.')
            account = rows.add(wanted, role, at=self._now())
            self._log(rows, account, "account_added", {"role": role.value})
            return self._linked(rows, account, LinkKind.SETUP)

        return self.services.store.accounts.change(change)

    def link(self, account: Account) -> NewLink:
        """A link by which the owner of an account chooses a new password; those made before are good no longer."""
        return self._new_link(account, LinkKind.SETUP)

    def sign_in_link(self, account: Account) -> NewLink:
        """A link that lets in whoever opens it first: for the person at the machine itself."""
        return self._new_link(account, LinkKind.SIGN_IN)

    def first_admin(self) -> Account | None:
        """An administrator: the first one when there is no account at all; None when all are disabled."""

        def change(rows: AccountRows) -> Account | None:
            return self._first(rows) or next(iter(_admins(rows)), None)

        return self.services.store.accounts.change(change)

    def first_link(self) -> NewLink | None:
        """The link for the first administrator's password, when there is no account at all; else None."""

        def change(rows: AccountRows) -> NewLink | None:
            account = self._first(rows)
            return None if account is None else self._linked(rows, account, LinkKind.SETUP)

        return self.services.store.accounts.change(change)

    def set_role(self, account: Account, role: Role) -> None:
        """Give an account another role."""

        def change(rows: AccountRows) -> None:
            self._keep_an_admin(rows, account, goes=role is not Role.ADMIN)
            rows.put(account.id, "role", role.value)
            self._log(rows, account, "account_role_changed", {"from": account.role, "to": role.value})

        self.services.store.accounts.change(change)

    def disable(self, account: Account) -> None:
        """Let nobody in with an account any more; its sessions end. What its owner did stays under their name."""

        def change(rows: AccountRows) -> None:
            self._keep_an_admin(rows, account, goes=True)
            rows.put(account.id, "disabled_at", self._now())
            rows.end_sessions(account.id, at=self._now())
            self._log(rows, account, "account_disabled")

        self.services.store.accounts.change(change)

    def enable(self, account: Account) -> None:
        """Let the owner of an account in again."""
        self._put(account, "account_enabled", lambda rows: rows.put(account.id, "disabled_at", None))

    def unlock(self, account: Account) -> None:
        """Let the owner of an account try again who tried too often, or whose name others tried."""
        self._put(account, "account_unlocked", lambda rows: rows.forgive(name_hash(account.name)))

    def bring_back(self, account: Account) -> NewLink:
        """Have an account signed in to here again, and not elsewhere; the link is for its new password."""
        if account.issuer is None:
            raise AccountFault(f'"{account.name}" signs in here as it is.')

        def change(rows: AccountRows) -> NewLink:
            rows.identify(account.id, None, None)
            rows.end_sessions(account.id, at=self._now())
            self._log(rows, account, "account_disconnected")
            return self._linked(rows, account, LinkKind.SETUP)

        return self.services.store.accounts.change(change)

    def change_password(self, account: Account, *, old: str, new: str, session_id: int) -> None:
        """Give an account another password, which ends all its other sessions."""
        if account.issuer is not None:
            raise AccountFault("You sign in with your organisation: the password is changed there.")
        if account.password_hash is not None and not fits(old, account.password_hash):
            raise AccountFault("That is not the present password.")
        fault = password_fault(new, name=account.name)
        if fault:
            raise AccountFault(fault)
        kept = hashed(new)

        def deed(rows: AccountRows) -> None:
            rows.put(account.id, "password_hash", kept)
            rows.end_sessions(account.id, at=self._now(), but=session_id)

        self._put(account, "password_chosen", deed)

    def _put(self, account: Account, action: str, deed: Callable[[AccountRows], None]) -> None:
        def change(rows: AccountRows) -> None:
            deed(rows)
            self._log(rows, account, action)

        self.services.store.accounts.change(change)

    def _new_link(self, account: Account, kind: LinkKind) -> NewLink:
        if account.disabled_at is not None:
            raise AccountFault(f'The account "{account.name}" is disabled: enable it first.')
        if account.issuer is not None and kind is LinkKind.SETUP:
            raise AccountFault(f'"{account.name}" signs in with the organisation, and has no password here.')
        return self.services.store.accounts.change(lambda rows: self._linked(rows, account, kind))

    def _first(self, rows: AccountRows) -> Account | None:
        rows.alone()
        if rows.any():
            return None
        account = rows.add(FIRST_NAME, Role.ADMIN, at=self._now())
        self._log(rows, account, "account_added", {"role": Role.ADMIN.value})
        return account

    def _linked(self, rows: AccountRows, account: Account, kind: LinkKind) -> NewLink:
        secret, at = new_secret(), self._now()
        expires_at = at + kind.good_for
        rows.add_link(hash_of(secret), account.id, kind, at=at, expires_at=expires_at)
        self._log(rows, account, "account_link_made", {"kind": kind.value})
        return NewLink(account, f"{self.services.settings.public_base_url}/desk/link/{secret}", expires_at)

    def _keep_an_admin(self, rows: AccountRows, account: Account, *, goes: bool) -> None:
        rows.alone()
        if goes and is_only_admin(rows, account):
            raise AccountFault("This is the only administrator: give somebody else that role first.")

    def _log(self, rows: AccountRows, account: Account, action: str, detail: dict[str, Detail] | None = None) -> None:
        subject = f"account:{account.name}"
        rows.audit.write(AuditEntry(at=self._now(), actor=self.by, action=action, subject=subject, detail=detail or {}))

    def _now(self) -> datetime:
        return self.services.clock.now()


def good_name(text: str) -> str | None:
    """The name of an account as it is written down; None for what is none."""
    name = " ".join(text.split())
    return name if 0 < len(name) <= _LONGEST_NAME and name.isprintable() else None


def is_only_admin(rows: AccountRows, account: Account) -> bool:
    """Whether nobody else could keep accounts."""
    return [each.id for each in _admins(rows)] == [account.id]


def _admins(rows: AccountRows) -> list[Account]:
    return [each for each in rows.all() if each.role == Role.ADMIN and each.disabled_at is None]
