"""What an edit of the configuration changes for callers and staff, in plain English. Pure: both sides are given."""

from app.difference.changes import Change, Difference, Section, Window
from app.difference.compare import compare
from app.difference.telling import told

__all__ = ["Change", "Difference", "Section", "Window", "compare", "told"]
