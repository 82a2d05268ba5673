"""What an edit of the configuration changes for callers and staff, in plain English. Pure: both sides are given."""

from app.difference.changes import Change, Difference, Section, Window
from app.difference.compare import compare

__all__ = ["Change", "Difference", "Section", "Window", "compare"]
