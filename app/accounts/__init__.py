"""THE use case of accounts: who may sign in to the web desk, with what right, and for how long.

Others come in by the names here. Secrets are shown once and kept hashed or sealed; every change is in the audit log.
"""

from app.accounts.elsewhere import Back, SignInElsewhere
from app.accounts.keeping import AccountFault, AccountKeeping, NewLink
from app.accounts.links import LinkKind
from app.accounts.passwords import SHORTEST_PASSWORD, password_fault
from app.accounts.provider import Provider
from app.accounts.roles import EVERY_ROLE, OVERSEERS, Role
from app.accounts.second_factor import NewFactor, SecondFactors
from app.accounts.sessions import LONGEST_SESSION, Device, Sessions, Visitor
from app.accounts.sign_in import Refusal, SignedIn, SignIn
from app.accounts.tries import Tries

__all__ = [
    "EVERY_ROLE",
    "LONGEST_SESSION",
    "OVERSEERS",
    "SHORTEST_PASSWORD",
    "AccountFault",
    "AccountKeeping",
    "Back",
    "Device",
    "LinkKind",
    "NewFactor",
    "NewLink",
    "Provider",
    "Refusal",
    "Role",
    "SecondFactors",
    "Sessions",
    "SignIn",
    "SignInElsewhere",
    "SignedIn",
    "Tries",
    "Visitor",
    "password_fault",
]
