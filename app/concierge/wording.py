"""What is said about updates that are due, in texts to staff and in the tickets' histories.

Ticket numbers, names and times of the desk: no caller's number and no free text, in plain GSM-7 signs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from app.cdr.records import Ticket
from app.concierge.people import Asked
from app.concierge.timing import Deed, Stage
from app.written import Dates, listed
from oncall import BusinessHours


@dataclass(frozen=True, slots=True)
class Wording:
    """Words what is said about a ticket whose update is due, as of `at`; times are those of clocks in `zone`."""

    ticket: Ticket
    due_at: datetime
    at: datetime
    zone: tzinfo

    @classmethod
    def of(cls, ticket: Ticket, due_at: datetime, *, at: datetime, hours: BusinessHours | None) -> "Wording":
        """In the zone of the desk's `hours`."""
        return cls(ticket, due_at, at, UTC if hours is None else hours.zone)

    def text(self, stage: Stage) -> str:
        """The text that is sent at a stage."""
        match stage.deed:
            case Deed.TEXT | Deed.CALL:
                return f"{self._which}: an update is due at {self._due}. {self._reply} Name no patient."
            case Deed.OWNER:
                return f"{self._which}: the update due at {self._due} is overdue. {self._reply}"
            case Deed.STEP:
                return f"{self._which} of {self._owner}: the update due at {self._due} is overdue. {self._reply}"
            case Deed.SUPERVISOR:
                return (
                    f"{self._which} of {self._owner}: the update due at {self._due} is overdue, "
                    "and nobody who was told has given one."
                )

    def passed_on(self, person: str) -> str:
        """The text to whom somebody passes a reminder on."""
        verb = "was" if self.at >= self.due_at else "is"
        return f"{self._which}: {person} passes on an update that {verb} due at {self._due}. {self._reply}"

    def entry(self, stage: Stage, asked: Sequence[Asked], by: str) -> str:
        """The entry in the ticket's history that says who was told."""
        names = listed([each.person.name for each in asked])
        match stage.deed:
            case Deed.TEXT | Deed.CALL:
                return f"an update is due at {self._due}: {names} told by {by}"
            case Deed.OWNER:
                return f"no update by {self._due}: {names} told by {by}"
            case Deed.STEP:
                return f"no update by {self._due}, step {stage.step}: {names} told by {by}"
            case Deed.SUPERVISOR:
                return f"no update by {self._due}, after the last step: {names} told by {by}"

    @property
    def _which(self) -> str:
        return f"Ticket {self.ticket.number} ({self.ticket.priority})"

    @property
    def _owner(self) -> str:
        return self.ticket.assignee or "nobody"

    @property
    def _reply(self) -> str:
        return f"Reply UPDATE {self.ticket.number} and what is new."

    @property
    def _due(self) -> str:
        today = self.at.astimezone(self.zone).date()
        return Dates(self.zone, today.year).near(self.due_at, today=today)
