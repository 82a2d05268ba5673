"""Secrets that are handed out once and known afterwards by their hash alone: of links and of sessions."""

import hashlib
import secrets
from typing import Final

_BYTES: Final = 32
_LONGEST: Final = 128


def new_secret() -> str:
    """256 random bits, fit for an address or a cookie."""
    return secrets.token_urlsafe(_BYTES)


def hash_of(secret: str) -> str:
    """What is kept of a secret. So many random bits need no slow hash: there is nothing to guess them from."""
    return hashlib.sha256(secret[:_LONGEST].encode("utf-8", "surrogatepass")).hexdigest()
