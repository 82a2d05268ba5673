"""Tries to sign in: counted before anything is looked up, for each name and each address.

So guessing is slow from one place and from many.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.accounts.sessions import Device
from app.services import Services
from app.store import Account, AccountRows

WINDOW: Final = timedelta(minutes=15)
MOST_FOR_A_NAME: Final = 10
MOST_FOR_AN_ADDRESS: Final = 40


@dataclass(frozen=True, slots=True)
class Tries:
    """Tries of the last quarter of an hour. Raises StoreUnavailable."""

    services: Services

    def may_try(self, name_hash: str, device: Device) -> bool:
        """Whether this may be tried. Counted first: many tries at once are many."""
        at = self.services.clock.now()

        def change(rows: AccountRows) -> bool:
            rows.alone()
            of_name, of_address = rows.tries(name_hash, device.address, since=at - WINDOW)
            if of_name >= MOST_FOR_A_NAME or of_address >= MOST_FOR_AN_ADDRESS:
                return False
            rows.add_try(name_hash, device.address, at=at, forget_before=at - WINDOW)
            return True

        return self.services.store.accounts.change(change)

    def locked_out(self, accounts: Iterable[Account]) -> frozenset[int]:
        """Which of these accounts nobody can sign in to by password for now, because it was tried too often."""
        since = self.services.clock.now() - WINDOW
        tried = self.services.store.accounts.look(lambda rows: rows.tried(since=since))
        return frozenset(each.id for each in accounts if tried.get(name_hash(each.name), 0) >= MOST_FOR_A_NAME)


def name_hash(name: str) -> str:
    """What is kept of a name that was typed: people type passwords where their name belongs."""
    return hashlib.sha256(name.strip().casefold().encode("utf-8", "surrogatepass")).hexdigest()
