"""Sentences of others, such as what a provider said of a fault, as they may be shown: they name nobody."""

import re
from typing import Final

from app.masking import masked_text

_MAILBOX: Final = re.compile(r"[^\s@<>]+@[^\s@<>]+")


def discreet(text: str) -> str:
    """The text without what names somebody."""
    return _MAILBOX.sub("•••", masked_text(text))
