"""The second factor: codes of an authenticator app (TOTP, RFC 6238), sealed at rest, each taken once."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.services import Services
from app.store import Account, AccountRows, AuditEntry
from app.vault import Content, Label, VaultError

_STEP_SECONDS: Final = 30
# One step to each side, for clocks of phones that are a little off.
_TOLERATED: Final = (0, -1, 1)
_ISSUER: Final = "OffSite service desk"
_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class NewFactor:
    """A second factor that is not in force yet: the words to type into an app, and the address its camera reads."""

    secret: str
    address: str


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """Second factors of accounts. Raises StoreUnavailable."""

    services: Services

    def new(self, account: Account) -> NewFactor:
        """One to be put into an app; `turn_on` puts it in force."""
        import pyotp  # noqa: PLC0415 (only where somebody sets up a second factor)

        secret = pyotp.random_base32()
        return NewFactor(secret, pyotp.TOTP(secret).provisioning_uri(name=account.name, issuer_name=_ISSUER))

    def turn_on(self, account: Account, secret: str, code: str) -> bool:
        """Ask for codes from now on; False when the code is not one of this secret."""
        at = self.services.clock.now()
        if _step_of(secret, code, at=at) is None:
            return False
        sealed = self.services.vault.seal(secret.encode(), _label(account))
        self._put(account, sealed, "second_factor_on", at=at)
        return True

    def turn_off(self, account: Account, *, by: str) -> None:
        """Ask for codes no longer."""
        self._put(account, None, "second_factor_off", at=self.services.clock.now(), by=by)

    def accepts(self, account: Account, code: str) -> bool:
        """Whether it is a code of this moment that was not taken before."""
        at = self.services.clock.now()
        if account.second_factor is None:
            return False
        vault = self.services.vault
        try:
            secret = vault.open(account.second_factor, _label(account)).decode()
        except VaultError:
            return False
        step = _step_of(secret, code, at=at)
        if step is None:
            return False
        renewed = vault.rotate(account.second_factor, _label(account))

        def change(rows: AccountRows) -> bool:
            if renewed != account.second_factor:
                rows.put(account.id, "second_factor", renewed)
            return rows.take_step(account.id, step)

        return self.services.store.accounts.change(change)

    def _put(self, account: Account, sealed: bytes | None, action: str, *, at: datetime, by: str = "") -> None:
        entry = AuditEntry(at=at, actor=by or account.name, action=action, subject=f"account:{account.name}")

        def change(rows: AccountRows) -> None:
            rows.put(account.id, "second_factor", sealed)
            rows.audit.write(entry)

        self.services.store.accounts.change(change)


def _step_of(secret: str, code: str, *, at: datetime) -> int | None:
    """The time step a code belongs to; None when it is of no step near this moment."""
    import pyotp  # noqa: PLC0415 (only where somebody has a second factor)

    digits = "".join(code.split())
    if len(digits) != _DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        app, now = pyotp.TOTP(secret), int(at.timestamp()) // _STEP_SECONDS
        good = [now + off for off in _TOLERATED if hmac.compare_digest(app.generate_otp(now + off), digits)]
    except ValueError:
        return None
    return good[0] if good else None


def _label(account: Account) -> Label:
    return Label("second factor", f"account {account.id}", Content.SECOND_FACTOR)
