"""Calendars the visitor can subscribe to: their own shifts, and those of whole schedules.

Each is at an address of this visitor's alone, so that it can be renewed or ended without anybody else losing theirs.
"""

from dataclasses import dataclass

from app.feeds import Feeds, Subject, SubjectKind
from app.services import Services
from app.web.desk.doors import visitor
from app.web.desk.duty_forms import who_is_here


@dataclass(frozen=True, slots=True)
class Offered:
    """A calendar, and whether the visitor has an address for it. Their own shifts are of no schedule."""

    schedule: str
    title: str
    is_used: bool


@dataclass(frozen=True, slots=True)
class Addresses:
    """The visitor's addresses of calendars. Raises StoreUnavailable."""

    services: Services

    def offered(self) -> list[Offered]:
        """Every calendar the visitor can have."""
        used = self._used()
        schedules = self.services.config.current().roster.schedules
        titles = {name: each.title for name, each in schedules.items()}
        own = {"": "Your own shifts"} if who_is_here(self.services).person else {}
        return [Offered(name, title, self._token_name(name) in used) for name, title in (own | titles).items()]

    def renew(self, schedule: str) -> str:
        """Make an address, which is not kept and cannot be had again, and end the one before it."""
        subject, holder = self._subject(schedule)
        old = self._used().get(self._token_name(schedule), [])
        address = Feeds(self.services).create(subject, by=visitor().name, holder=holder)
        self._end(old)
        return address

    def end(self, schedule: str) -> None:
        """End the visitor's address of a calendar."""
        self._end(self._used().get(self._token_name(schedule), []))

    def is_offered(self, schedule: str) -> bool:
        """Whether the visitor can have such a calendar."""
        return any(each.schedule == schedule for each in self.offered())

    def _end(self, numbers: list[int]) -> None:
        for number in numbers:
            Feeds(self.services).revoke(number, by=visitor().name)

    def _subject(self, schedule: str) -> tuple[Subject, str]:
        mine = visitor().name
        return (Subject(SubjectKind.SCHEDULE, schedule), mine) if schedule else (Subject(SubjectKind.PERSON, mine), "")

    def _token_name(self, schedule: str) -> str:
        subject, holder = self._subject(schedule)
        return subject.token_name_of(holder)

    def _used(self) -> dict[str, list[int]]:
        """The numbers of all feeds that are still served, by the names of their tokens."""
        found: dict[str, list[int]] = {}
        for each in Feeds(self.services).list():
            if each.revoked_at is None:
                found.setdefault(each.name, []).append(each.id)
        return found
