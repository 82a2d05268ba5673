"""What somebody, or a program of theirs, is to this desk."""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """Staff work on calls, supervisors oversee them, admins also keep accounts."""

    STAFF = "staff"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


EVERY_ROLE: Final = frozenset(Role)
OVERSEERS: Final = frozenset({Role.SUPERVISOR, Role.ADMIN})
