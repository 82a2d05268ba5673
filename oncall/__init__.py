"""Who should be reached, and when. Pure: no clock, no disk, no network; the standard library only.

This is the front door; nobody outside reaches past it.
"""

from oncall.answers import Coverage, Double, Gap, Shift
from oncall.by_hand import DeskOverride, hours_state, next_open, override_in_force
from oncall.clocks import PRIORITY_CLOCKS, Pause, Priority, PriorityClock, resolve_due_at, runs_out_at, update_due_at
from oncall.escalation import Attempt, EscalationPolicy, EscalationStep, Paging, Plan, Skipped, TargetKind
from oncall.fairness import Burden, Evening, Measure, burdens, evens_out, nights
from oncall.hours import BusinessHours, DayException, ExceptionKind, HoursState, OpenSpan
from oncall.layers import DatedShift, HolidayLimit, Layer, Limits, TemporarySchedule, TimeOff
from oncall.overrides import Override, OverrideKind
from oncall.people import OutsideParty, Person, RingGroup, RingStrategy, Team
from oncall.pieces import Duty
from oncall.reminders import DEFAULT_REMINDERS, Reminders
from oncall.roster import Roster
from oncall.rotation import (
    LAST,
    BusinessDays,
    Cadence,
    DayOfMonth,
    EveryDays,
    EveryMonths,
    Rotation,
    Turn,
    WeekdayOfMonth,
    WeekParts,
)
from oncall.schedule import Schedule
from oncall.source import InvalidRoster, Source
from oncall.staff_state import StaffState
from oncall.walltime import day_starts_at, instant, local_date, local_time

__all__ = [
    "DEFAULT_REMINDERS",
    "LAST",
    "PRIORITY_CLOCKS",
    "Attempt",
    "Burden",
    "BusinessDays",
    "BusinessHours",
    "Cadence",
    "Coverage",
    "DatedShift",
    "DayException",
    "DayOfMonth",
    "DeskOverride",
    "Double",
    "Duty",
    "EscalationPolicy",
    "EscalationStep",
    "Evening",
    "EveryDays",
    "EveryMonths",
    "ExceptionKind",
    "Gap",
    "HolidayLimit",
    "HoursState",
    "InvalidRoster",
    "Layer",
    "Limits",
    "Measure",
    "OpenSpan",
    "OutsideParty",
    "Override",
    "OverrideKind",
    "Paging",
    "Pause",
    "Person",
    "Plan",
    "Priority",
    "PriorityClock",
    "Reminders",
    "RingGroup",
    "RingStrategy",
    "Roster",
    "Rotation",
    "Schedule",
    "Shift",
    "Skipped",
    "Source",
    "StaffState",
    "TargetKind",
    "Team",
    "TemporarySchedule",
    "TimeOff",
    "Turn",
    "WeekParts",
    "WeekdayOfMonth",
    "burdens",
    "day_starts_at",
    "evens_out",
    "hours_state",
    "instant",
    "local_date",
    "local_time",
    "next_open",
    "nights",
    "override_in_force",
    "resolve_due_at",
    "runs_out_at",
    "update_due_at",
]
