"""Where people sign in who have an account with their organisation, as an operator writes it down.

Reads texts only; refuses to know where they stand, and how anybody is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from app.hosts import is_this_machine

ROLES: Final = ("staff", "supervisor", "admin")
USUAL_CLAIM: Final = "groups"
USUAL_NAME: Final = "your organisation"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider:
    """An OpenID Connect provider: who it is, who we are to it, and which of its words mean which role.

    `claim` is where a person's groups or roles stand; dots lead into what stands within. `title` is on the button.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    claim: str
    roles: Mapping[str, str]
    title: str


def is_issuer(text: str) -> bool:
    """Whether a text can be an issuer: an https address, or one on this machine, and nothing but an address."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    if parts.query or parts.fragment or parts.username or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(parts.hostname))


def roles_of(text: str) -> Mapping[str, str]:
    """The roles in a text such as "desk=staff, desk-leads=supervisor". Raises ValueError, whose text says why."""
    found: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        # What stands before may hold an equals sign, as names in directories do.
        word, _, role = (piece.strip() for piece in part.rpartition("="))
        if not word or role not in ROLES:
            raise ValueError(f"must be pairs such as desk-leads=supervisor; roles are {', '.join(ROLES)}")
        found[word] = role
    if not found:
        raise ValueError("is missing: without it nobody could sign in there")
    return MappingProxyType(found)
