"""Which schema this program was written for. A text file pins it, so that two heads show up as a conflict."""

from functools import cache
from pathlib import Path

MIGRATIONS = Path(__file__).parent / "migrations"


@cache
def head_revision() -> str:
    """The newest revision, as pinned in migrations/HEAD."""
    return (MIGRATIONS / "HEAD").read_text(encoding="ascii").strip()
