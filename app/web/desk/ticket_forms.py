"""Forms about tickets, read into what the use case takes; what cannot be read is said in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from app.cdr.records import Target, TicketStatus, UpdateRule
from app.tickets import TicketEdit, Usual
from oncall import Priority, instant

LONGEST_LINE: Final = 300
SHORTEST_MINUTES, LONGEST_MINUTES = 5, 30 * 24 * 60
_FIRST_YEAR, _LAST_YEAR = 2020, 2100
WITHOUT_REASON: Final = "Say why: the reason stands in the history."
_LARGEST: Final = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a form wants changed, or why it cannot be read. `unknown`: no form of ours says such a thing."""

    edit: TicketEdit = TicketEdit()  # noqa: RUF009 (frozen)
    faults: tuple[str, ...] = ()
    unknown: bool = False

    def also(self, fault: str) -> "Wanted":
        """The same with a further fault, unless it is empty."""
        return replace(self, faults=(*self.faults, fault)) if fault else self


def change_of(form: Mapping[str, str]) -> Wanted:
    """Status, priority, assignee, subject and requester; what is left empty stays, but for the assignee."""
    status, priority = form.get("status", ""), form.get("priority", "")
    if (status and status not in set(TicketStatus)) or (priority and priority not in set(Priority)):
        return Wanted(unknown=True)
    reason = line(form, "reason")
    edit = TicketEdit(
        status=TicketStatus(status) if status else None,
        priority=Priority(priority) if priority else None,
        assignee=form.get("assignee"),
        subject=line(form, "subject") or None,
        requester=line(form, "requester") if "requester" in form else None,
        reason=reason,
        version=form.get("version") or None,
    )
    return Wanted(edit, (WITHOUT_REASON,) if priority and not reason else ())


def agreement_of(form: Mapping[str, str], *, zone: ZoneInfo) -> Wanted:
    """What was negotiated for one ticket: how often its requester hears of it, and when it is to be resolved."""
    updates, target = form.get("updates", ""), form.get("target", "")
    if updates not in {"", "usual", "none", "every"} or target not in {"", "usual", "none", "at"}:
        return Wanted(unknown=True)
    reason, seconds, due_at = line(form, "reason"), _seconds(form), _local(form.get("due_at", ""), zone)
    faults = []
    if updates == "every" and seconds is None:
        faults.append(f"Give the interval in whole minutes, from {SHORTEST_MINUTES} to {LONGEST_MINUTES}.")
    if target == "at" and due_at is None:
        faults.append("Give the day and time of the resolution.")
    if not updates and not target:
        faults.append("Choose what was agreed: updates, the resolution, or both.")
    if not reason:
        faults.append(WITHOUT_REASON)
    rules: dict[str, UpdateRule | Usual] = {"usual": Usual.USUAL, "none": UpdateRule(None, business=False)}
    every = UpdateRule(seconds, business=form.get("business") == "yes")
    targets: dict[str, Target | Usual] = {"usual": Usual.USUAL, "none": Target(None)}
    edit = TicketEdit(
        updates=every if updates == "every" else rules.get(updates),
        target=Target(due_at) if target == "at" else targets.get(target),
        reason=reason,
        version=form.get("version") or None,
    )
    return Wanted(edit, tuple(faults))


def joining_of(form: Mapping[str, str]) -> Wanted:
    """Another ticket that this one is merged into, or is about the same matter as."""
    how, other, reason = form.get("how", ""), number_in(form.get("other", "")), line(form, "reason")
    if how not in {"merge", "link"}:
        return Wanted(unknown=True)
    faults = [] if other is not None else ["Give the number of the other ticket."]
    if how == "merge" and not reason:
        faults.append(WITHOUT_REASON)
    version = form.get("version") or None
    if other is None:
        return Wanted(faults=tuple(faults))
    if how == "merge":
        return Wanted(TicketEdit(merge_into=other, reason=reason, version=version), tuple(faults))
    return Wanted(TicketEdit(link_to=(other,), reason=reason, version=version), tuple(faults))


def move_of(text: str, *, reason: str) -> Wanted:
    """A card's move, as "waiting:version"."""
    status, _, version = text.partition(":")
    if status not in set(TicketStatus):
        return Wanted(unknown=True)
    return Wanted(TicketEdit(status=TicketStatus(status), version=version or None, reason=reason))


def number_in(text: str) -> int | None:
    """The number of a ticket as people write it; None when it is none."""
    digits = text.strip().lstrip("#").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _LARGEST else None


def line(form: Mapping[str, str], name: str) -> str:
    """A field of one line."""
    return " ".join(form.get(name, "").split())[:LONGEST_LINE]


def chosen(values: Iterator[str]) -> dict[int, str]:
    """The tickets picked in a list, with the version of each, from values as "1042:version"."""
    found = (value.partition(":") for value in values)
    return {number: version for text, _, version in found if (number := number_in(text)) is not None}


def _seconds(form: Mapping[str, str]) -> int | None:
    minutes = number_in(form.get("minutes", ""))
    return minutes * 60 if minutes is not None and SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES else None


def _local(text: str, zone: ZoneInfo) -> datetime | None:
    """An instant from what clocks at the desk show, as browsers send it."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if found.tzinfo is not None or not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        return None
    return instant(found.date(), found.time().replace(second=0, microsecond=0), zone=zone)
