"""Holds two configurations against each other, part by part. What each part says is known in its own module."""

from collections.abc import Iterator
from datetime import UTC, datetime

from app.config.snapshot import Snapshot
from app.difference.changes import Change, Difference, Window
from app.difference.clients import client_changes
from app.difference.duty import burden_changes, duty_changes
from app.difference.flows import flow_changes, line_changes
from app.difference.hours import hours_changes
from app.difference.prompts import prompt_changes
from app.difference.staff import policy_changes, schedule_changes, staff_changes


def compare(old: Snapshot, new: Snapshot, *, starts_at: datetime, ends_at: datetime) -> Difference:
    """Return what `new` changes against `old`; duty is compared between the two instants.

    A schedule that changes only after the period is said to, for three years more. The past is not looked at.
    """
    window = Window(starts_at.astimezone(UTC), ends_at.astimezone(UTC))
    same = old.revision == new.revision
    return Difference(window, () if same else tuple(_changes(old, new, window)))


def _changes(old: Snapshot, new: Snapshot, window: Window) -> Iterator[Change]:
    yield from duty_changes(old.roster, new.roster, window)
    yield from schedule_changes(old.roster, new.roster)
    yield from burden_changes(old.roster, new.roster, window)
    yield from staff_changes(old.roster, new.roster)
    yield from policy_changes(old.roster, new.roster)
    yield from hours_changes(old.roster, new.roster, window)
    yield from line_changes(old.book, new.book)
    yield from client_changes(old.book, new.book)
    yield from flow_changes(old.book, new.book)
    yield from prompt_changes(old.book, new.book)
