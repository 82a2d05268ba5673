"""THE use case of changes to who is on call by people: taken over, handed over, time off, swaps, and giving back.

Each is judged by one guard, which refuses what would leave nobody on call. Others come in by the names here.
"""

from app.duty_changes.changing import DutyChanges, Handing, Leave, Who, hit_by, made_together, may_end
from app.duty_changes.guard import Guard, Verdict, zone_of
from app.duty_changes.outlook import Change, changes, opened_gaps, stretches
from app.duty_changes.swapping import Asking, Swapping, Turn, is_open

__all__ = [
    "Asking",
    "Change",
    "DutyChanges",
    "Guard",
    "Handing",
    "Leave",
    "Swapping",
    "Turn",
    "Verdict",
    "Who",
    "changes",
    "hit_by",
    "is_open",
    "made_together",
    "may_end",
    "opened_gaps",
    "stretches",
    "zone_of",
]
