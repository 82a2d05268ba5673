"""A telephone company in real time, whose callers and staff are people at a screen. It knows no page and no service."""

from app.simulator.live.company import Company, Refusal
from app.simulator.live.door import Door

__all__ = ["Company", "Door", "Refusal"]
