"""Would an emergency reach a person, at every minute of a period and on every line? Pure: it is given the period."""

from app.coverage.findings import Finding, Kind
from app.coverage.sweep import LineGap, Sweep, sweep

__all__ = ["Finding", "Kind", "LineGap", "Sweep", "sweep"]
