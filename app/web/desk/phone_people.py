"""Whose phones there are: callers the configuration knows, its staff and its outside parties. Rings nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.flow.book import FlowBook
from oncall import Override, Roster

# Numbers of nobody.
STRANGERS = (("+18165550199", "Somebody unknown"), ("+18165550120", "Somebody else"))


@dataclass(frozen=True, slots=True)
class Handset:
    """The phones of one person or party; `duties` are the schedules they are on call in."""

    name: str
    team: str
    numbers: tuple[str, ...]
    duties: tuple[str, ...]
    outside: bool


def callers(book: FlowBook) -> list[tuple[str, str]]:
    """Numbers to call from, with whose they are."""
    known = [(number, client.title) for number, client in book.callers.numbers.items()]
    return [*STRANGERS, *known, ("", "Number withheld")]


def handsets(roster: Roster, *, at: datetime, quick: Sequence[Override]) -> list[Handset]:
    """Everybody who can be rung, those on call at that instant marked as such."""
    duties: dict[str, list[str]] = {}
    for name, schedule in roster.schedules.items():
        for duty in roster.who_is_on(name, at=at, quick=tuple(quick)).people:
            duties.setdefault(duty.person, []).append(schedule.title or name)
    staff = [
        Handset(
            person.name,
            roster.teams[person.team].title if person.team in roster.teams else person.team,
            person.phones,
            tuple(duties.get(person.name, ())),
            outside=False,
        )
        for person in roster.people.values()
        if person.phones
    ]
    parties = [
        Handset(party.title, "Outside party", (party.number,), (), outside=True)
        for party in roster.outside_parties.values()
    ]
    return [*staff, *parties]
