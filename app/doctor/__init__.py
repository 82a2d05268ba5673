"""Is the whole installation as it should be? One finding for each thing looked at, with a remedy where one is due."""

from app.doctor.at_once import Examined, examine_at_once
from app.doctor.examination import examine
from app.doctor.findings import Finding, Installation, State
from app.doctor.web import Answer, HttpWeb, Unreachable, Web

__all__ = [
    "Answer",
    "Examined",
    "Finding",
    "HttpWeb",
    "Installation",
    "State",
    "Unreachable",
    "Web",
    "examine",
    "examine_at_once",
]
