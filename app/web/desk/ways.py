"""Where somebody is led who has signed in: back to the page they came from, if it is one of ours."""

from typing import Final
from urllib.parse import urlsplit

HOME: Final = "/desk"


def own_path(asked: str) -> str:
    """What was asked for, if it is an address of the desk; where the desk begins otherwise."""
    try:
        parts = urlsplit(asked)
    except ValueError:
        return HOME
    ours = asked.startswith("/desk") and not parts.netloc and not parts.scheme and "\\" not in asked
    return asked if ours and asked.isprintable() else HOME
