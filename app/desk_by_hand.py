"""A person opens or closes the desk by hand for a while, whatever its hours say, or takes that back.

Refuses to know how callers are led then. Each change has an author, a reason, an end, and an entry in the audit log.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.services import Services
from app.store import AuditEntry, DeskRows
from oncall import BusinessHours, DeskOverride, Source, override_in_force

LONGEST: Final = timedelta(hours=24)
LONGEST_REASON: Final = 120
SUBJECT: Final = "desk"


class Said(StrEnum):
    """What came of it."""

    DONE = "done"
    CHANGED = "changed"
    """Somebody else has opened or closed the desk since it was looked at: nothing was changed."""
    REFUSED = "refused"
    """No reason, no business hours, or an end that is past or too far away."""


@dataclass(frozen=True, slots=True)
class DeskByHand:
    """The desk's business hours, in the hands of `actor`. Raises StoreUnavailable.

    `seen` is the number of what was in force when the actor looked, 0 for nothing: of two who change it at once, the
    second is told.
    """

    services: Services
    actor: str

    def say(self, *, is_open: bool, until: datetime, reason: str, seen: int) -> Said:
        """The desk counts as open, or closed, from now until an instant (UTC), 24 hours at most."""
        hours, at = self._hours(), self.services.clock.now()
        reason = " ".join(reason.split())
        if hours is None or not reason or len(reason) > LONGEST_REASON or not at < until <= at + LONGEST:
            return Said.REFUSED
        said = DeskOverride(
            hours=hours.name,
            is_open=is_open,
            starts_at=at,
            ends_at=until,
            author=self.actor,
            reason=reason,
            source=Source("", 0),
        )
        return self.services.store.desk.change(lambda rows: self._put(rows, hours, said, seen), at=at)

    def take_back(self, *, seen: int) -> Said:
        """The desk's hours count again."""
        hours, at = self._hours(), self.services.clock.now()
        if hours is None:
            return Said.REFUSED

        def change(rows: DeskRows) -> Said:
            if _number(rows, hours, at) != seen or not seen:
                return Said.CHANGED
            rows.withdraw(hours.name, at=at)
            rows.audit.write(
                AuditEntry(
                    at=at, actor=self.actor, action="desk_by_calendar", subject=SUBJECT, detail={"override": seen}
                )
            )
            return Said.DONE

        return self.services.store.desk.change(change, at=at)

    def _put(self, rows: DeskRows, hours: BusinessHours, said: DeskOverride, seen: int) -> Said:
        if _number(rows, hours, said.starts_at) != seen:
            return Said.CHANGED
        rows.withdraw(hours.name, at=said.starts_at)
        number = rows.add(said)
        rows.audit.write(
            AuditEntry(
                at=said.starts_at,
                actor=self.actor,
                action="desk_opened" if said.is_open else "desk_closed",
                subject=SUBJECT,
                detail={"override": number, "until": said.ends_at.isoformat(), "reason": said.reason},
            )
        )
        return Said.DONE

    def _hours(self) -> BusinessHours | None:
        """The desk's hours are the first ones."""
        return next(iter(self.services.config.current().roster.hours.values()), None)


def _number(rows: DeskRows, hours: BusinessHours, at: datetime) -> int:
    said = override_in_force(hours, rows.in_force(at=at), at=at)
    return 0 if said is None else said.source.line
