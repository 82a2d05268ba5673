"""THE use case of accounts: who may sign in to the web desk, with what right, and for how long.

Others come in by the names here. Secrets are shown once and kept hashed or sealed; every change is in the audit log.
"""

from app.accounts.keeping import AccountFault, AccountKeeping, NewLink
from app.accounts.links import LinkKind
from app.accounts.passwords import SHORTEST_PASSWORD, password_fault
from app.accounts.roles import EVERY_ROLE, OVERSEERS, Role
from app.accounts.second_factor import NewFactor, SecondFactors
from app.accounts.sessions import LONGEST_SESSION, Device, Sessions, Visitor
from app.accounts.sign_in import Refusal, SignedIn, SignIn

__all__ = [
    "EVERY_ROLE",
    "LONGEST_SESSION",
    "OVERSEERS",
    "SHORTEST_PASSWORD",
    "AccountFault",
    "AccountKeeping",
    "Device",
    "LinkKind",
    "NewFactor",
    "NewLink",
    "Refusal",
    "Role",
    "SecondFactors",
    "Sessions",
    "SignIn",
    "SignedIn",
    "Visitor",
    "password_fault",
]
