"""Dates as addresses and forms give them."""

from datetime import date
from typing import Final

# Years no calendar of ours reaches make no sums.
YEARS: Final = range(2000, 2200)


def given_date(text: str) -> date | None:
    """The date of an ISO text; None for anything else, and for years far away."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in YEARS else None
